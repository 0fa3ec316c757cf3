#include "device/kernels_compute.h"

#include "device/kernel_support.h"

namespace mkwrite {
namespace {

class ScaleAdd final : public Kernel {
 public:
  explicit ScaleAdd(float a) noexcept : a_(a) {}
  void run(Operands operands) noexcept override {
    const std::byte* const x = operands[0].data();
    const std::byte* const y = operands[1].data();
    std::byte* const to = operands[2].data();
    for (std::size_t at = 0; at < operands[2].size(); at += sizeof(float)) {
      const float scaled = a_ * load<float>(x + at);
      store(to + at, scaled + load<float>(y + at));
    }
  }

 private:
  float a_;
};

class Transform final : public Kernel {
 public:
  explicit Transform(const Matrix4& matrix) noexcept : matrix_(matrix) {}
  void run(Operands operands) noexcept override {
    using Vector = std::array<float, 4>;
    for (std::size_t at = 0; at < operands[1].size(); at += sizeof(Vector)) {
      const auto from = load<Vector>(operands[0].data() + at);
      Vector to{};
      for (std::size_t row = 0; row < 4; ++row) {
        float sum = matrix_[row] * from[0];
        for (std::size_t column = 1; column < 4; ++column) {
          const float product = matrix_[4 * column + row] * from[column];
          sum += product;
        }
        to[row] = sum;
      }
      store(operands[1].data() + at, to);
    }
  }

 private:
  Matrix4 matrix_;
};

}  // namespace

Command make_scale_add(float a, Target x, Target y, Target to) {
  check_array("to", to, sizeof(float), sizeof(float));
  check_array("x", x, sizeof(float), sizeof(float));
  check_array("y", y, sizeof(float), sizeof(float));
  check_elementwise("x", x, to);
  check_elementwise("y", y, to);
  return make_command(std::make_unique<ScaleAdd>(a), reads(std::move(x)), reads(std::move(y)),
                      writes(std::move(to)));
}

Command make_transform(const Matrix4& matrix, Target from, Target to) {
  check_array("from", from, sizeof(float), 4 * sizeof(float));
  check_array("to", to, sizeof(float), 4 * sizeof(float));
  check_elementwise("from", from, to);
  return make_command(std::make_unique<Transform>(matrix), reads(std::move(from)),
                      writes(std::move(to)));
}

}  // namespace mkwrite
