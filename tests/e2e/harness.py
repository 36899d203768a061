"""What the end-to-end tests share: a cluster in a temporary folder, applications that write, and bounded waits.

A test is a function `test_*(env)` in a module `test_*.py`; run.py gives it an Env and a process of its own, so it
may leave what it started to the clean-up. It fails by an exception.
"""
import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "lib"))
import cluster as clusters  # noqa: E402
import patience  # noqa: E402

PYTHON = "/usr/bin/python3"
CONVERGE_SECONDS = 30
INSTRUMENTED = patience.FACTOR > 1  # then measured figures mean nothing
OWN_TABLE = "name NOT LIKE '\\_\\_murmel\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"


class Failure(Exception):
    pass


class Skip(Exception):
    """The machine can't run this test; said, and counted as skipped."""


def check(condition, text):
    if not condition:
        raise Failure(text)


class Application(sqlite3.Connection):
    """Begins a statement that is a transaction of its own again while the voting nodes are being changed, as README tells
    applications to: soon after the start of a cluster its nodes become voters one after the other."""

    def execute(self, sql, *parameters):
        end = time.monotonic() + patience.seconds(20)
        while True:
            alone = not self.in_transaction
            try:
                return super().execute(sql, *parameters)
            except sqlite3.OperationalError as error:
                if not alone or "voting nodes are being changed" not in str(error) or time.monotonic() > end:
                    raise
                if self.in_transaction:
                    super().execute("ROLLBACK")
            time.sleep(0.01)


def units(script):
    """What is committed together: single statements, and all from BEGIN to COMMIT."""
    unit, begun = "", 0
    for part in script.split(";"):
        unit += part + ";"
        statement = unit[begun:].strip().upper()
        if not sqlite3.complete_statement(statement):
            continue  # within a text or the body of a trigger
        if unit.strip().upper().startswith("BEGIN") and not statement.startswith(("COMMIT", "END")):
            begun = len(unit)
            continue
        yield unit
        unit, begun = "", 0
    yield unit


def insist(connection, sql, seconds=20):
    """Until it is committed: busy, and a schema that others have changed meanwhile, mean to begin again."""
    if ";" in sql:
        for unit in units(sql):
            insist_on(connection, connection.executescript, unit, seconds)
        return None
    return insist_on(connection, connection.execute, sql, seconds)


def insist_on(connection, run, sql, seconds):
    end = time.monotonic() + patience.seconds(seconds)
    while True:
        try:
            return run(sql)
        except (sqlite3.OperationalError, sqlite3.IntegrityError) as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            again = error.sqlite_errorcode & 0xff == 5 or error.sqlite_errorname == "SQLITE_CONSTRAINT_COMMITHOOK"
            if not again or time.monotonic() > end:
                raise
            time.sleep(0.005)


def alone(test):
    """Marks a test that measures, or changes the machine, and so runs with no other beside it."""
    test.alone = True
    return test


def quote(name):
    return '"' + name.replace('"', '""') + '"'


