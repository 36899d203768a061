"""Runs the suites and adds their counts up; called by tools/test.

A doctest program counts as its test cases, a script as the `N passed, N failed` lines it prints, anything else as one.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import time

import build

MESON_SUITES = ["unit", "golden", "sim", "fuzz", "capture"]
PYTHON = "/usr/bin/python3"
SUITES = ["lint", *MESON_SUITES, "e2e", "clients", "difftest"]
# Only the unit tests of some folders and the agents have more than one thread.
SANITIZED = {"address": ["unit", "golden", "sim", "fuzz", "capture", "e2e"], "thread": ["unit", "e2e"]}
SLOWER = 4  # so many times as long may programs with sanitizers take
DOCTEST = re.compile(r"\[doctest\] test cases:\s*\d+ \|\s*(\d+) passed \|\s*(\d+) failed")
SCRIPT = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.M)


class Count:
    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped

    def __add__(self, other):
        return Count(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def text(self):
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")


def count(output, good, skipped=False):
    """Counts of one program from what it printed. A failure that printed no count is one failure."""
    if skipped:
        return Count(skipped=1)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output)
    total = Count()
    for match in list(DOCTEST.finditer(plain)) + list(SCRIPT.finditer(plain)):
        total += Count(*(int(group or 0) for group in match.groups()))
    if not good and not total.failed:
        return total + Count(failed=1)
    return total if total.passed + total.failed + total.skipped else Count(passed=1)


def sanitizer_environment(sanitize):
    if not sanitize:
        return {}
    # With this interceptor g++ 12's runtime takes thread-local memory of a shared library that happens to begin at
    # offset 16 of a page for a block of an older glibc, and a random number for its size.
    options = "halt_on_error=1:abort_on_error=0:second_deadlock_stack=1:intercept_tls_get_addr=0"
    suppressions = build.ROOT / "tests" / f"sanitize-{sanitize}.txt"
    found = f":suppressions={suppressions}" if suppressions.exists() else ""
    environment = {"MURMEL_PATIENCE": str(SLOWER)}
    if sanitize == "address":
        return environment | {"ASAN_OPTIONS": options + ":detect_stack_use_after_return=1",
                              "LSAN_OPTIONS": "print_suppressions=0" + found,
                              "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}
    return environment | {"TSAN_OPTIONS": options + found}


def suite_of(name, suites, where):
    """Meson calls a case `project:suite / name`, or by its name alone where one suite is all there is to run."""
    if " / " in name:
        return name.split(" / ", 1)[0].split(":", 1)[1]
    told = subprocess.run(["meson", "introspect", "--tests", str(where)], capture_output=True, text=True, check=True)
    found = {suite.split(":", 1)[1] for test in json.loads(told.stdout) if test["name"] == name for suite in test["suite"]}
    return (found & set(suites)).pop()


def meson_suites(suites, where, environment):
    """Runs the programs of these suites through `meson test`, all at once so that a long one does not hold up the rest,
    and reads its log. Returns (suite, count, seconds of its programs together) for each."""
    wanted = [word for suite in suites for word in ("--suite", suite)]
    known = subprocess.run(["meson", "test", "-C", str(where), "--list", *wanted], capture_output=True, text=True)
    if "No suitable tests" in known.stdout + known.stderr:
        return []
    if known.returncode or not known.stdout.strip():
        print(known.stdout + known.stderr, flush=True)
        return [(suites[0], Count(failed=1), 0.0)]
    log = where / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)  # not an earlier run's
    subprocess.run(["meson", "test", "-C", str(where), *wanted, "--no-rebuild", "--print-errorlogs",
                    "--timeout-multiplier", environment.get("MURMEL_PATIENCE", "1")], env={**os.environ, **environment})
    rows = {suite: [suite, Count(), 0.0] for suite in suites}
    for line in log.read_text().splitlines():
        case = json.loads(line)
        row = rows[suite_of(case["name"], suites, where)]
        row[1] += count(case.get("stdout", ""), case["result"] in ("OK", "EXPECTEDFAIL"), case["result"] == "SKIP")
        row[2] += case["duration"]
    return [tuple(row) for row in rows.values()]


def script_suite(command, environment):
    """Runs a script that prints its own progress; passes its output on."""
    started = subprocess.Popen(command, cwd=build.ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    said = []
    for line in started.stdout:
        print("  " + line, end="", flush=True)
        said.append(line)
    return count("".join(said), started.wait() == 0)


def script(suite, where, environment):
    """Runs a suite that has a script of its own."""
    if suite == "lint":
        return script_suite([PYTHON, "tests/lint/run.py", "--build", str(where)], {})
    if suite == "clients":
        return script_suite([PYTHON, "tests/clients/run.py", "--quick", "--build", str(where)], environment)
    if suite == "difftest":
        return script_suite([PYTHON, "tools/lib/difftest.py", "--recorded", "--no-build"], environment)
    return script_suite([PYTHON, "tests/e2e/run.py", "--build", str(where)], environment)


def run_suites(suites, where, sanitize):
    """Yields (suite, count, seconds)."""
    environment = sanitizer_environment(sanitize)
    in_meson = [suite for suite in suites if suite in MESON_SUITES]
    for suite in suites:
        if suite not in MESON_SUITES:
            print(f"\n== {suite}", flush=True)
            begun = time.monotonic()
            yield suite, script(suite, where, environment), time.monotonic() - begun
        elif suite == in_meson[0]:
            print(f"\n== {', '.join(in_meson)}", flush=True)
            yield from meson_suites(in_meson, where, environment)


def main():
    parser = argparse.ArgumentParser(prog="tools/test")
    parser.add_argument("--suite", action="append", choices=SUITES, default=[])
    parser.add_argument("--sanitize", choices=sorted(build.SANITIZERS))
    parser.add_argument("--no-setup", action="store_true")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    suites = options.suite or (SANITIZED[options.sanitize] if options.sanitize else SUITES)
    if options.list:
        print("\n".join(suites))
        return 0
    print("== build" + (f" with the {options.sanitize} sanitizer" if options.sanitize else ""), flush=True)
    start = time.monotonic()
    where = build.build(options.sanitize)
    rows = list(run_suites(suites, where, options.sanitize))
    print(f"\n== result, after {time.monotonic() - start:.0f} s")
    for suite, counted, seconds in rows:
        print(f"  {suite:8} {counted.text()} ({seconds:.0f} s)")
    total = sum((counted for _, counted, _ in rows), Count())
    print(f"{total.passed} passed, {total.failed} failed")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
