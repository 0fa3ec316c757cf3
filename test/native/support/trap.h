// A store that a SIGSEGV handler can skip by moving the program counter, as V8 does for
// WebAssembly.
#pragma once

#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <cstdint>

#include "memory/page.h"

extern "C" const char mkwrite_test_trap_store[];
extern "C" const char mkwrite_test_trap_landing[];

namespace mkwrite::test {

/// Stores a byte to `address`. Returns whether a handler skipped the store.
[[gnu::noinline, gnu::noclone]] inline bool store_traps(void* address) {
  int trapped = 0;
#if defined(__x86_64__)
  asm volatile(
      "mkwrite_test_trap_store:\n\t"
      "movb $1, (%1)\n\t"
      "jmp 1f\n"
      "mkwrite_test_trap_landing:\n\t"
      "movl $1, %0\n"
      "1:"
      : "+r"(trapped)
      : "r"(address)
      : "memory");
#else
  asm volatile(
      "mkwrite_test_trap_store:\n\t"
      "strb wzr, [%1]\n\t"
      "b 1f\n"
      "mkwrite_test_trap_landing:\n\t"
      "mov %w0, #1\n"
      "1:"
      : "+r"(trapped)
      : "r"(address)
      : "memory");
#endif
  return trapped != 0;
}

/// For a handler: if the fault is the store above, goes on behind it and returns true.
inline bool skip_trap(void* context) {
  auto& machine = static_cast<ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  auto& counter = machine.gregs[REG_RIP];
#else
  auto& counter = machine.pc;
#endif
  if (static_cast<std::uintptr_t>(counter) !=
      reinterpret_cast<std::uintptr_t>(mkwrite_test_trap_store)) {
    return false;
  }
  counter = static_cast<std::remove_reference_t<decltype(counter)>>(
      reinterpret_cast<std::uintptr_t>(mkwrite_test_trap_landing));
  return true;
}

/// A page that nobody may touch.
inline void* guard_page() {
  return mmap(nullptr, kPageSize, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

}  // namespace mkwrite::test
