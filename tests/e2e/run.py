#!/usr/bin/python3
"""Runs the end-to-end tests: real processes, free ports, a temporary folder for each test.

    tests/e2e/run.py [--build DIR] [--only TEXT]... [--jobs N] [--repeat N] [--keep] [--list]

Each test is a process of its own with a time limit; tests marked `alone` run by themselves. Ends with
`N passed, N failed`, and `, N skipped` when the machine could not run some.
"""
import argparse
import concurrent.futures
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import harness  # noqa: E402
import patience  # noqa: E402

LIMIT_SECONDS = patience.seconds(150)
SKIPPED = 77


def tests():
    """name -> function, in the order of the files."""
    found = {}
    for file in sorted(HERE.glob("test_*.py")):
        module = importlib.import_module(file.stem)
        for name, function in vars(module).items():
            if name.startswith("test_") and callable(function):
                found[f"{file.stem[5:]}.{name[5:]}"] = function
    return found


def sanitizer_reports(folder):
    """What the sanitizers of a test's programs find goes to files: an agent's exit code and output are not looked at.
    Returns a function that yields the reports."""
    for variable in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
        if variable in os.environ:
            os.environ[variable] += f":log_path={folder}/sanitizer"

    def reports():
        for file in sorted(Path(folder).glob("sanitizer.*")):
            yield f"--- {file.name}\n{file.read_text(errors='replace')[:8000]}"
    return reports


def run_one(name, build, keep):
    """In the test's own process: runs it, cleans up, and returns the exit code."""
    folder = tempfile.mkdtemp(prefix="murmel-e2e-")
    reports = sanitizer_reports(folder)
    env, code = harness.Env(folder, build), 1
    try:
        tests()[name](env)
        code = 0
    except harness.Skip as why:
        print(why)
        code = SKIPPED
    except Exception:  # whatever went wrong is the test's failure
        traceback.print_exc()
        for cluster in env.clusters:
            for node in cluster.nodes:
                print(f"--- log of node {node.id}\n{node.log_tail(15)}")
    finally:
        env.close()
    for report in reports():
        print(report)
        code = 1
    if keep and code == 1:
        print(f"kept: {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return code


def run_apart(name, options):
    """Starts the process for one test; returns (exit code, output, seconds)."""
    command = [sys.executable, __file__, "--one", name, "--build", options.build]
    command += ["--keep"] if options.keep else []
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               start_new_session=True)
    try:
        output = process.communicate(timeout=LIMIT_SECONDS)[0]
    except subprocess.TimeoutExpired:
        process.terminate()  # run_one cleans up on SIGTERM
        try:
            output = process.communicate(timeout=patience.seconds(30))[0]
        except subprocess.TimeoutExpired:
            process.kill()
            output = process.communicate()[0]
        output += f"\nended after {LIMIT_SECONDS:.0f} s"
    return process.returncode, output, time.monotonic() - start


def run_all(names, options):
    counts = {0: 0, SKIPPED: 0, 1: 0}

    def report(name, result):
        code, output, seconds = result
        code = code if code in counts else 1
        counts[code] += 1
        word = {0: "ok", SKIPPED: "SKIP", 1: "FAIL"}[code]
        print(f"{word:4} {name} ({seconds:.1f} s)", flush=True)
        if code:
            print("     " + output.strip().replace("\n", "\n     "), flush=True)

    known = tests()
    together = [name for name in names if not getattr(known[name], "alone", False)]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        running = {pool.submit(run_apart, name, options): name for name in together}
        for done in concurrent.futures.as_completed(running):
            report(running[done], done.result())
    for name in names:
        if name not in together:
            report(name, run_apart(name, options))
    skipped = f", {counts[SKIPPED]} skipped" if counts[SKIPPED] else ""
    print(f"{counts[0]} passed, {counts[1]} failed{skipped}")
    return 1 if counts[1] else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=str(harness.ROOT / "build"))
    parser.add_argument("--only", action="append", default=[], metavar="TEXT", help="tests whose name contains TEXT, or one of several")
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 2) + (0 if harness.INSTRUMENTED else 1))
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep the folders of failed tests")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        import signal
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("time is up"))
        return run_one(options.one, options.build, options.keep)
    names = [name for name in tests() if any(text in name for text in options.only or [""])] * options.repeat
    if options.list:
        print("\n".join(names))
        return 0
    if not (Path(options.build) / "agent" / "murmel").exists():
        print(f"{options.build} has no agent/murmel; build first\n0 passed, 1 failed")
        return 1
    return run_all(names, options)


if __name__ == "__main__":
    sys.exit(main())
