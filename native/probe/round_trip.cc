#include "probe/round_trip.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "memory/error.h"
#include "memory/scoped_fd.h"
#include "tracking/tracker.h"

namespace mkwrite {
namespace {

constexpr std::size_t kPages = 4;

std::vector<PageRange> collect(Tracker& tracker) {
  std::vector<PageRange> runs;
  tracker.collect(tracker.buffer().all_pages(), [&](PageRange run) { runs.push_back(run); });
  return runs;
}

Availability failed(const std::string& what) {
  return {false, what,
          "This is not what the kernel documents. Please report it with the output of "
          "`mkwrite probe --json`."};
}

}  // namespace

Availability try_mechanism(MechanismKind kind) try {
  const auto buffer = BufferObject::create(kPages * kPageSize);
  const auto view = buffer->create_view();
  auto* const bytes = reinterpret_cast<volatile char*>(view->data());
  Tracker& tracker = Tracker::begin(*buffer, make_policy(mechanism_name(kind), buffer->pages()));
  const bool exact = kind != MechanismKind::kFull;
  for (const PageIndex page : {PageIndex{1}, PageIndex{2}, PageIndex{1}}) {
    bytes[page * kPageSize] = static_cast<char>(bytes[page * kPageSize] + 1);
    const PageRange expected = exact ? PageRange{page, 1} : buffer->all_pages();
    if (collect(tracker) != std::vector{expected}) {
      return failed("A written page was not reported, or a clean one was.");
    }
  }
  if (exact && !collect(tracker).empty()) {
    return failed("Pages were reported that nobody had written.");
  }
  return {true, "", ""};
} catch (const Error& error) {
  return {false, error.reason(), error.remedy()};
}

bool system_calls_work(MechanismKind kind) {
  const auto buffer = BufferObject::create(kPages * kPageSize);
  const auto view = buffer->create_view();
  Tracker::begin(*buffer, make_policy(mechanism_name(kind), buffer->pages()));
  const ScopedFd zeros(open("/dev/zero", O_RDONLY | O_CLOEXEC));
  if (!zeros) throw_system_error("open(\"/dev/zero\")", errno, "Mount /dev.");
  if (read(zeros.get(), view->data(), kPageSize) >= 0) return true;
  if (errno == EFAULT) return false;
  throw_system_error("read(\"/dev/zero\")", errno, "The probe could not try a system call.");
}

}  // namespace mkwrite
