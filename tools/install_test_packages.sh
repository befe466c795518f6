#!/usr/bin/env bash
# Installs the Python packages of others that tests run (tests/cli/third_party.txt) into a virtual environment,
# build/test_packages. Where that is not possible it says why, removes what it began and fails; the tests then skip.
set -euo pipefail
cd "$(dirname "$0")/.."

list=tests/cli/third_party.txt
folder=build/test_packages
cmp -s "$list" "$folder/installed.txt" && exit 0

rm -rf "$folder"
trap 'rm -rf "$folder"; echo "The packages in $list were not installed. The tests that need them skip." >&2' ERR
echo "Installing the packages in $list into $folder"
mkdir -p build
python3 -m venv "$folder"
"$folder/bin/pip" install --quiet --requirement "$list"
# ABCFold's other dependencies are whole predictors.
"$folder/bin/pip" install --quiet --no-deps abcfold==1.1.6
cp "$list" "$folder/installed.txt"
