#!/usr/bin/python3
"""run_matrix.py VARIANT CACHE PROGRAM ARGUMENT...: runs the capture matrix, or another test, on one build of SQLite
(sqlite_builds.py).

Ends with 77 (skipped) and a line that says why when that build cannot be had.
"""

import os
import sys

import sqlite_builds


def main():
    variant, cache, program, *arguments = sys.argv[1:]
    try:
        folder = sqlite_builds.library_folder(variant, cache)
    except sqlite_builds.Unavailable as reason:
        print(f"skipped: {variant}: {reason}")
        return 77
    environment = dict(os.environ, LD_LIBRARY_PATH=str(folder))
    os.execve(program, [program, *arguments], environment)


if __name__ == "__main__":
    sys.exit(main())
