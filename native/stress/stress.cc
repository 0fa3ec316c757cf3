#include "stress/stress.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "memory/error.h"
#include "stress/collect_traffic.h"
#include "stress/device_traffic.h"
#include "stress/gate.h"
#include "stress/writer.h"

namespace mkwrite::stress {
namespace {

constexpr std::size_t kArenas = 4;
/// From one comparison to the next, at least.
constexpr std::chrono::milliseconds kRound{100};
/// How much longer than a comparison at least; matters where machines are emulated.
constexpr int kRoundPerComparison = 4;

std::unique_ptr<Traffic> make_traffic(const StressOptions& options, Counts& counts) {
  const std::size_t owners = 2 + options.writers;  // the device, and this thread's stream
  const Grounds grounds{options.policy, kArenas, options.pages,
                        options.views,  owners,  options.trims};
  if (options.device_writes) {
    return std::make_unique<DeviceTraffic>(counts, options.seed, grounds);
  }
  return std::make_unique<CollectTraffic>(counts, options.seed, grounds);
}

}  // namespace

/// The writers' threads. Ends and joins them when it goes.
class Stress::Crew {
 public:
  explicit Crew(Stress& stress) : gate_(stress.options_.writers) {
    const StressOptions& options = stress.options_;
    for (std::size_t owner = 1; owner <= options.writers; ++owner) {
      writers_.push_back(std::make_unique<Writer>(stress.traffic_->arenas(), stress.counts_, owner,
                                                  options.seed + 1));
    }
    try {
      for (const auto& writer : writers_) threads_.emplace_back([&] { work(*writer, stress); });
    } catch (...) {
      end();
      throw;
    }
  }
  ~Crew() { end(); }
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  void begin_round() { gate_.open(); }
  /// Waits for every writer. Throws what ended one of them.
  void end_round() {
    gate_.close();
    const std::lock_guard lock(mutex_);
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void work(Writer& writer, Stress& stress) noexcept {
    try {
      while (gate_.pass()) writer.step();
    } catch (...) {
      {
        const std::lock_guard lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
      }
      stress.stop();
      gate_.leave();
    }
  }
  void end() noexcept {
    gate_.end();
    for (std::thread& thread : threads_) thread.join();
  }

  Gate gate_;
  std::mutex mutex_;
  std::exception_ptr failure_;  ///< guarded by mutex_
  std::vector<std::unique_ptr<Writer>> writers_;
  std::vector<std::thread> threads_;
};

Stress::Stress(const StressOptions& options)
    : options_(options), traffic_(make_traffic(options_, counts_)) {}

Stress::~Stress() = default;

void Stress::run() {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + options_.duration;
  Clock::duration round = kRound;
  Writer streamer(traffic_->arenas(), counts_, 1 + options_.writers, options_.seed);
  Crew crew(*this);
  do {
    crew.begin_round();
    const Clock::time_point round_end = std::min(Clock::now() + round, end);
    do {
      streamer.stream();
      traffic_->frame();
    } while (!stopping_.load() && Clock::now() < round_end);
    crew.end_round();
    const Clock::time_point rest = Clock::now();
    traffic_->settle();
    round = std::max<Clock::duration>(kRound, kRoundPerComparison * (Clock::now() - rest));
  } while (!stopping_.load() && Clock::now() < end);
}

StressCounts Stress::counts() const {
  StressCounts now{{.cpu_writes = counts_.cpu_writes.load(),
                    .device_writes = counts_.device_writes.load(),
                    .same_page_conflicts = counts_.same_page_conflicts.load(),
                    .lost_updates = counts_.lost_updates.load(),
                    .stale_reads = counts_.stale_reads.load(),
                    .submissions = counts_.submissions.load(),
                    .comparisons = counts_.comparisons.load(),
                    .views_opened = counts_.views_opened.load(),
                    .cpu_accesses = counts_.cpu_accesses.load(),
                    .streams = counts_.streams.load(),
                    .marks = counts_.marks.load(),
                    .evictions = counts_.evictions.load(),
                    .busy = counts_.busy.load(),
                    .refused = counts_.refused.load(),
                    .undone = counts_.undone.load()}};
  for (const auto& arena : traffic_->arenas()) {
    const TrackerStats stats = arena->tracker->stats();
    now.collects += stats.collects;
    now.waits += stats.waits;
    now.switches += stats.switches;
    now.opened_ahead += stats.pages_opened_ahead;
    now.trimmed += stats.pages_trimmed;
  }
  return now;
}

}  // namespace mkwrite::stress
