#include "measure/other_threads.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "memory/error.h"

namespace mkwrite {
namespace {

/// The clock of a thread's CPU time, as pthread_getcpuclockid makes it from a handle; see
/// make_thread_cpuclock in the kernel's include/linux/posix-timers.h.
clockid_t cpu_clock_of(pid_t thread) noexcept {
  constexpr unsigned kOfThread = 4;
  constexpr unsigned kScheduled = 2;
  constexpr unsigned kShift = 3;
  return static_cast<clockid_t>((~static_cast<unsigned>(thread) << kShift) | kOfThread |
                                kScheduled);
}

/// Nothing if it has ended.
std::optional<std::int64_t> cpu_time_of(pid_t thread) noexcept {
  timespec now{};
  if (clock_gettime(cpu_clock_of(thread), &now) != 0) return std::nullopt;
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/// Of the directory, beside one for each other thread: two, and one for the thread that asks; see
/// proc_task_getattr in the kernel's fs/proc/base.c.
constexpr nlink_t kOwnLinks = 3;

}  // namespace

OtherThreads::OtherThreads() : tasks_(open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (!tasks_) throw_system_error("open", errno, "Mount /proc.");
  cpu_ns();
  total_ = 0;
}

std::int64_t OtherThreads::cpu_ns() {
  struct stat status{};
  if (fstat(tasks_.get(), &status) == 0 && status.st_nlink != threads_.size() + kOwnLinks) list();
  if (!ask()) {
    // One may have begun where another ended, so that their count is the same. Once: the number of
    // one that ended may stay in the directory.
    list();
    ask();
  }
  return total_;
}

bool OtherThreads::ask() {
  bool all_there = true;
  for (Thread& thread : threads_) {
    const auto now = cpu_time_of(thread.id);
    all_there = all_there && now;
    if (!now) continue;
    // Less: another thread has got the number of one that ended.
    total_ += *now >= thread.cpu_ns ? *now - thread.cpu_ns : *now;
    thread.cpu_ns = *now;
  }
  return all_there;
}

void OtherThreads::list() {
  const auto self = static_cast<pid_t>(syscall(SYS_gettid));
  std::vector<Thread> found;
  std::error_code error;
  // Not through `tasks_`, since reading moves a descriptor.
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task", error)) {
    const auto id = static_cast<pid_t>(std::strtol(entry.path().filename().c_str(), nullptr, 10));
    if (id <= 0 || id == self) continue;
    const auto known = std::ranges::find(threads_, id, &Thread::id);
    found.push_back({id, known == threads_.end() ? 0 : known->cpu_ns});
  }
  if (error) throw_system_error("opendir", error.value(), "Mount /proc.");
  threads_ = std::move(found);
}

}  // namespace mkwrite
