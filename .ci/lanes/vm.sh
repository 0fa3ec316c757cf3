# The suite on kernels that have soft-dirty, booted in QEMU.
set -euo pipefail
npm run --silent test:vm
