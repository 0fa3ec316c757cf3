#include "memory/error.h"

#include <cerrno>
#include <system_error>

namespace mkwrite {

const char* error_code_name(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "ERR_MKWRITE_INVALID_ARGUMENT";
    case ErrorCode::kOutOfRange:
      return "ERR_MKWRITE_OUT_OF_RANGE";
    case ErrorCode::kDestroyed:
      return "ERR_MKWRITE_DESTROYED";
    case ErrorCode::kBusy:
      return "ERR_MKWRITE_BUSY";
    case ErrorCode::kAlreadyTracked:
      return "ERR_MKWRITE_ALREADY_TRACKED";
    case ErrorCode::kMechanismUnavailable:
      return "ERR_MKWRITE_MECHANISM_UNAVAILABLE";
    case ErrorCode::kOutOfMemory:
      return "ERR_MKWRITE_OUT_OF_MEMORY";
    case ErrorCode::kOutOfDeviceMemory:
      return "ERR_MKWRITE_OUT_OF_DEVICE_MEMORY";
    case ErrorCode::kDeviceLost:
      return "ERR_MKWRITE_DEVICE_LOST";
    case ErrorCode::kUnsupported:
      return "ERR_MKWRITE_UNSUPPORTED";
    case ErrorCode::kSystem:
      return "ERR_MKWRITE_SYSTEM";
  }
  return "ERR_MKWRITE_SYSTEM";
}

void throw_system_error(const char* call, int system_errno, const char* remedy) {
  const ErrorCode code = system_errno == ENOMEM ? ErrorCode::kOutOfMemory : ErrorCode::kSystem;
  throw Error(code,
              std::string(call) + " failed: " + std::generic_category().message(system_errno) + ".",
              remedy, system_errno);
}

}  // namespace mkwrite
