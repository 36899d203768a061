#!/usr/bin/python3
"""run_quorum.py VARIANT CACHE EXTENSION: applications at QUORUM, with a scripted agent (fake_agent.py) at the socket.

What the application is told, what is in the database, what the agent was asked. VARIANT is a build of sqlite_builds.py, or
"system". Ends with "N passed, N failed"; with 77 when the build of SQLite cannot be had.
"""

import os
import pathlib
import sqlite3
import struct
import sys
import threading
import time
import traceback

import quorum_levels
import sqlite_builds
from fake_agent import (ABORTED, BUSY, COMMITTED, CONFLICT, DECIDED, NODE, REFUSED, UNAVAILABLE, UNKNOWN, VERSION,
                        answer, committed, hang, named, says, sends)
from quorum_scene import Scene

OPEN = True  # after the refusal the transaction is still there


def varints(data):
    numbers, number, shift = [], 0, 0
    for byte in data:
        number |= (byte & 127) << shift
        shift = shift + 7 if byte & 128 else 0
        if not byte & 128:
            numbers.append(number)
            number = 0
    return numbers


def a_decided_transaction_is_written_with_its_place(s):
    s.agent.raise_by = 5
    s.run("INSERT INTO t VALUES(2, 20, 'b')")
    request = s.agent.requests[0]
    assert (request["level"], request["path"], request["version"]) == (2, s.path, VERSION), request
    assert request["seen"] == {0: 1, 1: 7, 9: 2}, request["seen"]
    assert request["indexes"] == [("t", 0, [("u", 1)])], request["indexes"]
    assert 0 < request["timeout_ms"] <= 5000
    row = s.run("SELECT origin, seq, hlc, more, clock, local_seq, depends, payload, ichange FROM __murmel_log"
                " ORDER BY id DESC LIMIT 1")[0]
    hlc = request["hlc"] + 5
    assert row[:6] == (DECIDED, 1, hlc, 0, hlc, 1), row
    assert varints(row[6]) == [1, 7, NODE, 1, 9, 2], varints(row[6])
    assert [row[7]] == request["payloads"]
    assert row[8] is not None
    assert s.run("SELECT seq, hlc FROM __murmel_cursor WHERE origin = ?", DECIDED) == [(1, hlc)]
    assert s.value("SELECT murmel_token()") == f"{NODE}q:1"


def both_ways_of_committing_go_on_from_each_other(s):
    s.run("INSERT INTO t VALUES(2, 20, 'b')")
    s.run("SELECT murmel_consistency('one')")
    s.run("INSERT INTO t VALUES(3, 20, 'c')")
    assert s.value("SELECT murmel_token()") == f"{NODE}:2"
    s.run("SELECT murmel_consistency('quorum')")
    s.run("INSERT INTO t VALUES(4, 20, 'd')")
    assert s.log() == [(0, 1), (DECIDED, 1), (0, 2), (DECIDED, 2)], s.log()
    assert s.agent.requests[1]["seen"] == {0: 2, 1: 7, 9: 2, DECIDED: 1}, s.agent.requests[1]
    stamps = [hlc for hlc, in s.run("SELECT hlc FROM __murmel_log ORDER BY id")]
    assert stamps == sorted(set(stamps)), stamps
    assert s.run("SELECT max(clock), max(local_seq) FROM __murmel_log") == [(stamps[-1], 2)]


