#!/usr/bin/python3
"""run_writers.py VARIANT CACHE EXTENSION REPLAY_CHECK: several processes write one database at once; then they are killed.

VARIANT is a build of sqlite_builds.py; or "system"; or "mixed": the system's, where one writer has not loaded the extension and
triggers capture what it writes. Three writers, first each to its end, then several rounds in which all are
killed with SIGKILL at a random moment. After each round the log, replayed on the empty tables, must give the database.
Ends with "N passed, N failed"; with 77 when the build of SQLite cannot be had.
"""

import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

import sqlite_builds

HERE = pathlib.Path(__file__).parent
WRITERS = 3
TRANSACTIONS = 60
ROUNDS = 6
LIFE_SECONDS = (0.3, 0.9)
BASE = "PRAGMA journal_mode = WAL; CREATE TABLE t(id INTEGER PRIMARY KEY, a, b REAL, c BLOB);" \
       "CREATE TABLE u(k TEXT PRIMARY KEY, g INT UNIQUE, n);"


class Scene:
    """A database in a folder of its own, and the programs that work on it."""

    def __init__(self, folder, extension, replay_check, environment, mixed):
        self.mixed = mixed
        self.base, self.database = f"{folder}/base.db", f"{folder}/app.db"
        self.extension, self.replay_check, self.environment = extension, replay_check, environment
        self.python("import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])", self.base, BASE)
        shutil.copy(self.base, self.database)
        self.python("import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.enable_load_extension(True);"
                    "db.load_extension(sys.argv[2]); db.execute('SELECT murmel_enable()').fetchall(); db.commit()",
                    self.database, extension)
        if mixed:
            self.python("import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.enable_load_extension(True);"
                        "db.load_extension(sys.argv[2]);"
                        "db.execute(\"UPDATE __murmel_meta SET value = 'capture' WHERE key = 'out_of_band'\"); db.commit();"
                        "db.execute('SELECT murmel_enable()').fetchall(); db.commit()", self.database, extension)

    def python(self, code, *arguments):
        subprocess.run(["/usr/bin/python3", "-c", code, *arguments], check=True, env=self.environment)

    def writers(self, seed, count):
        return [subprocess.Popen(["/usr/bin/python3", str(HERE / "writer.py"), self.database,
                                  "" if self.mixed and i == 0 else self.extension,
                                  str(seed + i), str(count)], env=self.environment, stderr=subprocess.PIPE, text=True)
                for i in range(WRITERS)]

    def problem(self):
        """None when the log tells what the database holds."""
        done = subprocess.run([self.replay_check, "--extension", self.extension, self.base, self.database],
                              capture_output=True, text=True, env=self.environment, check=False)
        return None if done.returncode == 0 else done.stdout + done.stderr


def all_to_the_end(scene):
    failed = [errors for errors in (writer.communicate()[1] for writer in scene.writers(100, TRANSACTIONS)) if errors]
    return failed[0] if failed else scene.problem()


def killed(scene, chance, seed):
    writers = scene.writers(seed, 0)
    time.sleep(chance.uniform(*LIFE_SECONDS))
    early = [writer for writer in writers if writer.poll() is not None]
    for writer in writers:
        writer.kill()
    errors = [writer.communicate()[1] for writer in writers]
    return errors[writers.index(early[0])] if early else scene.problem()


def main():
    variant, cache, extension, replay_check = sys.argv[1:]
    environment = dict(os.environ)
    try:
        if variant not in ("system", "mixed"):
            environment["LD_LIBRARY_PATH"] = str(sqlite_builds.library_folder(variant, cache))
    except sqlite_builds.Unavailable as reason:
        print(f"skipped: {variant}: {reason}")
        return 77
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        scene = Scene(folder, os.path.abspath(extension), replay_check, environment, variant == "mixed")
        problems = [all_to_the_end(scene)]
        problems += [killed(scene, chance, 1000 * (i + 1)) for i in range(ROUNDS)]
    for problem in problems:
        if problem:
            print(problem)
    failed = sum(problem is not None for problem in problems)
    print(f"{len(problems) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
