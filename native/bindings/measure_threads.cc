#include "bindings/measure_threads.h"

#include <chrono>
#include <memory>

#include "bindings/environment.h"
#include "measure/busy_thread.h"
#include "measure/other_threads.h"

namespace mkwrite {
namespace {

class BusyThreadWrap final : public Napi::ObjectWrap<BusyThreadWrap> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "BusyThread",
                       {
                           InstanceMethod<&BusyThreadWrap::spin>("spin"),
                           InstanceMethod<&BusyThreadWrap::sleep>("sleep"),
                           InstanceMethod<&BusyThreadWrap::cpu_time>("cpuTime"),
                           InstanceMethod<&BusyThreadWrap::rounds>("rounds"),
                           InstanceMethod<&BusyThreadWrap::end>("end"),
                       });
  }

  /// new ()
  explicit BusyThreadWrap(const Napi::CallbackInfo& info) : ObjectWrap(info) {
    translating_errors(info.Env(), [&] { thread_ = std::make_unique<BusyThread>(); });
  }

 private:
  /// spin(milliseconds of patience): whether it runs by now
  Napi::Value spin(const Napi::CallbackInfo& info) {
    return translating_errors(info.Env(), [&] {
      constexpr double kNsPerMillisecond = 1e6;
      const double ns = info[0].As<Napi::Number>().DoubleValue() * kNsPerMillisecond;
      const auto patience = std::chrono::nanoseconds(static_cast<std::int64_t>(ns));
      return Napi::Boolean::New(info.Env(), thread().spin(patience));
    });
  }

  void sleep(const Napi::CallbackInfo& info) {
    translating_errors(info.Env(), [&] { thread().sleep(); });
  }

  /// cpuTime(): ns
  Napi::Value cpu_time(const Napi::CallbackInfo& info) {
    return translating_errors(info.Env(), [&] {
      return Napi::Number::New(info.Env(), static_cast<double>(thread().cpu_ns()));
    });
  }

  Napi::Value rounds(const Napi::CallbackInfo& info) {
    return translating_errors(info.Env(), [&] {
      return Napi::Number::New(info.Env(), static_cast<double>(thread().rounds()));
    });
  }

  void end(const Napi::CallbackInfo& /*info*/) { thread_.reset(); }

  BusyThread& thread() const {
    if (thread_ == nullptr) throw Error(ErrorCode::kDestroyed, "The thread has ended.");
    return *thread_;
  }

  std::unique_ptr<BusyThread> thread_;
};

class OtherThreadsWrap final : public Napi::ObjectWrap<OtherThreadsWrap> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "OtherThreads",
                       {InstanceMethod<&OtherThreadsWrap::cpu_time>("cpuTime")});
  }

  /// new ()
  explicit OtherThreadsWrap(const Napi::CallbackInfo& info) : ObjectWrap(info) {
    translating_errors(info.Env(), [&] { threads_ = std::make_unique<OtherThreads>(); });
  }

 private:
  /// cpuTime(): ns
  Napi::Value cpu_time(const Napi::CallbackInfo& info) {
    return translating_errors(info.Env(), [&] {
      return Napi::Number::New(info.Env(), static_cast<double>(threads_->cpu_ns()));
    });
  }

  std::unique_ptr<OtherThreads> threads_;
};

}  // namespace

void export_measure_threads(Napi::Env env, Napi::Object measure) {
  measure["BusyThread"] = BusyThreadWrap::define(env);
  measure["OtherThreads"] = OtherThreadsWrap::define(env);
}

}  // namespace mkwrite
