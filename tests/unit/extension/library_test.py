#!/usr/bin/python3
"""library_test.py LIBRARY VERSION_HEADER VERSION: what the loadable library must be for foreign processes.

One exported symbol, no C++ run time, no SQLite of its own. Ends with "N passed, N failed".
"""

import pathlib
import subprocess
import sys


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def exported(library):
    lines = output("nm", "-D", "--defined-only", library).splitlines()
    return [line.split()[-1] for line in lines]


def needed(library):
    lines = output("readelf", "-d", library).splitlines()
    return [line.split("[")[1].rstrip("]") for line in lines if "(NEEDED)" in line]


def undefined_sqlite(library):
    lines = output("nm", "-D", "--undefined-only", library).splitlines()
    return [line.split()[-1] for line in lines if "sqlite3" in line]


def main():
    library, header, version = sys.argv[1:]
    instrumented = any("san" in name for name in needed(library))
    checks = {
        "sqlite3_murmel_init is the only exported symbol": exported(library) == ["sqlite3_murmel_init"],
        "no C++ run time is needed": instrumented or not any("stdc++" in name for name in needed(library)),
        "SQLite is called only through the host's table": undefined_sqlite(library) == [],
        "the version is the project's": f'"{version}"' in pathlib.Path(header).read_text(encoding="utf-8"),
    }
    for name, passed in checks.items():
        if not passed:
            print(f"FAIL {name}")
    failed = list(checks.values()).count(False)
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
