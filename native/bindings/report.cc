#include "bindings/report.h"

#include "coherence/coherent_buffer.h"

namespace mkwrite {

Napi::Uint32Array to_pairs(Napi::Env env, const std::vector<PageRange>& runs) {
  Napi::Uint32Array pairs = Napi::Uint32Array::New(env, 2 * runs.size());
  std::uint32_t* to = pairs.Data();
  for (const PageRange& run : runs) {
    *to++ = static_cast<std::uint32_t>(run.first);
    *to++ = static_cast<std::uint32_t>(run.count);
  }
  return pairs;
}

Napi::Object to_object(Napi::Env env, const BufferReport& report) {
  Napi::Object object = Napi::Object::New(env);
  object["id"] = Napi::BigInt::New(env, report.buffer->buffer().id());
  object["used"] = to_pairs(env, report.used);
  object["written"] = to_pairs(env, report.written);
  object["dirty"] = to_pairs(env, report.dirty);
  object["bytesUpdated"] = Napi::Number::New(env, static_cast<double>(report.moved.bytes));
  object["boxesUpdated"] = Napi::Number::New(env, static_cast<double>(report.moved.boxes));
  return object;
}

}  // namespace mkwrite
