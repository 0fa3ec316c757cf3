#include "probe/hypervisor.h"

#if defined(__x86_64__)
#include <cpuid.h>

#include <array>
#include <cstring>
#endif

namespace mkwrite {

std::optional<std::string> hypervisor() {
#if defined(__x86_64__)
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  constexpr unsigned kPresent = 1U << 31U;  // reserved for hypervisors: 0 on any real processor
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0 || (ecx & kPresent) == 0) return std::string();
  __cpuid(0x4000'0000U, eax, ebx, ecx, edx);
  const std::array registers{ebx, ecx, edx};
  std::array<char, sizeof registers + 1> signature{};
  std::memcpy(signature.data(), registers.data(), sizeof registers);
  return std::string(signature.data());
#else
  return std::nullopt;
#endif
}

}  // namespace mkwrite
