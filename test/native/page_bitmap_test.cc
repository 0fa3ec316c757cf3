// PageBitmap against std::vector<bool>.
#include "memory/page_bitmap.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "support/watchdog.h"

using mkwrite::PageBitmap;
using mkwrite::PageIndex;
using mkwrite::PageRange;

namespace {

using Model = std::vector<bool>;

std::vector<PageRange> runs_of(const Model& model, PageRange range, bool value) {
  std::vector<PageRange> runs;
  for (PageIndex page = range.first; page < range.end(); ++page) {
    if (model[page] != value) continue;
    if (!runs.empty() && runs.back().end() == page) {
      ++runs.back().count;
    } else {
      runs.push_back({page, 1});
    }
  }
  return runs;
}

std::size_t count_of(const Model& model, PageRange range) {
  return static_cast<std::size_t>(
      std::count(model.begin() + static_cast<std::ptrdiff_t>(range.first),
                 model.begin() + static_cast<std::ptrdiff_t>(range.end()), true));
}

PageIndex next_of(const Model& model, PageIndex from, PageIndex end, bool value) {
  while (from < end && model[from] != value) ++from;
  return std::min(from, end);
}

/// Looks at `bitmap` in every way there is, within `range`.
void require_equal(const PageBitmap& bitmap, const Model& model, PageRange range) {
  REQUIRE(bitmap.pages() == model.size());
  REQUIRE(bitmap.count() == count_of(model, bitmap.all()));
  REQUIRE(bitmap.any() == (bitmap.count() != 0));
  bool full = false;
  for (PageIndex word = 0; word + 64 <= model.size(); word += 64) {
    full = full || count_of(model, {word, 64}) == 64;
  }
  REQUIRE(bitmap.any_full_word() == full);
  REQUIRE(bitmap.count(range) == count_of(model, range));
  std::vector<PageRange> runs;
  bitmap.for_each_run(range, [&](PageRange run) { runs.push_back(run); });
  REQUIRE(runs == runs_of(model, range, true));
  std::vector<PageRange> gaps;
  bitmap.for_each_gap(range, [&](PageRange gap) { gaps.push_back(gap); });
  REQUIRE(gaps == runs_of(model, range, false));
  REQUIRE(bitmap.next_set(range.first, range.end()) ==
          next_of(model, range.first, range.end(), true));
  REQUIRE(bitmap.next_clear(range.first, range.end()) ==
          next_of(model, range.first, range.end(), false));
}

void require_all_bits_equal(const PageBitmap& bitmap, const Model& model) {
  for (PageIndex page = 0; page < model.size(); ++page) REQUIRE(bitmap.test(page) == model[page]);
  for (const PageRange run : runs_of(model, bitmap.all(), true)) {
    for (const PageIndex page : {run.first, run.first + run.count / 2, run.end() - 1}) {
      REQUIRE(bitmap.run_around(page) == run);
    }
  }
  for (const PageRange gap : runs_of(model, bitmap.all(), false)) {
    REQUIRE(bitmap.run_around(gap.first).empty());
    REQUIRE(bitmap.run_around(gap.end() - 1).empty());
  }
}

class Operations {
 public:
  Operations(std::size_t pages, unsigned seed)
      : random_(seed), bitmap_(pages), other_(pages), model_(pages), other_model_(pages) {}

  void step() {
    const PageRange range = random_range();
    switch (random_() % 8) {
      case 0:
        set_one(bitmap_, model_);
        break;
      case 1:
        set_one(other_, other_model_);
        break;
      case 2:
        bitmap_.set(range);
        fill(model_, range, true);
        break;
      case 3:
        bitmap_.clear(range);
        fill(model_, range, false);
        break;
      case 4:
        other_.set(range);
        fill(other_model_, range, true);
        break;
      case 5:
        bitmap_.add(other_, range);
        for (PageIndex i = range.first; i < range.end(); ++i) {
          model_[i] = model_[i] || other_model_[i];
        }
        break;
      case 6:
        bitmap_.remove(other_, range);
        for (PageIndex i = range.first; i < range.end(); ++i) {
          model_[i] = model_[i] && !other_model_[i];
        }
        break;
      default:
        if (random_() % 16 != 0) break;
        other_.clear();
        fill(other_model_, other_.all(), false);
    }
    require_equal(bitmap_, model_, random_range());
    require_equal(other_, other_model_, random_range());
  }

