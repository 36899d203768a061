#!/usr/bin/python3
"""The lint suite: layers, sizes, names, self-contained headers, link tests, clang-format, clang-tidy, deploy/.

    tests/lint/run.py --build build [--only NAME ...] [--tidy-seconds N] [--list]

The checks of SLOW take longer than all tests together and run only when they are named.
"""
import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import build_checks  # noqa: E402
import clang_checks  # noqa: E402
import deploy_checks  # noqa: E402
import selftest  # noqa: E402
import sources  # noqa: E402
import text_checks  # noqa: E402


SLOW = ("tidy", "analyze")


def checks(build, tidy_seconds):
    """name -> function that returns a list of problems."""
    def tidy(part, seconds):
        problems, left = clang_checks.tidy(build, part, seconds)
        if left:
            print(f"     {part}: {left} files did not fit into {seconds} s; the next run goes on with them")
        return problems

    return {
        "selftest": selftest.problems,
        "layers": text_checks.layer_table,
        "file-size": text_checks.file_size,
        "function-length": text_checks.function_length,
        "header-form": text_checks.header_guards,
        "words": text_checks.words,
        "format": clang_checks.formatting,
        "deploy": lambda: deploy_checks.problems(build),
        "libraries": lambda: build_checks.one_library_per_folder(build),
        "links-alone": lambda: build_checks.links_alone(build),
        "headers-alone": lambda: build_checks.headers_alone(build),
        "tidy": lambda: tidy("tidy", tidy_seconds),
        "analyze": lambda: tidy("analyze", tidy_seconds // 4),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=str(sources.ROOT / "build"))
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--tidy-seconds", type=int, default=240, metavar="N")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    table = checks(Path(options.build).resolve(), options.tidy_seconds)
    if options.list:
        print("\n".join(table))
        return 0
    unknown = set(options.only) - set(table)
    if unknown:
        parser.error(f"no check named {', '.join(sorted(unknown))}; there are: {', '.join(table)}")
    passed = failed = 0
    for name, check in table.items():
        if name not in options.only if options.only else name in SLOW:
            continue
        start = time.monotonic()
        problems = check()
        print(f"{'FAIL' if problems else 'ok':4} {name} ({time.monotonic() - start:.1f} s)", flush=True)
        for problem in problems:
            print("     " + problem.replace("\n", "\n     "))
        passed, failed = passed + (not problems), failed + bool(problems)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
