// What this machine charges for the steps that tracking is made of: no mechanism can be cheaper
// than the sum of the steps it takes.
#pragma once

#include <vector>

namespace mkwrite {

/// Nanoseconds: one value for each batch.
struct Floors {
  std::vector<double> syscall_ns;      ///< the cheapest system call there is (getppid)
  std::vector<double> minor_fault_ns;  ///< first write to a page that is in memory, not mapped
  std::vector<double> signal_round_trip_ns;  ///< a fault, its SIGSEGV handler, and the return
  std::vector<double> mprotect_pair_ns;      ///< one page of a mapping read-only and writable again
  std::vector<double> memcpy_page_ns;        ///< per page of a buffer larger than the cache
  std::vector<double> memcmp_page_ns;        ///< the same, both sides equal
};

/// Takes about `batches` × 15 ms. Throws Error.
Floors measure_floors(unsigned batches);

}  // namespace mkwrite
