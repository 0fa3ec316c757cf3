#include "bindings/tracker.h"

#include <cstring>

#include "bindings/buffer_object.h"
#include "bindings/environment.h"

namespace mkwrite {

Napi::Object tracker_stats(Napi::Env env, const Tracker& tracker) {
  const TrackerStats stats = tracker.stats();
  Napi::Object object = Napi::Object::New(env);
  const auto set = [&](const char* name, std::uint64_t value) {
    object[name] = Napi::Number::New(env, static_cast<double>(value));
  };
  object["mechanism"] = Napi::String::New(env, std::string(mechanism_name(tracker.mechanism())));
  set("writeFaults", stats.write_faults);
  set("readFaults", stats.read_faults);
  set("collects", stats.collects);
  set("pagesReported", stats.pages_reported);
  set("protectCalls", stats.protect_calls);
  set("pagesKeptOpen", stats.pages_kept_open);
  set("looks", stats.looks);
  set("glances", stats.glances);
  set("snapshots", stats.snapshots);
  set("pagesOpenedAhead", stats.pages_opened_ahead);
  set("pagesUnproved", stats.pages_unproved);
  set("pagesTrimmed", stats.pages_trimmed);
  set("scans", stats.scans);
  set("waits", stats.waits);
  set("pagesReadBack", stats.pages_read_back);
  set("tablesMoved", stats.tables_moved);
  set("degradations", stats.degradations);
  set("displacements", stats.displacements);
  set("splits", stats.splits);
  set("twinMemory", stats.twin_memory);
  set("switches", stats.switches);
  set("failedSwitches", stats.failed_switches);
  return object;
}

Napi::Array tracker_explanation(Napi::Env env, const Tracker& tracker) {
  const std::vector<Tracker::Explanation> explanations = tracker.explain();
  Napi::Array array = Napi::Array::New(env, explanations.size());
  for (std::uint32_t i = 0; i < explanations.size(); ++i) {
    const auto& [pages, decision, threshold] = explanations[i];
    Napi::Object object = Napi::Object::New(env);
    object["first"] = Napi::Number::New(env, static_cast<double>(pages.first));
    object["count"] = Napi::Number::New(env, static_cast<double>(pages.count));
    object["decision"] = Napi::String::New(env, decision.keeps_open ? "keep-open" : "track");
    object["openPages"] = Napi::Number::New(env, static_cast<double>(decision.open_pages));
    object["lanePages"] = Napi::Number::New(env, static_cast<double>(decision.lane_pages));
    object["rewriteRate"] = Napi::Number::New(env, decision.rewrite_rate);
    object["threshold"] = Napi::Number::New(env, threshold);
    object["faults"] = Napi::Number::New(env, decision.faults);
    object["trackNs"] = Napi::Number::New(env, decision.track_ns);
    object["keepOpenNs"] = Napi::Number::New(env, decision.keep_ns);
    array[i] = object;
  }
  return array;
}

Napi::Uint32Array to_uint32_array(Napi::Env env, const std::vector<std::uint32_t>& values) {
  Napi::Uint32Array array = Napi::Uint32Array::New(env, values.size());
  std::memcpy(array.Data(), values.data(), values.size() * sizeof(std::uint32_t));
  return array;
}

void TrackerWrap::define(Napi::Env env, Napi::Object exports) {
  const Napi::Function constructor =
      DefineClass(env, "Tracker",
                  {
                      InstanceMethod<&TrackerWrap::collect>("collect"),
                      InstanceMethod<&TrackerWrap::mark_dirty>("markDirty"),
                      InstanceMethod<&TrackerWrap::stats>("stats"),
                      InstanceMethod<&TrackerWrap::explain>("explain"),
                      InstanceMethod<&TrackerWrap::dispose>("dispose"),
                  });
  Environment::of(env).tracker = Napi::Persistent(constructor);
  exports["Tracker"] = constructor;
  exports["setRunsAhead"] = Napi::Function::New(
      env, [](const Napi::CallbackInfo& info) { set_runs_ahead(info[0].As<Napi::Boolean>()); },
      "setRunsAhead");
}

TrackerWrap::TrackerWrap(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  const Napi::Env env = info.Env();
  translating_errors(env, [&] {
    buffer_ = BufferObjectWrap::unwrap(info[0])->buffer();
    tracker_ = &Tracker::begin(
        *buffer_, make_policy(info[1].As<Napi::String>().Utf8Value(), buffer_->pages()));
  });
  no_runs_ = Napi::Persistent(Napi::Uint32Array::New(env, 0));
}

TrackerWrap::~TrackerWrap() { end(); }

void TrackerWrap::end() noexcept {
  if (tracker_ != nullptr) buffer_->detach();
  tracker_ = nullptr;
  buffer_.reset();
}

Napi::Value TrackerWrap::collect(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  runs_.clear();
  translating_errors(env, [&] {
    tracker_->collect({to_size(info[0]), to_size(info[1])}, [&](PageRange run) {
      runs_.push_back(static_cast<std::uint32_t>(run.first));
      runs_.push_back(static_cast<std::uint32_t>(run.count));
    });
  });
  if (runs_.empty()) return no_runs_.Value();
  return to_uint32_array(env, runs_);
}

void TrackerWrap::mark_dirty(const Napi::CallbackInfo& info) {
  tracker_->mark_dirty({to_size(info[0]), to_size(info[1])});
}

Napi::Value TrackerWrap::stats(const Napi::CallbackInfo& info) {
  return tracker_stats(info.Env(), *tracker_);
}

Napi::Value TrackerWrap::explain(const Napi::CallbackInfo& info) {
  return tracker_explanation(info.Env(), *tracker_);
}

void TrackerWrap::dispose(const Napi::CallbackInfo& /*info*/) { end(); }

}  // namespace mkwrite