  void finish() {
    require_all_bits_equal(bitmap_, model_);
    require_equal(bitmap_, model_, bitmap_.all());
  }

 private:
  /// Borders lie at multiples of a word and of a summary word, or right beside them, half the time.
  PageIndex random_border() {
    const std::size_t pages = model_.size();
    const std::size_t any = random_() % (pages + 1);
    const std::size_t unit = random_() % 2 == 0 ? 64 : 4096;
    const std::size_t near = any / unit * unit + random_() % 3;
    return std::min(random_() % 2 == 0 ? any : near - std::min<std::size_t>(near, 1), pages);
  }
  PageRange random_range() {
    const PageIndex a = random_border();
    const PageIndex b = random_border();
    return PageRange::between(std::min(a, b), std::max(a, b));
  }
  void set_one(PageBitmap& bitmap, Model& model) {
    const PageIndex page = random_() % model.size();
    REQUIRE(bitmap.set(page) == !model[page]);
    model[page] = true;
  }
  static void fill(Model& model, PageRange range, bool value) {
    std::fill_n(model.begin() + static_cast<std::ptrdiff_t>(range.first), range.count, value);
  }

  std::mt19937 random_;
  PageBitmap bitmap_;
  PageBitmap other_;
  Model model_;
  Model other_model_;
};

}  // namespace

TEST_CASE("random operations have the effect they have on a vector of bools") {
  for (const std::size_t pages :
       {1UL, 63UL, 64UL, 65UL, 127UL, 1000UL, 4095UL, 4096UL, 4097UL, 8192UL, 10'000UL}) {
    CAPTURE(pages);
    Operations operations(pages, static_cast<unsigned>(pages));
    for (int i = 0; i < 300; ++i) operations.step();
    operations.finish();
  }
}

TEST_CASE("an empty bitmap has no pages, no runs and no gaps") {
  const PageBitmap none;
  CHECK(none.pages() == 0);
  CHECK_FALSE(none.any());
  none.for_each_run(none.all(), [](PageRange) { FAIL("a run"); });
  none.for_each_gap(none.all(), [](PageRange) { FAIL("a gap"); });
}

TEST_CASE("an empty range changes nothing, at the very end too") {
  PageBitmap bitmap(128);
  for (const PageIndex first : {0UL, 64UL, 128UL}) {
    bitmap.set(PageRange{first, 0});
    bitmap.clear(PageRange{first, 0});
    CHECK(bitmap.count({first, 0}) == 0);
    CHECK(bitmap.next_set(first, first) == first);
    CHECK(bitmap.next_clear(first, first) == first);
  }
  CHECK_FALSE(bitmap.any());
}

TEST_CASE("the last page of a sparse bitmap is found across many empty groups") {
  constexpr std::size_t kPages = 2UL << 20;
  PageBitmap bitmap(kPages);
  bitmap.set(kPages - 1);
  CHECK(bitmap.next_set(0, kPages) == kPages - 1);
  CHECK(bitmap.next_set(0, kPages - 1) == kPages - 1);
  CHECK(bitmap.count() == 1);
  bitmap.clear();
  CHECK(bitmap.next_set(0, kPages) == kPages);
}

TEST_CASE("runs may be cleared while they are visited, and gaps set") {
  PageBitmap bitmap(200);
  bitmap.set(PageRange{10, 100});
  bitmap.set(PageRange{150, 5});
  bitmap.for_each_run(bitmap.all(), [&](PageRange run) { bitmap.clear(run); });
  CHECK_FALSE(bitmap.any());
  bitmap.for_each_gap(bitmap.all(), [&](PageRange gap) { bitmap.set(gap); });
  CHECK(bitmap.count() == 200);
}
