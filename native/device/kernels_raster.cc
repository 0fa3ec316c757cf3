#include "device/kernels_raster.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "device/kernel_support.h"
#include "device/rgba8.h"

namespace mkwrite {
namespace {

/// Positions are integers in units of 1/256 texel, so that what an edge covers is exact. Their
/// limit keeps the products of two differences within 64 bits.
constexpr std::int64_t kSubtexels = 256;
constexpr float kPositionLimit = 1U << 20U;

struct Vertex {
  std::int64_t x;
  std::int64_t y;
  std::array<std::uint8_t, 4> color;
};

/// Returns whether the vertex can be drawn.
bool read_vertex(const std::byte* from, Vertex& to) noexcept {
  const auto position = load<std::array<float, 2>>(from);
  to.color = load<std::array<std::uint8_t, 4>>(from + sizeof position);
  for (const float coordinate : position) {
    if (!(std::fabs(coordinate) < kPositionLimit)) return false;  // NaN, too
  }
  to.x = std::llround(position[0] * static_cast<float>(kSubtexels));
  to.y = std::llround(position[1] * static_cast<float>(kSubtexels));
  return true;
}

/// Twice the signed area of (a, b, p): positive to the right of the edge from a to b, where y
/// points down.
std::int64_t cross(const Vertex& a, const Vertex& b, std::int64_t x, std::int64_t y) noexcept {
  return (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x);
}

/// For a triangle that is clockwise on the screen: whether texel centres on the edge are inside.
bool is_top_or_left(const Vertex& a, const Vertex& b) noexcept {
  return (a.y == b.y && b.x > a.x) || b.y < a.y;
}

struct Image {
  std::byte* texels;
  std::size_t row_pitch;
  std::int64_t width;
  std::int64_t height;
};

void draw(const Image& image, Vertex a, Vertex b, Vertex c, Shading shading) noexcept {
  const std::array<std::uint8_t, 4> first_color = a.color;
  std::int64_t area = cross(a, b, c.x, c.y);
  if (area == 0) return;
  if (area < 0) {
    std::swap(b, c);
    area = -area;
  }
  const std::array<const Vertex*, 3> corners{&a, &b, &c};
  // The weight of corner i is what lies beyond the edge between the other two.
  const auto edge_start = [&](std::size_t i) -> const Vertex& { return *corners[(i + 1) % 3]; };
  const auto edge_end = [&](std::size_t i) -> const Vertex& { return *corners[(i + 2) % 3]; };

  const auto first_texel = [](std::int64_t position, std::int64_t limit) {
    return std::clamp<std::int64_t>(position / kSubtexels - 1, 0, limit);
  };
  const auto end_texel = [](std::int64_t position, std::int64_t limit) {
    return std::clamp<std::int64_t>(position / kSubtexels + 1, 0, limit);
  };
  const std::int64_t x_first = first_texel(std::min({a.x, b.x, c.x}), image.width);
  const std::int64_t x_end = end_texel(std::max({a.x, b.x, c.x}), image.width);
  const std::int64_t y_first = first_texel(std::min({a.y, b.y, c.y}), image.height);
  const std::int64_t y_end = end_texel(std::max({a.y, b.y, c.y}), image.height);

  std::array<std::int64_t, 3> least{};  // the smallest weight that is inside
  std::array<std::int64_t, 3> step{};   // per texel to the right
  for (std::size_t i = 0; i < 3; ++i) {
    least[i] = is_top_or_left(edge_start(i), edge_end(i)) ? 0 : 1;
    step[i] = -(edge_end(i).y - edge_start(i).y) * kSubtexels;
  }
  for (std::int64_t y = y_first; y < y_end; ++y) {
    std::array<std::int64_t, 3> weight{};
    for (std::size_t i = 0; i < 3; ++i) {
      weight[i] = cross(edge_start(i), edge_end(i), x_first * kSubtexels + kSubtexels / 2,
                        y * kSubtexels + kSubtexels / 2);
    }
    std::byte* texel = image.texels + static_cast<std::size_t>(y) * image.row_pitch +
                       static_cast<std::size_t>(x_first) * kRgba8Bytes;
    for (std::int64_t x = x_first; x < x_end; ++x, texel += kRgba8Bytes) {
      if (weight[0] >= least[0] && weight[1] >= least[1] && weight[2] >= least[2]) {
        std::array<std::uint8_t, 4> color = first_color;
        if (shading == Shading::kSmooth) {
          for (std::size_t channel = 0; channel < color.size(); ++channel) {
            double sum = 0;
            for (std::size_t i = 0; i < 3; ++i) {
              sum += static_cast<double>(weight[i]) * corners[i]->color[channel];
            }
            color[channel] =
                static_cast<std::uint8_t>(std::lround(sum / static_cast<double>(area)));
          }
        }
        store(texel, color);
      }
      for (std::size_t i = 0; i < 3; ++i) weight[i] += step[i];
    }
  }
}

class FillTriangles final : public Kernel {
 public:
  FillTriangles(const Subresource& image, Shading shading) noexcept
      : image_(image), shading_(shading) {}

  void run(Operands operands) noexcept override {
    const std::span<const std::byte> vertices = operands[0];
    const Image image{operands[1].data(), image_.row_pitch, image_.extent.width,
                      image_.extent.height};
    for (std::size_t at = 0; at + 3 * kVertexBytes <= vertices.size(); at += 3 * kVertexBytes) {
      Vertex a{};
      Vertex b{};
      Vertex c{};
      if (read_vertex(vertices.data() + at, a) &&
          read_vertex(vertices.data() + at + kVertexBytes, b) &&
          read_vertex(vertices.data() + at + 2 * kVertexBytes, c)) {
        draw(image, a, b, c, shading_);
      }
    }
  }

 private:
  Subresource image_;
  Shading shading_;
};

}  // namespace

Command make_fill_triangles(Target vertices, const std::shared_ptr<Resource>& surface,
                            std::uint32_t layer, std::uint32_t mip, Shading shading) {
  check_array("vertices", vertices, sizeof(float), 3 * kVertexBytes);
  const SurfaceLayout& layout = check_rgba8(*surface);
  if (layer >= layout.description().layers || mip >= layout.description().mips) {
    throw Error(ErrorCode::kOutOfRange,
                "The surface has " + std::to_string(layout.description().layers) + " layers and " +
                    std::to_string(layout.description().mips) + " mips.");
  }
  const Subresource image = layout.subresource(layout.index_of(layer, mip));
  const ByteRange slice{image.bytes.offset, image.slice_pitch};
  return make_command(std::make_unique<FillTriangles>(image, shading), reads(std::move(vertices)),
                      writes({surface, slice}));
}

}  // namespace mkwrite
