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
    done = []

    def application(node):
        connection = env.connect(cluster.node(node))
        insist(connection, "PRAGMA foreign_keys = ON")

        def run(sql):
            try:
                connection.execute(sql)
                return True
            except sqlite3.Error as error:
                told = str(error)
                check(any(word in told for word in ("constraint", "locked", "not committed", "no transaction")), f"{sql}: {told}")
                return False
        return run

    def client(node):
        cursor = session(cluster, node).cursor()

        def run(sql):
            answer = refused(cursor, sql.replace("INSERT OR IGNORE", "INSERT IGNORE"))
            check(answer in (0, 1451, 1452, *BEGIN_AGAIN), f"{sql}: {answer}")
            return answer == 0
        return run

    def add(run, number):
        for turn in range(80):
            parent = turn % 3 + 1
            if run(f"INSERT INTO child VALUES ({number * 1000 + turn}, {parent})"):
                done.append("added")
            else:
                run(f"INSERT OR IGNORE INTO parent (id) VALUES ({parent})")

    def take(run, _):
        """A parent with all its children."""
        for turn in range(80):
            steps = ("BEGIN", f"DELETE FROM child WHERE parent = {turn % 3 + 1}", f"DELETE FROM parent WHERE id = {turn % 3 + 1}", "COMMIT")
            if all(run(step) for step in steps):
                done.append("taken")
            else:
                run("ROLLBACK")

    roles = ((add, client, 1), (take, client, 2), (add, application, 2), (take, application, 3), (add, client, 3))
    at_work = set(range(len(roles)))

    def work(i):
        role, connect, node = roles[i]
        try:
            role(connect(node), i)
        finally:
            at_work.discard(i)

    def watch(node):
        """Each snapshot of a node must be whole: what is missing now may be put right by the next writer."""
        cursor = session(cluster, node).cursor()
        while at_work:
            check(one_value(cursor, ORPHANS) == 0, f"children without a parent on node {node}")

    all_at_once(len(roles) + 3, lambda i: work(i) if i < len(roles) else watch(i - len(roles) + 1))
    check(done.count("added") > 30 and done.count("taken") > 10, f"hardly anything was written: {done.count('added')}, {done.count('taken')}")


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
