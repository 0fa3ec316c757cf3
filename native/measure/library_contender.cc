#include "measure/library_contender.h"

#include <cstring>
#include <utility>

#include "measure/clock.h"
#include "memory/error.h"

namespace mkwrite {

LibraryContender::LibraryContender(std::string_view policy, BufferLayout layout) : layout_(layout) {
  const std::size_t size = layout.pages_each * kPageSize;
  parts_.reserve(layout.buffers);
  try {
    for (std::size_t i = 0; i < layout.buffers; ++i) {
      auto buffer = BufferObject::create(size);
      auto view = buffer->create_view();
      std::memset(view->data(), 1, size);
      auto copy = std::make_unique<DeviceCopy>(size);
      copy->update(view->data(), buffer->all_pages());
      Tracker& tracker = Tracker::begin(*buffer, make_policy(policy, layout.pages_each));
      parts_.push_back({std::move(buffer), std::move(view), &tracker, std::move(copy), {}});
      parts_.back().runs.reserve(layout.pages_each);
    }
  } catch (...) {
    for (const Part& part : parts_) part.buffer->detach();
    throw;
  }
  collect();
}

LibraryContender::~LibraryContender() {
  for (const Part& part : parts_) part.buffer->detach();
}

void LibraryContender::assign(const PageWrites& writes) {
  assigned_.clear();
  if (layout_.buffers == 1) {
    assigned_.push_back({0, writes});
    return;
  }
  pages_.resize(writes.pages.size());
  for (std::size_t begin = 0; begin < writes.pages.size();) {
    const std::size_t part = writes.pages[begin] / layout_.pages_each;
    std::size_t end = begin;
    for (; end < writes.pages.size() && writes.pages[end] / layout_.pages_each == part; ++end) {
      pages_[end] = static_cast<std::uint32_t>(writes.pages[end] % layout_.pages_each);
    }
    PageWrites of_part = writes;
    of_part.pages = std::span(pages_).subspan(begin, end - begin);
    assigned_.push_back({part, of_part});
    begin = end;
  }
}

void LibraryContender::collect() {
  for (Part& part : parts_) {
    part.runs.clear();
    part.tracker->collect(part.buffer->all_pages(),
                          [&](PageRange run) { part.runs.push_back(run); });
  }
}

void LibraryContender::copy() {
  for (Part& part : parts_) {
    // A program with a tracker reads where it writes, unless there is a twin.
    const std::byte* const contents = part.tracker->contents() == part.buffer->alias()
                                          ? part.view->data()
                                          : part.tracker->contents();
    for (const PageRange& run : part.runs) part.copy->update(contents, run);
  }
}

std::uint64_t LibraryContender::faults() const {
  std::uint64_t faults = minor_faults();
  for (const Part& part : parts_) faults += part.tracker->stats().write_faults;
  return faults;
}

FrameResult LibraryContender::run(const Frame& frame) {
  assign(frame.writes);
  FrameResult result;
  const std::uint64_t faults_before = faults();
  const Stopwatch writing;
  for (const PartWrites& assigned : assigned_) {
    write_pages(parts_[assigned.part].view->data(), assigned.writes);
  }
  result.write_ns = writing.elapsed_ns();
  result.faults = faults() - faults_before;

  const Stopwatch collecting;
  collect();
  result.collect_ns = collecting.elapsed_ns();

  const Stopwatch copying;
  copy();
  result.copy_ns = copying.elapsed_ns();
  for (const Part& part : parts_) {
    for (const PageRange& run : part.runs) result.reported_pages += run.count;
  }
  // Against memory itself, whatever the tracker says the contents are, and where it was written, as
  // the other contenders do: the next frame finds the same in its TLB.
  for (const PartWrites& assigned : assigned_) {
    const Part& part = parts_[assigned.part];
    result.lost_pages += part.copy->count_stale(part.view->data(), assigned.writes.pages);
  }
  return result;
}

}  // namespace mkwrite
