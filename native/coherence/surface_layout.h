// Where the texels of a surface lie among its bytes, and which boxes of texels a range of bytes
// touches: what vmwgfx keeps in vmw_surface_cache.h. Pure: no lock, and no allocation after
// construction, so that it can be used under the tracker's lock.
//
// The bytes are, from the outside in: sheets (one per sample), layers (of an array, or a cube's
// faces), mips, slices, rows of blocks, blocks. Everything is packed tightly.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "memory/page.h"

namespace mkwrite {

enum class SurfaceFormat : std::uint8_t {
  kR8,
  kRg8,
  kRgb8,
  kRgba8,
  kRgba16,
  kRgba32,
  kBc1,
  kBc3,
  kBc7
};

/// What of a format matters to where its texels lie.
struct FormatLayout {
  std::string_view name;
  std::uint32_t block_width;   ///< texels
  std::uint32_t block_height;  ///< texels
  std::uint32_t block_bytes;
};

const FormatLayout& layout_of(SurfaceFormat format) noexcept;
std::optional<SurfaceFormat> surface_format_named(std::string_view name) noexcept;

/// Texels.
struct Extent {
  std::uint32_t width = 1;
  std::uint32_t height = 1;
  std::uint32_t depth = 1;

  constexpr bool operator==(const Extent&) const noexcept = default;
};

struct SurfaceDescription {
  SurfaceFormat format = SurfaceFormat::kRgba8;
  Extent extent;             ///< of mip 0
  std::uint32_t layers = 1;  ///< 6 for a cube
  std::uint32_t mips = 1;
  std::uint32_t samples = 1;
};

/// A box of texels in one sub-resource; the same area of every sheet.
struct Box {
  std::uint32_t x = 0;
  std::uint32_t y = 0;
  std::uint32_t z = 0;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t depth = 0;

  constexpr bool empty() const noexcept { return width == 0 || height == 0 || depth == 0; }
  constexpr bool operator==(const Box&) const noexcept = default;
  /// The smallest box that holds both. An origin that moves down takes the extent along: upstream
  /// forgets that, and loses what lies at the far end.
  Box unite(const Box& other) const noexcept;
};

/// One mip of one layer.
struct Subresource {
  ByteRange bytes;          ///< of its first sheet, within the surface
  std::size_t row_pitch;    ///< bytes from one row of blocks to the next
  std::size_t slice_pitch;  ///< bytes from one slice to the next
  Extent extent;
};

class SurfaceLayout {
 public:
  static constexpr std::uint32_t kMaxExtent = 65'536;  ///< texels, in each direction
  static constexpr std::uint32_t kMaxLayers = 2'048;
  static constexpr std::uint32_t kMaxSamples = 64;
  static constexpr std::uint32_t kMaxMips = 17;  ///< down to one texel
  static constexpr std::size_t kMaxSize = std::size_t{1} << 44U;

  /// Throws Error: kOutOfRange for numbers beyond the limits above and chains of more mips than
  /// there are; kInvalidArgument for multisampling with mips, slices or blocks.
  explicit SurfaceLayout(const SurfaceDescription& description);

  const SurfaceDescription& description() const noexcept { return description_; }
  const FormatLayout& format() const noexcept { return *format_; }
  std::size_t size() const noexcept { return sheet_bytes_ * description_.samples; }  ///< bytes

  /// Sub-resources are numbered layer by layer, mips within.
  std::uint32_t subresources() const noexcept { return description_.layers * description_.mips; }
  std::uint32_t index_of(std::uint32_t layer, std::uint32_t mip) const noexcept {
    return layer * description_.mips + mip;
  }
  Subresource subresource(std::uint32_t index) const noexcept;
  /// All of a sub-resource.
  Box whole(std::uint32_t index) const noexcept;

