set -euo pipefail
npm run --silent pack:check
npm run --silent docs:api
