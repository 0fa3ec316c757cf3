#include "bindings/bench.h"

#include <array>
#include <memory>
#include <string>

#include "bindings/environment.h"
#include "measure/contender.h"
#include "measure/cpu_work.h"
#include "measure/frame_batch.h"
#include "measure/idle_collect.h"

namespace mkwrite {
namespace {

class FrameBatchWrap final : public Napi::ObjectWrap<FrameBatchWrap> {
 public:
  static Napi::Function define(Napi::Env env) { return DefineClass(env, "FrameBatch", {}); }

  /// new (pages, ends, bytes per page, first stamp)
  explicit FrameBatchWrap(const Napi::CallbackInfo& info) : ObjectWrap(info) {
    const auto pages = info[0].As<Napi::Uint32Array>();
    const auto ends = info[1].As<Napi::Uint32Array>();
    frames_ = translating_errors(info.Env(), [&] {
      return std::make_unique<FrameBatch>(std::span(pages.Data(), pages.ElementLength()),
                                          std::span(ends.Data(), ends.ElementLength()),
                                          to_size(info[2]),
                                          info[3].As<Napi::Number>().Uint32Value());
    });
  }

  static const FrameBatch& unwrap(const Napi::Value& value) {
    return *Unwrap(value.As<Napi::Object>())->frames_;
  }

 private:
  std::unique_ptr<FrameBatch> frames_;
};

class CpuWorkWrap final : public Napi::ObjectWrap<CpuWorkWrap> {
 public:
  static Napi::Function define(Napi::Env env) { return DefineClass(env, "CpuWork", {}); }

  /// new (milliseconds)
  explicit CpuWorkWrap(const Napi::CallbackInfo& info)
      : ObjectWrap(info), work_(info[0].As<Napi::Number>().DoubleValue()) {}

  /// Null where `value` is.
  static CpuWork* unwrap(const Napi::Value& value) {
    return value.IsNull() ? nullptr : &Unwrap(value.As<Napi::Object>())->work_;
  }

 private:
  CpuWork work_;
};

class ContenderWrap final : public Napi::ObjectWrap<ContenderWrap> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Contender",
                       {
                           InstanceMethod<&ContenderWrap::choose>("choose"),
                           InstanceMethod<&ContenderWrap::run>("run"),
                           InstanceMethod<&ContenderWrap::end>("end"),
                       });
  }

  /// new (name, buffer objects, pages of each, whether the device writes)
  explicit ContenderWrap(const Napi::CallbackInfo& info)
      : ObjectWrap(info), layout_{to_size(info[1]), to_size(info[2])} {
    contender_ = translating_errors(info.Env(), [&] {
      const std::string name = info[0].As<Napi::String>().Utf8Value();
      return info[3].As<Napi::Boolean>().Value() ? make_readback_contender(name, layout_)
                                                 : make_contender(name, layout_);
    });
  }

 private:
  const FrameBatch& frames(const Napi::Value& value) const {
    const FrameBatch& frames = FrameBatchWrap::unwrap(value);
    if (contender_ == nullptr || frames.page_limit() > layout_.pages()) {
      throw Error(ErrorCode::kOutOfRange, "The frames write pages that the contender lacks.");
    }
    return frames;
  }

  /// choose(frames, index of the frame)
  void choose(const Napi::CallbackInfo& info) {
    translating_errors(info.Env(), [&] {
      const FrameBatch& batch = frames(info[0]);
      contender_->choose(batch[to_size(info[1]) % batch.size()]);
    });
  }

  /// run(frames, CpuWork or null, Float64Array for the frames' results)
  void run(const Napi::CallbackInfo& info) {
    translating_errors(info.Env(), [&] {
      const FrameBatch& batch = frames(info[0]);
      CpuWork* const work = CpuWorkWrap::unwrap(info[1]);
      auto results = info[2].As<Napi::Float64Array>();
      std::size_t at = 0;
      for (std::size_t i = 0; i < batch.size(); ++i) {
        const std::int64_t work_ns = work == nullptr ? 0 : work->run();
        const FrameResult frame = contender_->run(batch[i]);
        const std::array values{
            static_cast<double>(work_ns),          static_cast<double>(frame.write_ns),
            static_cast<double>(frame.collect_ns), static_cast<double>(frame.copy_ns),
            static_cast<double>(frame.faults),     static_cast<double>(frame.reported_pages),
            static_cast<double>(frame.lost_pages)};
        if (at + values.size() > results.ElementLength()) {
          throw Error(ErrorCode::kOutOfRange, "There is no room for the frames' results.");
        }
        for (const double value : values) results[at++] = value;
      }
    });
  }

  /// Gives its memory back.
  void end(const Napi::CallbackInfo& /*info*/) { contender_.reset(); }

  BufferLayout layout_;
  std::unique_ptr<Contender> contender_;
};

/// idleCollects(policy, bytes, Float64Array for library ns and bare ns of each round)
void idle_collects(const Napi::CallbackInfo& info) {
  translating_errors(info.Env(), [&] {
    auto results = info[2].As<Napi::Float64Array>();
    std::size_t at = 0;
    measure_idle_collects(info[0].As<Napi::String>().Utf8Value(), to_size(info[1]),
                          results.ElementLength() / 2,
                          [&](std::int64_t library_ns, std::int64_t bare_ns) {
                            results[at++] = static_cast<double>(library_ns);
                            results[at++] = static_cast<double>(bare_ns);
                          });
  });
}

}  // namespace

void export_bench(Napi::Env env, Napi::Object measure) {
  measure["FrameBatch"] = FrameBatchWrap::define(env);
  measure["CpuWork"] = CpuWorkWrap::define(env);
  measure["Contender"] = ContenderWrap::define(env);
  measure["idleCollects"] = Napi::Function::New(env, idle_collects, "idleCollects");
}

}  // namespace mkwrite
