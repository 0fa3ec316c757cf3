#include "bindings/device.h"

#include "bindings/buffer_object.h"
#include "bindings/environment.h"
#include "bindings/progress.h"
#include "bindings/report.h"
#include "bindings/resource.h"
#include "bindings/surface_layout.h"
#include "bindings/tracker.h"
#include "coherence/coherent_buffer.h"
#include "coherence/placement.h"
#include "coherence/validation.h"
#include "device/kernels.h"
#include "device/kernels_compute.h"
#include "device/kernels_mips.h"
#include "device/kernels_raster.h"

namespace mkwrite {
namespace {

/// The numbers that lib/commands.ts sends, and lib/replay.
enum class Op : std::uint32_t {
  kFill = 0,
  kCopy = 1,
  kChecksum = 2,
  kDiscard = 3,
  kScaleAdd = 4,
  kTransform = 5,
  kDownsample = 6,
  kFillTriangles = 7,
  kUse = 8,
};

/// Reads the flat array that lib/commands.ts makes: of each command its op, the numbers that it
/// takes, and its operands. A target is a resource, an offset and a size.
class CommandReader {
 public:
  explicit CommandReader(Napi::Array values) : values_(values), length_(values.Length()) {}

  bool done() const noexcept { return at_ >= length_; }

  Command next() {
    // Into variables first where the order counts: that of a call's arguments is unspecified.
    switch (static_cast<Op>(integer())) {
      case Op::kFill: {
        const auto fill = static_cast<std::uint8_t>(integer());
        return make_fill(target(), fill);
      }
      case Op::kCopy: {
        Target from = target();
        return make_copy(std::move(from), target());
      }
      case Op::kChecksum: {
        Target from = target();
        return make_checksum(std::move(from), target());
      }
      case Op::kDiscard:
        return make_discard(target());
      case Op::kScaleAdd: {
        const auto a = static_cast<float>(number());
        Target x = target();
        Target y = target();
        return make_scale_add(a, std::move(x), std::move(y), target());
      }
      case Op::kTransform: {
        Matrix4 matrix;
        for (float& element : matrix) element = static_cast<float>(number());
        Target from = target();
        return make_transform(matrix, std::move(from), target());
      }
      case Op::kDownsample: {
        const std::uint32_t first_layer = integer();
        const std::uint32_t layers = integer();
        const std::uint32_t mip = integer();
        return make_downsample(resource(), first_layer, layers, mip);
      }
      case Op::kFillTriangles: {
        const Shading shading = integer() == 0 ? Shading::kFlat : Shading::kSmooth;
        const std::uint32_t layer = integer();
        const std::uint32_t mip = integer();
        Target vertices = target();
        return make_fill_triangles(std::move(vertices), resource(), layer, mip, shading);
      }
      case Op::kUse:
        return make_use(target());
    }
    throw Error(ErrorCode::kInvalidArgument, "There is no such command.");
  }

 private:
  Napi::Value value() { return values_.Get(at_++); }
  double number() { return value().As<Napi::Number>().DoubleValue(); }
  std::uint32_t integer() { return value().As<Napi::Number>().Uint32Value(); }
  std::shared_ptr<Resource> resource() { return ResourceWrap::unwrap(value())->resource(); }
  Target target() {
    std::shared_ptr<Resource> named = resource();
    const std::size_t offset = to_size(value());
    return {std::move(named), {offset, to_size(value())}};
  }

