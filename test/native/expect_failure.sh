#!/bin/sh
# expect_failure.sh PROGRAM "TEST CASE": succeeds if that test case exists and fails: by an assertion,
# by a crash, or by hanging for 20 seconds, which is what some broken rules lead to.
# doctest reads a comma in a name as a separator, so commas are matched by a wildcard.
pattern=$(printf '%s' "$2" | tr ',' '?')
listed=$("$1" --list-test-cases --test-case="$pattern" | grep -cxF "$2")
if [ "$listed" -ne 1 ]; then
  echo "expect_failure: $1 has no test case \"$2\""
  exit 2
fi
timeout --signal=KILL 20 "$1" --test-case="$pattern"
status=$?
if [ "$status" -eq 0 ]; then
  echo "expect_failure: the test passed although the rule is left out"
  exit 1
fi
echo "expect_failure: failed as it must (exit status $status)"
