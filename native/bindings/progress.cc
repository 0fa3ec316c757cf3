#include "bindings/progress.h"

namespace mkwrite {

std::shared_ptr<Progress> Progress::make(napi_env env, napi_value callback, const char* name) {
  auto made = std::make_shared<Progress>();
  napi_value label = nullptr;
  napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &label);
  // The plain C interface: the C++ one ends the process when it is called in an environment that
  // is being torn down, where no JavaScript can run.
  auto keeper = std::make_unique<std::shared_ptr<Progress>>(made);
  if (napi_create_threadsafe_function(env, callback, nullptr, label, 0, 1, keeper.get(), closed,
                                      nullptr, call, &made->function_) != napi_ok) {
    throw Napi::Error::New(env, "A thread-safe function could not be made.");
  }
  static_cast<void>(keeper.release());  // closed()'s now
  napi_unref_threadsafe_function(env, made->function_);
  return made;
}

void Progress::close() noexcept {
  const std::lock_guard lock(mutex_);
  if (function_ != nullptr) napi_release_threadsafe_function(function_, napi_tsfn_abort);
  function_ = nullptr;
}

void Progress::announce() noexcept {
  const std::lock_guard lock(mutex_);
  if (function_ != nullptr) {
    napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking);
  }
}

void Progress::keep_alive(napi_env env, bool keep) noexcept {
  const std::lock_guard lock(mutex_);
  if (function_ == nullptr) return;
  if (keep) {
    napi_ref_threadsafe_function(env, function_);
  } else {
    napi_unref_threadsafe_function(env, function_);
  }
}

void Progress::call(napi_env env, napi_value callback, void* /*context*/, void* /*data*/) {
  if (env == nullptr) return;  // torn down with the call still queued
  napi_value receiver = nullptr;
  napi_get_undefined(env, &receiver);
  napi_call_function(env, receiver, callback, 0, nullptr, nullptr);
}

void Progress::closed(napi_env /*env*/, void* self, void* /*hint*/) {
  const std::unique_ptr<std::shared_ptr<Progress>> progress(
      static_cast<std::shared_ptr<Progress>*>(self));
  const std::lock_guard lock((*progress)->mutex_);
  (*progress)->function_ = nullptr;
}

}  // namespace mkwrite
