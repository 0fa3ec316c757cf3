// What other threads do while one is measured: the third part of exports.measure.
#pragma once

#include <napi.h>

namespace mkwrite {

/// Adds { BusyThread, OtherThreads } to `measure`; see lib/native-threads.ts
void export_measure_threads(Napi::Env env, Napi::Object measure);

}  // namespace mkwrite