def refusals(s):
    """Each outcome: the code, whether the transaction stays open, and nothing in the database."""
    cases = [
        (says(CONFLICT), "SQLITE_BUSY_SNAPSHOT", not OPEN), (says(CONFLICT, 4), "SQLITE_BUSY_SNAPSHOT", not OPEN),
        (says(BUSY, 4), "SQLITE_BUSY_SNAPSHOT", not OPEN), (says(ABORTED, 4), "SQLITE_BUSY_SNAPSHOT", not OPEN),
        (says(UNAVAILABLE), "SQLITE_BUSY", OPEN), (says(REFUSED), "SQLITE_ABORT", not OPEN),
        (says(UNKNOWN), "SQLITE_IOERR_COMMIT_ATOMIC", not OPEN),
        (says(UNKNOWN, 4), "SQLITE_IOERR_COMMIT_ATOMIC", not OPEN),
        # Out of turn, or no answer at all that makes sense.
        (says(COMMITTED, 4), "SQLITE_IOERR_COMMIT_ATOMIC", not OPEN),
        (says(COMMITTED, 1, origin=NODE), "SQLITE_IOERR_COMMIT_ATOMIC", not OPEN),
        (says(7), "SQLITE_IOERR_COMMIT_ATOMIC", not OPEN),
        (sends(b""), "SQLITE_IOERR_COMMIT_ATOMIC", not OPEN),
        (sends(answer(COMMITTED, 1, 1)[:-5]), "SQLITE_IOERR_COMMIT_ATOMIC", not OPEN),
        (sends(b"\xff\xff\xff\x7fgarbage"), "SQLITE_IOERR_COMMIT_ATOMIC", not OPEN),
        (sends(struct.pack("<I", 9) + b"AAAAAAAAA"), "SQLITE_IOERR_COMMIT_ATOMIC", not OPEN),
        (sends(struct.pack("<I", 0)), "SQLITE_IOERR_COMMIT_ATOMIC", not OPEN),
        (named(1, says(CONFLICT, 1)), "SQLITE_BUSY_SNAPSHOT", not OPEN),
        (sends(struct.pack("<IcIq", 13, b"N", DECIDED, 0) * 2), "SQLITE_IOERR_COMMIT_ATOMIC", not OPEN),
        (hang, "SQLITE_IOERR_COMMIT_ATOMIC", not OPEN),
    ]
    s.run("SELECT murmel_consistency('quorum', 100)")
    for number, (reaction, code, stays_open) in enumerate(cases):
        s.agent.script(reaction)
        began = time.monotonic()
        text = s.refused("INSERT INTO t VALUES(2, 20, 'b')", code)
        assert text.startswith("murmel: ") and time.monotonic() - began < 2, (number, text)
        s.run("BEGIN")
        s.run("INSERT INTO t VALUES(2, 20, 'b')")
        s.refused("COMMIT", code)
        assert s.db.in_transaction == stays_open, (number, code)
        if stays_open:
            s.run("ROLLBACK")
        assert s.log() == [(0, 1)] and s.value("SELECT count(*) FROM t") == 1, number
    s.agent.script(committed)
    s.run("INSERT INTO t VALUES(2, 20, 'b')")
    assert s.log() == [(0, 1), (DECIDED, 1)]


def a_busy_cluster_is_asked_again(s):
    s.agent.script(says(BUSY), says(BUSY), committed)
    s.run("INSERT INTO t VALUES(2, 20, 'b')")
    assert len(s.agent.requests) == 3 and s.agent.accepted == 1
    assert s.log() == [(0, 1), (DECIDED, 1)]


def a_busy_cluster_is_not_asked_for_ever(s):
    s.run("SELECT murmel_consistency('quorum', 200)")
    s.agent.script(says(BUSY))
    s.run("BEGIN")
    s.run("INSERT INTO t VALUES(2, 20, 'b')")
    began = time.monotonic()
    s.refused("COMMIT", "SQLITE_BUSY")
    assert 0.05 < time.monotonic() - began < 1
    assert 3 < len(s.agent.requests) < 40, len(s.agent.requests)
    s.agent.script(committed)
    s.run("COMMIT")
    assert s.log() == [(0, 1), (DECIDED, 1)]


