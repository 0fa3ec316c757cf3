#include "bindings/measure_faults.h"

#include <memory>
#include <span>
#include <vector>

#include "bindings/environment.h"
#include "measure/access_timer.h"
#include "measure/armed_memory.h"
#include "measure/clear_refs.h"
#include "measure/clock.h"
#include "measure/latency_clock.h"
#include "measure/mapping_crowd.h"

namespace mkwrite {
namespace {

std::span<const std::uint32_t> to_pages(const Napi::Value& value) {
  const auto array = value.As<Napi::Uint32Array>();
  return {array.Data(), array.ElementLength()};
}

/// Page numbers are indices into memory, so they are checked here.
void check_pages(std::span<const std::uint32_t> pages, std::size_t limit) {
  for (const std::uint32_t page : pages) {
    if (page >= limit) throw Error(ErrorCode::kOutOfRange, "A page lies outside of the memory.");
  }
}

/// Memory armed by hand; see measure/armed_memory.h.
class ArmedMemoryWrap final : public Napi::ObjectWrap<ArmedMemoryWrap> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "ArmedMemory",
                       {
                           InstanceAccessor<&ArmedMemoryWrap::pages>("pages"),
                           InstanceMethod<&ArmedMemoryWrap::arm>("arm"),
                           InstanceMethod<&ArmedMemoryWrap::time>("time"),
                           InstanceMethod<&ArmedMemoryWrap::write>("write"),
                           InstanceMethod<&ArmedMemoryWrap::release>("release"),
                       });
  }

  /// new ({ mechanism, memory, size, openPages, againstReads })
  explicit ArmedMemoryWrap(const Napi::CallbackInfo& info) : ObjectWrap(info) {
    translating_errors(info.Env(), [&] {
      const auto given = info[0].As<Napi::Object>();
      const std::string memory = given.Get("memory").As<Napi::String>();
      ArmedMemoryOptions options;
      options.mechanism = mechanism_named(given.Get("mechanism").As<Napi::String>());
      options.memory = memory_kind_named(memory);
      options.size = to_size(given.Get("size"));
      options.open_pages = to_size(given.Get("openPages"));
      options.against_reads = given.Get("againstReads").As<Napi::Boolean>();
      memory_ = make_armed_memory(options);
    });
  }

 private:
  Napi::Value pages(const Napi::CallbackInfo& info) {
    return translating_errors(info.Env(), [&] {
      return Napi::Number::New(info.Env(), static_cast<double>(memory().pages()));
    });
  }

  void arm(const Napi::CallbackInfo& info) {
    translating_errors(info.Env(), [&] { memory().arm(); });
  }

  /// time(pages, write, threads, Float64Array for five numbers of each access)
  void time(const Napi::CallbackInfo& info) {
    translating_errors(info.Env(), [&] {
      const auto pages = to_pages(info[0]);
      check_pages(pages, memory().pages());
      times_.resize(pages.size());
      memory().time(pages, info[1].As<Napi::Boolean>(), info[2].As<Napi::Number>().Uint32Value(),
                    times_);
      double* out = info[3].As<Napi::Float64Array>().Data();
      for (const AccessTimes& times : times_) {
        for (const double ns :
             {times.total, times.delivery, times.handler, times.unprotect, times.resume}) {
          *out++ = ns;
        }
      }
    });
  }

  /// write(pages): CPU time in ns
  Napi::Value write(const Napi::CallbackInfo& info) {
    return translating_errors(info.Env(), [&] {
      const auto pages = to_pages(info[0]);
      check_pages(pages, memory().pages());
      return Napi::Number::New(info.Env(), static_cast<double>(memory().write(pages)));
    });
  }

  void release(const Napi::CallbackInfo& /*info*/) { memory_.reset(); }

  ArmedMemory& memory() const {
    if (memory_ == nullptr) throw Error(ErrorCode::kDestroyed, "The memory was released.");
    return *memory_;
  }

  std::unique_ptr<ArmedMemory> memory_;
  std::vector<AccessTimes> times_;
};

