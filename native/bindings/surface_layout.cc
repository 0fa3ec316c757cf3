#include "bindings/surface_layout.h"

#include <string>

#include "bindings/environment.h"

namespace mkwrite {
namespace {

std::uint32_t to_uint32(const Napi::Value& value) { return value.As<Napi::Number>().Uint32Value(); }

}  // namespace

void SurfaceLayoutWrap::define(Napi::Env env, Napi::Object exports) {
  const Napi::Function constructor =
      DefineClass(env, "SurfaceLayout",
                  {
                      InstanceAccessor<&SurfaceLayoutWrap::size>("size"),
                      InstanceMethod<&SurfaceLayoutWrap::subresource>("subresource"),
                  });
  Environment::of(env).surface_layout = Napi::Persistent(constructor);
  exports["SurfaceLayout"] = constructor;
}

std::unique_ptr<const SurfaceLayout> SurfaceLayoutWrap::copy(const Napi::Value& value) {
  if (value.IsUndefined()) return nullptr;
  return std::make_unique<SurfaceLayout>(*Unwrap(value.As<Napi::Object>())->layout_);
}

SurfaceLayoutWrap::SurfaceLayoutWrap(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  translating_errors(info.Env(), [&] {
    const std::string name = info[0].As<Napi::String>();
    const auto format = surface_format_named(name);
    if (!format) {
      throw Error(ErrorCode::kInvalidArgument, "There is no surface format \"" + name + "\".");
    }
    SurfaceDescription description;
    description.format = *format;
    description.extent = {to_uint32(info[1]), to_uint32(info[2]), to_uint32(info[3])};
    description.layers = to_uint32(info[4]);
    description.mips = to_uint32(info[5]);
    description.samples = to_uint32(info[6]);
    layout_ = std::make_unique<SurfaceLayout>(description);
  });
}

Napi::Value SurfaceLayoutWrap::size(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(layout_->size()));
}

Napi::Value SurfaceLayoutWrap::subresource(const Napi::CallbackInfo& info) {
  return translating_errors(info.Env(), [&] {
    const std::uint32_t layer = to_uint32(info[0]);
    const std::uint32_t mip = to_uint32(info[1]);
    if (layer >= layout_->description().layers || mip >= layout_->description().mips) {
      throw Error(ErrorCode::kOutOfRange, "The surface has no such layer or mip.");
    }
    const Subresource found = layout_->subresource(layout_->index_of(layer, mip));
    Napi::Object object = Napi::Object::New(info.Env());
    const auto set = [&](const char* name, std::size_t value) {
      object[name] = Napi::Number::New(info.Env(), static_cast<double>(value));
    };
    set("offset", found.bytes.offset);
    set("size", found.bytes.size);
    set("rowPitch", found.row_pitch);
    set("slicePitch", found.slice_pitch);
    set("width", found.extent.width);
    set("height", found.extent.height);
    set("depth", found.extent.depth);
    return object;
  });
}

}  // namespace mkwrite
