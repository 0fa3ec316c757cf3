// The addon's entry: one environment's exports. Nothing else happens here.
#include <napi.h>

#include "bindings/buffer_object.h"
#include "bindings/device.h"
#include "bindings/environment.h"
#include "bindings/measure.h"
#include "bindings/probe.h"
#include "bindings/resource.h"
#include "bindings/stress.h"
#include "bindings/surface_layout.h"
#include "bindings/tracker.h"

namespace {

using namespace mkwrite;

void set_error_class(const Napi::CallbackInfo& info) {
  Environment::of(info.Env()).error_class = Napi::Persistent(info[0].As<Napi::Function>());
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Environment);
  exports["setErrorClass"] = Napi::Function::New(env, set_error_class, "setErrorClass");
  BufferObjectWrap::define(env, exports);
  ViewWrap::define(env, exports);
  TrackerWrap::define(env, exports);
  ResourceWrap::define(env, exports);
  SurfaceLayoutWrap::define(env, exports);
  DeviceWrap::define(env, exports);
  export_probe(env, exports);
  export_measure(env, exports);
  StressWrap::define(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(NODE_GYP_MODULE_NAME, init)