class MappingCrowdWrap final : public Napi::ObjectWrap<MappingCrowdWrap> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "MappingCrowd",
                       {InstanceMethod<&MappingCrowdWrap::release>("release")});
  }

  /// new (count)
  explicit MappingCrowdWrap(const Napi::CallbackInfo& info) : ObjectWrap(info) {
    translating_errors(info.Env(),
                       [&] { crowd_ = std::make_unique<MappingCrowd>(to_size(info[0])); });
  }

 private:
  void release(const Napi::CallbackInfo& /*info*/) { crowd_.reset(); }

  std::unique_ptr<MappingCrowd> crowd_;
};

/// timeAccesses(ArrayBuffer, pages, write, threads, Float64Array for one number of each access)
void time_view(const Napi::CallbackInfo& info) {
  translating_errors(info.Env(), [&] {
    auto buffer = info[0].As<Napi::ArrayBuffer>();
    const auto pages = to_pages(info[1]);
    const std::size_t limit = buffer.ByteLength() / kPageSize;
    check_pages(pages, limit);
    static thread_local std::vector<AccessStamps> stamps;
    stamps.resize(std::max(stamps.size(), limit));
    time_accesses(
        static_cast<std::byte*>(buffer.Data()),
        {pages, kPageSize, info[2].As<Napi::Boolean>(), info[3].As<Napi::Number>().Uint32Value()},
        stamps);
    double* out = info[4].As<Napi::Float64Array>().Data();
    for (const std::uint32_t page : pages) *out++ = to_times(stamps[page]).total;
  });
}

/// writePages(ArrayBuffer, pages): writes to each, and returns the CPU time of all together in ns
Napi::Value write_view(const Napi::CallbackInfo& info) {
  return translating_errors(info.Env(), [&] {
    auto buffer = info[0].As<Napi::ArrayBuffer>();
    const auto pages = to_pages(info[1]);
    check_pages(pages, buffer.ByteLength() / kPageSize);
    auto* const data = static_cast<volatile std::uint8_t*>(buffer.Data());
    const Stopwatch stopwatch;
    for (const std::uint32_t page : pages) {
      auto& target = data[page * kPageSize];
      target = static_cast<std::uint8_t>(target + 1);  // another value, for who compares contents
    }
    return Napi::Number::New(info.Env(), static_cast<double>(stopwatch.elapsed_ns()));
  });
}

/// latencyClock(): how single accesses are timed
Napi::Value describe_clock(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const LatencyClock& clock = latency_clock();
  Napi::Object object = Napi::Object::New(env);
  object["source"] = Napi::String::New(
      env, clock.source == LatencySource::kCounter ? "counter" : "CLOCK_MONOTONIC");
  object["nsPerTick"] = Napi::Number::New(env, clock.ns_per_tick);
  object["overheadNs"] = Napi::Number::New(env, clock.overhead_ns);
  object["resolutionNs"] = Napi::Number::New(env, clock.resolution_ns);
  object["refusal"] = Napi::String::New(env, clock.refusal);
  return object;
}

/// clearRefs(): CPU time in ns
Napi::Value clear_soft_dirty(const Napi::CallbackInfo& info) {
  return translating_errors(
      info.Env(), [&] { return Napi::Number::New(info.Env(), static_cast<double>(clear_refs())); });
}

}  // namespace

MechanismKind mechanism_named(const std::string& name) {
  for (const MechanismKind kind : kAllMechanisms) {
    if (name == mechanism_name(kind)) return kind;
  }
  throw Error(ErrorCode::kInvalidArgument, "There is no mechanism \"" + name + "\".");
}

void export_measure_faults(Napi::Env env, Napi::Object measure) {
  measure["latencyClock"] = Napi::Function::New(env, describe_clock, "latencyClock");
  measure["timeAccesses"] = Napi::Function::New(env, time_view, "timeAccesses");
  measure["writePages"] = Napi::Function::New(env, write_view, "writePages");
  measure["clearRefs"] = Napi::Function::New(env, clear_soft_dirty, "clearRefs");
  measure["ArmedMemory"] = ArmedMemoryWrap::define(env);
  measure["MappingCrowd"] = MappingCrowdWrap::define(env);
}

}  // namespace mkwrite
