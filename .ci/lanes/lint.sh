set -euo pipefail
npm run --silent lint
npm run --silent lint:unused
