#!/usr/bin/env bash
# gpu_code.sh OUTPUT NVCC FLAGS... SOURCE: compiles a file of GPU code, with what nvcc tells of registers in OUTPUT.usage.
# As ccache does for C++, it keeps what it made for the same preprocessed source, flags and nvcc, in
# PLEAT_GPU_CACHE or ~/.cache/pleat/gpu_code; files there that nobody used for 30 days are removed.
set -euo pipefail
output=$1 nvcc=$2
shift 2
source=${*: -1}
flags=("${@:1:$#-1}")

includes=()
for flag in "${flags[@]}"; do case $flag in -I* | -std=* | --expt*) includes+=("$flag") ;; esac; done
# Without the lines that name files, which differ from one checkout to another.
key=$({
  "$nvcc" --version
  printf '%s\n' "${flags[@]}" | grep -v '^-I'
  "$nvcc" "${includes[@]}" -E -Xcompiler -P "$source"
} | sha256sum | cut -c1-40)

cache=${PLEAT_GPU_CACHE:-${HOME:-/tmp}/.cache/pleat/gpu_code}
kept=$cache/$key
if [[ ! -s $kept.fatbin || ! -s $kept.usage ]]; then
  "$nvcc" "${flags[@]}" -o "$output.new" "$source" >"$output.usage" 2>&1 || { cat "$output.usage" >&2; exit 1; }
  mv "$output.new" "$output"
  # A cache that can't be written is no error.
  mkdir -p "$cache" 2>/dev/null && cp "$output" "$kept.$$" && mv "$kept.$$" "$kept.fatbin" &&
    cp "$output.usage" "$kept.$$" && mv "$kept.$$" "$kept.usage" || true
  exit 0
fi
cp "$kept.fatbin" "$output"
cp "$kept.usage" "$output.usage"
touch "$kept.fatbin" "$kept.usage" 2>/dev/null || true
find "$cache" -type f -mtime +30 -delete 2>/dev/null || true