  /// Calls `visit(index, Box)` for sub-resources that `bytes` touches, in order, at most once each.
  /// The boxes hold every texel with a byte in `bytes`, and more (the rules of vmwgfx): a range
  /// across rows takes whole rows, across slices whole slices, across sub-resources the tail of the
  /// first, the head of the last and all between, across sheets everything.
  template <typename Visit>
  void for_each_box(ByteRange bytes, Visit&& visit) const {
    bytes = bytes.intersect({0, size()});
    if (bytes.empty()) return;
    const Location first = locate(bytes.offset);
    const Location last = locate(bytes.end() - 1);
    if (first.sheet != last.sheet) {
      for (std::uint32_t i = 0; i < subresources(); ++i) visit(i, whole(i));
      return;
    }
    if (first.subresource == last.subresource) {
      visit(first.subresource, box_between(first, last));
      return;
    }
    visit(first.subresource, box_between(first, end_of(first.subresource)));
    for (std::uint32_t i = first.subresource + 1; i < last.subresource; ++i) visit(i, whole(i));
    visit(last.subresource, box_between({last.sheet, last.subresource, 0, 0, 0}, last));
  }

  /// Calls `visit(ByteRange)` for the bytes of a box that is not empty, ascending, neighbours
  /// merged.
  template <typename Visit>
  void for_each_run(std::uint32_t index, const Box& box, Visit&& visit) const {
    const Subresource image = subresource(index);
    const std::size_t first_row = box.y / format_->block_height;
    const std::size_t end_row = blocks(box.y + box.height, format_->block_height);
    const ByteRange row =
        ByteRange::between(std::size_t{box.x / format_->block_width} * format_->block_bytes,
                           blocks(box.x + box.width, format_->block_width) * format_->block_bytes);
    const bool whole_rows = row.size == image.row_pitch;
    ByteRange run;
    const auto add = [&](ByteRange bytes) {
      if (!run.empty() && run.end() == bytes.offset) {
        run.size += bytes.size;
        return;
      }
      if (!run.empty()) visit(run);
      run = bytes;
    };
    for (std::uint32_t sheet = 0; sheet < description_.samples; ++sheet) {
      for (std::size_t z = box.z; z < std::size_t{box.z} + box.depth; ++z) {
        const std::size_t slice = sheet * sheet_bytes_ + image.bytes.offset + z * image.slice_pitch;
        if (whole_rows) {
          add(ByteRange::between(slice + first_row * image.row_pitch,
                                 slice + end_row * image.row_pitch));
          continue;
        }
        for (std::size_t y = first_row; y < end_row; ++y) {
          add({slice + y * image.row_pitch + row.offset, row.size});
        }
      }
    }
    if (!run.empty()) visit(run);
  }

 private:
  struct Mip {
    Extent extent;
    std::size_t offset;  ///< bytes from the beginning of its layer
    std::size_t row_pitch;
    std::size_t slice_pitch;
    std::size_t bytes;
  };
  /// A block, as the sheet, sub-resource and (in blocks) place that it has.
  struct Location {
    std::uint32_t sheet;
    std::uint32_t subresource;
    std::uint32_t x;
    std::uint32_t y;
    std::uint32_t z;
  };

  static std::size_t blocks(std::size_t texels, std::size_t block) noexcept {
    return (texels + block - 1) / block;
  }
  const Mip& mip_of(std::uint32_t index) const noexcept { return mips_[index % description_.mips]; }
  Location locate(std::size_t offset) const noexcept;
  /// The last block of a sub-resource, in the first sheet.
  Location end_of(std::uint32_t index) const noexcept;
  /// The box from one block to another one of the same sub-resource, both included.
  Box box_between(const Location& first, const Location& last) const noexcept;

  SurfaceDescription description_;
  const FormatLayout* format_;
  std::array<Mip, kMaxMips> mips_{};
  std::size_t layer_bytes_ = 0;
  std::size_t sheet_bytes_ = 0;
};

}  // namespace mkwrite
