# The native tests: as they are, under AddressSanitizer with UBSan, and under ThreadSanitizer.
set -euo pipefail
status=0
for preset in plain asan tsan; do
  echo "--- $preset"
  cmake --workflow --preset "$preset" || status=1
done
exit "$status"
