// When a policy tracks a buffer object by write faults although another mechanism tracks writes
// more cheaply: while the device writes so much of it that closing and opening it costs more than
// write faults do. Only under write-fault are page tables moved for that (parked_tables.h).
#pragma once

#include <algorithm>
#include <cstddef>

#include "memory/page.h"
#include "tracking/costs.h"

namespace mkwrite {

class ReadingRule {
 public:
  /// For a buffer object of `pages` pages.
  ReadingRule(std::size_t pages, const Costs& costs) noexcept
      : close_table_(costs.copy_page * static_cast<double>(pages_per_table())),
        extra_fault_(std::max(costs.by_signal.in_a_row - costs.by_kernel.in_a_row, 0.0)),
        change_(2 * costs.copy_page * static_cast<double>(pages)) {}

  /// One collect, in which `tables` whole page tables were closed and the CPU wrote `writes` pages.
  void observe(std::size_t tables, std::size_t writes) noexcept {
    // A table with a written page cannot be moved.
    const double gain = static_cast<double>(tables - std::min(tables, writes)) * close_table_ -
                        static_cast<double>(writes) * extra_fault_;
    // What the other choice would have saved since it last cost more: once that is what a change
    // costs, it is made.
    missed_ = std::max(missed_ + (uses_write_faults_ ? -gain : gain), 0.0);
    if (missed_ > change_) turn();
  }
  /// The last change could not be made: the next one has to promise twice as much.
  void refuse() noexcept {
    turn();
    change_ *= 2;
  }

  bool uses_write_faults() const noexcept { return uses_write_faults_; }

 private:
  void turn() noexcept {
    uses_write_faults_ = !uses_write_faults_;
    missed_ = 0;
  }

  /// ns. To close a page and to open it again with mprotect takes about as long as to copy it.
  double close_table_;
  double extra_fault_;  ///< ns that a write fault costs more
  /// ns. A change of mechanism protects every page anew, and the next frame faults them in.
  double change_;
  double missed_ = 0;  ///< ns
  bool uses_write_faults_ = false;
};

}  // namespace mkwrite
