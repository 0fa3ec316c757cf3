#include "tracking/mapping_budget.h"

#include <fstream>

namespace mkwrite {
namespace {

constexpr std::size_t kShare = 8;
constexpr std::size_t kDefaultMaxMapCount = 65530;  // DEFAULT_MAX_MAP_COUNT in linux/mm.h

std::size_t max_map_count() {
  std::ifstream file("/proc/sys/vm/max_map_count");
  std::size_t count = 0;
  // Where /proc is not mounted the kernel's default is as good a guess as any.
  return file >> count ? count : kDefaultMaxMapCount;
}

}  // namespace

MappingBudget& MappingBudget::instance() {
  // Never destroyed: views may outlive static objects.
  static auto* const budget = new MappingBudget;
  return *budget;
}

MappingBudget::MappingBudget() : limit_(max_map_count() / kShare) {}

}  // namespace mkwrite
