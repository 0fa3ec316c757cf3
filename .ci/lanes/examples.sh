# Every example runs and ends well, and so does a quick measurement.
set -euo pipefail
npm run --silent build:ts
status=0
for example in examples/*.mjs; do
  echo "--- $example"
  node "$example" || status=1
done
echo '--- mkwrite measure --quick'
node dist/cli/main.js measure --quick || status=1
exit "$status"
