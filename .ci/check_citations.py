#!/usr/bin/env python3
"""Checks that every specification and section that a source file cites exists.

A citation reads `docs/specs/NAME.md`, and may go on with `, section 2.1` or `, sections 2.1, 3 and 4-6`.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SPECS = ROOT / 'docs' / 'specs'
NUMBER = r'[A-Z]?\d+(?:\.\d+)*'
CITATION = re.compile(rf'docs/specs/([\w-]+\.md)(?:,\s+sections?\s+({NUMBER}(?:(?:,\s+|\s+and\s+|-){NUMBER}\b)*))?')
# A specification named in any other way: nothing would check it.
OTHER_FORM = re.compile(r'(?<!docs/)specs/[\w-]+\.md|docs/specs/[\w-]+\.md,?\s+\d')


def sections_of(path):
    """The numbers of a specification's headings."""
    return set(re.findall(rf'^#+ ({NUMBER})[. ]', path.read_text(), re.M))


def one_line_comments(text):
    """The text, as long as before, with comments of several lines in one, so that no citation is cut."""
    return re.sub(r'\n[ \t]*(?://|#)[ \t]*', lambda found: ' ' * len(found.group(0)), text)


def line_of(text, found):
    """The number of the line where a match starts."""
    return text.count('\n', 0, found.start()) + 1


def main():
    known = {path.name: sections_of(path) for path in SPECS.glob('*.md')}
    problems, count = [], 0
    files = subprocess.check_output(['git', 'ls-files', 'src', 'tests', 'fuzz', 'bench', '*.cmake'], cwd=ROOT, text=True)
    for name in files.splitlines():
        if not name.endswith(('.cc', '.h', '.py', '.txt', '.cmake')):
            continue
        text = (ROOT / name).read_text()
        joined = one_line_comments(text)
        for found in OTHER_FORM.finditer(joined):
            problems.append(f'{name}:{line_of(text, found)}: "{found.group(0)}" is no citation. '
                            'Write docs/specs/NAME.md, section N.')
        for found in CITATION.finditer(joined):
            count += 1
            place = f'{name}:{line_of(text, found)}'
            if found.group(1) not in known:
                problems.append(f'{place}: docs/specs/{found.group(1)} does not exist.')
                continue
            for section in re.findall(NUMBER, found.group(2) or ''):
                if section not in known[found.group(1)]:
                    problems.append(f'{place}: docs/specs/{found.group(1)} has no section {section}.')
    print('\n'.join(problems) if problems else f'All {count} citations resolve.')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
