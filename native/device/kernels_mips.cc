#include "device/kernels_mips.h"

#include <algorithm>
#include <utility>

#include "device/kernel_support.h"
#include "device/rgba8.h"

namespace mkwrite {
namespace {

/// Halves one mip into the next.
void halve(const std::byte* from, const Subresource& source, std::byte* to,
           const Subresource& made) noexcept {
  const auto pair = [](std::uint32_t at, std::uint32_t extent) {
    // An extent of 1 is its own half: the texel counts twice.
    return std::pair(std::min(2 * at, extent - 1), std::min(2 * at + 1, extent - 1));
  };
  for (std::uint32_t z = 0; z < made.extent.depth; ++z) {
    const auto [z0, z1] = pair(z, source.extent.depth);
    for (std::uint32_t y = 0; y < made.extent.height; ++y) {
      const auto [y0, y1] = pair(y, source.extent.height);
      const std::byte* const rows[] = {
          from + z0 * source.slice_pitch + y0 * source.row_pitch,
          from + z0 * source.slice_pitch + y1 * source.row_pitch,
          from + z1 * source.slice_pitch + y0 * source.row_pitch,
          from + z1 * source.slice_pitch + y1 * source.row_pitch,
      };
      std::byte* const row = to + z * made.slice_pitch + y * made.row_pitch;
      for (std::uint32_t x = 0; x < made.extent.width; ++x) {
        const auto [x0, x1] = pair(x, source.extent.width);
        for (std::size_t channel = 0; channel < kRgba8Bytes; ++channel) {
          std::uint32_t sum = 0;
          for (const std::byte* const each : rows) {
            sum += std::to_integer<std::uint32_t>(each[kRgba8Bytes * x0 + channel]) +
                   std::to_integer<std::uint32_t>(each[kRgba8Bytes * x1 + channel]);
          }
          row[kRgba8Bytes * x + channel] = static_cast<std::byte>((sum + 4) / 8);
        }
      }
    }
  }
}

class Downsample final : public Kernel {
 public:
  Downsample(const SurfaceLayout& layout, std::uint32_t mip) : layout_(layout), mip_(mip) {}

  void run(Operands operands) noexcept override {
    for (std::size_t i = 0; i < operands.size(); i += 2) {
      const std::byte* source = operands[i].data();
      std::byte* made = operands[i + 1].data();
      // Every layer has its mips at the same places, so those of layer 0 stand for all.
      for (std::uint32_t mip = mip_; mip + 1 < layout_.description().mips; ++mip) {
        const Subresource next = layout_.subresource(mip + 1);
        halve(source, layout_.subresource(mip), made, next);
        source = made;
        made += next.bytes.size;
      }
    }
  }

 private:
  SurfaceLayout layout_;
  std::uint32_t mip_;
};

}  // namespace

Command make_downsample(const std::shared_ptr<Resource>& surface, std::uint32_t first_layer,
                        std::uint32_t layers, std::uint32_t mip) {
  const SurfaceLayout& layout = check_rgba8(*surface);
  const SurfaceDescription& description = layout.description();
  if (layers == 0 || first_layer >= description.layers ||
      layers > description.layers - first_layer) {
    throw Error(ErrorCode::kOutOfRange,
                "The surface has " + std::to_string(description.layers) + " layers.");
  }
  if (mip >= description.mips || mip + 1 == description.mips) {
    throw Error(ErrorCode::kInvalidArgument, "The surface has " + std::to_string(description.mips) +
                                                 " mips, so there is none to make from mip " +
                                                 std::to_string(mip) + ".");
  }
  Command command;
  for (std::uint32_t layer = first_layer; layer < first_layer + layers; ++layer) {
    const ByteRange source = layout.subresource(layout.index_of(layer, mip)).bytes;
    const ByteRange last = layout.subresource(layout.index_of(layer, description.mips - 1)).bytes;
    command.operands.push_back(reads({surface, source}));
    // Upstream forgot these: commands that make mips did not mark them as the device's.
    command.operands.push_back(writes({surface, ByteRange::between(source.end(), last.end())}));
  }
  command.kernel = std::make_unique<Downsample>(layout, mip);
  return command;
}

}  // namespace mkwrite
