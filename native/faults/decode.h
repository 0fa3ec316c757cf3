// Reads from a signal's context whether the fault was a read, a write or an instruction fetch.
#pragma once

#include <ucontext.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "faults/fault.h"

namespace mkwrite {

/// x86-64: the page-fault error code (Intel SDM vol. 3A, 4.7): bit 1 write, bit 4 instruction
/// fetch.
Access decode_x86_error(std::uint64_t error_code) noexcept;

/// arm64: the exception syndrome register (Arm ARM, ESR_EL1): exception class in bits 31..26, and
/// for data aborts WnR in bit 6.
Access decode_arm64_syndrome(std::uint64_t esr) noexcept;

/// arm64: the esr_context record among the records that follow a signal's mcontext
/// (arch/arm64/include/uapi/asm/sigcontext.h). `found` says whether there was one.
struct Arm64Syndrome {
  bool found;
  std::uint64_t esr;
};
Arm64Syndrome find_arm64_syndrome(std::span<const std::byte> records) noexcept;

/// Of this machine's signal context. Where the hardware does not say, a write is assumed: that
/// over-reports a page and never loses one.
Access decode_access(const ucontext_t& context) noexcept;

}  // namespace mkwrite
