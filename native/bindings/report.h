// What a submission did, as JavaScript values.
#pragma once

#include <napi.h>

#include <vector>

#include "coherence/validation.h"

namespace mkwrite {

/// `runs` as a new Uint32Array: first page and page count of each.
Napi::Uint32Array to_pairs(Napi::Env env, const std::vector<PageRange>& runs);

/// { id, used, written, dirty, bytesUpdated, boxesUpdated }
Napi::Object to_object(Napi::Env env, const BufferReport& report);

}  // namespace mkwrite
