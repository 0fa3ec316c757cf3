#include "coherence/surface_layout.h"

#include <algorithm>
#include <bit>
#include <string>

#include "memory/error.h"

namespace mkwrite {
namespace {

/// In the order of SurfaceFormat.
constexpr std::array<FormatLayout, 9> kFormats{{
    {"r8", 1, 1, 1},
    {"rg8", 1, 1, 2},
    {"rgb8", 1, 1, 3},
    {"rgba8", 1, 1, 4},
    {"rgba16", 1, 1, 8},
    {"rgba32", 1, 1, 16},
    {"bc1", 4, 4, 8},
    {"bc3", 4, 4, 16},
    {"bc7", 4, 4, 16},
}};

void check(const char* what, std::uint32_t value, std::uint32_t limit) {
  if (value >= 1 && value <= limit) return;
  throw Error(ErrorCode::kOutOfRange, std::string("A surface's ") + what + " must be from 1 to " +
                                          std::to_string(limit) + ". Received " +
                                          std::to_string(value));
}

std::size_t multiply(std::size_t a, std::size_t b) {
  if (b > SurfaceLayout::kMaxSize / a) {
    throw Error(ErrorCode::kOutOfRange, "A surface has at most 16 TiB. Make it smaller.");
  }
  return a * b;
}

/// A box's first texel and extent along one axis, from its first and last block; the last block may
/// hang over the edge of the mip.
void span_texels(std::uint32_t first, std::uint32_t last, std::uint32_t block, std::uint32_t limit,
                 std::uint32_t& origin, std::uint32_t& extent) noexcept {
  origin = first * block;
  extent = std::min((last + 1) * block, limit) - origin;
}

}  // namespace

const FormatLayout& layout_of(SurfaceFormat format) noexcept {
  return kFormats[static_cast<std::size_t>(format)];
}

std::optional<SurfaceFormat> surface_format_named(std::string_view name) noexcept {
  const auto* const found = std::ranges::find(kFormats, name, &FormatLayout::name);
  if (found == kFormats.end()) return std::nullopt;
  return static_cast<SurfaceFormat>(found - kFormats.begin());
}

Box Box::unite(const Box& other) const noexcept {
  if (empty()) return other;
  if (other.empty()) return *this;
  Box united{std::min(x, other.x), std::min(y, other.y), std::min(z, other.z), 0, 0, 0};
  united.width = std::max(x + width, other.x + other.width) - united.x;
  united.height = std::max(y + height, other.y + other.height) - united.y;
  united.depth = std::max(z + depth, other.z + other.depth) - united.z;
  return united;
}

SurfaceLayout::SurfaceLayout(const SurfaceDescription& description)
    : description_(description), format_(&layout_of(description.format)) {
  const Extent& extent = description.extent;
  check("width", extent.width, kMaxExtent);
  check("height", extent.height, kMaxExtent);
  check("depth", extent.depth, kMaxExtent);
  check("layers", description.layers, kMaxLayers);
  const std::uint32_t largest = std::max({extent.width, extent.height, extent.depth});
  check("mips", description.mips, static_cast<std::uint32_t>(std::bit_width(largest)));
  check("samples", description.samples, kMaxSamples);
  if (!std::has_single_bit(description.samples)) {
    throw Error(ErrorCode::kInvalidArgument, "A surface's samples must be a power of two.");
  }
  if (description.samples > 1 &&
      (description.mips > 1 || extent.depth > 1 || format_->block_width > 1)) {
    throw Error(ErrorCode::kInvalidArgument,
                "A multisample surface has one mip, depth 1, and a format without blocks.");
  }
  for (std::uint32_t i = 0; i < description.mips; ++i) {
    Mip& mip = mips_[i];
    mip.extent = {std::max(extent.width >> i, 1U), std::max(extent.height >> i, 1U),
                  std::max(extent.depth >> i, 1U)};
    mip.offset = layer_bytes_;
    mip.row_pitch = blocks(mip.extent.width, format_->block_width) * format_->block_bytes;
    mip.slice_pitch = blocks(mip.extent.height, format_->block_height) * mip.row_pitch;
    mip.bytes = multiply(mip.extent.depth, mip.slice_pitch);
    layer_bytes_ += mip.bytes;
  }
  sheet_bytes_ = multiply(description.layers, layer_bytes_);
  multiply(description.samples, sheet_bytes_);
}

Subresource SurfaceLayout::subresource(std::uint32_t index) const noexcept {
  const Mip& mip = mip_of(index);
  const std::size_t layer = index / description_.mips;
  return {
      {layer * layer_bytes_ + mip.offset, mip.bytes}, mip.row_pitch, mip.slice_pitch, mip.extent};
}

Box SurfaceLayout::whole(std::uint32_t index) const noexcept {
  const Extent& extent = mip_of(index).extent;
  return {0, 0, 0, extent.width, extent.height, extent.depth};
}

SurfaceLayout::Location SurfaceLayout::locate(std::size_t offset) const noexcept {
  const std::size_t sheet = offset / sheet_bytes_;
  offset %= sheet_bytes_;
  const std::size_t layer = offset / layer_bytes_;
  offset %= layer_bytes_;
  std::uint32_t level = 0;
  while (offset >= mips_[level].bytes) offset -= mips_[level++].bytes;
  const Mip& mip = mips_[level];
  return {static_cast<std::uint32_t>(sheet), index_of(static_cast<std::uint32_t>(layer), level),
          static_cast<std::uint32_t>(offset % mip.row_pitch / format_->block_bytes),
          static_cast<std::uint32_t>(offset % mip.slice_pitch / mip.row_pitch),
          static_cast<std::uint32_t>(offset / mip.slice_pitch)};
}

SurfaceLayout::Location SurfaceLayout::end_of(std::uint32_t index) const noexcept {
  return locate(subresource(index).bytes.end() - 1);
}

Box SurfaceLayout::box_between(const Location& first, const Location& last) const noexcept {
  const Extent& extent = mip_of(first.subresource).extent;
  Box box = whole(first.subresource);
  box.z = first.z;
  box.depth = last.z - first.z + 1;
  if (first.z != last.z) return box;
  span_texels(first.y, last.y, format_->block_height, extent.height, box.y, box.height);
  if (first.y != last.y) return box;
  span_texels(first.x, last.x, format_->block_width, extent.width, box.x, box.width);
  return box;
}

}  // namespace mkwrite
