#include "measure/cpu_work.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "measure/clock.h"

namespace mkwrite {
namespace {

constexpr std::size_t kComponents = 4;
constexpr std::size_t kVertices = std::size_t{512} * 1024 / (kComponents * sizeof(float));
constexpr std::size_t kTableEntries = std::size_t{1024} * 1024 / sizeof(std::uint32_t);
constexpr std::size_t kVerticesPerStep = 64;
constexpr std::size_t kLookupsPerStep = 32;
constexpr std::size_t kCalibrations = 9;
constexpr std::int64_t kCalibrationNs = 10'000'000;

constexpr std::array<float, kComponents * kComponents> kMatrix{0.8F, -0.6F, 0.0F, 0.1F, 0.6F, 0.8F,
                                                               0.0F, 0.2F,  0.0F, 0.0F, 1.0F, 0.3F,
                                                               0.0F, 0.0F,  0.0F, 1.0F};

}  // namespace

CpuWork::CpuWork(double milliseconds)
    : vertices_(kVertices * kComponents, 1.0F),
      transformed_(kVertices * kComponents),
      table_(kTableEntries) {
  // Each entry leads to another one far away: a full-period congruential sequence.
  for (std::size_t i = 0; i < kTableEntries; ++i) {
    table_[i] = static_cast<std::uint32_t>((i * 1'664'525 + 1'013'904'223) % kTableEntries);
  }
  std::array<double, kCalibrations> ns_per_step{};
  for (double& found : ns_per_step) {
    std::size_t steps = 0;
    const std::int64_t begin = now_ns();
    std::int64_t spent = 0;
    while (spent < kCalibrationNs) {
      constexpr std::size_t kStepsBetween = 256;
      for (std::size_t i = 0; i < kStepsBetween; ++i) step();
      steps += kStepsBetween;
      spent = now_ns() - begin;
    }
    found = static_cast<double>(spent) / static_cast<double>(steps);
  }
  std::ranges::sort(ns_per_step);
  constexpr double kNsPerMillisecond = 1e6;
  const double steps = milliseconds * kNsPerMillisecond / ns_per_step[kCalibrations / 2];
  steps_ = static_cast<std::size_t>(std::lround(steps));
}

void CpuWork::step() {
  for (std::size_t i = 0; i < kVerticesPerStep; ++i) {
    const float* const from = &vertices_[at_ * kComponents];
    float* const to = &transformed_[at_ * kComponents];
    for (std::size_t row = 0; row < kComponents; ++row) {
      float sum = 0;
      for (std::size_t column = 0; column < kComponents; ++column) {
        sum += kMatrix[row * kComponents + column] * from[column];
      }
      to[row] = sum;
    }
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
