// JavaScript's handle on a buffer object.
#pragma once

#include <napi.h>

#include <memory>

#include "memory/buffer_object.h"

namespace mkwrite {

class BufferObjectWrap final : public Napi::ObjectWrap<BufferObjectWrap> {
 public:
  static void define(Napi::Env env, Napi::Object exports);
  static BufferObjectWrap* unwrap(const Napi::Value& value) {
    return Unwrap(value.As<Napi::Object>());
  }

  /// new (size in bytes | id of a live one as bigint)
  explicit BufferObjectWrap(const Napi::CallbackInfo& info);

  /// Throws Error (kDestroyed) after release().
  std::shared_ptr<BufferObject> buffer() const;

 private:
  Napi::Value size(const Napi::CallbackInfo& info);
  Napi::Value id(const Napi::CallbackInfo& info);
  Napi::Value create_view(const Napi::CallbackInfo& info);
  /// beginAccess(offset, size, writable), endAccess(offset, size, writable): CPU access
  void begin_access(const Napi::CallbackInfo& info);
  void end_access(const Napi::CallbackInfo& info);
  /// markDirty(offset, size)
  void mark_dirty(const Napi::CallbackInfo& info);
  /// setReadBackPages(pages)
  void set_read_back_pages(const Napi::CallbackInfo& info);
  void release(const Napi::CallbackInfo& info);

  std::shared_ptr<BufferObject> buffer_;
};

/// JavaScript's handle on a view.
class ViewWrap final : public Napi::ObjectWrap<ViewWrap> {
 public:
  static void define(Napi::Env env, Napi::Object exports);

  explicit ViewWrap(const Napi::CallbackInfo& info);

 private:
  friend class BufferObjectWrap;
  /// map(offset, length): an external ArrayBuffer. It keeps the view, and so the pages.
  Napi::Value map(const Napi::CallbackInfo& info);
  /// mapShared(offset, length): an external SharedArrayBuffer, where the runtime can make one
  Napi::Value map_shared(const Napi::CallbackInfo& info);
  void release(const Napi::CallbackInfo& info);

  std::shared_ptr<View> view_;
};

}  // namespace mkwrite
