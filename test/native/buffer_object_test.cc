// BufferObject and View: memory with an identity.
#include "memory/buffer_object.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>

#include <cstring>
#include <vector>

#include "memory/error.h"
#include "support/child.h"

using mkwrite::AccessObserver;
using mkwrite::BufferObject;
using mkwrite::Error;
using mkwrite::ErrorCode;
using mkwrite::kPageSize;
using mkwrite::PageRange;
using mkwrite::View;

namespace {

template <typename Body>
ErrorCode code_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.code();
  }
  FAIL("nothing was thrown");
  return ErrorCode::kSystem;
}

std::vector<PageRange> data_runs(const BufferObject& buffer, PageRange range) {
  std::vector<PageRange> runs;
  buffer.for_each_data_run(range, [&](PageRange run) { runs.push_back(run); });
  return runs;
}

class Observer final : public AccessObserver {
 public:
  explicit Observer(std::vector<View*>& seen, std::size_t refuse_at = SIZE_MAX)
      : seen_(seen), refuse_at_(refuse_at) {}
  void view_created(View& view) override {
    if (seen_.size() == refuse_at_) throw Error(ErrorCode::kSystem, "refused");
    seen_.push_back(&view);
  }
  void view_destroyed(View& view) noexcept override { std::erase(seen_, &view); }
  void begin_access(PageRange range, bool /*writable*/) override { accesses.push_back(range); }
  void end_access(PageRange range, bool /*writable*/) noexcept override {
    std::erase(accesses, range);
  }

  std::vector<PageRange> accesses{};

 private:
  std::vector<View*>& seen_;
  std::size_t refuse_at_;
};

}  // namespace

TEST_CASE("a size is rounded up to whole pages") {
  CHECK(BufferObject::create(1)->size() == kPageSize);
  CHECK(BufferObject::create(kPageSize)->size() == kPageSize);
  CHECK(BufferObject::create(kPageSize + 1)->pages() == 2);
}

TEST_CASE("impossible sizes are refused as out of range") {
  CHECK(code_of([] { BufferObject::create(0); }) == ErrorCode::kOutOfRange);
  CHECK(code_of([] { BufferObject::create(BufferObject::max_size() + 1); }) ==
        ErrorCode::kOutOfRange);
}

TEST_CASE("what the kernel refuses is a typed error with its errno") {
  const auto ending = mkwrite::test::run_in_child([] {
    constexpr rlimit kNoFiles{0, 0};
    setrlimit(RLIMIT_NOFILE, &kNoFiles);
    try {
      BufferObject::create(kPageSize);
    } catch (const Error& error) {
      return error.code() == ErrorCode::kSystem && error.system_errno() == EMFILE ? 0 : 1;
    }
    return 2;
  });
  CHECK(ending.exited_with(0));
}

TEST_CASE("the memfd can be neither shrunk, nor grown, nor unsealed") {
  const auto buffer = BufferObject::create(2 * kPageSize);
  CHECK(ftruncate(buffer->fd(), static_cast<off_t>(kPageSize)) != 0);
  CHECK(ftruncate(buffer->fd(), static_cast<off_t>(3 * kPageSize)) != 0);
  CHECK(fcntl(buffer->fd(), F_ADD_SEALS, F_SEAL_WRITE) != 0);
}

TEST_CASE("alias and views show the same pages") {
  const auto buffer = BufferObject::create(2 * kPageSize);
  const auto first = buffer->create_view();
  const auto second = buffer->create_view();
  first->data()[7] = std::byte{1};
  second->data()[kPageSize] = std::byte{2};
  buffer->alias()[9] = std::byte{3};
  CHECK(buffer->alias()[7] == std::byte{1});
  CHECK(first->data()[kPageSize] == std::byte{2});
  CHECK(second->data()[9] == std::byte{3});
}

TEST_CASE("a new buffer object is zeroed and has no data") {
  const auto buffer = BufferObject::create(10 * kPageSize);
  CHECK(data_runs(*buffer, buffer->all_pages()).empty());
  CHECK(buffer->alias()[10 * kPageSize - 1] == std::byte{0});
}

TEST_CASE("data runs are the pages ever written, clamped to the range asked for") {
  const auto buffer = BufferObject::create(100 * kPageSize);
  const auto view = buffer->create_view();
  for (const std::size_t page : {0UL, 10UL, 11UL, 12UL, 99UL}) {
    view->data()[page * kPageSize + 5] = std::byte{1};
  }
  CHECK(data_runs(*buffer, buffer->all_pages()) ==
        std::vector<PageRange>{{0, 1}, {10, 3}, {99, 1}});
  CHECK(data_runs(*buffer, {11, 50}) == std::vector<PageRange>{{11, 2}});
  CHECK(data_runs(*buffer, {13, 80}).empty());
  CHECK(data_runs(*buffer, {100, 0}).empty());
}