  Napi::Array values_;
  std::uint32_t length_;
  std::uint32_t at_ = 0;
};

std::shared_ptr<CoherentBuffer> coherent(const BufferObject& buffer) {
  // Null after the device's end, when the buffer object may have a tracker of its own.
  return std::dynamic_pointer_cast<CoherentBuffer>(buffer.observer());
}

std::shared_ptr<CoherentBuffer> coherent(const Napi::Value& value) {
  return coherent(*BufferObjectWrap::unwrap(value)->buffer());
}

}  // namespace

void DeviceWrap::define(Napi::Env env, Napi::Object exports) {
  const Napi::Function constructor =
      DefineClass(env, "Device",
                  {
                      InstanceMethod<&DeviceWrap::attach>("attach"),
                      InstanceMethod<&DeviceWrap::create_resource>("createResource"),
                      InstanceMethod<&DeviceWrap::create_memory>("createMemory"),
                      InstanceMethod<&DeviceWrap::submit_commands>("submit"),
                      InstanceMethod<&DeviceWrap::take_read_backs>("takeReadBacks"),
                      InstanceMethod<&DeviceWrap::wait>("wait"),
                      InstanceMethod<&DeviceWrap::status>("status"),
                      InstanceMethod<&DeviceWrap::keep_alive>("keepAlive"),
                      InstanceMethod<&DeviceWrap::peek>("peek"),
                      InstanceMethod<&DeviceWrap::forget>("forget"),
                      InstanceMethod<&DeviceWrap::flush>("flush"),
                      InstanceMethod<&DeviceWrap::invalidate>("invalidate"),
                      InstanceMethod<&DeviceWrap::buffer_stats>("bufferStats"),
                      InstanceMethod<&DeviceWrap::explain_buffer>("explainBuffer"),
                      InstanceMethod<&DeviceWrap::stats>("stats"),
                      InstanceMethod<&DeviceWrap::pause>("pause"),
                      InstanceMethod<&DeviceWrap::keep_apart>("keepApart"),
                      InstanceMethod<&DeviceWrap::resume>("resume"),
                      InstanceMethod<&DeviceWrap::lose>("lose"),
                      InstanceMethod<&DeviceWrap::refuse_next_update>("refuseNextUpdate"),
                      InstanceMethod<&DeviceWrap::destroy>("destroy"),
                  });
  Environment::of(env).device = Napi::Persistent(constructor);
  exports["Device"] = constructor;
}

DeviceWrap::DeviceWrap(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  const Napi::Env env = info.Env();
  progress_ = Progress::make(env, info[1].As<Napi::Function>(), "mkwrite device");
  const Napi::Object given = info[0].As<Napi::Object>();
  const auto milliseconds = [&](const char* name) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double, std::milli>(
            given.Get(name).As<Napi::Number>().DoubleValue()));
  };
  EmulatedDevice::Options options;
  options.memory = to_size(given.Get("memory"));
  options.lockup_timeout = milliseconds("lockupTimeout");
  options.dma_latency = milliseconds("dmaLatency");
  options.dma_bandwidth = given.Get("dmaBandwidth").As<Napi::Number>().DoubleValue();
  options.bandwidth = given.Get("bandwidth").As<Napi::Number>().DoubleValue();
  options.on_progress = [progress = progress_] { progress->announce(); };
  device_ =
      translating_errors(env, [&] { return std::make_shared<EmulatedDevice>(std::move(options)); });
}

DeviceWrap::~DeviceWrap() {
  end();
  progress_->close();
}

void DeviceWrap::end() noexcept {
  if (device_ == nullptr) return;
  device_->stop();
  for (const auto& listed : buffers_) {
    // The buffer objects live on as plain memory, with everything the device wrote.
    if (const auto buffer = listed.lock()) {
      if (const auto attached = coherent(*buffer)) {
        attached->read_back_all();
        buffer->detach();
      }
    }
  }
  buffers_.clear();
}

void DeviceWrap::attach(const Napi::CallbackInfo& info) {
  translating_errors(info.Env(), [&] {
    const auto buffer = BufferObjectWrap::unwrap(info[0])->buffer();
    std::erase_if(buffers_, [](const auto& listed) { return listed.expired(); });
    buffers_.reserve(buffers_.size() + 1);
    std::unique_ptr<Policy> policy;
    if (info[1].IsString()) {
      policy =
          make_policy(info[1].As<Napi::String>().Utf8Value(), buffer->pages(), to_size(info[2]));
    }
    CoherentBuffer::attach(*buffer, device_, std::move(policy));
    buffers_.push_back(buffer);
  });
}

Napi::Value DeviceWrap::create_resource(const Napi::CallbackInfo& info) {
  return translating_errors(info.Env(), [&] {
    auto resource = coherent(info[0])->create_resource({to_size(info[1]), to_size(info[2])},
                                                       info[3].As<Napi::Boolean>().Value(),
                                                       SurfaceLayoutWrap::copy(info[4]));
    return ResourceWrap::make(info.Env(), BufferObjectWrap::unwrap(info[0])->buffer(),
                              std::move(resource));
  });
}

Napi::Value DeviceWrap::create_memory(const Napi::CallbackInfo& info) {
  return translating_errors(info.Env(), [&] {
    auto resource = allocate_resource(*device_, to_size(info[0]), SurfaceLayoutWrap::copy(info[1]));
    return ResourceWrap::make(info.Env(), nullptr, std::move(resource));
  });
}

Napi::Value DeviceWrap::submit_commands(const Napi::CallbackInfo& info) {
  return translating_errors(info.Env(), [&] {
    // Read out completely before any lock is taken: the array may lie in device-owned memory.
    std::vector<Command> commands;
    for (CommandReader reader(info[0].As<Napi::Array>()); !reader.done();) {
      commands.push_back(reader.next());
    }
    const bool wants_report = info[1].IsArray();
    std::vector<BufferReport> report;
    const Seqno seqno = submit(*device_, std::move(commands), wants_report ? &report : nullptr);
    if (wants_report) {
      Napi::Array entries = info[1].As<Napi::Array>();
      for (const BufferReport& entry : report) {
        entries[entries.Length()] = to_object(info.Env(), entry);
      }
    }
    return Napi::Number::New(info.Env(), static_cast<double>(seqno));
  });
}

Napi::Value DeviceWrap::take_read_backs(const Napi::CallbackInfo& info) {
  return translating_errors(info.Env(), [&] {
    const auto attached = coherent(info[0]);
    const std::vector<PageRange> taken = attached->take_read_backs();
    attached->note_read_backs();
    return to_pairs(info.Env(), taken);
  });
}

