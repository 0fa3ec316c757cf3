set -euo pipefail
npm run --silent tidy