def a_refused_transaction_goes_on(s):
    s.agent.script(says(UNAVAILABLE))
    s.run("BEGIN")
    s.run("INSERT INTO t VALUES(2, 20, 'b')")
    s.run("SAVEPOINT one")
    s.run("INSERT INTO t VALUES(3, 30, 'c')")
    s.refused("COMMIT", "SQLITE_BUSY")
    s.run("ROLLBACK TO one")
    s.run("INSERT INTO t VALUES(4, 40, 'd')")
    s.refused("COMMIT", "SQLITE_BUSY")
    s.run("UPDATE t SET v = 41 WHERE id = 4")
    s.agent.script(committed)
    s.run("COMMIT")
    assert s.run("SELECT id, v FROM t") == [(1, 10), (2, 20), (4, 41)]
    payload, = s.agent.requests[0]["payloads"]
    assert b"\x06\x01b" in payload and b"\x06\x01d" in payload and b"\x06\x01c" not in payload, payload
    assert s.log() == [(0, 1), (DECIDED, 1)]


def savepoints_changes_and_rowid(s):
    s.run("SAVEPOINT outer")
    s.run("INSERT INTO t VALUES(20, 20, 'b'), (21, 21, 'c')")
    s.run("SAVEPOINT inner")
    s.run("DELETE FROM t")
    s.run("ROLLBACK TO inner")
    s.run("UPDATE t SET v = v + 1")
    s.run("RELEASE outer")
    assert s.run("SELECT changes(), last_insert_rowid()") == [(3, 21)], s.run("SELECT changes(), last_insert_rowid()")
    s.run("INSERT INTO t VALUES(30, 30, 'd')")
    assert s.run("SELECT changes(), last_insert_rowid()") == [(1, 30)]
    assert s.log() == [(0, 1), (DECIDED, 1), (DECIDED, 2)]


def a_transaction_without_rows_asks_nobody(s):
    s.run("BEGIN")
    s.run("SAVEPOINT one")
    s.run("INSERT INTO t VALUES(2, 20, 'b')")
    s.run("ROLLBACK TO one")
    s.run("COMMIT")
    s.run("UPDATE t SET v = 1 WHERE id = 99")
    assert not s.agent.requests


def nobody_there(s):
    s.agent.stop()
    s.run("BEGIN")
    s.run("INSERT INTO t VALUES(2, 20, 'b')")
    text = s.refused("COMMIT", "SQLITE_BUSY")
    assert "agent is not there" in text, text
    s.run("ROLLBACK")
    s.run("INSERT INTO __murmel_meta VALUES('agent_away', 'async')")
    s.run("SELECT murmel_consistency('quorum')")
    assert s.value("SELECT murmel_consistency()") == "quorum"
    s.db.close()
    s.db = s.connect(s.path)
    s.run("SELECT murmel_consistency('quorum')")
    s.run("INSERT INTO t VALUES(2, 20, 'b')")
    assert s.log() == [(0, 1), (0, 2)], s.log()
    s.agent.start()
    s.run("INSERT INTO t VALUES(3, 30, 'c')")
    assert s.log()[-1] == (DECIDED, 1), s.log()


def an_agent_that_restarts_is_found_again(s):
    s.run("INSERT INTO t VALUES(2, 20, 'b')")
    s.agent.stop()
    s.agent.start()
    s.run("INSERT INTO t VALUES(3, 30, 'c')")
    assert s.agent.accepted == 2 and s.log()[-1] == (DECIDED, 2)


def a_forked_child_has_a_connection_of_its_own(s):
    s.run("INSERT INTO t VALUES(2, 20, 'b')")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            s.run("INSERT INTO t VALUES(3, 30, 'c')")
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert status == 0 and s.agent.accepted == 2, (status, s.agent.accepted)
    s.run("INSERT INTO t VALUES(4, 40, 'd')")
    assert s.agent.accepted == 2 and s.log()[-1] == (DECIDED, 3)


def too_much_at_once(s):
    s.run("BEGIN")
    s.run("WITH n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n LIMIT 10) INSERT INTO t SELECT i, randomblob(1600000), i FROM n")
    s.run("COMMIT")
    assert len(s.agent.requests[0]["payloads"][0]) > 16_000_000
    text = s.refused("INSERT INTO t VALUES(99, randomblob(17000000), 'x')", "SQLITE_TOOBIG")
    assert "16 MiB" in text, text
    assert len(s.agent.requests) == 1
    assert s.log() == [(0, 1), (DECIDED, 1)]


