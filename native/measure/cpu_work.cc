#include "measure/cpu_work.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "measure/clock.h"

namespace mkwrite {
namespace {

constexpr std::size_t kComponents = 4;
constexpr std::size_t kVertices = std::size_t{256} * 1024 / (kComponents * sizeof(float));
constexpr std::size_t kTableEntries = std::size_t{512} * 1024 / sizeof(std::uint32_t);
constexpr std::size_t kVerticesPerStep = 64;
constexpr std::size_t kLookupsPerStep = 8;
constexpr std::size_t kCalibrations = 20;
constexpr std::int64_t kCalibrationNs = 5'000'000;

using Matrix = std::array<float, kComponents * kComponents>;
using Vertex = std::array<float, kComponents>;

/// Joints that each vertex follows, and how much.
constexpr std::size_t kJoints = 4;
constexpr std::array<Matrix, kJoints> kPoses{
    {{0.8F, -0.6F, 0, 0.1F, 0.6F, 0.8F, 0, 0.2F, 0, 0, 1, 0.3F, 0, 0, 0, 1},
     {1, 0, 0, 0.2F, 0, 0.8F, -0.6F, 0.1F, 0, 0.6F, 0.8F, 0.1F, 0, 0, 0, 1},
     {0.6F, 0, 0.8F, 0.3F, 0, 1, 0, 0.1F, -0.8F, 0, 0.6F, 0.2F, 0, 0, 0, 1},
     {1, 0, 0, 0.1F, 0, 1, 0, 0.1F, 0, 0, 1, 0.1F, 0, 0, 0, 1}}};
constexpr std::array<float, kJoints> kWeights{0.4F, 0.3F, 0.2F, 0.1F};

/// Where the joints put a vertex, at a distance of one from the origin.
Vertex skin(const float* from) noexcept {
  Vertex sum{};
  for (std::size_t joint = 0; joint < kJoints; ++joint) {
    for (std::size_t row = 0; row < kComponents; ++row) {
      float part = 0;
      for (std::size_t column = 0; column < kComponents; ++column) {
        part += kPoses[joint][row * kComponents + column] * from[column];
      }
      sum[row] += kWeights[joint] * part;
    }
  }
  const float length = std::sqrt(sum[0] * sum[0] + sum[1] * sum[1] + sum[2] * sum[2]);
  for (float& component : sum) component /= length + 1.0F;
  return sum;
}

}  // namespace

CpuWork::CpuWork(double milliseconds)
    : vertices_(kVertices * kComponents, 1.0F),
      transformed_(kVertices * kComponents),
      table_(kTableEntries) {
  // Each entry leads to another one far away: a full-period congruential sequence.
  for (std::size_t i = 0; i < kTableEntries; ++i) {
    table_[i] = static_cast<std::uint32_t>((i * 1'664'525 + 1'013'904'223) % kTableEntries);
  }
  // The fastest run was disturbed least.
  double ns_per_step = std::numeric_limits<double>::infinity();
  for (std::size_t calibration = 0; calibration < kCalibrations; ++calibration) {
    std::size_t steps = 0;
    const std::int64_t begin = now_ns();
    std::int64_t spent = 0;
    while (spent < kCalibrationNs) {
      constexpr std::size_t kStepsBetween = 256;
      for (std::size_t i = 0; i < kStepsBetween; ++i) step();
      steps += kStepsBetween;
      spent = now_ns() - begin;
    }
    ns_per_step = std::min(ns_per_step, static_cast<double>(spent) / static_cast<double>(steps));
  }
  constexpr double kNsPerMillisecond = 1e6;
  steps_ = static_cast<std::size_t>(std::lround(milliseconds * kNsPerMillisecond / ns_per_step));
}

void CpuWork::step() {
  for (std::size_t i = 0; i < kVerticesPerStep; ++i) {
    const Vertex placed = skin(&vertices_[at_ * kComponents]);
    std::ranges::copy(placed, &transformed_[at_ * kComponents]);
    at_ = (at_ + 1) % kVertices;
  }
  for (std::size_t i = 0; i < kLookupsPerStep; ++i) lookup_ = table_[lookup_];
  // What was looked up ends in the vertices, so that nothing of this can be left out.
  vertices_[at_ * kComponents] = static_cast<float>(lookup_);
}

std::int64_t CpuWork::run() {
  const Stopwatch stopwatch;
  for (std::size_t i = 0; i < steps_; ++i) step();
  return stopwatch.elapsed_ns();
}

}  // namespace mkwrite
