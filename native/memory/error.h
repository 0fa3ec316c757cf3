// The one exception type of the native core. The bindings turn it into a JavaScript MkwriteError.
#pragma once

#include <stdexcept>
#include <string>

namespace mkwrite {

/// What went wrong, in the words of the public `code` property (`ERR_MKWRITE_…`, see error.cc).
enum class ErrorCode {
  kInvalidArgument,
  kOutOfRange,
  kDestroyed,
  kBusy,
  kAlreadyTracked,
  kMechanismUnavailable,
  kOutOfMemory,
  kOutOfDeviceMemory,
  kDeviceLost,
  kUnsupported,
  kSystem,
};

/// The public spelling of a code, e.g. "ERR_MKWRITE_DEVICE_LOST".
const char* error_code_name(ErrorCode code) noexcept;

class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message, int system_errno = 0)
      : std::runtime_error(message), code_(code), errno_(system_errno), reason_(message) {}
  /// The message is `reason` and `remedy`, which `probe` shows apart.
  Error(ErrorCode code, const std::string& reason, const std::string& remedy, int system_errno)
      : std::runtime_error(reason + " " + remedy),
        code_(code),
        errno_(system_errno),
        reason_(reason),
        remedy_(remedy) {}

  ErrorCode code() const noexcept { return code_; }
  /// The errno of the failed system call, 0 if no system call was involved.
  int system_errno() const noexcept { return errno_; }
  const std::string& reason() const noexcept { return reason_; }
  /// What would change it; empty if the message says it all.
  const std::string& remedy() const noexcept { return remedy_; }

 private:
  ErrorCode code_;
  int errno_;
  std::string reason_;
  std::string remedy_;
};

/// Throws an Error for a system call that failed: "<call> failed: <errno text>. <remedy>".
/// ENOMEM becomes kOutOfMemory, everything else kSystem.
[[noreturn]] void throw_system_error(const char* call, int system_errno, const char* remedy);

}  // namespace mkwrite