def schema_changes_are_decided_with_their_rows(s):
    s.run("BEGIN")
    s.run("INSERT INTO t VALUES(2, 20, 'b')")
    s.run("CREATE TABLE n(a INTEGER PRIMARY KEY, b, c, UNIQUE(b, c))")
    s.run("INSERT INTO n VALUES(1, 1, 1)")
    s.run("ALTER TABLE t ADD COLUMN w DEFAULT 'w'")
    s.run("COMMIT")
    request, = s.agent.requests
    payload, = request["payloads"]
    assert b"CREATE TABLE n(" in payload and b"w DEFAULT 'w'" in payload, payload
    assert request["indexes"] == [("t", 0, [("u", 1)]), ("n", 0, [("b", 0), ("c", 0)])], request["indexes"]
    assert s.log() == [(0, 1), (DECIDED, 1)], s.log()
    s.run("SELECT murmel_enable()")  # as the agent looks for what is not in the log
    assert s.log() == [(0, 1), (DECIDED, 1)], s.log()
    s.run("INSERT INTO n VALUES(2, 2, 2)")
    assert len(s.agent.requests) == 2 and b"CREATE" not in s.agent.requests[1]["payloads"][0]


def schema_changes_are_decided_where_rows_are_not(s):
    s.run("INSERT INTO __murmel_meta VALUES('schema_changes', 'quorum')")
    s.run("SELECT murmel_consistency('default')")
    s.run("INSERT INTO t VALUES(2, 20, 'b')")
    assert s.value("SELECT murmel_consistency()") == "one" and not s.agent.requests
    time.sleep(1.1)  # settings are read once a second
    for sql in ("CREATE TABLE n(a)", " -- of an index\n /* and so on */ create index i ON n(a)",
                "ALTER TABLE n ADD COLUMN b", "DROP INDEX i", "CREATE VIEW v AS SELECT a FROM n",
                "CREATE TABLE copied AS SELECT id, v FROM t", "DROP TABLE n"):
        s.run(sql)
        assert len(s.agent.requests) == 1, (sql, s.agent.requests)
        assert s.log()[-1][0] == DECIDED, s.log()
        s.agent.requests.clear()
    s.run("CREATE TEMP TABLE only_here(a)")
    s.run("CREATE TABLE IF NOT EXISTS copied(a)")
    s.run("DROP TABLE IF EXISTS n")
    s.run("INSERT INTO t VALUES(3, 20, 'c')")
    s.db.executescript("BEGIN; CREATE TABLE taken_back(a); ROLLBACK")
    assert not s.agent.requests and s.log()[-1] == (0, 3), (s.agent.requests, s.log())
    log = s.log()
    s.run("SELECT murmel_enable()")
    assert s.log() == log, "something was not in the log"
    s.run("SELECT murmel_consistency('one')")  # who says so changes the schema at ONE
    s.db.executescript("BEGIN; CREATE TABLE at_one(a); INSERT INTO at_one VALUES(1); COMMIT")
    assert not s.agent.requests and s.log()[-1][0] == 0, s.log()


def a_refused_schema_change_is_not_made(s):
    s.run("INSERT INTO __murmel_meta VALUES('schema_changes', 'quorum')")
    s.run("SELECT murmel_consistency('default')")
    s.agent.script(says(CONFLICT), says(UNAVAILABLE), committed)
    text = s.refused("CREATE TABLE n(a)", "SQLITE_BUSY_SNAPSHOT")
    assert "as scripted" in text, text
    assert s.value("SELECT count(*) FROM sqlite_master WHERE name = 'n'") == 0 and s.log() == [(0, 1)]
    s.run("BEGIN")
    s.run("CREATE TABLE n(a)")
    s.run("INSERT INTO n VALUES(1)")
    s.refused("COMMIT", "SQLITE_BUSY")
    if s.db.in_transaction:
        s.run("ROLLBACK")
    s.run("CREATE TABLE n(a)")
    assert s.log() == [(0, 1), (DECIDED, 1)], s.log()
    s.run("UPDATE __murmel_meta SET value = '/nowhere' WHERE key = 'commit'")
    s.db = s.connect(s.path)
    s.refused("DROP TABLE n", "SQLITE_BUSY")  # nobody to ask
    assert s.value("SELECT count(*) FROM n") == 0


