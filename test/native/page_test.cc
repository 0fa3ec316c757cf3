// Pages and ranges.
#include "memory/page.h"

#include <doctest/doctest.h>
#include <unistd.h>

using mkwrite::ByteRange;
using mkwrite::bytes_of;
using mkwrite::kPageSize;
using mkwrite::PageRange;
using mkwrite::pages_covering;

TEST_CASE("the page size is the machine's") {
  CHECK(kPageSize == static_cast<std::size_t>(sysconf(_SC_PAGESIZE)));
}

TEST_CASE("a range is half open") {
  constexpr PageRange kRange{3, 2};
  CHECK(kRange.end() == 5);
  CHECK_FALSE(kRange.contains(2));
  CHECK(kRange.contains(3));
  CHECK(kRange.contains(4));
  CHECK_FALSE(kRange.contains(5));
}

TEST_CASE("a range that would end before it begins is empty") {
  CHECK(PageRange::between(5, 3) == PageRange{5, 0});
  CHECK(ByteRange::between(5, 3).empty());
}

TEST_CASE("ranges intersect in what they share") {
  CHECK(PageRange{0, 10}.intersect({5, 10}) == PageRange{5, 5});
  CHECK(PageRange{0, 5}.intersect({5, 5}).empty());
  CHECK(PageRange{0, 5}.intersect({7, 5}).empty());
  CHECK(ByteRange{8, 8}.intersect({0, 100}) == ByteRange{8, 8});
}

TEST_CASE("bytes are covered by every page that holds one of them") {
  CHECK(pages_covering({0, 1}) == PageRange{0, 1});
  CHECK(pages_covering({0, kPageSize}) == PageRange{0, 1});
  CHECK(pages_covering({0, kPageSize + 1}) == PageRange{0, 2});
  CHECK(pages_covering({kPageSize - 1, 2}) == PageRange{0, 2});
  CHECK(pages_covering({kPageSize, kPageSize}) == PageRange{1, 1});
  CHECK(pages_covering({kPageSize * 2 + 7, 0}).empty());
}

TEST_CASE("the bytes of pages and the pages of those bytes are the same") {
  constexpr PageRange kRange{7, 13};
  CHECK(pages_covering(bytes_of(kRange)) == kRange);
}
