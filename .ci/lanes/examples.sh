# Every example runs and ends well, and so does a quick measurement.
set -euo pipefail
npm run --silent build:ts
pictures=$(mktemp -d)
trap 'rm -rf "$pictures"' EXIT
status=0
for example in examples/*.mjs; do
  echo "--- $example"
  arguments=()
  [[ $example != */triangles.mjs ]] || arguments=("$pictures") # where it saves its pictures
  node "$example" "${arguments[@]}" || status=1
done
echo '--- mkwrite measure --quick'
node dist/cli/main.js measure --quick || status=1
exit "$status"
