#include "measure/bare_write_fault.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cerrno>

#include "measure/segv_interceptor.h"
#include "memory/error.h"

namespace mkwrite {
namespace {

constexpr std::size_t kWordBits = 64;

void protect_or_throw(std::byte* address, std::size_t size) {
  if (mprotect(address, size, PROT_READ) != 0) {
    throw_system_error("mprotect", errno, "Raise vm.max_map_count, or measure a smaller buffer.");
  }
}

}  // namespace

BareWriteFault::BareWriteFault(std::shared_ptr<BufferObject> buffer,
                               std::shared_ptr<DeviceCopy> copy)
    : BareLoop(std::move(buffer), std::move(copy)),
      bits_((all_pages().count + kWordBits - 1) / kWordBits) {
  protect_or_throw(data(), size());
}

bool BareWriteFault::on_fault(siginfo_t& info, ucontext_t& /*context*/, void* user) noexcept {
  auto& loop = *static_cast<BareWriteFault*>(user);
  const std::size_t offset = reinterpret_cast<std::uintptr_t>(info.si_addr) -
                             reinterpret_cast<std::uintptr_t>(loop.data());
  if (info.si_code != SEGV_ACCERR || offset >= loop.size()) return false;
  const std::size_t page = offset / kPageSize;
  loop.bits_[page / kWordBits] |= std::uint64_t{1} << (page % kWordBits);
  ++loop.signals_;
  if (mprotect(loop.data() + page * kPageSize, kPageSize, PROT_READ | PROT_WRITE) == 0) return true;
  // Out of mappings: opening everything needs none, and everything counts as written.
  std::ranges::fill(loop.bits_, ~std::uint64_t{0});
  return mprotect(loop.data(), loop.size(), PROT_READ | PROT_WRITE) == 0;
}

BareLoop::Written BareWriteFault::write(const PageWrites& writes) {
  const SegvInterceptor interceptor(on_fault, this);
  signals_ = 0;
  const Written written = BareLoop::write(writes);
  return {written.ns, signals_};
}

void BareWriteFault::find_runs() {
  PageRange run;
  for (std::size_t i = 0; i < bits_.size(); ++i) {
    for (std::uint64_t word = bits_[i]; word != 0;) {
      const auto first = static_cast<std::size_t>(std::countr_zero(word));
      const auto count = static_cast<std::size_t>(std::countr_one(word >> first));
      word = first + count < kWordBits ? word & (~std::uint64_t{0} << (first + count)) : 0;
      const PageRange found{i * kWordBits + first, count};
      if (found.first == run.end() && !run.empty()) {
        run.count += count;
      } else {
        if (!run.empty()) runs().push_back(run);
        run = found;
      }
    }
    bits_[i] = 0;
  }
  if (!run.empty()) runs().push_back(run.intersect(all_pages()));
}

void BareWriteFault::collect() {
  if (protect_whole_range_) {
    protect_or_throw(data(), size());
    find_runs();
    return;
  }
  find_runs();
  for (const PageRange& run : runs()) {
    const ByteRange bytes = bytes_of(run);
    protect_or_throw(data() + bytes.offset, bytes.size);
  }
}

void BareWriteFault::choose(const PageWrites& writes) {
  constexpr std::size_t kRounds = 3;
  // A long frame is an average by itself.
  constexpr std::int64_t kLongEnough = 100'000'000;  // ns
  std::int64_t spent = 0;
  PageWrites round = writes;
  // The whole frame counts: how the mapping was protected also shapes what the next faults split.
  std::vector<std::int64_t> per_run;
  std::vector<std::int64_t> whole_range;
  while (per_run.size() < kRounds && spent < kLongEnough) {
    for (const bool whole : {false, true}) {
      protect_whole_range_ = whole;
      ++round.stamp;
      const FrameResult frame = run(round);
      const std::int64_t ns = frame.write_ns + frame.collect_ns;
      (whole ? whole_range : per_run).push_back(ns);
      spent += ns;
    }
  }
  std::ranges::sort(per_run);
  std::ranges::sort(whole_range);
  const std::size_t middle = per_run.size() / 2;
  protect_whole_range_ = whole_range[middle] < per_run[middle];
}

}  // namespace mkwrite
