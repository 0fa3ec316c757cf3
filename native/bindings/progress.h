// A way for a native thread to tell JavaScript that there is news.
#pragma once

#include <napi.h>

#include <memory>
#include <mutex>

namespace mkwrite {

/// Calls a JavaScript function without arguments. Unbounded and non-blocking, so that a device's
/// thread never waits for JavaScript, which may itself be waiting for the device in a fault
/// (rule 9). Never keeps the event loop alive unless asked to.
class Progress {
 public:
  /// `name` is what diagnostics (async hooks) show.
  static std::shared_ptr<Progress> make(napi_env env, napi_value callback, const char* name);

  Progress() = default;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Ends the function. In the thread of its environment.
  void close() noexcept;
  /// Any thread. Nothing after close(), or after the end of the environment.
  void announce() noexcept;
  /// In the thread of its environment.
  void keep_alive(napi_env env, bool keep) noexcept;

 private:
  static void call(napi_env env, napi_value callback, void* context, void* data);
  /// The environment closes its functions before it finalises what uses them.
  static void closed(napi_env env, void* self, void* hint);

  std::mutex mutex_;  ///< held for calls that never block
  napi_threadsafe_function function_ = nullptr;
};

}  // namespace mkwrite
