set -euo pipefail
npm run --silent typecheck
