# Installs the Debian packages that the lanes need and that are not there yet.
set -euo pipefail

packages=(
  python3 make g++ ccache                          # addon, which several lanes build
  cmake ninja-build doctest-dev                    # native tests
  clang-format-19 clang-tidy-19                    # linters
  g++-aarch64-linux-gnu qemu-user-static           # arm64
  qemu-system-x86 busybox-static                   # kernels with soft-dirty
  chromium                                         # reports
)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if ((${#missing[@]} == 0)); then exit 0; fi

echo "Installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# Without them the lanes that need them fail and say so.
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
  echo "NOT INSTALLED: some of ${missing[*]}"
