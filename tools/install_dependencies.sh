#!/usr/bin/env bash
# Installs the Debian 12 packages that building and testing pleat needs, if they are missing. `--ci` adds those of the checks
# in .ci/run. Without root it fails, and its message names the missing packages and the command that installs them.
set -euo pipefail

packages=(
  # build
  cmake g++ make ninja-build pkg-config
  # libraries
  gemmi-dev tao-pegtl-dev libboost-dev libcli11-dev libfmt-dev libhwy-dev liblzma-dev librdkit-dev libspdlog-dev
  libxxhash-dev libzip-dev libzstd-dev nlohmann-json3-dev zlib1g-dev
  # the search programs
  hmmer
  # tests
  libgmock-dev libgtest-dev munge python3 python3-numpy python3-venv slurm-wlm
)

if [[ ${1:-} == --ci ]]; then
  packages+=(ccache chromium clang clang-format clang-tidy git libclang-rt-14-dev)
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
  [[ $status == "install ok installed" ]] || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

if [[ $(id -u) -ne 0 ]]; then
  printf 'These packages are missing: %s\nInstall them:\n\n  sudo apt-get install -y --no-install-recommends %s\n\n' \
    "${missing[*]}" "${missing[*]}" >&2
  exit 1
fi
echo "Installing ${missing[*]}"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
