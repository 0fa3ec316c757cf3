// What this machine charges for the steps that tracking is made of: no mechanism can be cheaper
// than the sum of the steps it takes.
#pragma once

namespace mkwrite {

/// Nanoseconds; each the median of several batches.
struct Floors {
  double syscall_ns;            ///< the cheapest system call there is (getppid)
  double minor_fault_ns;        ///< first write to a page that is in memory but not mapped
  double signal_round_trip_ns;  ///< a fault, its SIGSEGV handler, and the return
  double mprotect_pair_ns;      ///< one page of a mapping read-only and writable again
  double memcpy_page_ns;        ///< per page of a buffer larger than the cache
  double memcmp_page_ns;        ///< the same, both sides equal
};

/// Takes about `batches` × 15 ms. Throws Error.
Floors measure_floors(unsigned batches);

}  // namespace mkwrite
