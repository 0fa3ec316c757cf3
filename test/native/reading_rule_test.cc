// When a policy goes over to write faults for what the CPU only reads, and back.
#include "tracking/reading_rule.h"

#include <doctest/doctest.h>

using mkwrite::Costs;
using mkwrite::pages_per_table;
using mkwrite::ReadingRule;

namespace {

constexpr std::size_t kTables = 8;

/// ns; a change costs 16 units of closing a table.
Costs costs() {
  Costs costs;
  costs.copy_page = 200;
  costs.by_signal.in_a_row = 5000;
  costs.by_kernel.in_a_row = 1000;
  return costs;
}

ReadingRule rule(std::size_t tables = kTables) { return {tables * pages_per_table(), costs()}; }

/// After how many such collects it changes its mind.
int collects_until(ReadingRule& rule, bool wanted, std::size_t tables, std::size_t writes) {
  for (int collect = 1; collect <= 1000; ++collect) {
    rule.observe(tables, writes);
    if (rule.uses_write_faults() == wanted) return collect;
  }
  return 0;
}

}  // namespace

TEST_CASE("what is closed as a whole is left to write faults once that has cost a change") {
  ReadingRule reading = rule();
  CHECK(collects_until(reading, true, kTables, 0) == 3);
  ReadingRule small = rule();
  CHECK(collects_until(small, true, 1, 0) == 17);
}

TEST_CASE("not if the CPU writes as much, and not if nothing is closed") {
  // Closing a table costs what 26 write faults cost more.
  ReadingRule writing = rule(32);
  CHECK(collects_until(writing, true, 32, 31) == 0);
  ReadingRule reading = rule(32);
  CHECK(collects_until(reading, true, 32, 16) > 0);
  ReadingRule idle = rule();
  CHECK(collects_until(idle, true, 0, 0) == 0);
}

TEST_CASE("not if each table has a written page, for these cannot move") {
  ReadingRule reading = rule();
  CHECK(collects_until(reading, true, kTables, kTables) == 0);
}

TEST_CASE("a change that was refused is asked for again when it promises twice as much") {
  ReadingRule reading = rule();
  CHECK(collects_until(reading, true, 1, 0) == 17);
  reading.refuse();
  CHECK_FALSE(reading.uses_write_faults());
  CHECK(collects_until(reading, true, 1, 0) == 33);
}

TEST_CASE("back once write faults have cost a change, and idle collects cost nothing") {
  ReadingRule reading = rule();
  REQUIRE(collects_until(reading, true, kTables, 0) > 0);
  CHECK(collects_until(reading, false, kTables, 0) == 0);
  CHECK(collects_until(reading, false, 0, 0) == 0);
  CHECK(collects_until(reading, false, 0, 1000) > 0);
  CHECK(collects_until(reading, true, 0, 0) == 0);
}

TEST_CASE("alternating frames do not make it flap") {
  ReadingRule reading = rule();
  int changes = 0;
  bool before = false;
  for (int frame = 0; frame < 1000; ++frame) {
    reading.observe(frame % 2 == 0 ? 1 : 0, frame % 2 == 0 ? 0 : 24);
    const bool now = reading.uses_write_faults();
    changes += now == before ? 0 : 1;
    before = now;
  }
  CHECK(changes <= 1);
}
