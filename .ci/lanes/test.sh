# The test command of the README, from nothing.
set -euo pipefail
npm cit
