// The native side of `mkwrite bench`.
#pragma once

#include <napi.h>

namespace mkwrite {

/// Adds FrameBatch, CpuWork and Contender to `measure`; see lib/native-bench.ts
void export_bench(Napi::Env env, Napi::Object measure);

}  // namespace mkwrite
