// SurfaceLayout against a model that enumerates every block of a surface in the order of its bytes.
#include "coherence/surface_layout.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <random>
#include <vector>

#include "memory/error.h"
#include "support/watchdog.h"

using mkwrite::Box;
using mkwrite::ByteRange;
using mkwrite::Error;
using mkwrite::Extent;
using mkwrite::Subresource;
using mkwrite::SurfaceDescription;
using mkwrite::SurfaceFormat;
using mkwrite::SurfaceLayout;

namespace {

constexpr SurfaceFormat kFormats[] = {
    SurfaceFormat::kR8,    SurfaceFormat::kRg8,    SurfaceFormat::kRgb8,
    SurfaceFormat::kRgba8, SurfaceFormat::kRgba16, SurfaceFormat::kRgba32,
    SurfaceFormat::kBc1,   SurfaceFormat::kBc3,    SurfaceFormat::kBc7};

/// The texels of one byte's block.
struct Place {
  std::uint32_t sheet;
  std::uint32_t subresource;
  Box texels;
};

/// The place of each byte, found by walking through the surface.
std::vector<Place> places_of(const SurfaceDescription& surface) {
  const mkwrite::FormatLayout& format = layout_of(surface.format);
  std::vector<Place> places;
  for (std::uint32_t sheet = 0; sheet < surface.samples; ++sheet) {
    for (std::uint32_t layer = 0; layer < surface.layers; ++layer) {
      Extent extent = surface.extent;
      for (std::uint32_t mip = 0; mip < surface.mips; ++mip) {
        for (std::uint32_t z = 0; z < extent.depth; ++z) {
          for (std::uint32_t y = 0; y < extent.height; y += format.block_height) {
            for (std::uint32_t x = 0; x < extent.width; x += format.block_width) {
              const Box texels{x,
                               y,
                               z,
                               std::min(format.block_width, extent.width - x),
                               std::min(format.block_height, extent.height - y),
                               1};
              const Place place{sheet, layer * surface.mips + mip, texels};
              places.insert(places.end(), format.block_bytes, place);
            }
          }
        }
        extent = {std::max(1U, extent.width / 2), std::max(1U, extent.height / 2),
                  std::max(1U, extent.depth / 2)};
      }
    }
  }
  return places;
}

bool contains(const Box& outer, const Box& inner) {
  return inner.x >= outer.x && inner.x + inner.width <= outer.x + outer.width &&
         inner.y >= outer.y && inner.y + inner.height <= outer.y + outer.height &&
         inner.z >= outer.z && inner.z + inner.depth <= outer.z + outer.depth;
}

std::vector<Box> boxes_of(const SurfaceLayout& layout, const std::vector<ByteRange>& ranges) {
  std::vector<Box> boxes(layout.subresources());
  for (const ByteRange& range : ranges) {
    layout.for_each_box(range, [&](std::uint32_t index, const Box& box) {
      boxes.at(index) = boxes.at(index).unite(box);
    });
  }
  return boxes;
}

SurfaceDescription random_surface(std::mt19937& random) {
  const auto up_to = [&](std::uint32_t limit) {
    return std::uniform_int_distribution<std::uint32_t>(1, limit)(random);
  };
  SurfaceDescription surface;
  surface.format = kFormats[random() % std::size(kFormats)];
  surface.extent = {up_to(40), up_to(24), random() % 3 == 0 ? up_to(9) : 1};
  surface.layers = up_to(4);
  const Extent& extent = surface.extent;
  const auto mips = static_cast<std::uint32_t>(
      std::bit_width(std::max({extent.width, extent.height, extent.depth})));
  surface.mips = up_to(mips);
  if (layout_of(surface.format).block_width == 1 && random() % 4 == 0) {
    surface.extent.depth = 1;
    surface.mips = 1;
    surface.samples = 1U << random() % 3;
  }
  return surface;
}

SurfaceLayout layout(SurfaceFormat format, Extent extent, std::uint32_t layers = 1,
                     std::uint32_t mips = 1, std::uint32_t samples = 1) {
  return SurfaceLayout({format, extent, layers, mips, samples});
}

}  // namespace

