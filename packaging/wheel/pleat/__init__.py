"""The program pleat, as a Python package."""
import os
import sys
from pathlib import Path

PROGRAM = Path(__file__).parent / 'bin' / 'pleat'


def main():
    """Becomes the program. It finds programs that stand beside this Python, such as HMMER's, without an activated environment."""
    os.environ['PATH'] = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get('PATH', os.defpath)])
    os.execv(PROGRAM, ['pleat', *sys.argv[1:]])
