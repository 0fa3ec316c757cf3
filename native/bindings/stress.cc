#include "bindings/stress.h"

#include <array>
#include <utility>

#include "bindings/environment.h"

namespace mkwrite {

void StressWrap::define(Napi::Env env, Napi::Object exports) {
  exports["Stress"] = DefineClass(env, "Stress",
                                  {
                                      InstanceMethod<&StressWrap::counts>("counts"),
                                      InstanceMethod<&StressWrap::stop>("stop"),
                                      InstanceMethod<&StressWrap::finish>("finish"),
                                  });
}

StressWrap::StressWrap(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  const Napi::Env env = info.Env();
  const Napi::Object given = info[0].As<Napi::Object>();
  stress::StressOptions options;
  options.policy = given.Get("policy").As<Napi::String>().Utf8Value();
  options.duration = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double, std::milli>(
          given.Get("milliseconds").As<Napi::Number>().DoubleValue()));
  options.writers = to_size(given.Get("threads"));
  options.views = to_size(given.Get("views"));
  options.pages = to_size(given.Get("pages"));
  options.device_writes = given.Get("deviceWrites").As<Napi::Boolean>().Value();
  options.trims = given.Get("trim").As<Napi::Boolean>().Value();
  options.seed = to_size(given.Get("seed"));
  translating_errors(env, [&] { stress_ = std::make_unique<stress::Stress>(options); });
  done_ = Progress::make(env, info[1].As<Napi::Function>(), "mkwrite stress");
  done_->keep_alive(env, true);
  thread_ = std::thread([this] { run(); });
}

StressWrap::~StressWrap() {
  end();
  if (done_ != nullptr) done_->close();
}

void StressWrap::run() noexcept {
  try {
    stress_->run();
  } catch (const Error& error) {
    failure_ = error;
  } catch (const std::exception& error) {
    // std::bad_alloc, or a thread that could not be started.
    failure_ =
        Error(ErrorCode::kOutOfMemory, std::string("The stress test cannot go on: ") +
                                           error.what() + ". Use fewer threads or less memory.");
  }
  done_->announce();
}

void StressWrap::end() noexcept {
  if (!thread_.joinable()) return;
  stress_->stop();
  thread_.join();
}

Napi::Value StressWrap::counts(const Napi::CallbackInfo& info) {
  const stress::StressCounts now = stress_->counts();
  Napi::Object object = Napi::Object::New(info.Env());
  const std::array<std::pair<const char*, std::uint64_t>, 20> named{{
      {"cpuWrites", now.cpu_writes},
      {"deviceWrites", now.device_writes},
      {"collects", now.collects},
      {"samePageConflicts", now.same_page_conflicts},
      {"lostUpdates", now.lost_updates},
      {"staleReads", now.stale_reads},
      {"comparisons", now.comparisons},
      {"submissions", now.submissions},
      {"waits", now.waits},
      {"evictions", now.evictions},
      {"viewsOpened", now.views_opened},
      {"cpuAccesses", now.cpu_accesses},
      {"streams", now.streams},
      {"dirtyMarks", now.marks},
      {"busySubmissions", now.busy},
      {"refusedUpdates", now.refused},
      {"undoneWrites", now.undone},
      {"mechanismSwitches", now.switches},
      {"pagesOpenedAhead", now.opened_ahead},
      {"pagesTrimmed", now.trimmed},
  }};
  for (const auto& [name, count] : named) {
    object[name] = Napi::Number::New(info.Env(), static_cast<double>(count));
  }
  return object;
}

void StressWrap::stop(const Napi::CallbackInfo& /*info*/) { stress_->stop(); }

Napi::Value StressWrap::finish(const Napi::CallbackInfo& info) {
  end();
  done_->close();
  if (failure_) throw to_javascript(info.Env(), *failure_);
  return counts(info);
}

}  // namespace mkwrite
