#include "faults/decode.h"

#include <cstring>

namespace mkwrite {

Access decode_x86_error(std::uint64_t error_code) noexcept {
  constexpr std::uint64_t kWrite = 1U << 1U;
  constexpr std::uint64_t kInstructionFetch = 1U << 4U;
  if ((error_code & kInstructionFetch) != 0) return Access::kExecute;
  return (error_code & kWrite) != 0 ? Access::kWrite : Access::kRead;
}

Access decode_arm64_syndrome(std::uint64_t esr) noexcept {
  constexpr std::uint64_t kInstructionAbortLowerLevel = 0x20;
  constexpr std::uint64_t kInstructionAbortSameLevel = 0x21;
  constexpr std::uint64_t kWriteNotRead = 1U << 6U;
  const std::uint64_t exception_class = esr >> 26U & 0x3fU;
  if (exception_class == kInstructionAbortLowerLevel ||
      exception_class == kInstructionAbortSameLevel) {
    return Access::kExecute;
  }
  return (esr & kWriteNotRead) != 0 ? Access::kWrite : Access::kRead;
}

Arm64Syndrome find_arm64_syndrome(std::span<const std::byte> records) noexcept {
  constexpr std::uint32_t kEsrMagic = 0x45535201;
  struct Header {
    std::uint32_t magic;
    std::uint32_t size;
  };
  while (records.size() >= sizeof(Header)) {
    Header header;
    std::memcpy(&header, records.data(), sizeof header);
    // The list ends with a record of magic 0 and size 0.
    if (header.size < sizeof header || header.size > records.size()) break;
    if (header.magic == kEsrMagic && header.size >= sizeof header + sizeof(std::uint64_t)) {
      std::uint64_t esr = 0;
      std::memcpy(&esr, records.data() + sizeof header, sizeof esr);
      return {true, esr};
    }
    records = records.subspan(header.size);
  }
  return {false, 0};
}

#if defined(__x86_64__)
Access decode_access(const ucontext_t& context) noexcept {
  return decode_x86_error(static_cast<std::uint64_t>(context.uc_mcontext.gregs[REG_ERR]));
}
#elif defined(__aarch64__)
Access decode_access(const ucontext_t& context) noexcept {
  const auto& reserved = context.uc_mcontext.__reserved;
  const Arm64Syndrome syndrome =
      find_arm64_syndrome(std::as_bytes(std::span(reserved, sizeof reserved)));
  return syndrome.found ? decode_arm64_syndrome(syndrome.esr) : Access::kWrite;
}
#else
#error "mkwrite decodes faults on x86-64 and arm64 only"
#endif

}  // namespace mkwrite
