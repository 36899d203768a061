"""A replicated database with one application and a scripted agent, for run_quorum.py."""

import os
import sqlite3
import tempfile

from fake_agent import NODE, FakeAgent


class Scene:
    """A replicated database, an application and an agent."""

    def __init__(self, extension):
        self.folder = tempfile.TemporaryDirectory()
        self.extension = extension
        self.path = os.path.realpath(self.folder.name) + "/app.db"
        self.agent = FakeAgent(self.folder.name + "/commit")
        self.db = self.connect(self.path)
        # Without the hook, triggers capture: only of main, and of a table once they were made for it.
        self.by_hook = self.value("SELECT sqlite_compileoption_used('ENABLE_PREUPDATE_HOOK')") == 1
        self.run("PRAGMA journal_mode=WAL")
        self.run("CREATE TABLE t(id INTEGER PRIMARY KEY, v, u TEXT UNIQUE COLLATE NOCASE)")
        self.enable("main")
        self.run("INSERT INTO t VALUES(1, 10, 'a')")
        self.run("SELECT murmel_consistency('quorum')")

    def connect(self, path):
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        db.enable_load_extension(True)
        db.load_extension(self.extension)
        return db

    def enable(self, schema):
        self.run(f"SELECT murmel_enable('{schema}')")
        self.run(f"INSERT INTO {schema}.__murmel_meta VALUES('node', '{NODE}'), ('commit', '{self.agent.path}')")
        # As an agent of some age: other nodes' records are here.
        self.run(f"INSERT INTO {schema}.__murmel_cursor VALUES(1, 7, 5), (9, 2, 5)")

    def run(self, sql, *arguments):
        return self.db.execute(sql, arguments).fetchall()

    def value(self, sql, *arguments):
        return self.run(sql, *arguments)[0][0]

    def log(self):
        return self.run("SELECT origin, seq FROM __murmel_log ORDER BY id")

    def refused(self, sql, code):
        """The sentence with which `sql` was refused."""
        try:
            self.run(sql)
        except sqlite3.Error as error:
            assert error.sqlite_errorname == code, f"{error.sqlite_errorname}: {error}"
            return str(error)
        raise AssertionError("it went through")

    def close(self):
        self.db.close()
        self.agent.stop()
        self.folder.cleanup()