Napi::Value DeviceWrap::wait(const Napi::CallbackInfo& info) {
  const Seqno seqno = to_size(info[0]);
  const double timeout = info[1].As<Napi::Number>().DoubleValue();
  device_->timeline().wait(seqno, timeout < 0
                                      ? FenceTimeline::Timeout(-1)
                                      : std::chrono::duration_cast<FenceTimeline::Timeout>(
                                            std::chrono::duration<double, std::milli>(timeout)));
  return status(info);
}

Napi::Value DeviceWrap::status(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(),
                           static_cast<int>(device_->timeline().status(to_size(info[0]))));
}

void DeviceWrap::keep_alive(const Napi::CallbackInfo& info) {
  progress_->keep_alive(info.Env(), info[0].As<Napi::Boolean>().Value());
}

Napi::Value DeviceWrap::peek(const Napi::CallbackInfo& info) {
  return translating_errors(info.Env(), [&] {
    const std::shared_ptr<Resource>& resource = ResourceWrap::unwrap(info[0])->resource();
    std::vector<std::byte> contents(to_size(info[2]));
    device_->peek(*resource, to_size(info[1]), contents);
    Napi::ArrayBuffer copy = Napi::ArrayBuffer::New(info.Env(), contents.size());
    std::copy(contents.begin(), contents.end(), static_cast<std::byte*>(copy.Data()));
    return copy;
  });
}

void DeviceWrap::forget(const Napi::CallbackInfo& info) {
  translating_errors(info.Env(), [&] {
    // After the device's end there is nobody left to give anything up to.
    if (const auto attached = coherent(info[0])) attached->forget_resources();
  });
}

void DeviceWrap::flush(const Napi::CallbackInfo& info) {
  translating_errors(info.Env(),
                     [&] { coherent(info[0])->flush({to_size(info[1]), to_size(info[2])}); });
}

void DeviceWrap::invalidate(const Napi::CallbackInfo& info) {
  translating_errors(info.Env(),
                     [&] { coherent(info[0])->invalidate({to_size(info[1]), to_size(info[2])}); });
}

Napi::Value DeviceWrap::buffer_stats(const Napi::CallbackInfo& info) {
  return translating_errors(info.Env(), [&] {
    const auto attached = coherent(info[0]);
    CoherentBuffer& buffer = *attached;
    Napi::Object object = buffer.tracker() != nullptr ? tracker_stats(info.Env(), *buffer.tracker())
                                                      : Napi::Object::New(info.Env());
    object["bytesUpdated"] =
        Napi::Number::New(info.Env(), static_cast<double>(buffer.stats.bytes_updated));
    object["boxesUpdated"] =
        Napi::Number::New(info.Env(), static_cast<double>(buffer.stats.boxes_updated));
    object["bytesReadBack"] =
        Napi::Number::New(info.Env(), static_cast<double>(buffer.stats.bytes_read_back));
    return object;
  });
}

Napi::Value DeviceWrap::explain_buffer(const Napi::CallbackInfo& info) {
  return translating_errors(info.Env(), [&] {
    const auto attached = coherent(info[0]);
    return attached->tracker() != nullptr ? tracker_explanation(info.Env(), *attached->tracker())
                                          : Napi::Array::New(info.Env());
  });
}

Napi::Value DeviceWrap::stats(const Napi::CallbackInfo& info) {
  Napi::Object object = Napi::Object::New(info.Env());
  const auto set = [&](const char* name, std::uint64_t value) {
    object[name] = Napi::Number::New(info.Env(), static_cast<double>(value));
  };
  const EmulatedDevice::Stats& stats = device_->stats();
  set("submissions", stats.submissions);
  set("commands", stats.commands);
  set("bytesUpdated", stats.bytes_updated);
  set("bytesStaged", stats.bytes_staged);
  set("memoryUsed", device_->memory().used());
  set("memoryLimit", device_->memory().limit());
  set("lastSubmitted", device_->last_submitted());
  set("lastSignaled", device_->timeline().completed());
  object["lost"] = Napi::Boolean::New(info.Env(), device_->timeline().lost());
  return object;
}

void DeviceWrap::keep_apart(const Napi::CallbackInfo& /*info*/) { device_->keep_apart(); }

void DeviceWrap::pause(const Napi::CallbackInfo& /*info*/) { device_->pause(); }
void DeviceWrap::resume(const Napi::CallbackInfo& /*info*/) { device_->resume(); }
void DeviceWrap::lose(const Napi::CallbackInfo& /*info*/) { device_->lose(); }
void DeviceWrap::refuse_next_update(const Napi::CallbackInfo& /*info*/) {
  device_->refuse_next_update();
}
void DeviceWrap::destroy(const Napi::CallbackInfo& /*info*/) { end(); }

}  // namespace mkwrite
