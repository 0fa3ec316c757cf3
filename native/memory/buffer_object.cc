#include "memory/buffer_object.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <limits>
#include <unordered_map>

#include "memory/error.h"

namespace mkwrite {
namespace {

std::mutex registry_mutex;
/// Never destroyed: buffer objects may outlive static destruction in a thread that still runs.
std::unordered_map<std::uint64_t, std::weak_ptr<BufferObject>>& registry() {
  static auto* const live = new std::unordered_map<std::uint64_t, std::weak_ptr<BufferObject>>;
  return *live;
}

std::atomic<std::uint64_t> next_id{1};

ScopedFd create_memfd(std::size_t size) {
  ScopedFd fd(memfd_create("mkwrite", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) {
    throw_system_error("memfd_create", errno,
                       "Raise the limit of open files (ulimit -n) or allow memfd_create in the "
                       "container's seccomp profile.");
  }
  if (ftruncate(fd.get(), static_cast<off_t>(size)) != 0) {
    throw_system_error("ftruncate of a memfd", errno,
                       "Ask for a smaller size, or raise the file-size limit (ulimit -f).");
  }
  if (fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    throw_system_error("fcntl(F_ADD_SEALS)", errno,
                       "Without the seals a shrunk file would turn writes into SIGBUS.");
  }
  return fd;
}

}  // namespace

std::size_t BufferObject::max_size() noexcept {
  return std::size_t{std::numeric_limits<std::uint32_t>::max()} * kPageSize;
}

std::shared_ptr<BufferObject> BufferObject::create(std::size_t size) {
  if (size == 0 || size > max_size()) {
    throw Error(ErrorCode::kOutOfRange, "A buffer object holds between 1 and " +
                                            std::to_string(max_size()) + " bytes. Received " +
                                            std::to_string(size));
  }
  const std::size_t rounded = (size + kPageSize - 1) / kPageSize * kPageSize;
  std::shared_ptr<BufferObject> buffer(new BufferObject(create_memfd(rounded), rounded));
  const std::lock_guard lock(registry_mutex);
  registry().emplace(buffer->id(), buffer);
  return buffer;
}

BufferObject::BufferObject(ScopedFd fd, std::size_t size)
    : id_(next_id.fetch_add(1)), fd_(std::move(fd)), alias_(fd_.get(), size) {}

BufferObject::~BufferObject() {
  if (punches_.load()) {
    // Should this fail, the memory stays in use for as long as the process lives.
    fallocate(fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size()));
  }
  const std::lock_guard lock(registry_mutex);
  registry().erase(id_);
}

std::shared_ptr<BufferObject> BufferObject::find(std::uint64_t id) {
  const std::lock_guard lock(registry_mutex);
  const auto found = registry().find(id);
  return found == registry().end() ? nullptr : found->second.lock();
}

void BufferObject::for_each_data_run(PageRange range,
                                     const std::function<void(PageRange)>& visit) const {
  const auto seek = [this](std::size_t from, int whence) {
    const off_t at = lseek(fd(), static_cast<off_t>(from), whence);
    if (at < 0 && errno == ENXIO) return size();  // nothing but a hole up to the end
    if (at < 0)
      throw_system_error("lseek", errno, "The memfd of a buffer object must be seekable.");
    return static_cast<std::size_t>(at);
  };
  const ByteRange bytes = bytes_of(range);
  for (std::size_t at = seek(bytes.offset, SEEK_DATA); at < bytes.end();) {
    const std::size_t hole = std::min(seek(at, SEEK_HOLE), bytes.end());
    visit(pages_covering(ByteRange::between(at, hole)));
    at = hole < bytes.end() ? seek(hole, SEEK_DATA) : hole;
  }
}

std::shared_ptr<View> BufferObject::create_view() {
  auto view = std::make_shared<View>(shared_from_this());
  const std::lock_guard lock(mutex_);
  views_.reserve(views_.size() + 1);
  if (observer_) observer_->view_created(*view);
  views_.push_back(view.get());
  return view;
}

void BufferObject::begin_access(PageRange range, bool writable) {
  std::shared_ptr<AccessObserver> observer;
  {
    // Whoever is attached after this hears of it there.
    const std::lock_guard lock(mutex_);
    accesses_.push_back({range, writable});
    observer = observer_;
  }
  if (!observer) return;
  try {
    observer->begin_access(range, writable);
  } catch (...) {
    forget_access({range, writable});
    throw;
  }
}

void BufferObject::end_access(PageRange range, bool writable) noexcept {
  if (const auto observer = forget_access({range, writable})) observer->end_access(range, writable);
}

std::shared_ptr<AccessObserver> BufferObject::forget_access(const CpuAccess& access) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(accesses_, access);
  if (found != accesses_.end()) accesses_.erase(found);
  return observer_;
}

void BufferObject::attach(std::shared_ptr<AccessObserver> observer) {
  const std::lock_guard lock(mutex_);
  if (observer_) {
    throw Error(ErrorCode::kAlreadyTracked,
                "This buffer object is tracked already. Dispose of the other tracker first, or use "
                "the one that its device made.");
  }
  std::size_t done = 0;
  try {
    for (const CpuAccess& access : accesses_) observer->begin_access(access.range, access.writable);
    for (; done < views_.size(); ++done) observer->view_created(*views_[done]);
  } catch (...) {
    while (done-- > 0) observer->view_destroyed(*views_[done]);
    throw;
  }
  observer_ = std::move(observer);
}

void BufferObject::detach() noexcept {
  const std::lock_guard lock(mutex_);
  if (!observer_) return;
  for (View* view : views_) observer_->view_destroyed(*view);
  observer_.reset();
}

std::shared_ptr<AccessObserver> BufferObject::observer() const {
  const std::lock_guard lock(mutex_);
  return observer_;
}

void BufferObject::remove(View& view) noexcept {
  const std::lock_guard lock(mutex_);
  // A view whose creation failed half-way was never listed.
  const auto found = std::find(views_.begin(), views_.end(), &view);
  if (found == views_.end()) return;
  if (observer_) observer_->view_destroyed(view);
  views_.erase(found);
}

View::View(std::shared_ptr<BufferObject> buffer)
    : buffer_(std::move(buffer)), mapping_(buffer_->fd(), buffer_->size()) {}

View::~View() { buffer_->remove(*this); }

}  // namespace mkwrite
