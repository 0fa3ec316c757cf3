#include "measure/floors.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "measure/clock.h"
#include "measure/segv_interceptor.h"
#include "memory/buffer_object.h"
#include "memory/error.h"

namespace mkwrite {
namespace {

/// Time per operation, of each batch; `batch()` runs `operations` of them and returns the time that
/// took in ns.
template <typename Batch>
std::vector<double> repeat(unsigned batches, std::size_t operations, Batch&& batch) {
  std::vector<double> results;
  results.reserve(batches);
  batch();  // warm
  for (unsigned i = 0; i < batches; ++i) {
    results.push_back(static_cast<double>(batch()) / static_cast<double>(operations));
  }
  return results;
}

template <typename Work>
std::int64_t time_of(Work&& work) {
  const Stopwatch stopwatch;
  work();
  return stopwatch.elapsed_ns();
}

void protect(std::byte* address, std::size_t size, int protection) {
  if (mprotect(address, size, protection) != 0) {
    throw_system_error("mprotect", errno, "Raise vm.max_map_count.");
  }
}

std::vector<double> syscall_floor(unsigned batches) {
  constexpr std::size_t kCalls = 2000;
  return repeat(batches, kCalls, [] {
    return time_of([] {
      for (std::size_t i = 0; i < kCalls; ++i) syscall(SYS_getppid);
    });
  });
}

std::vector<double> minor_fault_floor(unsigned batches) {
  constexpr std::size_t kPages = 1024;
  const auto buffer = BufferObject::create(kPages * kPageSize);
  const auto view = buffer->create_view();
  std::memset(buffer->alias(), 1, buffer->size());
  return repeat(batches, kPages, [&] {
    // Unmaps the pages; the memfd keeps them.
    madvise(view->data(), view->size(), MADV_DONTNEED);
    return time_of([&] {
      for (std::size_t page = 0; page < kPages; ++page) {
        const_cast<volatile std::byte*>(view->data())[page * kPageSize] = std::byte{2};
      }
    });
  });
}

/// A store whose machine code has a known length, so that a signal handler can step over it.
#if defined(__x86_64__)
void skippable_store(std::byte* target) noexcept {
  asm volatile("movb $1, (%0)" : : "D"(target) : "memory");  // c6 07 01
}
void skip_store(ucontext_t& context) noexcept { context.uc_mcontext.gregs[REG_RIP] += 3; }
#elif defined(__aarch64__)
void skippable_store(std::byte* target) noexcept {
  asm volatile("strb wzr, [%0]" : : "r"(target) : "memory");
}
void skip_store(ucontext_t& context) noexcept { context.uc_mcontext.pc += 4; }
#endif

std::vector<double> signal_floor(unsigned batches) {
  constexpr std::size_t kSignals = 500;
  const auto buffer = BufferObject::create(kPageSize);
  const auto view = buffer->create_view();
  std::byte* const target = view->data();
  *target = std::byte{0};
  protect(target, kPageSize, PROT_READ);
  const SegvInterceptor interceptor(
      [](siginfo_t& info, ucontext_t& context, void* user) noexcept {
        if (info.si_addr != user) return false;
        skip_store(context);
        return true;
      },
      target);
  return repeat(batches, kSignals, [&] {
    return time_of([&] {
      for (std::size_t i = 0; i < kSignals; ++i) skippable_store(target);
    });
  });
}

std::vector<double> mprotect_floor(unsigned batches) {
  constexpr std::size_t kPairs = 500;
  constexpr std::size_t kPages = 64;
  const auto buffer = BufferObject::create(kPages * kPageSize);
  const auto view = buffer->create_view();
  std::memset(view->data(), 1, view->size());
  std::byte* const middle = view->data() + kPages / 2 * kPageSize;
  return repeat(batches, kPairs, [&] {
    return time_of([&] {
      for (std::size_t i = 0; i < kPairs; ++i) {
        protect(middle, kPageSize, PROT_READ);
        protect(middle, kPageSize, PROT_READ | PROT_WRITE);
      }
    });
  });
}

struct MemoryFloors {
  std::vector<double> copy_ns;
  std::vector<double> compare_ns;
};

MemoryFloors memory_floors(unsigned batches) {
  const std::size_t size = std::size_t{32} * 1024 * 1024;
  const std::size_t pages = size / kPageSize;
  const auto source = BufferObject::create(size);
  const auto target = BufferObject::create(size);
  std::memset(source->alias(), 1, size);
  std::vector<double> copy_ns = repeat(batches, pages, [&] {
    return time_of([&] { std::memcpy(target->alias(), source->alias(), size); });
  });
  bool equal = true;
  std::vector<double> compare_ns = repeat(batches, pages, [&] {
    return time_of([&] {
      // Page by page, as a comparing tracker must.
      for (std::size_t at = 0; at < size; at += kPageSize) {
        equal = std::memcmp(target->alias() + at, source->alias() + at, kPageSize) == 0 && equal;
      }
    });
  });
  if (!equal) throw Error(ErrorCode::kSystem, "Copied memory differs from its source.");
  return {std::move(copy_ns), std::move(compare_ns)};
}

}  // namespace

Floors measure_floors(unsigned batches) {
  MemoryFloors memory = memory_floors(batches);
  return {syscall_floor(batches),  minor_fault_floor(batches), signal_floor(batches),
          mprotect_floor(batches), std::move(memory.copy_ns),  std::move(memory.compare_ns)};
}

}  // namespace mkwrite