def a_schema_change_of_others_is_decided_along(s):
    """Made without the extension, and not in the log yet."""
    sqlite3.connect(s.path, isolation_level=None).execute("CREATE TABLE n(a)")
    s.run("INSERT INTO t VALUES(2, 20, 'b')")
    assert b"CREATE TABLE n(" in s.agent.requests[0]["payloads"][0]
    assert s.log() == [(0, 1), (DECIDED, 1)], s.log()


def a_statement_that_begins_anew_is_refused_once(s):
    """Others have changed the schema since this connection looked: inside SQLite the statement starts twice."""
    s.value("SELECT count(*) FROM t")
    sqlite3.connect(s.path, isolation_level=None).execute("CREATE TABLE n(a)")
    try:
        s.run("CREATE TABLE m(a)")
    except sqlite3.IntegrityError:
        assert s.value("SELECT count(*) FROM sqlite_master WHERE name = 'm'") == 0
        s.run("CREATE TABLE m(a)")
    assert len(s.agent.requests) == 1 and s.log() == [(0, 1), (DECIDED, 1)], s.log()


def unique_indexes_are_told_as_they_are(s):
    s.db.create_collation("fold", lambda a, b: (a.lower() > b.lower()) - (a.lower() < b.lower()))
    s.run("SELECT murmel_consistency('one')")
    s.run("BEGIN")
    s.run("CREATE TABLE w(a, b TEXT COLLATE RTRIM, c, PRIMARY KEY(b, a), UNIQUE(c, b)) WITHOUT ROWID")
    s.run("CREATE UNIQUE INDEX w1 ON w(c) WHERE a > 1")
    s.run("CREATE UNIQUE INDEX w2 ON w(a, lower(b))")
    s.run("CREATE INDEX w3 ON w(a)")
    s.run("CREATE UNIQUE INDEX w4 ON w(c, b COLLATE fold)")
    s.run("INSERT INTO w VALUES(1, 'b', 3)")
    s.run("COMMIT")
    s.run("SELECT murmel_enable()")
    s.run("SELECT murmel_consistency('quorum')")
    s.run("INSERT INTO w VALUES(2, 'b', 4)")
    told = sorted(s.agent.requests[0]["indexes"], key=str)
    assert told == [("t", 0, [("u", 1)]), ("w", 0, [("c", 0), ("b", "fold")]), ("w", 0, [("c", 0), ("b", 2)]),
                    ("w", 1, [("a", 0), ("", 0)]), ("w", 1, [("c", 0)])], told


def foreign_keys_are_told_while_they_are_looked_at(s):
    s.run("SELECT murmel_consistency('one')")
    s.run("BEGIN")
    s.run("CREATE TABLE p(id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE, b, UNIQUE(a, b))")
    s.run("CREATE TABLE c(id INTEGER PRIMARY KEY, p INT REFERENCES p, x TEXT, y, w TEXT REFERENCES p(id), FOREIGN KEY(x, y) REFERENCES p(a, b))")
    s.run("COMMIT")
    s.run("SELECT murmel_enable()")
    s.run("SELECT murmel_consistency('quorum')")
    s.run("INSERT INTO p VALUES(1, 'a', 1)")
    assert s.agent.requests[0]["foreign_keys"] == [], s.agent.requests[0]["foreign_keys"]
    s.run("PRAGMA foreign_keys = ON")
    s.run("INSERT INTO p VALUES(2, 'b', 2)")
    # A text that refers to a number can't be compared by its bytes.
    told = sorted(s.agent.requests[1]["foreign_keys"], key=str)
    assert told == [("c", "p", 0, [("p", ("id", 0))]), ("c", "p", 0, [("x", ("a", 1)), ("y", ("b", 0))]),
                    ("c", "p", 1, [("w", ("id", 0))])], told


