// Glances: what they tell of pages, and what snapshots teach them.
#include "tracking/glances.h"

#include <doctest/doctest.h>

#include <bit>
#include <vector>

namespace mkwrite {
namespace {

constexpr std::size_t kPages = Glances::kPages;

class Glanced {
 public:
  void write(PageIndex page, std::size_t word) { ++words_[page * words_in_page_ + word]; }
  std::uint64_t take(std::uint64_t pages) { return glances_.take(contents(), 0, pages); }
  std::uint64_t snapshot(std::uint64_t fresh, std::uint64_t silent) {
    return glances_.snapshot(contents(), 0, fresh, silent);
  }
  void begin() { glances_.begin(contents()); }
  /// Teaches that `page` is written at `word`.
  void learn(PageIndex page, std::size_t word) {
    begin();
    REQUIRE(snapshot(0, std::uint64_t{1} << page) != 0);
    write(page, word);
    begin();
  }
  std::size_t last_word() const { return words_in_page_ - 1; }

 private:
  const std::byte* contents() const { return reinterpret_cast<const std::byte*>(words_.data()); }

  std::size_t words_in_page_ = kPageSize / sizeof(std::uint64_t);
  std::vector<std::uint64_t> words_ = std::vector<std::uint64_t>(kPages * words_in_page_);
  Glances glances_{kPages};
};

TEST_CASE("a glance tells of first words that were written since the last one") {
  Glanced glanced;
  CHECK(glanced.take(0b1111) == 0);
  glanced.write(0, 0);
  glanced.write(1, 1);
  glanced.write(2, 0);
  CHECK(glanced.take(0b0011) == 0b0001);
  CHECK(glanced.take(0b1111) == 0b0100);
  CHECK(glanced.take(0b1111) == 0);
}

TEST_CASE("a snapshot finds the word that tells, wherever it is") {
  Glanced glanced;
  for (const std::size_t word :
       {std::size_t{1}, std::size_t{15}, std::size_t{16}, std::size_t{300}, glanced.last_word()}) {
    CAPTURE(word);
    glanced.learn(3, word);
    CHECK(glanced.take(0b1000) == 0);
    glanced.write(3, word);
    CHECK(glanced.take(0b1000) == 0b1000);
    glanced.write(3, word == 1 ? 2 : word - 1);
    CHECK(glanced.take(0b1000) == 0);
  }
}

TEST_CASE("a glance compares with the snapshot while there is one") {
  Glanced glanced;
  glanced.begin();
  CHECK(glanced.snapshot(0, 0b11) == 0b11);
  glanced.write(1, 77);
  CHECK(glanced.take(0b11) == 0b10);
  CHECK(glanced.take(0b11) == 0);
}

TEST_CASE("a page that is not written for four collects is known by its first word again") {
  for (const int collects : {3, 4}) {
    CAPTURE(collects);
    Glanced glanced;
    glanced.begin();
    glanced.snapshot(0, 1);
    for (int i = 0; i < collects; ++i) glanced.begin();
    glanced.write(0, 9);
    CHECK(glanced.take(1) == (collects < 4 ? 1 : 0));
    glanced.write(0, 0);
    CHECK(glanced.take(1) == (collects < 4 ? 0 : 1));
  }
}

TEST_CASE("fresh pages are copied only where first words are known not to tell") {
  Glanced glanced;
  glanced.begin();
  CHECK(glanced.snapshot(0b1, 0) == 0);
  for (PageIndex page = 10; page < 30; ++page) glanced.learn(page, 5);
  CHECK(glanced.snapshot(0b1, 0) == 0b1);
  // Of this one it is known where it is written.
  CHECK(glanced.snapshot(std::uint64_t{1} << 10, 0) == 0);
  for (PageIndex page = 30; page < 60; ++page) {
    glanced.learn(page, 0);
    glanced.learn(page, 0);
  }
  CHECK(glanced.snapshot(0b10, 0) == 0);
}

TEST_CASE("where snapshots tell nothing there is one for each collect") {
  Glanced glanced;
  std::size_t before = 0;
  std::size_t after = 0;
  for (int collect = 0; collect < 100; ++collect) {
    glanced.begin();
    const auto taken = std::popcount(glanced.snapshot(0, ~std::uint64_t{0}));
    (collect < 50 ? before : after) += static_cast<std::size_t>(taken);
  }
  CHECK(before > 64);
  CHECK(after == 50);
}

TEST_CASE("snapshots go round through their memory, and each is of its page") {
  Glanced glanced;
  for (std::size_t collect = 0; collect < 40; ++collect) {
    glanced.begin();
    CHECK(glanced.snapshot(0, ~std::uint64_t{0}) != 0);
    for (PageIndex page = 0; page < kPages; ++page) {
      if (page % 2 == collect % 2) glanced.write(page, 1 + (page + collect) % 100);
    }
    CHECK(glanced.take(~std::uint64_t{0}) ==
          (collect % 2 == 0 ? 0x5555555555555555U : 0xAAAAAAAAAAAAAAAAU));
  }
}

}  // namespace
}  // namespace mkwrite
