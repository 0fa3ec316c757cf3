#include "bindings/probe.h"

#include "bindings/environment.h"
#include "faults/handler.h"
#include "memory/buffer_object.h"
#include "probe/hypervisor.h"
#include "probe/round_trip.h"

namespace mkwrite {
namespace {

Napi::Value try_mechanism_named(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return translating_errors(env, [&]() -> Napi::Value {
    const std::string name = info[0].As<Napi::String>().Utf8Value();
    for (const MechanismKind kind : kAllMechanisms) {
      if (name != mechanism_name(kind)) continue;
      const Availability found = try_mechanism(kind);
      Napi::Object object = Napi::Object::New(env);
      object["available"] = Napi::Boolean::New(env, found.available);
      object["reason"] = Napi::String::New(env, found.reason);
      object["remedy"] = Napi::String::New(env, found.remedy);
      object["systemCalls"] = Napi::Boolean::New(env, found.available && system_calls_work(kind));
      return object;
    }
    throw Error(ErrorCode::kInvalidArgument, "There is no mechanism \"" + name + "\".");
  });
}

Napi::Value handler_stats(const Napi::CallbackInfo& info) {
  const FaultHandlerStats stats = fault_handler_stats();
  Napi::Object object = Napi::Object::New(info.Env());
  object["routed"] = Napi::Number::New(info.Env(), static_cast<double>(stats.routed));
  object["chained"] = Napi::Number::New(info.Env(), static_cast<double>(stats.chained));
  object["displaced"] = Napi::Number::New(info.Env(), static_cast<double>(stats.displaced));
  return object;
}

/// hypervisor(): its signature, '' for none, null where the processor cannot tell
Napi::Value hypervisor_signature(const Napi::CallbackInfo& info) {
  const auto signature = hypervisor();
  if (!signature) return info.Env().Null();
  return Napi::String::New(info.Env(), *signature);
}

}  // namespace

void export_probe(Napi::Env env, Napi::Object exports) {
  exports["pageSize"] = Napi::Number::New(env, static_cast<double>(kPageSize));
  exports["maxSize"] = Napi::Number::New(env, static_cast<double>(BufferObject::max_size()));
  exports["tryMechanism"] = Napi::Function::New(env, try_mechanism_named, "tryMechanism");
  exports["faultHandlerStats"] = Napi::Function::New(env, handler_stats, "faultHandlerStats");
  exports["hypervisor"] = Napi::Function::New(env, hypervisor_signature, "hypervisor");
}

}  // namespace mkwrite
