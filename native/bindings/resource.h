// JavaScript's handle on a resource.
#pragma once

#include <napi.h>

#include <memory>

#include "coherence/resource.h"
#include "memory/buffer_object.h"

namespace mkwrite {

class ResourceWrap final : public Napi::ObjectWrap<ResourceWrap> {
 public:
  static void define(Napi::Env env, Napi::Object exports);
  static ResourceWrap* unwrap(const Napi::Value& value) { return Unwrap(value.As<Napi::Object>()); }
  /// `buffer` is null for device memory only.
  static Napi::Object make(Napi::Env env, std::shared_ptr<BufferObject> buffer,
                           std::shared_ptr<Resource> resource);

  explicit ResourceWrap(const Napi::CallbackInfo& info);

  /// Throws Error (kDestroyed) after destroy().
  const std::shared_ptr<Resource>& resource() const;

 private:
  void destroy(const Napi::CallbackInfo& info);
  /// Lets go without reading back: the buffer object itself is given up.
  void release(const Napi::CallbackInfo& info);

  std::shared_ptr<BufferObject> buffer_;  ///< keeps the resource's buffer object alive
  std::shared_ptr<AccessObserver>
      observer_;  ///< and what it belongs to, also after the device's end
  std::shared_ptr<Resource> resource_;
};

}  // namespace mkwrite
