"""The end of a test script whose parts CTest runs one by one."""
import sys
import unittest


def run_parts(parts):
    """Runs the test classes of the main script. Exits with 1 where one fails, with 77 where all skip."""
    ran = unittest.main(argv=[sys.argv[0], *parts], warnings='ignore', exit=False).result
    if not ran.wasSuccessful():
        sys.exit(1)
    if ran.testsRun == len(ran.skipped):
        print('\n'.join(reason for _, reason in ran.skipped))
        sys.exit(77)
