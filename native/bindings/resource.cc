#include "bindings/resource.h"

#include "bindings/environment.h"
#include "coherence/coherent_buffer.h"

namespace mkwrite {

void ResourceWrap::define(Napi::Env env, Napi::Object /*exports*/) {
  const Napi::Function constructor =
      DefineClass(env, "Resource",
                  {
                      InstanceMethod<&ResourceWrap::destroy>("destroy"),
                      InstanceMethod<&ResourceWrap::release>("release"),
                  });
  Environment::of(env).resource = Napi::Persistent(constructor);
}

ResourceWrap::ResourceWrap(const Napi::CallbackInfo& info) : ObjectWrap(info) {}

Napi::Object ResourceWrap::make(Napi::Env env, std::shared_ptr<BufferObject> buffer,
                                std::shared_ptr<Resource> resource) {
  const Napi::Object object = Environment::of(env).resource.New({});
  ResourceWrap* const wrap = Unwrap(object);
  if (buffer != nullptr) wrap->observer_ = buffer->observer();
  wrap->buffer_ = std::move(buffer);
  wrap->resource_ = std::move(resource);
  return object;
}

const std::shared_ptr<Resource>& ResourceWrap::resource() const {
  if (resource_ == nullptr) {
    throw Error(ErrorCode::kDestroyed, "The resource was destroyed. Create a new one.");
  }
  return resource_;
}

void ResourceWrap::destroy(const Napi::CallbackInfo& info) {
  translating_errors(info.Env(), [&] {
    if (resource_ != nullptr && resource_->buffer() != nullptr) {
      resource_->buffer()->destroy_resource(resource_);
    }
  });
  release(info);
}

void ResourceWrap::release(const Napi::CallbackInfo& /*info*/) {
  // In the order of who keeps whom.
  resource_.reset();
  observer_.reset();
  buffer_.reset();
}

}  // namespace mkwrite
