// JavaScript's handle on the layout of a surface.
#pragma once

#include <napi.h>

#include <memory>

#include "coherence/surface_layout.h"

namespace mkwrite {

class SurfaceLayoutWrap final : public Napi::ObjectWrap<SurfaceLayoutWrap> {
 public:
  static void define(Napi::Env env, Napi::Object exports);
  /// The layout behind `value`, or null if it is undefined.
  static std::unique_ptr<const SurfaceLayout> copy(const Napi::Value& value);

  /// new (format's name, width, height, depth, layers, mips, samples)
  explicit SurfaceLayoutWrap(const Napi::CallbackInfo& info);

 private:
  Napi::Value size(const Napi::CallbackInfo& info);
  /// subresource(layer, mip): { offset, size, rowPitch, slicePitch, width, height, depth }
  Napi::Value subresource(const Napi::CallbackInfo& info);

  std::unique_ptr<const SurfaceLayout> layout_;
};

}  // namespace mkwrite
