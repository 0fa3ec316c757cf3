# What `measure` says is true, and `compare` finds what is slower and nothing else.
set -euo pipefail
npm run --silent build:ts
cmake --preset plain
cmake --build --preset plain --target mkwrite_addon
node scripts/check-measure.mjs
