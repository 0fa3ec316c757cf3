#include "bindings/buffer_object.h"

#include "bindings/environment.h"

namespace mkwrite {
namespace {

void detach(const Napi::CallbackInfo& info) { info[0].As<Napi::ArrayBuffer>().Detach(); }

}  // namespace

void BufferObjectWrap::define(Napi::Env env, Napi::Object exports) {
  const Napi::Function constructor = DefineClass(
      env, "BufferObject",
      {
          InstanceAccessor<&BufferObjectWrap::size>("size"),
          InstanceAccessor<&BufferObjectWrap::id>("id"),
          InstanceMethod<&BufferObjectWrap::create_view>("createView"),
          InstanceMethod<&BufferObjectWrap::release>("release"),
      });
  Environment::of(env).buffer_object = Napi::Persistent(constructor);
  exports["BufferObject"] = constructor;
  exports["detach"] = Napi::Function::New(env, detach, "detach");
}

BufferObjectWrap::BufferObjectWrap(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  buffer_ = translating_errors(info.Env(), [&] {
    if (!info[0].IsBigInt()) return BufferObject::create(to_size(info[0]));
    bool lossless = false;
    auto found = BufferObject::find(info[0].As<Napi::BigInt>().Uint64Value(&lossless));
    if (found == nullptr) {
      throw Error(ErrorCode::kDestroyed,
                  "The buffer object behind this handle is gone. Keep it alive until every worker "
                  "has opened it.");
    }
    return found;
  });
}

std::shared_ptr<BufferObject> BufferObjectWrap::buffer() const {
  if (buffer_ == nullptr) {
    throw Error(ErrorCode::kDestroyed, "The buffer object was destroyed. Create a new one.");
  }
  return buffer_;
}

Napi::Value BufferObjectWrap::size(const Napi::CallbackInfo& info) {
  return translating_errors(info.Env(), [&] {
    return Napi::Number::New(info.Env(), static_cast<double>(buffer()->size()));
  });
}

Napi::Value BufferObjectWrap::id(const Napi::CallbackInfo& info) {
  return translating_errors(info.Env(),
                            [&] { return Napi::BigInt::New(info.Env(), buffer()->id()); });
}

Napi::Value BufferObjectWrap::create_view(const Napi::CallbackInfo& info) {
  return translating_errors(info.Env(), [&] {
    auto view = buffer()->create_view();
    const Napi::Object object = Environment::of(info.Env()).view.New({});
    ViewWrap::Unwrap(object)->view_ = std::move(view);
    return object;
  });
}

void BufferObjectWrap::release(const Napi::CallbackInfo& /*info*/) { buffer_.reset(); }

void ViewWrap::define(Napi::Env env, Napi::Object /*exports*/) {
  const Napi::Function constructor =
      DefineClass(env, "View",
                  {
                      InstanceMethod<&ViewWrap::map>("map"),
                      InstanceMethod<&ViewWrap::release>("release"),
                  });
  Environment::of(env).view = Napi::Persistent(constructor);
}

ViewWrap::ViewWrap(const Napi::CallbackInfo& info) : ObjectWrap(info) {}

Napi::Value ViewWrap::map(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto keeper = std::make_unique<std::shared_ptr<View>>(view_);
  std::byte* const data = view_->data() + to_size(info[0]);
  // The plain C call: its status tells a runtime without external buffers from other failures. The
  // finalizer runs when the last ArrayBuffer over the pages is gone, wherever it has gone to.
  const napi_finalize finalize = [](napi_env, void*, void* hint) {
    delete static_cast<std::shared_ptr<View>*>(hint);
  };
  napi_value buffer = nullptr;
  const napi_status status = napi_create_external_arraybuffer(env, data, to_size(info[1]), finalize,
                                                              keeper.get(), &buffer);
  if (status == napi_ok) {
    keeper.release();  // the finalizer's now
    return Napi::Value(env, buffer);
  }
  if (env.IsExceptionPending()) throw env.GetAndClearPendingException();
  throw to_javascript(
      env, Error(ErrorCode::kUnsupported,
                 "This runtime does not allow ArrayBuffers over memory of its own choosing (V8's "
                 "sandbox, as in Electron). Run under Node.js."));
}

void ViewWrap::release(const Napi::CallbackInfo& /*info*/) { view_.reset(); }

}  // namespace mkwrite
