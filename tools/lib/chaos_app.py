"""An application of tools/chaos: a program that knows SQLite, the extension and its workloads, and notes all it does.

    chaos_app.py JSON     {"database", "extension", "history", "stop", "name", "node", "number", "seed", "origin",
                           "level", "streams", "plant"}

It ends when the file `stop` exists, or when it is killed. `number` is unique among all applications of the run, `origin`
the monotonic time at which the run began. At level ONE it writes the stream of its node and reads those of others. With
`plant` it says QUORUM and commits at ONE, which the checkers must notice.
"""
import json
import os
import random
import re
import sqlite3
import sys
import time

import chaos_workloads as workloads
from chaos_history import FAILED, OK, REFUSED, UNKNOWN, Recorder

BUSY, ABORT, CONSTRAINT, TOO_BIG = 5, 4, 19, 18
BUSY_SNAPSHOT = 517  # begin again
SURE = (BUSY, ABORT, CONSTRAINT, TOO_BIG)  # COMMIT says with these that the transaction did not and will not happen
SLOT = re.compile(r"transaction (\d+q:\d+)")
PAUSE_SECONDS = 0.004
REFUSED_SECONDS = 0.05
SCHEMA_PAUSE_SECONDS = 1
SCHEMA_SECONDS = 3  # so long a schema change begins again when it is told to
FRESH_SHARE = 0.3  # of the transactions that only read: after murmel_wait_for('quorum')
ALL_SHARE = 0.02
ASK_SECONDS = 1.5
SERIALIZABLE_HOLDS_MS = (25, 50, 100, 200, 400)
WAITS_MS = (300, 1000, 3000)


class Application:
    def __init__(self, options):
        self.options = options
        self.chance = random.Random(f"{options['seed']} {options['name']}")
        self.recorder = Recorder(options["history"], options["name"], options["node"])
        self.unique_count = 0
        self.connection = None
        self.again = False

    def unique(self):
        self.unique_count += 1
        return self.options["number"] * 1_000_000 + self.unique_count

    def now(self):
        return time.monotonic() - self.options["origin"]

    def sql(self, text, *values):
        return self.connection.execute(text, values).fetchall()

    def open(self):
        self.connection = sqlite3.connect(self.options["database"], isolation_level=None, timeout=2)
        self.connection.execute("PRAGMA synchronous=NORMAL")
        self.connection.execute("PRAGMA foreign_keys=ON")
        self.connection.enable_load_extension(True)
        self.connection.load_extension(self.options["extension"])
        self.wait_ms = self.chance.choice(WAITS_MS)

    def transaction(self, work, level, body, write, want=None):
        """Runs one and notes what became of it. `body` returns (reads, writes)."""
        noted, fresh, self.again = False, None, False
        begin = self.now()
        try:
            if not write and level == "quorum" and self.chance.random() < FRESH_SHARE:
                self.sql("SELECT murmel_wait_for('quorum', ?)", self.wait_ms)
                fresh, begin = begin, self.now()
            if (work, write) in workloads.SERIALIZABLE:
                self.begin_serializable()
            else:
                self.sql("BEGIN IMMEDIATE" if write else "BEGIN")
            reads, writes = body(self.sql)
            self.recorder.begun({"work": work, "level": level, "begin": begin, "fresh": fresh, "reads": reads,
                                 "writes": writes, "want": want})
            noted = True
            self.sql("COMMIT")
            self.recorder.ended(self.now(), OK)
            return True
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0)
            slot = SLOT.search(str(error))
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            if not noted:
                self.recorder.begun({"work": work, "level": level, "begin": begin, "fresh": fresh, "reads": {},
                                     "writes": [], "want": want})
            self.again = code == BUSY_SNAPSHOT
            result = REFUSED if not noted else FAILED if code & 0xff in SURE else UNKNOWN
            self.recorder.ended(self.now(), result, f"{code} {error}", slot and slot.group(1))
            if result == UNKNOWN and slot:
                self.recorder.asked(self.ask(slot.group(1)))
            return False

    def begin_serializable(self):
        """A transaction that reads between all that is decided before and all that is decided after."""
        for hold_back_ms in (0, 0, *SERIALIZABLE_HOLDS_MS):
            self.sql("BEGIN")
            if self.sql("SELECT murmel_sees('quorum', ?, ?)", self.wait_ms, hold_back_ms)[0][0]:
                return
            self.sql("ROLLBACK")
            self.sql("SELECT murmel_wait_for('quorum', ?)", self.wait_ms)
        raise sqlite3.OperationalError("others are decided all the time")

    def ask(self, slot):
        """What has become of a transaction; `unknown` if that can't be told within ASK_SECONDS."""
        end, said = self.now() + ASK_SECONDS, "unknown"
        while said == "unknown" and self.now() < end:
            time.sleep(0.05)
            try:
                said = self.sql("SELECT murmel_txn_status(?)", slot)[0][0]
            except sqlite3.Error:  # the agent is away
                pass
        return said

    def quorum_step(self):
        (work, write), = self.chance.choices(list(workloads.QUORUM_MIX), workloads.QUORUM_MIX.values())
        level = "all" if write and self.chance.random() < ALL_SHARE else "quorum"
        self.sql("SELECT murmel_consistency(?, ?)", "one" if self.options["plant"] else level, self.wait_ms)
        now = self.now()
        return self.transaction(work, level, lambda sql: workloads.QUORUM[work](
            sql, self.chance, self.unique, now, write), write)

    def one_step(self):
        self.sql("SELECT murmel_consistency('one')")
        kind = self.chance.choice(("write", "write", "read", "hot"))
        if kind == "hot":
            return self.transaction("hot", "one", lambda sql: workloads.hot(sql, self.chance, self.unique, 0, True), True)
        if kind == "write":
            return self.transaction("stream", "one",
                                    lambda sql: workloads.stream_write(sql, self.options["node"]), True)
        stream = self.chance.choice(self.options["streams"])
        return self.transaction("stream", "one", lambda sql: workloads.stream_read(sql, stream), False)

    def schema_step(self):
        self.sql("SELECT murmel_consistency(?, ?)", "one" if self.options["plant"] else "quorum", self.wait_ms)
        time.sleep(self.chance.uniform(0.2, 2 * SCHEMA_PAUSE_SECONDS))
        work, want = self.chance.choice(list(workloads.SCHEMA)), self.unique()
        end = self.now() + SCHEMA_SECONDS
        while not self.transaction(work, "quorum", lambda sql, now=self.now(): workloads.SCHEMA[work](
                sql, self.chance, self.unique, now, True), True, want):
            if not self.again or self.now() > end:
                return False
        return True

    def step(self):
        """One transaction; whether it was good."""
        try:
            if not self.connection:
                self.open()
            return {"one": self.one_step, "quorum": self.quorum_step, "schema": self.schema_step}[self.options["level"]]()
        except sqlite3.Error as error:  # before there was a transaction: the disk is full, or the file is busy
            self.nothing_began(error)
            return False

    def nothing_began(self, error):
        self.recorder.begun({"work": "open", "level": "one", "begin": self.now(), "reads": {}, "writes": []})
        self.recorder.ended(self.now(), REFUSED, str(error))

    def run(self):
        while not os.path.exists(self.options["stop"]):
            good = self.step()
            time.sleep(self.chance.uniform(0, 2 * PAUSE_SECONDS) if good else self.chance.uniform(0, REFUSED_SECONDS))


if __name__ == "__main__":
    Application(json.loads(sys.argv[1])).run()
