// What the files of kernels share.
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "coherence/device.h"
#include "coherence/resource.h"
#include "device/kernels.h"
#include "memory/error.h"

namespace mkwrite {

/// Device memory of a command's operands.
using Operands = std::span<const std::span<std::byte>>;

inline Operand reads(Target target) {
  return {std::move(target.resource), target.bytes, true, false};
}
inline Operand writes(Target target) {
  return {std::move(target.resource), target.bytes, false, true};
}

template <typename... Parts>
Command make_command(std::unique_ptr<Kernel> kernel, Parts... operands) {
  Command command;
  (command.operands.push_back(std::move(operands)), ...);
  command.kernel = std::move(kernel);
  return command;
}

/// Throws Error (kInvalidArgument) unless `target` begins at a multiple of `alignment` bytes and
/// consists of elements of `element` bytes.
inline void check_array(const char* name, const Target& target, std::size_t alignment,
                        std::size_t element) {
  if (target.bytes.offset % alignment == 0 && target.bytes.size % element == 0) return;
  throw Error(ErrorCode::kInvalidArgument,
              "\"" + std::string(name) + "\" must have an offset that is a multiple of " +
                  std::to_string(alignment) + " and a size that is a multiple of " +
                  std::to_string(element) + ". Received offset " +
                  std::to_string(target.bytes.offset) + " and size " +
                  std::to_string(target.bytes.size));
}

/// Throws Error (kInvalidArgument) unless `from` has the size of `to`, and is the same memory or
/// memory apart from it: a kernel that goes element by element would read what it wrote before.
inline void check_elementwise(const char* name, const Target& from, const Target& to) {
  if (from.bytes.size != to.bytes.size) {
    throw Error(ErrorCode::kInvalidArgument,
                "\"" + std::string(name) + "\" and \"to\" must have the same size. Received " +
                    std::to_string(from.bytes.size) + " and " + std::to_string(to.bytes.size));
  }
  if (from.resource == to.resource && from.bytes != to.bytes &&
      !from.bytes.intersect(to.bytes).empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "\"" + std::string(name) + "\" and \"to\" must be the same or not overlap.");
  }
}

/// A value from device memory, wherever it lies.
template <typename T>
T load(const std::byte* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
template <typename T>
void store(std::byte* to, const T& value) noexcept {
  std::memcpy(to, &value, sizeof value);
}

}  // namespace mkwrite