class Env:
    """The surroundings of one test."""

    def __init__(self, folder, build):
        self.dir, self.build = Path(folder), Path(build)
        self.clusters, self.children = [], []

    # -- clusters

    def cluster(self, nodes=3, databases=("app",), extra=None, start=True, name="cluster", mysql=False):
        made = clusters.Cluster(self.dir / name, where=self.build, databases=databases)
        made.extra = extra or {}
        made.mysql = mysql
        self.clusters.append(made)
        made.add_nodes(nodes)
        if start:
            made.launch()
            # A schema is changed by members only.
            check(not mysql or made.wait_members(patience.seconds(20)), "not all nodes became members")
        return made

    def murmel(self, *words, good=True, environment=None):
        """Runs the program as a tool; returns what it printed. With good=None any exit code will do."""
        done = subprocess.run([str(self.build / "agent" / "murmel"), *map(str, words)], capture_output=True, text=True,
                              timeout=patience.seconds(60), env={**os.environ, **(environment or {})})
        if good is not None:
            check((done.returncode == 0) == good, f"murmel {' '.join(map(str, words))} ended with {done.returncode}: "
                                                  f"{done.stdout}{done.stderr}")
        return done

    def ask(self, node, *words, good=True):
        """A tool command against a node's admin port, as JSON."""
        done = self.murmel(*words, "--json", "--admin", f"127.0.0.1:{node.admin_port}", good=good)
        return json.loads(done.stdout)

    # -- applications

    def connect(self, node, database="app", equipped=True, path=None):
        """A connection as an application has it; with the extension unless `equipped` is false."""
        connection = sqlite3.connect(path or node.path(database), isolation_level=None, timeout=patience.seconds(10),
                                     factory=Application)
        connection.execute("PRAGMA synchronous=NORMAL")
        if equipped:
            connection.enable_load_extension(True)
            connection.load_extension(str(self.build / "extension" / "murmel.so"))
            connection.enable_load_extension(False)
        return connection

    def shell(self, node, sql, equipped=True, database="app"):
        """Debian's sqlite3 shell. A single statement is tried again while the nodes settle who votes."""
        load = ["-cmd", f".load {self.build}/extension/murmel"] if equipped else []
        end = time.monotonic() + patience.seconds(20)
        while True:
            done = subprocess.run(["sqlite3", "-cmd", f".timeout {patience.seconds(10_000):.0f}", *load, node.path(database), sql],
                                  capture_output=True, text=True, timeout=patience.seconds(60))
            again = "begin the transaction again" in done.stderr and ";" not in sql
            if not again or time.monotonic() > end:
                break
            time.sleep(0.05)
        check(done.returncode == 0, f"sqlite3 {sql!r}: {done.stderr}")
        return done.stdout.strip()

    def writer(self, node, table, first=1, count=1_000_000, pause_ms=0, shared=0, name=None, environment=None):
        """Starts an application (writer.py) that inserts and notes what was committed; see Writer."""
        acknowledged = self.dir / f"acknowledged-{name or table}-{node.id}-{first}"
        process = subprocess.Popen(
            [PYTHON, str(ROOT / "tests" / "e2e" / "writer.py"), node.path(), str(self.build / "extension" / "murmel.so"),
             table, str(first), str(count), str(pause_ms), str(shared), str(acknowledged)],
            env={**os.environ, **(environment or {})})
        self.children.append(process)
        return Writer(process, acknowledged)

    # -- waits

    def wait(self, condition, seconds=CONVERGE_SECONDS, what="the condition"):
        """Waits until condition() is true; returns its value."""
        limit = patience.seconds(seconds)
        end = time.monotonic() + limit
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                raise Failure(f"{what() if callable(what) else what} did not come within {limit:.0f} s")
            time.sleep(0.02)

    def wait_equal(self, nodes, database="app", seconds=CONVERGE_SECONDS):
        """Waits until all nodes have the same schema and rows; returns them."""
        seen = {}

        def equal():
            for node in nodes:
                seen[node.id] = content(node.path(database))
            return all(value == seen[nodes[0].id] and value is not None for value in seen.values())

        self.wait(equal, seconds, lambda: "equality; " + difference(seen))
        return seen[nodes[0].id]

    def close(self):
        for child in self.children:
            child.kill()
            child.wait()
        for cluster in self.clusters:
            cluster.stop(grace=patience.seconds(2))


class Writer:
    """A running application. `keys` are the primary keys whose transactions were acknowledged to it."""

    def __init__(self, process, acknowledged):
        self.process, self.file = process, acknowledged

    def keys(self):
        return [int(line) for line in self.file.read_text().split("\n")[:-1]] if self.file.exists() else []

    def kill(self):
        self.process.kill()
        self.process.wait()

    def finish(self, seconds=60):
        check(self.process.wait(patience.seconds(seconds)) == 0, "the application failed")


def content(path):
    """table -> (sql, sorted rows) of an application's tables; None while the file can't be read."""
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        connection.text_factory = bytes
        try:
            connection.execute("BEGIN")
            tables = connection.execute(
                f"SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND {OWN_TABLE} ORDER BY name").fetchall()
            return {name.decode(): (sql.decode(), sorted(
                connection.execute(f"SELECT * FROM {quote(name.decode())}").fetchall(), key=repr))
                for name, sql in tables}
        finally:
            connection.close()
    except sqlite3.OperationalError:
        return None


def difference(seen):
    """A short account of what differs between nodes."""
    parts = []
    for node, tables in seen.items():
        parts.append(f"node {node}: " + (", ".join(f"{t} {len(rows)} rows" for t, (_, rows) in tables.items())
                                         if tables is not None else "unreadable"))
    first = next(iter(seen.values())) or {}
    for node, tables in seen.items():
        for table in sorted(set(first) | set(tables or {})):
            mine, theirs = (first.get(table) or ("", []))[1], ((tables or {}).get(table) or ("", []))[1]
            if mine != theirs:
                some = [row for row in mine if row not in theirs][:2] + [row for row in theirs if row not in mine][:2]
                parts.append(f"{table} on node {node} differs, such as {some}")
    return "; ".join(parts)[:2000]
