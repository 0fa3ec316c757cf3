#include "bindings/environment.h"

namespace mkwrite {

Napi::Error to_javascript(Napi::Env env, const Error& error) {
  const Napi::FunctionReference& error_class = Environment::of(env).error_class;
  if (error_class.IsEmpty()) return Napi::Error::New(env, error.what());
  const Napi::Object made = error_class.New({Napi::String::New(env, error_code_name(error.code())),
                                             Napi::String::New(env, error.what()),
                                             Napi::Number::New(env, error.system_errno())});
  return Napi::Error(env, made);
}

}  // namespace mkwrite