TEST_CASE("boxes cover every written byte, and each holds one") {
  std::mt19937 random(20190613);
  for (int round = 0; round < 600; ++round) {
    const SurfaceDescription description = random_surface(random);
    const SurfaceLayout surface(description);
    const std::vector<Place> places = places_of(description);
    REQUIRE(surface.size() == places.size());

    std::vector<ByteRange> written(1 + random() % 4);
    for (ByteRange& range : written) {
      range.offset = random() % places.size();
      range.size = 1 + random() % std::min<std::size_t>(places.size() - range.offset,
                                                        random() % 2 == 0 ? 64 : places.size());
    }
    const std::vector<Box> boxes = boxes_of(surface, written);

    std::vector<bool> reported(boxes.size());
    bool across_sheets = false;
    for (const ByteRange& range : written) {
      across_sheets |= places[range.offset].sheet != places[range.end() - 1].sheet;
      for (std::size_t byte = range.offset; byte < range.end(); ++byte) {
        REQUIRE(contains(boxes[places[byte].subresource], places[byte].texels));
        reported[places[byte].subresource] = true;
      }
    }
    for (std::uint32_t index = 0; index < boxes.size(); ++index) {
      REQUIRE(boxes[index].empty() == !(reported[index] || across_sheets));
      REQUIRE(contains(surface.whole(index), boxes[index]));
    }

    // The bytes of a box are those whose texels lie in it: in order, each once, neighbours as one.
    std::vector<bool> moved(places.size());
    for (std::uint32_t index = 0; index < boxes.size(); ++index) {
      if (boxes[index].empty()) continue;
      std::size_t end = 0;
      bool first = true;
      surface.for_each_run(index, boxes[index], [&](ByteRange run) {
        REQUIRE((first || run.offset > end));
        REQUIRE(!run.empty());
        REQUIRE(run.end() <= places.size());
        std::fill_n(moved.begin() + static_cast<std::ptrdiff_t>(run.offset), run.size, true);
        end = run.end();
        first = false;
      });
    }
    for (std::size_t byte = 0; byte < places.size(); ++byte) {
      const Place& place = places[byte];
      REQUIRE(moved[byte] == (!boxes[place.subresource].empty() &&
                              contains(boxes[place.subresource], place.texels)));
    }
  }
}

TEST_CASE("sub-resources lie one after the other and fill each sheet") {
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    const SurfaceDescription description = random_surface(random);
    const SurfaceLayout surface(description);
    std::size_t end = 0;
    for (std::uint32_t index = 0; index < surface.subresources(); ++index) {
      const Subresource image = surface.subresource(index);
      CHECK(image.bytes.offset == end);
      CHECK(image.bytes.size == image.slice_pitch * image.extent.depth);
      end = image.bytes.end();
    }
    CHECK(surface.size() == end * description.samples);
  }
}

TEST_CASE("uniting boxes grows the extent when the origin moves (upstream loses the far end)") {
  // RGBA8, 4096 wide: four pages of 4 KiB to a row. Page 3 ends row 0, page 5 is in row 1, further
  // left.
  const SurfaceLayout surface = layout(SurfaceFormat::kRgba8, {4096, 4, 1});
  const std::vector<Box> boxes = boxes_of(surface, {{3 * 4096, 4096}, {5 * 4096, 4096}});
  CHECK(boxes[0] == Box{1024, 0, 0, 3072, 2, 1});
  const Box left{2, 3, 1, 1, 1, 1};
  const Box right{7, 1, 0, 2, 4, 1};
  CHECK(left.unite(right) == Box{2, 1, 0, 7, 4, 2});
  CHECK(left.unite(right) == right.unite(left));
  CHECK(left.unite({}) == left);
  CHECK(Box{}.unite(left) == left);
}

TEST_CASE("the end of a range is clamped to the surface with min() (upstream takes max())") {
  const SurfaceLayout surface = layout(SurfaceFormat::kR8, {16, 4, 1});
  CHECK(boxes_of(surface, {{56, 1000}})[0] == Box{8, 3, 0, 8, 1, 1});
  CHECK(boxes_of(surface, {{64, 8}})[0].empty());
  CHECK(boxes_of(surface, {{3, 0}})[0].empty());
}

TEST_CASE("a range within a row is exact, across rows takes rows, across slices slices") {
  const SurfaceLayout surface = layout(SurfaceFormat::kRgba8, {8, 4, 3});
  CHECK(boxes_of(surface, {{9, 4}})[0] == Box{2, 0, 0, 2, 1, 1});
  CHECK(boxes_of(surface, {{28, 8}})[0] == Box{0, 0, 0, 8, 2, 1});
  CHECK(boxes_of(surface, {{124, 8}})[0] == Box{0, 0, 0, 8, 4, 2});
}