def two_databases_are_not_decided(s):
    if not s.by_hook:
        return
    s.run(f"ATTACH '{s.folder.name}/two.db' AS two")
    s.run("PRAGMA two.journal_mode=WAL")
    s.run("CREATE TABLE two.x(id INTEGER PRIMARY KEY)")
    s.run("SELECT murmel_consistency('one')")
    s.enable("two")
    s.run("SELECT murmel_consistency('quorum')")
    s.run("BEGIN")
    s.run("INSERT INTO t VALUES(2, 20, 'b')")
    s.run("INSERT INTO two.x VALUES(1)")
    assert "several" in s.refused("COMMIT", "SQLITE_ABORT")
    s.run("INSERT INTO two.x VALUES(1)")
    assert s.agent.requests[0]["path"].endswith("/two.db")
    assert s.value("SELECT murmel_token('two')") == f"{NODE}q:1" and s.log() == [(0, 1)]


def what_is_decided_stays_decided(s):
    """The database is full at the last moment: the application learns that the agent will write it."""
    if not s.by_hook:  # the pages of the rows that triggers wrote are free again
        return
    s.run("SELECT murmel_consistency('one')")
    s.run("CREATE TABLE fill(x)")
    s.run("INSERT INTO t VALUES(2, 20, 'b')")
    s.run("SELECT murmel_consistency('quorum')")
    s.run("BEGIN")
    s.run("UPDATE t SET v = randomblob(9000) WHERE id = 2")
    s.run(f"PRAGMA max_page_count = {s.value('PRAGMA page_count')}")
    text = s.refused("COMMIT", "SQLITE_IOERR_COMMIT_ATOMIC")
    assert f"transaction {NODE}q:1 is committed" in text, text
    assert not s.db.in_transaction and s.log()[-1][0] == 0
    s.agent.script(says(COMMITTED, 1))
    assert s.value("SELECT murmel_txn_status()") == "committed"


def rows_of_others_come_first(s):
    """Rows that triggers recorded for a writer without the extension have to be a record before anything is decided."""
    s.run("UPDATE __murmel_meta SET value = 'capture' WHERE key = 'out_of_band'")
    s.run("INSERT OR IGNORE INTO __murmel_meta VALUES('out_of_band', 'capture')")
    s.run("SELECT murmel_enable()")
    other = sqlite3.connect(s.path, isolation_level=None)
    other.execute("INSERT INTO t VALUES(2, 20, 'b')")
    before = s.log()
    s.refused("INSERT INTO t VALUES(3, 30, 'c')", "SQLITE_BUSY_SNAPSHOT")
    assert not s.agent.requests and s.log() == before
    s.run("SELECT murmel_enable()")  # as the agent does
    s.run("INSERT INTO t VALUES(3, 30, 'c')")
    assert s.log()[len(before):] == [(0, 2), (DECIDED, 1)], s.log()
    assert len(s.agent.requests[0]["payloads"][0]) < 120  # its own row, once


def query_only_within_the_transaction(s):
    s.run("BEGIN")
    s.run("INSERT INTO t VALUES(2, 20, 'b')")
    s.run("PRAGMA query_only=1")
    s.run("COMMIT")
    assert s.log() == [(0, 1), (DECIDED, 1)] and len(s.agent.requests) == 1
    assert s.value("PRAGMA query_only") == 1


def a_transaction_has_an_id_as_soon_as_others_hear_of_it(s):
    """However the agent ends after that, the application can ask what has become of it."""
    s.run("SELECT murmel_consistency('quorum', 100)")
    for ends in (sends(b""), sends(b"\xff\xff\xff\x7fgarbage"), sends(answer(COMMITTED, 1, 1)[:-5]), says(UNKNOWN), hang):
        s.agent.script(named(1, ends))
        text = s.refused("INSERT INTO t VALUES(2, 20, 'b')", "SQLITE_IOERR_COMMIT_ATOMIC")
        assert f"murmel_txn_status('{NODE}q:1')" in text, text
        s.agent.script(says(ABORTED, 1))
        assert s.value("SELECT murmel_txn_status()") == "aborted"
        assert s.agent.requests[-1]["seq"] == 1
    s.agent.script(named(1, committed))
    s.run("INSERT INTO t VALUES(2, 20, 'b')")
    assert s.log() == [(0, 1), (DECIDED, 1)]


