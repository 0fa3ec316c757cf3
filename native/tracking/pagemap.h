// /proc/self/pagemap: the page tables of this process, as far as the kernel shows them
// (Documentation/admin-guide/mm/pagemap.rst).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "memory/page.h"

namespace mkwrite {

/// One 64-bit entry.
struct PagemapEntry {
  std::uint64_t bits;
  bool soft_dirty() const noexcept { return (bits >> 55U & 1U) != 0; }
  bool swapped() const noexcept { return (bits >> 62U & 1U) != 0; }
  bool present() const noexcept { return (bits >> 63U & 1U) != 0; }
};

/// The descriptor of /proc/self/pagemap, opened once: a process that stops being dumpable could not
/// open it later. Throws Error (kSystem). In a forked child, where the descriptor still shows the
/// parent, it is opened anew.
int pagemap_fd();

/// Reads one entry per page from `address` on. Throws Error (kSystem).
void read_pagemap(const void* address, std::span<PagemapEntry> entries);

}  // namespace mkwrite