TEST_CASE("a range across sub-resources takes tail, head and all between") {
  // Mips of 16, 4 and 1 bytes, twice.
  const SurfaceLayout surface = layout(SurfaceFormat::kR8, {4, 4, 1}, 2, 3);
  const std::vector<Box> boxes = boxes_of(surface, {{10, 13}});
  CHECK(boxes[0] == Box{0, 2, 0, 4, 2, 1});
  CHECK(boxes[1] == surface.whole(1));
  CHECK(boxes[2] == surface.whole(2));
  CHECK(boxes[3] == Box{0, 0, 0, 2, 1, 1});
  CHECK(boxes[4].empty());
  CHECK(boxes[5].empty());
}

TEST_CASE("a range across sheets takes everything, one within a sheet its box in all of them") {
  const SurfaceLayout surface = layout(SurfaceFormat::kRgba8, {4, 4, 1}, 2, 1, 4);
  const std::vector<Box> all = boxes_of(surface, {{127, 2}});
  CHECK(all[0] == surface.whole(0));
  CHECK(all[1] == surface.whole(1));
  const std::vector<Box> one = boxes_of(surface, {{128 + 4, 4}});
  CHECK(one[0] == Box{1, 0, 0, 1, 1, 1});
  CHECK(one[1].empty());
  std::vector<std::size_t> offsets;
  surface.for_each_run(0, one[0], [&](ByteRange run) { offsets.push_back(run.offset); });
  CHECK(offsets == std::vector<std::size_t>{4, 132, 260, 388});
}

TEST_CASE("boxes of block formats hold whole blocks and end with the mip") {
  const SurfaceLayout surface = layout(SurfaceFormat::kBc1, {10, 6, 1}, 1, 2);
  CHECK(surface.subresource(0).row_pitch == 24);
  CHECK(surface.size() == 48 + 16);
  CHECK(boxes_of(surface, {{9, 1}})[0] == Box{4, 0, 0, 4, 4, 1});
  CHECK(boxes_of(surface, {{47, 1}})[0] == Box{8, 4, 0, 2, 2, 1});
  CHECK(boxes_of(surface, {{63, 1}})[1] == Box{4, 0, 0, 1, 3, 1});
  std::vector<ByteRange> runs;
  surface.for_each_run(0, {8, 4, 0, 2, 2, 1}, [&](ByteRange run) { runs.push_back(run); });
  CHECK(runs == std::vector<ByteRange>{{40, 8}});
}

TEST_CASE("whole rows and slices are one run") {
  const SurfaceLayout surface = layout(SurfaceFormat::kRgba16, {8, 4, 3}, 1, 1);
  std::vector<ByteRange> runs;
  surface.for_each_run(0, surface.whole(0), [&](ByteRange run) { runs.push_back(run); });
  CHECK(runs == std::vector<ByteRange>{{0, surface.size()}});
}

TEST_CASE("impossible surfaces are refused") {
  CHECK_THROWS_AS(layout(SurfaceFormat::kR8, {0, 1, 1}), Error);
  CHECK_THROWS_AS(layout(SurfaceFormat::kR8, {1, 1, 65'537}), Error);
  CHECK_THROWS_AS(layout(SurfaceFormat::kR8, {8, 8, 1}, 1, 5), Error);
  CHECK_THROWS_AS(layout(SurfaceFormat::kR8, {8, 8, 1}, 0), Error);
  CHECK_THROWS_AS(layout(SurfaceFormat::kR8, {8, 8, 1}, 1, 1, 3), Error);
  CHECK_THROWS_AS(layout(SurfaceFormat::kR8, {8, 8, 1}, 1, 2, 4), Error);
  CHECK_THROWS_AS(layout(SurfaceFormat::kBc7, {8, 8, 1}, 1, 1, 4), Error);
  CHECK_THROWS_AS(layout(SurfaceFormat::kRgba32, {65'536, 65'536, 65'536}), Error);
  CHECK_THROWS_AS(layout(SurfaceFormat::kRgba32, {65'536, 65'536, 1}, 2'048), Error);
  CHECK(layout(SurfaceFormat::kRgba32, {65'536, 65'536, 256}).size() == std::size_t{1} << 44U);
}

TEST_CASE("formats are found by name") {
  for (const SurfaceFormat format : kFormats) {
    CHECK(mkwrite::surface_format_named(layout_of(format).name) == format);
  }
  CHECK_FALSE(mkwrite::surface_format_named("rgba9").has_value());
}
