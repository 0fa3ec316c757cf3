#include "device/kernels.h"

#include <array>

#include "device/kernel_support.h"

namespace mkwrite {
namespace {

class Fill final : public Kernel {
 public:
  explicit Fill(std::uint8_t value) noexcept : value_(value) {}
  void run(Operands operands) noexcept override {
    std::memset(operands[0].data(), value_, operands[0].size());
  }

 private:
  std::uint8_t value_;
};

class Copy final : public Kernel {
 public:
  void run(Operands operands) noexcept override {
    std::memmove(operands[1].data(), operands[0].data(), operands[0].size());
  }
};

class Use final : public Kernel {
 public:
  void run(Operands operands) noexcept override {
    constexpr std::size_t kCacheLine = 64;
    const std::span<std::byte> memory = operands[0];
    for (std::size_t at = 0; at < memory.size(); at += kCacheLine) {
      static_cast<void>(*const_cast<const volatile std::byte*>(&memory[at]));
    }
  }
};

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  constexpr std::uint32_t kReversedPolynomial = 0xedb88320;
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t remainder = i;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder >> 1U) ^ ((remainder & 1U) != 0 ? kReversedPolynomial : 0U);
    }
    table[i] = remainder;
  }
  return table;
}

class Checksum final : public Kernel {
 public:
  void run(Operands operands) noexcept override {
    static constexpr std::array<std::uint32_t, 256> kTable = make_crc_table();
    std::uint32_t crc = ~0U;
    for (const std::byte byte : operands[0]) {
      crc = kTable[(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xffU] ^ (crc >> 8U);
    }
    crc = ~crc;
    std::memcpy(operands[1].data(), &crc, sizeof crc);
  }
};

}  // namespace

Command make_fill(Target to, std::uint8_t value) {
  return make_command(std::make_unique<Fill>(value), writes(std::move(to)));
}

Command make_copy(Target from, Target to) {
  if (from.bytes.size != to.bytes.size) {
    throw Error(ErrorCode::kInvalidArgument,
                "A copy's \"from\" and \"to\" must have the same size. Received " +
                    std::to_string(from.bytes.size) + " and " + std::to_string(to.bytes.size));
  }
  return make_command(std::make_unique<Copy>(), reads(std::move(from)), writes(std::move(to)));
}

Command make_checksum(Target from, Target to) {
  if (to.bytes.size != sizeof(std::uint32_t)) {
    throw Error(ErrorCode::kInvalidArgument,
                "A checksum's \"to\" must have 4 bytes. Received " + std::to_string(to.bytes.size));
  }
  return make_command(std::make_unique<Checksum>(), reads(std::move(from)), writes(std::move(to)));
}

Command make_use(Target from) {
  return make_command(std::make_unique<Use>(), reads(std::move(from)));
}

Command make_discard(Target to) {
  return make_command(nullptr, Operand{std::move(to.resource), to.bytes, false, false, true});
}

}  // namespace mkwrite
