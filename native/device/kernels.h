// What the emulated GPU can do with bytes. Each function checks its operands and makes a command.
// More kernels are in kernels_compute.h, kernels_mips.h and kernels_raster.h.
#pragma once

#include <cstdint>

#include "coherence/device.h"

namespace mkwrite {

/// A part of a resource, as a command names it.
struct Target {
  std::shared_ptr<Resource> resource;
  ByteRange bytes;
};

/// Sets every byte of `to` to `value` (vkCmdFillBuffer, with bytes).
Command make_fill(Target to, std::uint8_t value);

/// Copies `from` to `to`, of the same size (vkCmdCopyBuffer). They may overlap.
/// Throws Error (kInvalidArgument) when the sizes differ.
Command make_copy(Target from, Target to);

/// Writes the CRC-32 (IEEE 802.3, as zlib's crc32) of `from` to the 4 bytes of `to`, in the
/// machine's byte order. Throws Error (kInvalidArgument) when `to` has another size.
Command make_checksum(Target from, Target to);

/// Reads `from` and computes nothing: what any other command that reads it does to caches.
Command make_use(Target from);

/// Gives up what the device wrote to `to`: see Operand::discards. Runs nothing.
Command make_discard(Target to);

}  // namespace mkwrite
