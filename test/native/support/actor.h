// A thread that does one thing, and a way to know that it has done it or sleeps in the middle.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

namespace mkwrite::test {

class Actor {
 public:
  template <typename Deed>
  explicit Actor(Deed deed)
      : thread_([this, deed = std::move(deed)] {
          thread_id_.store(syscall(SYS_gettid));
          deed();
          done_.store(true);
        }) {}
  ~Actor() { join(); }

  bool done() const { return done_.load(); }

  /// Returns when the deed is done (true) or the thread sleeps in the kernel, as one does that
  /// waits for a lock or a device (false).
  bool done_or_asleep() const {
    while (!done() && !asleep()) std::this_thread::yield();
    return done();
  }

  void join() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  bool asleep() const {
    const long id = thread_id_.load();
    if (id == 0) return false;
    // man 5 proc: "pid (comm) state …"
    std::ifstream stat("/proc/self/task/" + std::to_string(id) + "/stat");
    std::string text;
    std::getline(stat, text);
    const std::size_t name_end = text.rfind(')');
    return name_end != std::string::npos && text[name_end + 2] == 'S';
  }

  std::atomic<long> thread_id_{0};
  std::atomic<bool> done_{false};
  std::thread thread_;
};

}  // namespace mkwrite::test
