#include "measure/contender.h"

#include <cstring>
#include <string>
#include <utility>

#include "measure/clock.h"
#include "measure/library_contender.h"
#include "measure/readback_contender.h"
#include "memory/error.h"
#include "memory/mapping.h"

namespace mkwrite {
namespace {

constexpr std::string_view kBare = "bare-";

class BareContender final : public Contender {
 public:
  BareContender(MechanismKind mechanism, std::size_t size)
      : loop_(make_bare_loop(mechanism, BufferObject::create(size),
                             std::make_shared<DeviceCopy>(size))) {
    loop_->run({});  // at first everything counts as written
  }

  void choose(const Frame& frame) override { loop_->choose(frame.writes); }
  FrameResult run(const Frame& frame) override { return loop_->run(frame.writes); }

 private:
  std::unique_ptr<BareLoop> loop_;
};

/// No tracking: what is to be copied is known before.
class UntrackedContender final : public Contender {
 public:
  enum class Copies { kWritten, kEverything };

  UntrackedContender(Copies copies, std::size_t size)
      : copies_(copies),
        buffer_(BufferObject::create(size)),
        mapping_(buffer_->fd(), size),
        copy_(size) {
    std::memset(mapping_.data(), 1, size);
    copy_.update(mapping_.data(), buffer_->all_pages());
  }

  FrameResult run(const Frame& frame) override {
    const std::uint64_t faults_before = minor_faults();
    const Stopwatch writing;
    write_pages(mapping_.data(), frame.writes);
    const std::int64_t write_ns = writing.elapsed_ns();
    const std::uint64_t faults = minor_faults() - faults_before;

    const PageRange all[] = {buffer_->all_pages()};
    const std::span<const PageRange> runs = copies_ == Copies::kWritten ? frame.runs : all;
    const Stopwatch copying;
    for (const PageRange& run : runs) copy_.update(mapping_.data(), run);
    const std::int64_t copy_ns = copying.elapsed_ns();
    std::size_t reported = 0;
    for (const PageRange& run : runs) reported += run.count;
    return {write_ns, 0,        copy_ns,
            faults,   reported, copy_.count_stale(mapping_.data(), frame.writes.pages)};
  }

 private:
  Copies copies_;
  std::shared_ptr<BufferObject> buffer_;
  Mapping mapping_;
  DeviceCopy copy_;
};

}  // namespace

std::unique_ptr<Contender> make_contender(std::string_view name, BufferLayout layout) {
  using Copies = UntrackedContender::Copies;
  const std::size_t size = layout.pages() * kPageSize;
  if (name == "explicit") return std::make_unique<UntrackedContender>(Copies::kWritten, size);
  if (name == "upload") return std::make_unique<UntrackedContender>(Copies::kEverything, size);
  if (name.starts_with(kBare)) {
    const std::string_view wanted = name.substr(kBare.size());
    for (const MechanismKind kind : kAllMechanisms) {
      if (wanted == mechanism_name(kind)) return std::make_unique<BareContender>(kind, size);
    }
    throw Error(ErrorCode::kInvalidArgument,
                "There is no contender \"" + std::string(name) + "\".");
  }
  return std::make_unique<LibraryContender>(name, layout);
}

std::unique_ptr<Contender> make_readback_contender(std::string_view name, BufferLayout layout) {
  return std::make_unique<ReadbackContender>(name, layout);
}

}  // namespace mkwrite
