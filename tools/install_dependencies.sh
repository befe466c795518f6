#!/usr/bin/env bash
# Installs the Debian 12 packages that pleat is built and tested with, those that are missing. Without root it says what
# is missing and how to install it, and fails.
set -euo pipefail

packages=(
  # build
  cmake g++ make ninja-build pkg-config
  # libraries
  gemmi-dev tao-pegtl-dev libboost-dev libcli11-dev libfmt-dev libhwy-dev liblzma-dev librdkit-dev libspdlog-dev
  libxxhash-dev libzstd-dev nlohmann-json3-dev zlib1g-dev
  # the search programs
  hmmer
  # tests
  libgmock-dev libgtest-dev python3 python3-numpy
)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
  [[ $status == "install ok installed" ]] || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

if [[ $(id -u) -ne 0 ]]; then
  printf 'Packages are missing: %s\nInstall them with:\n\n  sudo apt-get install -y --no-install-recommends %s\n\n' \
    "${missing[*]}" "${missing[*]}" >&2
  exit 1
fi
echo "Installing ${missing[*]}"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
