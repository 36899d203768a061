"""Foreign keys at QUORUM: nobody takes a parent away while somebody else gives it a child."""
import sqlite3

from harness import check, insist
from test_mysql_concurrent import BEGIN_AGAIN, all_at_once, one_value, refused, session

QUORUM = {"cluster": {"consistency": "quorum"}}
ORPHANS = "SELECT count(*) FROM child LEFT JOIN parent ON parent.id = child.parent WHERE parent.id IS NULL AND child.parent IS NOT NULL"


def family(env):
    """Three nodes, with parents 1 to 9."""
    cluster = env.cluster(3, mysql=True, extra=QUORUM)
    cursor = session(cluster).cursor()
    cursor.execute("CREATE TABLE parent(id INT PRIMARY KEY, code INT UNIQUE, v INT NOT NULL DEFAULT 0)")
    cursor.execute("CREATE TABLE child(id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES parent(id))")
    cursor.execute("INSERT INTO parent (id, code) VALUES " + ", ".join(f"({i}, {i})" for i in range(1, 10)))
    env.wait_equal(cluster.nodes)
    return cluster


def test_a_parent_is_not_taken_away_from_a_child_that_another_node_adds(env):
    cluster = family(env)
    first, second = session(cluster, 1), session(cluster, 2)
    one, two = first.cursor(), second.cursor()

    def at_once(here, there):
        """Both on snapshots that have nothing of each other; what the second one is told."""
        for cursor in (one, two):
            cursor.execute("BEGIN")
            one_value(cursor, "SELECT count(*) FROM child")
        one.execute(here)
        two.execute(there)
        first.commit()
        answer = refused(two, "COMMIT")
        env.wait_equal(cluster.nodes)
        return answer

    add, take = "INSERT INTO child VALUES ({0}, {0})", "DELETE FROM parent WHERE id = {0}"
    check(at_once(add.format(1), take.format(1)) == 1213, "a parent was taken from its new child")
    check(at_once(take.format(2), add.format(2)) == 1213, "a child was given to a parent that is gone")
    check(at_once("UPDATE child SET parent = 3 WHERE id = 1", take.format(3)) == 1213, "the same by UPDATE")
    check(at_once("INSERT INTO child VALUES (4, 4)", "UPDATE parent SET id = 40 WHERE id = 4") == 1213,
          "a parent got another key")
    # What does not touch the key, and other children, are not in the way.
    check(at_once("INSERT INTO child VALUES (5, 5)", "UPDATE parent SET v = v + 1, code = 55 WHERE id = 5") == 0,
          "a parent can't be changed")
    check(at_once("INSERT INTO child VALUES (50, 5)", "INSERT INTO child VALUES (51, 5)") == 0, "two children at once")
    check(at_once("DELETE FROM child WHERE id = 50", take.format(6)) == 0, "a child that goes holds up others")
    check(at_once("INSERT INTO child VALUES (60, NULL)", take.format(7)) == 0, "a child of nobody has a parent")
    two.execute("SET foreign_key_checks = 0")
    check(at_once("INSERT INTO child VALUES (8, 8)", take.format(8)) == 0, "keys that are not looked at")
    check(one_value(one, ORPHANS) == 1, "only the one that was asked for")


def test_parents_and_children_of_applications_and_sessions_on_all_nodes_stay_together(env):
    cluster = family(env)
    added, taken = [], []

    def application(node, number):
        """Adds and takes away children and parents through SQLite itself."""
        connection = env.connect(cluster.node(node))
        insist(connection, "PRAGMA foreign_keys = ON")
        for turn in range(40):
            parent = turn % 3 + 1
            for sql in (f"INSERT INTO child VALUES ({number * 1000 + turn}, {parent})",
                        f"DELETE FROM child WHERE parent = {parent}", f"DELETE FROM parent WHERE id = {parent}",
                        f"INSERT OR IGNORE INTO parent (id) VALUES ({parent})"):
                try:
                    connection.execute(sql)
                    (taken if "FROM parent" in sql else added).append(turn)
                except sqlite3.Error as error:
                    told = str(error)
                    check("constraint" in told or "locked" in told or "not committed" in told, f"{sql}: {told}")

    def sessions(node, number):
        cursor = session(cluster, node).cursor()
        for turn in range(40):
            parent = turn % 3 + 1
            for sql in (f"INSERT INTO child VALUES ({number * 1000 + turn}, {parent})",
                        f"DELETE FROM child WHERE parent = {parent}", f"DELETE FROM parent WHERE id = {parent}",
                        f"INSERT IGNORE INTO parent (id) VALUES ({parent})"):
                answer = refused(cursor, sql)
                check(answer in (0, 1451, 1452, *BEGIN_AGAIN), f"{sql}: {answer}")
                if answer == 0:
                    (taken if "FROM parent" in sql else added).append(turn)

    all_at_once(5, lambda i: application(i % 3 + 1, i + 1) if i < 2 else sessions(i % 3 + 1, i + 1))
    env.wait_equal(cluster.nodes)
    check(len(added) > 50 and len(taken) > 10, f"hardly anything was written: {len(added)}, {len(taken)}")
    for node in (1, 2, 3):
        check(one_value(session(cluster, node).cursor(), ORPHANS) == 0, f"children without a parent on node {node}")


def test_rows_that_are_shared_hold_in_the_whole_cluster(env):
    cluster = family(env)
    first, second = session(cluster, 1), session(cluster, 2)
    one, two = first.cursor(), second.cursor()

    def at_once(cursor, row, then):
        cursor.execute("BEGIN")
        cursor.execute(f"SELECT v FROM parent WHERE id = {row} FOR SHARE")
        cursor.execute(then)

    # Two may rely on one row, but nobody may change it meanwhile.
    at_once(one, 1, "INSERT INTO child VALUES (1, NULL)")
    at_once(two, 1, "INSERT INTO child VALUES (2, NULL)")
    first.commit()
    check(refused(two, "COMMIT") == 0, "two who share a row are in each other's way")
    at_once(one, 1, "INSERT INTO child VALUES (3, NULL)")
    two.execute("BEGIN")
    two.execute("SELECT count(*) FROM child")
    two.execute("UPDATE parent SET v = 1 WHERE id = 1")
    first.commit()
    check(refused(two, "COMMIT") == 1213, "a row was changed that somebody relied on")
    env.wait_equal(cluster.nodes)
    at_once(one, 1, "INSERT INTO child VALUES (4, NULL)")
    two.execute("UPDATE parent SET v = 2 WHERE id = 1")
    check(refused(one, "COMMIT") == 1213, "what was relied on has changed, and nobody was told")
