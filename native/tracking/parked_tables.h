// Closes read-only parts of a view and opens them again without a visit to each page. The kernel
// moves whole page tables (move_page_tables in mm/mremap.c), so those of a part that is closed wait
// in a second mapping of the same memory, which nobody else uses; mprotect rewrites one entry per
// page, both ways.
//
// Page tables are only a cache of what the memfd holds: where one gets lost, the kernel maps page
// after page again as they are touched. So all of this may be refused, and mprotect follows.
#pragma once

#include <cstdint>

#include "memory/buffer_object.h"
#include "memory/page_bitmap.h"

namespace mkwrite {

class ParkedTables {
 public:
  explicit ParkedTables(View& view) : view_(view), parked_(view.buffer().pages()) {}
  ~ParkedTables();
  ParkedTables(const ParkedTables&) = delete;
  ParkedTables& operator=(const ParkedTables&) = delete;

  /// Whether they may be moved. Not while a userfaultfd is registered for the view, which would
  /// lose them. Async-signal-safe, as all but park().
  void allow(bool allowed) noexcept;

  /// Takes the page tables of `range` away, where it covers whole ones. All of it must be
  /// read-only: it will be when they come back. The caller makes `range` inaccessible afterwards;
  /// until then its pages can be read as before.
  void park(PageRange range) noexcept;

  /// To be called when `range` has become accessible: puts the page tables back that lie within if
  /// it is read-only now, and forgets the others.
  void unpark(PageRange range, bool read_only) noexcept;

  /// Page tables moved away so far.
  std::uint64_t moved() const noexcept { return moved_; }

 private:
  bool make_parking() noexcept;
  void unpark_table(PageIndex first) noexcept;
  /// The kernel refused: nothing is parked any more. `lost` of the parking may not be mapped now,
  /// or by somebody else.
  void give_up(PageRange lost) noexcept;

  View& view_;
  Mapping parking_;    ///< made when it is first needed; readable, but nobody reads
  PageBitmap parked_;  ///< pages whose page tables are there
  std::uint64_t moved_ = 0;
  bool allowed_ = false;
  bool refused_ = false;
  PageRange lost_;  ///< of the parking
};

}  // namespace mkwrite
