#include "measure/bare_soft_dirty.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "memory/error.h"

namespace mkwrite {

BareSoftDirty::BareSoftDirty(std::shared_ptr<BufferObject> buffer, std::shared_ptr<DeviceCopy> copy)
    : BareLoop(std::move(buffer), std::move(copy)),
      entries_(all_pages().count),
      clear_refs_(open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)) {
  clear();
}

void BareSoftDirty::clear() {
  if (!clear_refs_ || ::write(clear_refs_.get(), "4", 1) != 1) {
    throw_system_error("write(\"/proc/self/clear_refs\")", errno, "Measure another mechanism.");
  }
}

void BareSoftDirty::collect() {
  read_pagemap(data(), entries_);
  PageRange run;
  for (PageIndex page = 0; page < entries_.size(); ++page) {
    if (entries_[page].soft_dirty()) {
      if (run.empty()) run.first = page;
      ++run.count;
    } else if (!run.empty()) {
      runs().push_back(run);
      run = {};
    }
  }
  if (!run.empty()) runs().push_back(run);
  clear();
}

}  // namespace mkwrite
