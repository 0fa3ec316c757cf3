# The tests that are about the addon, with it under AddressSanitizer and UBSan, in a copy of the
# project. Those of commands and reports call nothing else of it.
set -euo pipefail
cmake --preset asan
cmake --build --preset asan --target mkwrite_addon
npm run --silent build:ts

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z | xargs -0 cp --parents -t "$copy"
cp -r dist "$copy"
ln -s "$PWD/node_modules" "$copy/node_modules"
mkdir -p "$copy/build/Release"
cp build/cmake/asan/mkwrite.node "$copy/build/Release/"

cd "$copy"
LD_PRELOAD="$(g++ -print-file-name=libasan.so) $(g++ -print-file-name=libstdc++.so)"
export LD_PRELOAD
# Node itself is not instrumented, so what it leaves to the exit counts as leaked. Real crashes have
# to stay crashes: tests ask for the signal.
export ASAN_OPTIONS=detect_leaks=0:handle_segv=0:handle_sigbus=0 UBSAN_OPTIONS=print_stacktrace=1
export MKWRITE_TEST_TIMEOUT_SCALE=4
node node_modules/vitest/vitest.mjs run test/integration test/properties test/threads \
  test/process/{event-loop,faults,garbage,load,parked}.test.ts test/stress.test.ts
