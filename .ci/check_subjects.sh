#!/usr/bin/env bash
# Checks that the subjects of commits have at most 72 characters: of all commits since the one that brought this file.
set -euo pipefail
cd "$(dirname "$0")/.."
began=$(git log --format=%H --diff-filter=A -- .ci/check_subjects.sh | tail -1)
long=$(git log --no-merges --format='%h %s' "$began..HEAD" | awk '{ subject = substr($0, index($0, " ") + 1) }
  length(subject) > 72 { printf "%s: %d characters\n", $0, length(subject) }')
[[ -z $long ]] || { printf 'Subjects of commits have at most 72 characters:\n%s\n' "$long"; exit 1; }
