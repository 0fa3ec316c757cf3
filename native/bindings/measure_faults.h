// Timing single faults, and what they depend on: the second part of exports.measure.
#pragma once

#include <napi.h>

#include <string>

#include "tracking/mechanism.h"

namespace mkwrite {

/// Throws Error (kInvalidArgument).
MechanismKind mechanism_named(const std::string& name);

/// Adds { latencyClock, timeAccesses, writePages, ArmedMemory, MappingCrowd, clearRefs } to
/// `measure`; see lib/native-measure.ts
void export_measure_faults(Napi::Env env, Napi::Object measure);

}  // namespace mkwrite
