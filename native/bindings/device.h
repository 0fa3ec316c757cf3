// JavaScript's handle on an emulated device.
#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "device/emulated_device.h"
#include "memory/buffer_object.h"

namespace mkwrite {

class Progress;

class DeviceWrap final : public Napi::ObjectWrap<DeviceWrap> {
 public:
  static void define(Napi::Env env, Napi::Object exports);

  /// new ({ memory, lockupTimeout, dmaLatency, dmaBandwidth, bandwidth }, onProgress)
  explicit DeviceWrap(const Napi::CallbackInfo& info);
  ~DeviceWrap() override;

 private:
  /// attach(buffer object, policy's name or null, bytes that a twin may take): puts it under the
  /// coherence protocol
  void attach(const Napi::CallbackInfo& info);
  /// createResource(buffer object, offset, size, coherent, layout or undefined)
  Napi::Value create_resource(const Napi::CallbackInfo& info);
  /// createMemory(size, layout or undefined): a resource without a buffer object
  Napi::Value create_memory(const Napi::CallbackInfo& info);
  /// submit(commands as lib/commands.ts encodes them, array to append reports to or undefined):
  /// seqno
  Napi::Value submit_commands(const Napi::CallbackInfo& info);
  /// takeReadBacks(buffer object): pairs of pages read back since they were last asked for; from
  /// the first time on
  Napi::Value take_read_backs(const Napi::CallbackInfo& info);
  /// wait(seqno, timeout in ms, negative: none): status
  Napi::Value wait(const Napi::CallbackInfo& info);
  /// status(seqno): 0 pending, 1 signaled, 2 lost
  Napi::Value status(const Napi::CallbackInfo& info);
  /// keepAlive(boolean): whether progress that is still to come keeps the event loop running
  void keep_alive(const Napi::CallbackInfo& info);
  /// peek(resource, offset, size): what device memory holds now, as a new ArrayBuffer
  Napi::Value peek(const Napi::CallbackInfo& info);
  /// forget(buffer object): gives up its resources
  void forget(const Napi::CallbackInfo& info);
  void flush(const Napi::CallbackInfo& info);
  void invalidate(const Napi::CallbackInfo& info);
  Napi::Value buffer_stats(const Napi::CallbackInfo& info);
  /// explainBuffer(buffer object): what its policy does with each row of regions that are alike
  Napi::Value explain_buffer(const Napi::CallbackInfo& info);
  Napi::Value stats(const Napi::CallbackInfo& info);
  void keep_apart(const Napi::CallbackInfo& info);
  void pause(const Napi::CallbackInfo& info);
  void resume(const Napi::CallbackInfo& info);
  void lose(const Napi::CallbackInfo& info);
  void refuse_next_update(const Napi::CallbackInfo& info);
  void destroy(const Napi::CallbackInfo& info);

  void end() noexcept;

  /// Stays after destroy(), so that fences can still be asked.
  std::shared_ptr<EmulatedDevice> device_;
  std::shared_ptr<Progress> progress_;
  std::vector<std::weak_ptr<BufferObject>> buffers_;
};

}  // namespace mkwrite
