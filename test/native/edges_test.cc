// Edges against windows that move: what they look at, and when they give up.
#include "tracking/edges.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace mkwrite {
namespace {

constexpr std::size_t kPages = 4096;
constexpr std::size_t kWindow = 512;

/// A window of open pages that moves. What is looked at is protected, what is found written is open
/// again.
class Window {
 public:
  explicit Window(PageIndex first) : first_(first) { open_.set({first, kWindow}); }

  /// One frame, in which the window moves by `step` pages and wraps.
  void move(std::ptrdiff_t step) {
    first_ = wrapped(static_cast<std::ptrdiff_t>(first_) + step);
    found_ = open_;
    for (std::size_t i = 0; i < kWindow; ++i) {
      const PageIndex page = wrapped(static_cast<std::ptrdiff_t>(first_ + i));
      if (looked_.test(page)) ++faults_;
      found_.set(page);
    }
    edges_.advance(found_, open_, found_.all());
    looked_ = edges_.looking();
    open_ = found_;
    open_.remove(looked_, looked_.all());
  }

  Edges& edges() { return edges_; }
  const PageBitmap& open() const { return open_; }
  /// Pages reported by the last collect that the window has left.
  std::size_t in_vain() const { return found_.count() - kWindow; }
  std::size_t faults() const { return faults_; }
  std::size_t looks() const { return looked_.count(); }

 private:
  static PageIndex wrapped(std::ptrdiff_t page) {
    constexpr auto kAll = static_cast<std::ptrdiff_t>(kPages);
    return static_cast<PageIndex>((page % kAll + kAll) % kAll);
  }

  Edges edges_{kPages};
  PageBitmap open_{kPages};
  PageBitmap found_{kPages};
  PageBitmap looked_{kPages};
  PageIndex first_;
  std::size_t faults_ = 0;
};

TEST_CASE("an edge follows a window, upwards and downwards, and around the end") {
  for (const std::ptrdiff_t step : {1, 40, 100, -1, -40, -100}) {
    CAPTURE(step);
    Window window(1024);
    const PageRange cold = step > 0 ? PageRange{1000, 24} : PageRange{1024 + kWindow, 24};
    window.edges().begin(cold, window.open());
    // It has to find its pace.
    for (int frame = 0; frame < 20; ++frame) window.move(step);
    const std::size_t faults = window.faults();
    std::size_t in_vain = 0;
    constexpr std::size_t kFrames = 400;
    for (std::size_t frame = 0; frame < kFrames; ++frame) {
      window.move(step);
      in_vain += window.in_vain();
    }
    const std::size_t moved = kFrames * static_cast<std::size_t>(std::abs(step));
    CHECK(in_vain <= moved / 8);
    CHECK(window.faults() - faults <= kFrames + moved / 4);
  }
}

TEST_CASE("an edge that was left behind catches up") {
  Window window(0);
  for (int frame = 0; frame < 40; ++frame) window.move(16);
  REQUIRE(window.in_vain() == 640);
  window.edges().begin({0, 0}, window.open());
  CHECK(window.looks() == 0);  // no pages in a row, no edge
  window.move(16);
  // As if a look had found that the first eight have cooled.
  PageBitmap open = window.open();
  open.clear({0, 8});
  window.edges().begin({0, 8}, open);
  int frames = 0;
  while (window.in_vain() > 8) {
    window.move(16);
    REQUIRE(++frames < 20);
  }
}

TEST_CASE("an edge where nothing cools gives up") {
  Window window(1024);
  window.edges().begin({1000, 24}, window.open());
  std::size_t looks = 0;
  for (int frame = 0; frame < 100; ++frame) {
    window.move(0);
    looks += window.looks();
  }
  CHECK(window.looks() == 0);
  CHECK(looks > 0);
  CHECK(window.faults() < 32);
}

TEST_CASE("an edge waits while nobody asks for its pages, and ends when they are closed") {
  PageBitmap open(kPages);
  open.set({100, 200});
  const PageBitmap nothing(kPages);
  Edges edges(kPages);
  edges.begin({80, 20}, open);
  edges.advance(open, open, {0, kPages});
  REQUIRE(edges.looking().test(100));
  edges.advance(nothing, open, {1000, 100});
  CHECK(!edges.looking().any());
  edges.forget({0, 128});
  edges.advance(nothing, open, {0, kPages});
  CHECK(!edges.looking().any());
}

}  // namespace
}  // namespace mkwrite
