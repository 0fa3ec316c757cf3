// What the hardware said about a fault. Both architectures are tested on both.
#include "faults/decode.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <vector>

using mkwrite::Access;
using mkwrite::decode_arm64_syndrome;
using mkwrite::decode_x86_error;
using mkwrite::find_arm64_syndrome;

namespace {

constexpr std::uint32_t kEsrMagic = 0x45535201;
constexpr std::uint32_t kFpsimdMagic = 0x46508001;

/// A list of records as the kernel writes it: magic, size, contents.
class Records {
 public:
  Records& add(std::uint32_t magic, std::uint32_t size, std::uint64_t first_word = 0) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + std::clamp<std::size_t>(size, 16, 4096));
    std::memcpy(bytes_.data() + at, &magic, sizeof magic);
    std::memcpy(bytes_.data() + at + 4, &size, sizeof size);
    std::memcpy(bytes_.data() + at + 8, &first_word, sizeof first_word);
    return *this;
  }
  Records& cut(std::size_t size) {
    bytes_.resize(size);
    return *this;
  }
  auto find() const { return find_arm64_syndrome(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace

TEST_CASE("x86-64: bit 1 of the error code is a write, bit 4 an instruction fetch") {
  CHECK(decode_x86_error(0x4) == Access::kRead);   // user, not present
  CHECK(decode_x86_error(0x5) == Access::kRead);   // user, protection
  CHECK(decode_x86_error(0x6) == Access::kWrite);  // user, write, not present
  CHECK(decode_x86_error(0x7) == Access::kWrite);  // user, write, protection
  CHECK(decode_x86_error(0x14) == Access::kExecute);
  CHECK(decode_x86_error(0x15) == Access::kExecute);
}

TEST_CASE("arm64: WnR tells writes from reads in a data abort") {
  CHECK(decode_arm64_syndrome(0x92000007) == Access::kRead);  // translation fault
  CHECK(decode_arm64_syndrome(0x9200000f) == Access::kRead);  // permission fault
  CHECK(decode_arm64_syndrome(0x92000047) == Access::kWrite);
  CHECK(decode_arm64_syndrome(0x9200004f) == Access::kWrite);
}

TEST_CASE("arm64: an instruction abort is neither, whatever bit 6 says") {
  CHECK(decode_arm64_syndrome(0x8200000f) == Access::kExecute);
  CHECK(decode_arm64_syndrome(0x8200004f) == Access::kExecute);
  CHECK(decode_arm64_syndrome(0x8600000f) == Access::kExecute);
}

TEST_CASE("arm64: the syndrome is found behind other records") {
  const auto found =
      Records().add(kFpsimdMagic, 528).add(kEsrMagic, 16, 0x92000047).add(0, 0).find();
  CHECK(found.found);
  CHECK(found.esr == 0x92000047);
}

TEST_CASE("arm64: no syndrome among the records") {
  CHECK_FALSE(Records().find().found);
  CHECK_FALSE(Records().add(kFpsimdMagic, 528).add(0, 0).find().found);
}

TEST_CASE("arm64: nothing is looked for behind the end of the list") {
  CHECK_FALSE(Records().add(0, 0).add(kEsrMagic, 16, 0x92000047).find().found);
}

TEST_CASE("arm64: malformed records end the search") {
  CHECK_FALSE(Records().add(kFpsimdMagic, 4).add(kEsrMagic, 16, 1).find().found);
  CHECK_FALSE(Records().add(kFpsimdMagic, 4096).cut(16).find().found);
  CHECK_FALSE(Records().add(kFpsimdMagic, 0xffffffff).find().found);
  CHECK_FALSE(Records().add(kEsrMagic, 16, 1).cut(12).find().found);
  CHECK_FALSE(Records().add(kEsrMagic, 16, 1).cut(7).find().found);
  CHECK_FALSE(Records().add(kEsrMagic, 8).cut(8).find().found);
}