def outcomes_can_be_asked_for(s):
    assert s.value("SELECT murmel_txn_status()") is None
    s.agent.script(says(UNKNOWN, 12))
    text = s.refused("INSERT INTO t VALUES(2, 20, 'b')", "SQLITE_IOERR_COMMIT_ATOMIC")
    assert f"murmel_txn_status('{NODE}q:12')" in text, text
    for outcome, name in ((COMMITTED, "committed"), (ABORTED, "aborted"), (UNKNOWN, "unknown")):
        s.agent.script(says(outcome, 12))
        assert s.value(f"SELECT murmel_txn_status('{NODE}q:12')") == name
        assert s.value("SELECT murmel_txn_status()") == name
        asked = s.agent.requests[-1]
        assert (asked["kind"], asked["origin"], asked["seq"], asked["path"]) == ("status", DECIDED, 12, s.path), asked
    for wrong in ("'3:12'", "'q'", "NULL", "'3q:0'", "'3q:1,'"):
        s.refused(f"SELECT murmel_txn_status({wrong})", "SQLITE_ERROR")
    s.agent.stop()
    s.refused("SELECT murmel_txn_status('3q:12')", "SQLITE_BUSY")
    s.agent.start()


def tokens_are_waited_for(s):
    token = s.value("SELECT murmel_token()")
    assert token == f"{NODE}:1", token
    assert s.value("SELECT murmel_wait_for(?)", token) == 1
    assert s.value("SELECT murmel_wait_for(?, 50)", f"{NODE}:1,1:7,9:2") == 1
    assert s.value("SELECT murmel_wait_for(NULL)") == 1
    assert "not here yet" in s.refused("SELECT murmel_wait_for('1q:1', 30)", "SQLITE_BUSY")
    for wrong in ("''x", "1", "1:", "1q:0", "1:1;", "99999999999:1"):
        s.refused(f"SELECT murmel_wait_for('{wrong}', 30)".replace("''x", "x"), "SQLITE_ERROR")

    def arrive():
        time.sleep(0.1)
        other = sqlite3.connect(s.path, isolation_level=None)
        other.execute("INSERT INTO __murmel_cursor VALUES(?, 5, 5)", (0x80000001,))

    threading.Thread(target=arrive).start()
    assert s.value("SELECT murmel_wait_for('1q:5,1:3')") == 1
    s.run("BEGIN")
    s.run("SELECT * FROM t")
    assert "before BEGIN" in s.refused("SELECT murmel_wait_for('1q:6')", "SQLITE_BUSY")
    assert s.value("SELECT murmel_wait_for('1q:5')") == 1
    s.run("COMMIT")


def reads_at_quorum_wait_for_what_was_committed(s):
    s.agent.script(lambda agent, request, connection: connection.sendall(
        answer(COMMITTED, positions=[(1, 7), (NODE, 1), (0x80000009, 4)])) or True)
    assert "not here yet" in s.refused("SELECT murmel_wait_for('quorum', 50)", "SQLITE_BUSY")
    asked = s.agent.requests[0]
    assert 1 <= asked.pop("timeout_ms") <= 50 and asked == {"kind": "read", "version": VERSION, "path": s.path,
                                                            "hold_back_ms": 0}, asked
    s.run("INSERT INTO __murmel_cursor VALUES(?, 4, 5)", 0x80000009)
    assert s.value("SELECT murmel_wait_for('quorum')") == 1
    s.agent.script(says(UNAVAILABLE))
    assert "as scripted" in s.refused("SELECT murmel_wait_for('quorum')", "SQLITE_BUSY")


