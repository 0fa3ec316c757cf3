// A device that computes nothing but does the whole protocol with whole pages: update from the
// alias what a submission uses and the CPU wrote, run, read back into the alias.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <span>
#include <vector>

#include "faults/futex.h"
#include "tracked_buffer.h"

namespace mkwrite::test {

class FakeDevice final : public DeviceOwner {
 public:
  /// The word of each page that the device writes: the number of the submission.
  static constexpr std::size_t kWord = 8;

  explicit FakeDevice(Tracker& tracker)
      : tracker_(tracker),
        buffer_(tracker.buffer()),
        memory_(buffer_.size()),
        writers_(buffer_.pages()),
        read_backs_(buffer_.pages()) {
    tracker.set_owner(*this);
  }

  /// One submission that uses `used` and writes `written`; it is done when complete() says so.
  Seqno submit(std::span<const PageRange> used, std::span<const PageRange> written) {
    updated_.clear();
    const Seqno seqno = submitted_.load() + 1;
    tracker_.validate(
        used, written,
        [&](PageRange run) {
          for (PageIndex page = run.first; page < run.end(); ++page) updated_.push_back(page);
        },
        [&] {
          for (const PageRange range : written) {
            for (PageIndex page = range.first; page < range.end(); ++page) {
              writers_[page].store(seqno);
            }
          }
        });
    seam(Seam::kSubmitAfterOwn);
    for (const PageIndex page : updated_) {
      std::memcpy(memory_.data() + page * kPageSize, buffer_.alias() + page * kPageSize, kPageSize);
    }
    submitted_.store(seqno);
    return seqno;
  }
  Seqno submit(PageRange written) { return submit({&written, 1}, {&written, 1}); }

  /// The pages that the last submission updated.
  const Pages& updated() const { return updated_; }
  Seqno submitted() const { return submitted_.load(); }

  /// Runs the submissions up to `seqno`. Any thread.
  void complete(Seqno seqno) {
    const std::lock_guard running(running_);
    for (PageIndex page = 0; page < writers_.size(); ++page) {
      const Seqno writer = writers_[page].load();
      if (writer <= seqno && writer > done_.load()) {
        std::memcpy(memory_.data() + page * kPageSize + kWord * sizeof writer, &writer,
                    sizeof writer);
      }
    }
    if (seqno > done_.load()) done_.store(seqno);
    changes_.fetch_add(1);
    futex_wake(changes_);
  }

  std::uint32_t read_backs(PageIndex page) const { return read_backs_[page].load(); }
  std::uint32_t waits() const { return waits_.load(); }
  Seqno writer(PageIndex page) const { return writers_[page].load(); }
  const std::byte* memory() const { return memory_.data(); }

  // DeviceOwner
  PageRange resource_around(PageIndex /*page*/) const noexcept override {
    return buffer_.all_pages();
  }

  Seqno pending_write(PageRange pages) const noexcept override {
    Seqno latest = 0;
    for (PageIndex page = pages.first; page < pages.end(); ++page) {
      latest = std::max(latest, writers_[page].load());
    }
    return latest > done_.load() ? latest : 0;
  }

  void wait(Seqno seqno) noexcept override {
    waits_.fetch_add(1);
    for (;;) {
      const std::uint32_t seen = changes_.load();
      if (done_.load() >= seqno) return;
      futex_wait(changes_, seen);
    }
  }

  void read_back(PageRange pages) noexcept override {
    const ByteRange bytes = bytes_of(pages);
    std::memcpy(buffer_.alias() + bytes.offset, memory_.data() + bytes.offset, bytes.size);
    for (PageIndex page = pages.first; page < pages.end(); ++page) read_backs_[page].fetch_add(1);
  }

 private:
  Tracker& tracker_;
  BufferObject& buffer_;
  std::mutex running_;
  std::vector<std::byte> memory_;
  std::vector<std::atomic<Seqno>> writers_;
  std::vector<std::atomic<std::uint32_t>> read_backs_;
  Pages updated_;
  std::atomic<Seqno> submitted_{0};
  std::atomic<Seqno> done_{0};
  std::atomic<std::uint32_t> waits_{0};
  FutexWord changes_{0};
};

}  // namespace mkwrite::test
