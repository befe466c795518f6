#!/usr/bin/env python3
"""check_registers.py USAGE TABLE [--write]: holds the registers and spilled bytes of each kernel, as nvcc printed them
(--resource-usage), against the table. A kernel may need fewer; another version of nvcc may need some more.
--write makes the table anew.
"""
import re
import sys
from pathlib import Path

REGISTERS_MORE = 8   # another compiler's choice
SPILLED_MORE = 32    # bytes


def read_usage(text):
    """{(kernel, target): (registers, bytes spilled)}"""
    found, entry, spilled = {}, None, 0
    for line in text.splitlines():
        if match := re.search(r"Compiling entry function '(\w+)' for '(\w+)'", line):
            entry, spilled = (match[1], match[2]), 0
        elif match := re.search(r'(\d+) bytes spill stores, (\d+) bytes spill loads', line):
            spilled = int(match[1]) + int(match[2])
        elif entry and (match := re.search(r'Used (\d+) registers', line)):
            found[entry] = (int(match[1]), spilled)
            entry = None
    return found


def read_table(text):
    rows = (line.split('\t') for line in text.splitlines()[1:])
    return {(kernel, target): (int(registers), int(spilled)) for kernel, target, registers, spilled in rows}


def main():
    usage, table = map(Path, sys.argv[1:3])
    found = read_usage(usage.read_text())
    if not found:
        sys.exit(f'{usage}: nvcc told nothing of registers')
    if '--write' in sys.argv:
        rows = ('\t'.join(map(str, (*key, *found[key]))) for key in sorted(found))
        table.write_text('kernel\ttarget\tregisters\tspilled_bytes\n' + ''.join(row + '\n' for row in rows))
        return
    known, wrong = read_table(table.read_text()), []
    for key in sorted(found.keys() | known.keys()):
        name = ' for '.join(key)
        if key not in known or key not in found:
            wrong.append(f'{name}: in {"the code" if key in found else "the table"} alone')
            continue
        registers, spilled = (a - b for a, b in zip(found[key], known[key]))
        if registers > REGISTERS_MORE or spilled > SPILLED_MORE:
            wrong.append(f'{name}: {found[key][0]} registers and {found[key][1]} bytes spilled, '
                         f'{known[key][0]} and {known[key][1]} in the table')
    if wrong:
        sys.exit('\n'.join([*wrong, f'If this is meant: {sys.argv[0]} {usage} {table} --write']))


if __name__ == '__main__':
    main()
