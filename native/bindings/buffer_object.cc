#include "bindings/buffer_object.h"

#include <dlfcn.h>

#include "bindings/environment.h"
#include "coherence/coherent_buffer.h"

namespace mkwrite {
namespace {

void detach(const Napi::CallbackInfo& info) { info[0].As<Napi::ArrayBuffer>().Detach(); }

/// Runs `action` with the tracker of `buffer`, if it has one. The tracker lives until it returns,
/// also when another thread ends the tracking meanwhile.
template <typename Action>
void with_tracker(const BufferObject& buffer, Action&& action) {
  const std::shared_ptr<AccessObserver> observer = buffer.observer();
  auto* tracker = dynamic_cast<Tracker*>(observer.get());
  if (auto* const coherent = dynamic_cast<CoherentBuffer*>(observer.get())) {
    tracker = coherent->tracker();
  }
  if (tracker != nullptr) action(*tracker);
}

/// The pages of the bytes (offset, size) that a call begins with.
PageRange to_pages(const Napi::CallbackInfo& info) {
  return pages_covering({to_size(info[0]), to_size(info[1])});
}

}  // namespace

void BufferObjectWrap::define(Napi::Env env, Napi::Object exports) {
  const Napi::Function constructor =
      DefineClass(env, "BufferObject",
                  {
                      InstanceAccessor<&BufferObjectWrap::size>("size"),
                      InstanceAccessor<&BufferObjectWrap::id>("id"),
                      InstanceMethod<&BufferObjectWrap::create_view>("createView"),
                      InstanceMethod<&BufferObjectWrap::begin_access>("beginAccess"),
                      InstanceMethod<&BufferObjectWrap::end_access>("endAccess"),
                      InstanceMethod<&BufferObjectWrap::mark_dirty>("markDirty"),
                      InstanceMethod<&BufferObjectWrap::set_read_back_pages>("setReadBackPages"),
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
    if (found == nullptr || !lossless) {
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

void BufferObjectWrap::begin_access(const Napi::CallbackInfo& info) {
  translating_errors(info.Env(), [&] {
    buffer()->begin_access(to_pages(info), info[2].As<Napi::Boolean>().Value());
  });
}

void BufferObjectWrap::end_access(const Napi::CallbackInfo& info) {
  // An access may outlive the buffer object's handle; then there is nothing to end.
  if (buffer_ == nullptr) return;
  buffer_->end_access(to_pages(info), info[2].As<Napi::Boolean>().Value());
}

void BufferObjectWrap::mark_dirty(const Napi::CallbackInfo& info) {
  translating_errors(info.Env(), [&] {
    with_tracker(*buffer(), [&](Tracker& tracker) { tracker.declare_written(to_pages(info)); });
  });
}

void BufferObjectWrap::set_read_back_pages(const Napi::CallbackInfo& info) {
  translating_errors(info.Env(), [&] {
    with_tracker(*buffer(),
                 [&](Tracker& tracker) { tracker.set_read_back_pages(to_size(info[0])); });
  });
}

void BufferObjectWrap::release(const Napi::CallbackInfo& /*info*/) { buffer_.reset(); }

void ViewWrap::define(Napi::Env env, Napi::Object /*exports*/) {
  const Napi::Function constructor =
      DefineClass(env, "View",
                  {
                      InstanceMethod<&ViewWrap::map>("map"),
                      InstanceMethod<&ViewWrap::map_shared>("mapShared"),
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
    static_cast<void>(keeper.release());  // the finalizer's now
    // Detaching ends the backing store at once, but a system call that is under way (fs.read) still
    // writes there. It holds the ArrayBuffer object, so that keeps the pages, too.
    auto held = std::make_unique<std::shared_ptr<View>>(view_);
    const napi_finalize let_go = [](napi_env, void* keeps, void*) {
      delete static_cast<std::shared_ptr<View>*>(keeps);
    };
    if (napi_add_finalizer(env, buffer, held.get(), let_go, nullptr, nullptr) == napi_ok) {
      static_cast<void>(held.release());  // likewise
    }
    return Napi::Value(env, buffer);
  }
  if (env.IsExceptionPending()) {
    static_cast<void>(keeper.release());  // Node.js may have run the finalizer already; better
                                          // leaked than freed twice
    throw env.GetAndClearPendingException();
  }
  throw to_javascript(
      env, Error(ErrorCode::kUnsupported,
                 "This runtime does not allow ArrayBuffers over memory of its own choosing (V8's "
                 "sandbox, as in Electron). Run under Node.js."));
}

Napi::Value ViewWrap::map_shared(const Napi::CallbackInfo& info) {
  // Experimental in Node.js 22.23, 24.21 and 26, so it is looked up at run time.
  using Finalizer = void (*)(void* data, void* hint);
  using Create = napi_status (*)(napi_env, void*, std::size_t, Finalizer, void*, napi_value*);
  const auto create =
      reinterpret_cast<Create>(dlsym(RTLD_DEFAULT, "node_api_create_external_sharedarraybuffer"));
  const Napi::Env env = info.Env();
  if (create != nullptr) {
    auto keeper = std::make_unique<std::shared_ptr<View>>(view_);
    // Runs on whichever thread lets go of the last SharedArrayBuffer.
    const Finalizer finalize = [](void*, void* hint) {
      delete static_cast<std::shared_ptr<View>*>(hint);
    };
    napi_value buffer = nullptr;
    if (create(env, view_->data() + to_size(info[0]), to_size(info[1]), finalize, keeper.get(),
               &buffer) == napi_ok) {
      static_cast<void>(keeper.release());  // the finalizer's now
      return Napi::Value(env, buffer);
    }
    if (env.IsExceptionPending()) static_cast<void>(env.GetAndClearPendingException());
  }
  throw to_javascript(
      env, Error(ErrorCode::kUnsupported,
                 "This runtime cannot make a SharedArrayBuffer over memory of the addon's; Node.js "
                 "22.23, 24.21 and 26 can. Give each worker a view of its own (bo.handle and "
                 "BufferObject.open)."));
}

void ViewWrap::release(const Napi::CallbackInfo& /*info*/) { view_.reset(); }

}  // namespace mkwrite
