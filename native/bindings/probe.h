// The capability round trips as functions.
#pragma once

#include <napi.h>

namespace mkwrite {

/// tryMechanism(name): { available, reason, remedy, systemCalls }; pageSize; faultHandlerStats();
/// hypervisor()
void export_probe(Napi::Env env, Napi::Object exports);

}  // namespace mkwrite
