# The mutation lane: with one rule of the protocol left out, the test that proves it must fail.
set -euo pipefail
cmake --workflow --preset mutants
