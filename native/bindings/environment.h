// What belongs to one JavaScript environment (the main thread, or a worker): constructors, and the
// error class. Everything process-wide is in the core.
#pragma once

#include <napi.h>

#include <new>
#include <system_error>

#include "memory/error.h"

namespace mkwrite {

struct Environment {
  Napi::FunctionReference error_class;
  Napi::FunctionReference buffer_object;
  Napi::FunctionReference view;
  Napi::FunctionReference tracker;
  Napi::FunctionReference device;
  Napi::FunctionReference resource;
  Napi::FunctionReference surface_layout;

  static Environment& of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }
};

/// The MkwriteError for `error`, made at the call site, so that it has the caller's stack.
Napi::Error to_javascript(Napi::Env env, const Error& error);

/// Runs `body` and throws what it throws as a MkwriteError. Every function that JavaScript calls
/// does its work in here.
template <typename Body>
auto translating_errors(Napi::Env env, Body&& body) {
  try {
    return body();
  } catch (const Error& error) {
    throw to_javascript(env, error);
  } catch (const std::bad_alloc&) {
    throw to_javascript(env, Error(ErrorCode::kOutOfMemory,
                                   "The process is out of memory. Free some and try again."));
  } catch (const std::system_error& error) {
    throw to_javascript(env, Error(ErrorCode::kSystem, error.what(), error.code().value()));
  }
}

/// A byte count or offset that TypeScript has checked to be a safe integer that is not negative.
inline std::size_t to_size(const Napi::Value& value) {
  return static_cast<std::size_t>(value.As<Napi::Number>().DoubleValue());
}

}  // namespace mkwrite
