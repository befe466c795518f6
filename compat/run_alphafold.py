#!/usr/bin/env python3
"""AlphaFold 3's command line, run by pleat: `pleat run_alphafold` gets all flags, and this process becomes it.

pleat is the program beside this script, else the one in PATH.
"""
import os
import shutil
import sys
from pathlib import Path


def main():
    beside = Path(__file__).resolve().parent / 'pleat'
    program = str(beside) if os.access(beside, os.X_OK) else shutil.which('pleat')
    if not program:
        sys.exit(f'run_alphafold.py: there is no program pleat in {beside.parent}, nor in PATH. Install pleat there.')
    os.execv(program, ['pleat', 'run_alphafold', *sys.argv[1:]])


if __name__ == '__main__':
    main()
