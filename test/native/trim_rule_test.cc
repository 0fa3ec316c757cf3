// When reports are trimmed: on a slow bus, within the memory allowed, and while it pays.
#include "tracking/trim_rule.h"

#include <doctest/doctest.h>

namespace mkwrite::test {
namespace {

constexpr double kCopy = 100;
constexpr double kSlow = 1000;
constexpr TrimTerms kTerms{1 << 20, kCopy};

/// Collects of 100 pages each, of which `trimmed` had not changed, until the rule ends them.
int run(TrimRule& rule, std::size_t trimmed, int most) {
  int collects = 1;
  while (collects < most && rule.goes_on(100, trimmed, kSlow)) ++collects;
  return collects;
}

int rest(TrimRule& rule) {
  int collects = 0;
  for (; !rule.begins(1, kSlow); ++collects) rule.rest();
  return collects;
}

TEST_CASE("trimming begins when an update takes as long as four local copies") {
  const TrimRule rule(kTerms);
  CHECK_FALSE(rule.begins(1, 0));
  CHECK_FALSE(rule.begins(1, 3.9 * kCopy));
  CHECK(rule.begins(1, 4 * kCopy));
}

TEST_CASE("trimming does not begin for a buffer object above the limit") {
  const TrimRule rule(kTerms);
  CHECK(rule.begins(1 << 20, kSlow));
  CHECK_FALSE(rule.begins((1 << 20) + 1, kSlow));
}

TEST_CASE("trimming goes on while what it saves is worth the comparison") {
  TrimRule rule(kTerms);
  // 20 of 100 updates of 1000 ns pay for 100 comparisons of 200.
  CHECK(run(rule, 20, 1000) == 1000);
  TrimRule other(kTerms);
  CHECK(run(other, 19, 1000) == 64);
}

TEST_CASE("trimming that did not pay rests, each time twice as long") {
  TrimRule rule(kTerms);
  for (int length = 64; length <= 512; length *= 2) {
    REQUIRE(run(rule, 0, 1000) == 64);
    CHECK(rest(rule) == length);
  }
  // What paid once starts anew.
  run(rule, 100, 100);
  REQUIRE(run(rule, 0, 1000) < 1000);
  CHECK(rest(rule) == 64);
}

TEST_CASE("collects without anything to compare do not count") {
  TrimRule rule(kTerms);
  for (int i = 0; i < 1000; ++i) REQUIRE(rule.goes_on(0, 0, kSlow));
  CHECK(run(rule, 0, 1000) == 64);
}

TEST_CASE("a twin that could not be had is not asked for at once again") {
  TrimRule rule(kTerms);
  rule.fail();
  CHECK(rest(rule) == 64);
}

}  // namespace
}  // namespace mkwrite::test
