"""At which level a transaction is committed: the transaction's, the connection's, the database's; cases of run_quorum.py."""

import sqlite3
import time

from fake_agent import CONFLICT, DECIDED, UNAVAILABLE, says


def levels_are_chosen_and_taken_back(s):
    assert s.value("SELECT murmel_consistency()") == "quorum"
    assert s.value("SELECT murmel_consistency('ALL', 700)") == "all"
    s.run("INSERT INTO t VALUES(2, 20, 'b')")
    assert s.agent.requests[0]["level"] == 3 and s.agent.requests[0]["timeout_ms"] <= 700, s.agent.requests
    assert s.value("SELECT murmel_consistency('default')") == "one"
    s.run("INSERT INTO t VALUES(3, 30, 'c')")
    s.run("INSERT INTO __murmel_meta VALUES('consistency', 'quorum')")
    assert s.value("SELECT murmel_consistency()") == "quorum"
    other = s.connect(s.path)
    other.execute("INSERT INTO t VALUES(4, 40, 'd')")
    assert len(s.agent.requests) == 2
    other.execute("SELECT murmel_consistency('one')").fetchall()
    other.execute("INSERT INTO t VALUES(5, 50, 'e')")
    assert s.log()[-3:] == [(0, 2), (DECIDED, 2), (0, 3)], s.log()
    for name, number in (("two", 4), ("Three", 5)):
        assert s.value(f"SELECT murmel_consistency('{name}')") == name.lower()
        s.run("INSERT INTO t(v) VALUES(60)")
        assert s.agent.requests[-1]["level"] == number, s.agent.requests[-1]
    for wrong in ("'four'", "NULL", "'quorum', 0", "'quorum', 'soon'"):
        s.refused(f"SELECT murmel_consistency({wrong})", "SQLITE_ERROR")


def a_transaction_has_a_level_of_its_own(s):
    """Whatever the connection chose, until its end, however it ends; also if it writes nothing."""
    s.run("SELECT murmel_consistency('one')")
    ends = [("COMMIT",), ("ROLLBACK",), ("SAVEPOINT a", "SELECT murmel_transaction_consistency('all')", "ROLLBACK TO a", "COMMIT")]
    for number, end in enumerate(ends):
        for writes in (True, False):
            s.agent.requests.clear()
            s.run("BEGIN")
            if writes:
                s.run("INSERT INTO t(v) VALUES(1)")
            assert s.value("SELECT murmel_transaction_consistency('all', 700)") == "all"
            assert s.value("SELECT murmel_consistency()") == "all"
            for sql in end:
                s.run(sql)
            expected = [3] if writes and end[-1] == "COMMIT" else []
            assert [request["level"] for request in s.agent.requests] == expected, (number, writes)
            assert all(request["timeout_ms"] <= 700 for request in s.agent.requests)
            assert s.value("SELECT murmel_consistency()") == "one"
            s.run("INSERT INTO t(v) VALUES(2)")
            assert len(s.agent.requests) == len(expected), (number, writes)


def a_transaction_can_ask_for_less(s):
    s.run("BEGIN")
    assert s.value("SELECT murmel_transaction_consistency('one')") == "one"
    s.run("INSERT INTO t(v) VALUES(1)")
    s.run("SAVEPOINT a")
    s.run("INSERT INTO t(v) VALUES(2)")
    s.run("RELEASE a")
    s.run("COMMIT")
    assert not s.agent.requests and s.log() == [(0, 1), (0, 2)], s.log()
    s.run("INSERT INTO t(v) VALUES(3)")
    assert s.log()[-1] == (DECIDED, 1), s.log()
    s.run("BEGIN")
    s.run("SELECT murmel_transaction_consistency('one')")
    assert s.value("SELECT murmel_transaction_consistency('default')") == "quorum"
    s.run("INSERT INTO t(v) VALUES(4)")
    s.run("COMMIT")
    assert s.log()[-1] == (DECIDED, 2), s.log()


