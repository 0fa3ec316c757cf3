// The native side of `mkwrite measure` as exports.measure.
#pragma once

#include <napi.h>

namespace mkwrite {

/// measure: { now, floors, Bench, and what measure_faults.h and measure_threads.h add }; see
/// lib/native-measure.ts
void export_measure(Napi::Env env, Napi::Object exports);

}  // namespace mkwrite