def a_transaction_is_told_whether_it_sees_all_that_is_decided(s):
    s.agent.script(lambda agent, request, connection: connection.sendall(answer(COMMITTED, positions=[(0x80000009, 4)])) or True)
    assert "BEGIN first" in s.refused("SELECT murmel_sees('quorum')", "SQLITE_ERROR")
    assert not s.agent.requests
    s.run("BEGIN")
    assert s.value("SELECT murmel_sees('quorum')") == 0
    other = s.connect(s.path)
    other.execute("INSERT INTO __murmel_cursor VALUES(?, 4, 5)", (0x80000009,))
    assert s.value("SELECT murmel_sees('quorum', 500, 25)") == 0, "the snapshot is older than the question"
    assert [asked["hold_back_ms"] for asked in s.agent.requests] == [0, 25]
    s.run("COMMIT")
    s.run("BEGIN")
    assert s.value("SELECT murmel_sees('quorum')") == 1
    s.run("COMMIT")


def others_wait_for_the_lock_no_longer_than_the_decision(s):
    def slow(agent, request, connection):
        time.sleep(0.2)
        return committed(agent, request, connection)
    s.agent.script(slow)
    other = s.connect(s.path)
    writer = threading.Thread(target=lambda: s.run("INSERT INTO t VALUES(2, 20, 'b')"))
    writer.start()
    time.sleep(0.05)
    other.execute("PRAGMA busy_timeout=3000")
    assert other.execute("SELECT count(*) FROM t").fetchall() == [(1,)]  # readers don't wait
    other.execute("INSERT INTO t VALUES(3, 30, 'c')")
    writer.join()
    assert s.log() == [(0, 1), (DECIDED, 1), (0, 2)], s.log()


CASES = [a_decided_transaction_is_written_with_its_place, both_ways_of_committing_go_on_from_each_other,
         *quorum_levels.CASES, refusals, a_busy_cluster_is_asked_again, a_busy_cluster_is_not_asked_for_ever,
         a_refused_transaction_goes_on, savepoints_changes_and_rowid,
         a_transaction_without_rows_asks_nobody, nobody_there, an_agent_that_restarts_is_found_again,
         a_forked_child_has_a_connection_of_its_own, too_much_at_once, schema_changes_are_decided_with_their_rows,
         schema_changes_are_decided_where_rows_are_not, a_refused_schema_change_is_not_made,
         a_schema_change_of_others_is_decided_along, a_statement_that_begins_anew_is_refused_once,
         unique_indexes_are_told_as_they_are, foreign_keys_are_told_while_they_are_looked_at, two_databases_are_not_decided, what_is_decided_stays_decided,
         rows_of_others_come_first, query_only_within_the_transaction,
         a_transaction_has_an_id_as_soon_as_others_hear_of_it, outcomes_can_be_asked_for, tokens_are_waited_for,
         reads_at_quorum_wait_for_what_was_committed, a_transaction_is_told_whether_it_sees_all_that_is_decided,
         others_wait_for_the_lock_no_longer_than_the_decision]


def main():
    variant, cache, extension = sys.argv[1:4]
    only = sys.argv[4:]
    if variant != "system":
        try:
            folder = sqlite_builds.library_folder(variant, pathlib.Path(cache))
        except sqlite_builds.Unavailable as reason:
            print(f"skipped: {variant}: {reason}")
            return 77
        os.execve(sys.executable, [sys.executable, __file__, "system", cache, extension, *only],
                  os.environ | {"LD_LIBRARY_PATH": str(folder)})
    failed = 0
    chosen = [case for case in CASES if not only or case.__name__ in only]
    for case in chosen:
        scene = Scene(extension)
        try:
            case(scene)
        except Exception:  # each case is to be seen, whatever happened to the one before
            failed += 1
            print(f"FAILED {case.__name__}")
            traceback.print_exc(limit=-3)
        scene.close()
    print(f"{len(chosen) - failed} passed, {failed} failed (SQLite {sqlite3.sqlite_version})")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