def the_level_of_a_transaction_stays_while_it_is_open(s):
    """A refused COMMIT leaves it open; what rolls it back ends the level, too."""
    s.run("SELECT murmel_consistency('one')")
    for outcome, stays_open in ((UNAVAILABLE, True), (CONFLICT, False)):
        s.agent.script(says(outcome), says(outcome))
        s.run("BEGIN")
        s.run("INSERT INTO t(v) VALUES(1)")
        s.run("SELECT murmel_transaction_consistency('two')")
        s.refused("COMMIT", "SQLITE_BUSY" if stays_open else "SQLITE_BUSY_SNAPSHOT")
        assert s.value("SELECT murmel_consistency()") == ("two" if stays_open else "one")
        if stays_open:
            s.refused("COMMIT", "SQLITE_BUSY")
            s.run("ROLLBACK")
    s.agent.requests.clear()
    s.run("INSERT INTO t(v) VALUES(2)")
    assert not s.agent.requests


def a_level_of_a_transaction_needs_one(s):
    assert "BEGIN first" in s.refused("SELECT murmel_transaction_consistency('all')", "SQLITE_ERROR")
    s.run("BEGIN")
    for wrong in ("'four'", "NULL", "'quorum', 0"):
        s.refused(f"SELECT murmel_transaction_consistency({wrong})", "SQLITE_ERROR")
    s.run("COMMIT")
    other = s.connect(s.path)
    other.execute("BEGIN IMMEDIATE")
    s.run("PRAGMA busy_timeout = 0")
    s.run("BEGIN")
    s.refused("SELECT murmel_transaction_consistency('all')", "SQLITE_BUSY")
    assert s.value("SELECT murmel_consistency()") == "quorum"
    s.run("ROLLBACK")
    other.execute("ROLLBACK")
    s.run("INSERT INTO t(v) VALUES(2)")
    assert s.agent.requests[-1]["level"] == 2


def what_changes_no_database_of_ours_leaves_the_level_alone(s):
    s.run("CREATE TEMP TABLE scratch(a)")
    s.run("INSERT INTO t(v) VALUES(1)")
    assert s.log()[-1] == (DECIDED, 1), s.log()
    if not s.by_hook:
        return
    s.run(f"ATTACH '{s.folder.name}/two.db' AS two")
    s.run("PRAGMA two.journal_mode=WAL")
    s.run("CREATE TABLE two.x(id INTEGER PRIMARY KEY)")
    s.run("INSERT INTO t(v) VALUES(2)")
    assert s.log()[-1] == (DECIDED, 2), s.log()
    s.run("SELECT murmel_consistency('default')")
    s.enable("two")
    s.run("INSERT INTO two.__murmel_meta VALUES('consistency', 'quorum')")
    for number in (1, 2, 3):  # main's default is ONE
        s.run("INSERT INTO t(v) VALUES(3)")
        s.run("INSERT INTO two.x(id) VALUES(NULL)")
        assert s.value("SELECT count(*) FROM two.__murmel_log WHERE origin = ?", DECIDED) == number
        assert s.log()[-1] == (0, number + 1), s.log()


def a_changed_default_is_noticed(s):
    s.run("SELECT murmel_consistency('default')")
    s.run("INSERT INTO t VALUES(2, 20, 'b')")
    time.sleep(1.1)  # as often as settings are read
    other = sqlite3.connect(s.path)
    other.execute("INSERT INTO __murmel_meta VALUES('consistency', 'quorum')")
    other.commit()
    s.run("INSERT INTO t VALUES(3, 30, 'c')")
    assert s.log()[-2:] == [(0, 2), (DECIDED, 1)], s.log()


CASES = [levels_are_chosen_and_taken_back,
         a_transaction_has_a_level_of_its_own,
         a_transaction_can_ask_for_less,
         the_level_of_a_transaction_stays_while_it_is_open,
         a_level_of_a_transaction_needs_one,
         what_changes_no_database_of_ours_leaves_the_level_alone,
         a_changed_default_is_noticed]
