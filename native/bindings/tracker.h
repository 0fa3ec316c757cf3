// JavaScript's handle on a tracker that is used without a device.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "tracking/tracker.h"

namespace mkwrite {

class TrackerWrap final : public Napi::ObjectWrap<TrackerWrap> {
 public:
  static void define(Napi::Env env, Napi::Object exports);

  /// new (buffer object, policy's name)
  explicit TrackerWrap(const Napi::CallbackInfo& info);
  ~TrackerWrap() override;

 private:
  /// collect(first page, pages): Uint32Array of first page and page count of each dirty run
  Napi::Value collect(const Napi::CallbackInfo& info);
  void mark_dirty(const Napi::CallbackInfo& info);
  Napi::Value stats(const Napi::CallbackInfo& info);
  Napi::Value explain(const Napi::CallbackInfo& info);
  void dispose(const Napi::CallbackInfo& info);
  void end() noexcept;

  std::shared_ptr<BufferObject> buffer_;
  Tracker* tracker_ = nullptr;  ///< owned by the buffer object
  std::vector<std::uint32_t> runs_;
  Napi::Reference<Napi::Uint32Array> no_runs_;
};

/// The counts of a tracker as a plain object.
Napi::Object tracker_stats(Napi::Env env, const Tracker& tracker);

/// What its policy does with each row of regions that are alike.
Napi::Array tracker_explanation(Napi::Env env, const Tracker& tracker);

/// `runs` as a new Uint32Array of pairs.
Napi::Uint32Array to_uint32_array(Napi::Env env, const std::vector<std::uint32_t>& values);

}  // namespace mkwrite