TEST_CASE("a sparse buffer object of 8 GiB costs only what is written") {
  constexpr std::size_t kSize = std::size_t{8} << 30;
  const auto buffer = BufferObject::create(kSize);
  const auto view = buffer->create_view();
  view->data()[kSize - 1] = std::byte{1};
  CHECK(buffer->alias()[kSize - 1] == std::byte{1});
  CHECK(data_runs(*buffer, buffer->all_pages()) ==
        std::vector<PageRange>{{buffer->pages() - 1, 1}});
}

TEST_CASE("a buffer object is found by its id while it lives, and ids are not used again") {
  auto buffer = BufferObject::create(kPageSize);
  const std::uint64_t id = buffer->id();
  CHECK(BufferObject::find(id) == buffer);
  buffer.reset();
  CHECK(BufferObject::find(id) == nullptr);
  CHECK(BufferObject::create(kPageSize)->id() > id);
}

TEST_CASE("a view keeps its buffer object alive") {
  auto buffer = BufferObject::create(kPageSize);
  const std::uint64_t id = buffer->id();
  auto view = buffer->create_view();
  buffer.reset();
  CHECK(BufferObject::find(id) != nullptr);
  view->data()[0] = std::byte{1};
  view.reset();
  CHECK(BufferObject::find(id) == nullptr);
}

TEST_CASE("an observer hears of the views there are, of new ones, and of their ends") {
  const auto buffer = BufferObject::create(kPageSize);
  const auto before = buffer->create_view();
  std::vector<View*> seen;
  buffer->attach(std::make_unique<Observer>(seen));
  auto after = buffer->create_view();
  CHECK(seen == std::vector{before.get(), after.get()});
  after.reset();
  CHECK(seen == std::vector{before.get()});
  buffer->detach();
  CHECK(seen.empty());
  CHECK(buffer->observer() == nullptr);
}

TEST_CASE("an observer hears of CPU access that is under way and of what comes later") {
  const auto buffer = BufferObject::create(8 * kPageSize);
  buffer->begin_access({1, 2}, true);
  buffer->begin_access({4, 1}, false);
  buffer->end_access({4, 1}, false);
  std::vector<View*> seen;
  const auto observer = std::make_shared<Observer>(seen);
  buffer->attach(observer);
  CHECK(observer->accesses == std::vector{PageRange{1, 2}});
  buffer->begin_access({6, 1}, true);
  buffer->end_access({1, 2}, true);
  CHECK(observer->accesses == std::vector{PageRange{6, 1}});
  buffer->detach();
  // Whoever comes next hears of it, too.
  const auto next = std::make_shared<Observer>(seen);
  buffer->attach(next);
  CHECK(next->accesses == std::vector{PageRange{6, 1}});
}

TEST_CASE("a second observer is refused") {
  const auto buffer = BufferObject::create(kPageSize);
  std::vector<View*> seen;
  buffer->attach(std::make_unique<Observer>(seen));
  CHECK(code_of([&] { buffer->attach(std::make_unique<Observer>(seen)); }) ==
        ErrorCode::kAlreadyTracked);
  buffer->detach();
}

TEST_CASE("an observer that refuses a view leaves everything as it was") {
  const auto buffer = BufferObject::create(kPageSize);
  const auto first = buffer->create_view();
  const auto second = buffer->create_view();
  std::vector<View*> seen;
  CHECK(code_of([&] { buffer->attach(std::make_unique<Observer>(seen, 1)); }) ==
        ErrorCode::kSystem);
  CHECK(seen.empty());
  CHECK(buffer->observer() == nullptr);
  buffer->attach(std::make_unique<Observer>(seen, 2));
  CHECK(code_of([&] { buffer->create_view(); }) == ErrorCode::kSystem);
  CHECK(seen == std::vector{first.get(), second.get()});
  buffer->detach();
}

TEST_CASE("every error code has its public name") {
  CHECK(std::string(mkwrite::error_code_name(ErrorCode::kDeviceLost)) == "ERR_MKWRITE_DEVICE_LOST");
  CHECK(std::string(mkwrite::error_code_name(ErrorCode::kOutOfRange)) ==
        "ERR_MKWRITE_OUT_OF_RANGE");
}

TEST_CASE("views are not there in a forked child") {
  const auto buffer = BufferObject::create(kPageSize);
  const auto view = buffer->create_view();
  const auto ending = mkwrite::test::run_in_child([&] {
    *reinterpret_cast<volatile char*>(view->data()) = 1;
    return 0;
  });
  CHECK(ending.died_of(SIGSEGV));
  CHECK(view->data()[0] == std::byte{0});
}
