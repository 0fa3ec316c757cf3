#include "bindings/measure.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "bindings/bench.h"
#include "bindings/buffer_object.h"
#include "bindings/environment.h"
#include "bindings/measure_faults.h"
#include "bindings/measure_threads.h"
#include "faults/slow_faults.h"
#include "measure/bare_loop.h"
#include "measure/clock.h"
#include "measure/floors.h"
#include "measure/library_frame.h"

namespace mkwrite {
namespace {

/// What a frame writes, from the arguments (pages, bytes per page, stamp).
PageWrites to_writes(const Napi::Value& pages, const Napi::Value& bytes, const Napi::Value& stamp) {
  const auto array = pages.As<Napi::Uint32Array>();
  return {{array.Data(), array.ElementLength()},
          to_size(bytes),
          stamp.As<Napi::Number>().Uint32Value()};
}

/// One buffer object and one mechanism: the native parts of the library's frame, and the bare loop.
class Bench final : public Napi::ObjectWrap<Bench> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Bench",
                       {
                           InstanceMethod<&Bench::write>("write"),
                           InstanceMethod<&Bench::copy>("copy"),
                           InstanceMethod<&Bench::count_stale>("countStale"),
                           InstanceMethod<&Bench::choose_bare>("chooseBare"),
                           InstanceMethod<&Bench::run_bare>("runBare"),
                       });
  }

  /// new (buffer object, mechanism's name)
  explicit Bench(const Napi::CallbackInfo& info) : ObjectWrap(info) {
    translating_errors(info.Env(), [&] {
      const auto buffer = BufferObjectWrap::unwrap(info[0])->buffer();
      const auto copy = std::make_shared<DeviceCopy>(buffer->size());
      library_ = std::make_unique<LibraryFrame>(buffer, copy);
      bare_ = make_bare_loop(mechanism_named(info[1].As<Napi::String>()), buffer, copy);
    });
  }

 private:
  /// write(ArrayBuffer, pages, bytes per page, stamp, Float64Array for [ns, faults])
  void write(const Napi::CallbackInfo& info) {
    auto* const view = static_cast<std::byte*>(info[0].As<Napi::ArrayBuffer>().Data());
    const LibraryFrame::Written written =
        library_->write(view, to_writes(info[1], info[2], info[3]));
    auto result = info[4].As<Napi::Float64Array>();
    result[0] = static_cast<double>(written.ns);
    result[1] = static_cast<double>(written.minor_faults);
  }

  /// copy(runs): ns
  Napi::Value copy(const Napi::CallbackInfo& info) {
    const auto runs = info[0].As<Napi::Uint32Array>();
    return Napi::Number::New(
        info.Env(), static_cast<double>(library_->copy({runs.Data(), runs.ElementLength()})));
  }

  /// countStale(pages): how many of them have a stale copy
  Napi::Value count_stale(const Napi::CallbackInfo& info) {
    const auto pages = info[0].As<Napi::Uint32Array>();
    return Napi::Number::New(
        info.Env(),
        static_cast<double>(library_->count_stale({pages.Data(), pages.ElementLength()})));
  }

  /// chooseBare(pages, bytes per page, stamp)
  void choose_bare(const Napi::CallbackInfo& info) {
    translating_errors(info.Env(), [&] { bare_->choose(to_writes(info[0], info[1], info[2])); });
  }

  /// runBare(pages, bytes per page, stamp, Float64Array for the frame's results)
  void run_bare(const Napi::CallbackInfo& info) {
    const FrameResult frame = translating_errors(
        info.Env(), [&] { return bare_->run(to_writes(info[0], info[1], info[2])); });
    auto result = info[3].As<Napi::Float64Array>();
    const std::array values{
        static_cast<double>(frame.write_ns),       static_cast<double>(frame.collect_ns),
        static_cast<double>(frame.copy_ns),        static_cast<double>(frame.faults),
        static_cast<double>(frame.reported_pages), static_cast<double>(frame.lost_pages)};
    for (std::size_t i = 0; i < values.size(); ++i) result[i] = values[i];
  }

  std::unique_ptr<LibraryFrame> library_;
  std::unique_ptr<BareLoop> bare_;
};

Napi::Value now(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(now_ns()));
}

/// floors(batches): a Float64Array for each floor
Napi::Value floors(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Floors found = translating_errors(
      env, [&] { return measure_floors(info[0].As<Napi::Number>().Uint32Value()); });
  Napi::Object object = Napi::Object::New(env);
  const auto set = [&](const char* name, const std::vector<double>& samples) {
    auto array = Napi::Float64Array::New(env, samples.size());
    std::ranges::copy(samples, array.Data());
    object[name] = array;
  };
  set("syscall", found.syscall_ns);
  set("minorFault", found.minor_fault_ns);
  set("signalRoundTrip", found.signal_round_trip_ns);
  set("mprotectPair", found.mprotect_pair_ns);
  set("memcpyPage", found.memcpy_page_ns);
  set("memcmpPage", found.memcmp_page_ns);
  return object;
}

}  // namespace

void export_measure(Napi::Env env, Napi::Object exports) {
  slow_faults_from_environment();
  Napi::Object measure = Napi::Object::New(env);
  measure["now"] = Napi::Function::New(env, now, "now");
  measure["floors"] = Napi::Function::New(env, floors, "floors");
  measure["Bench"] = Bench::define(env);
  export_bench(env, measure);
  export_measure_faults(env, measure);
  export_measure_threads(env, measure);
  exports["measure"] = measure;
}

}  // namespace mkwrite
