#!/usr/bin/env python3
"""Runs clang-tidy (.clang-tidy) on the lines of src/ that changed since the branch left main.

That point is CI_BASE where it is set, else the merge base with origin/main, else (on main itself) 20 commits back. A
change of many files is checked in part, the most changed files first: a file takes some ten seconds. The
analyzer, whose findings hang on guesses about other files, is left to those who run clang-tidy by hand.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / 'build' / 'asan'  # compiled by clang, so its flags are clang-tidy's
MOST_FILES = 40


def git(*arguments):
    run = subprocess.run(['git', *arguments], cwd=ROOT, capture_output=True, text=True)
    return run.stdout.strip() if run.returncode == 0 else ''


def base_commit():
    fork = os.environ.get('CI_BASE') or git('merge-base', 'HEAD', 'origin/main')
    if not fork or fork == git('rev-parse', 'HEAD'):
        fork = git('rev-parse', '--verify', '--quiet', 'HEAD~20')
    # Commits before the one that brought this file were not held to it.
    began = git('log', '--format=%H', '--diff-filter=A', '--', '.ci/check_tidy.py').split()[-1]
    older = not fork or not subprocess.call(['git', 'merge-base', '--is-ancestor', fork, began], cwd=ROOT)
    return began if older else fork


def changed_lines(base):
    """For each file of src/: the ranges of lines that changed and are still there."""
    ranges, name = {}, None
    for line in git('diff', '--unified=0', '--no-color', base, 'HEAD', '--', 'src/*.cc', 'src/*.h').splitlines():
        if line.startswith('+++ '):
            name = line[6:] if line.startswith('+++ b/') else None
        hunk = re.match(r'@@ -\S+ \+(\d+)(?:,(\d+))? @@', line)
        if hunk and name:
            first, count = int(hunk.group(1)), int(hunk.group(2) or 1)
            if count:
                ranges.setdefault(name, []).append([first, first + count - 1])
    return ranges


def check(source, ranges):
    """clang-tidy's findings in one source file and the header of the same name."""
    files = [source, str(pathlib.Path(source).with_suffix('.h'))]
    # An empty list of lines would stand for the whole file.
    line_filter = [{'name': file, 'lines': ranges[file]} for file in files if file in ranges]
    run = subprocess.run(['clang-tidy', '-p', BUILD, '--quiet', '--warnings-as-errors=*', '--checks=-clang-analyzer-*',
                          f'--line-filter={json.dumps(line_filter)}', source], cwd=ROOT, capture_output=True, text=True)
    return run.returncode, run.stdout + ('' if run.returncode == 0 else run.stderr)


def main():
    subprocess.run(['cmake', '--preset', 'asan'], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    base = base_commit()
    ranges = changed_lines(base)
    weight = {}
    for name, lines in ranges.items():
        source = str(pathlib.Path(name).with_suffix('.cc'))
        if (ROOT / source).exists():
            weight[source] = weight.get(source, 0) + sum(last - first + 1 for first, last in lines)
    sources = sorted(weight, key=lambda source: (-weight[source], source))
    chosen = sources[:MOST_FILES]
    print(f'{len(chosen)} of {len(sources)} source files that changed since {base[:10]}')
    failed = False
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for status, text in pool.map(lambda source: check(source, ranges), chosen):
            if status:
                failed = True
                print(text)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
