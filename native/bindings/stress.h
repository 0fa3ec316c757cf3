// The stress test as exports.Stress.
#pragma once

#include <napi.h>

#include <memory>
#include <optional>
#include <thread>

#include "bindings/progress.h"
#include "memory/error.h"
#include "stress/stress.h"

namespace mkwrite {

/// One run, on a thread of its own. See lib/native-stress.ts.
class StressWrap final : public Napi::ObjectWrap<StressWrap> {
 public:
  static void define(Napi::Env env, Napi::Object exports);

  /// new ({ policy, milliseconds, threads, views, pages, deviceWrites, seed }, onDone): begins
  explicit StressWrap(const Napi::CallbackInfo& info);
  ~StressWrap() override;

 private:
  /// counts(): what happened so far
  Napi::Value counts(const Napi::CallbackInfo& info);
  /// stop(): ends it before its time; onDone is called all the same
  void stop(const Napi::CallbackInfo& info);
  /// finish(): the last counts, or throws what kept the test from going on. Waits for its end.
  Napi::Value finish(const Napi::CallbackInfo& info);

  void run() noexcept;
  void end() noexcept;

  std::unique_ptr<stress::Stress> stress_;
  std::shared_ptr<Progress> done_;
  std::optional<Error> failure_;  ///< of the thread, until it is joined
  std::thread thread_;            ///< last: it uses all of the above
};

}  // namespace mkwrite
