"""MySQL sessions that write at the same time, beside each other and beside applications that open the file."""
import threading

from harness import check, insist
from test_mysql import connect
from test_mysql_sql import refusal

BEGIN_AGAIN = (1205, 1213)


def all_at_once(number, act):
    """Runs act(0) ... act(number - 1) in threads; the first exception of any is raised."""
    failures = []

    def run(which):
        try:
            act(which)
        except Exception as error:  # pylint: disable=broad-except
            failures.append(error)

    threads = [threading.Thread(target=run, args=(which,)) for which in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def session(cluster, node=1):
    return connect(cluster.node(node), autocommit=True)


def refused(cursor, sql):
    """MySQL's error number; 0: it was taken."""
    try:
        cursor.execute(sql)
    except Exception as error:  # pylint: disable=broad-except
        return error.args[0]
    return 0


def one_value(cursor, sql):
    cursor.execute(sql)
    return cursor.fetchone()[0]


def test_sessions_that_count_in_one_row_lose_nothing_and_see_no_error(env):
    cluster = env.cluster(1, mysql=True)
    cursor = session(cluster).cursor()
    cursor.execute("CREATE TABLE t(id INT PRIMARY KEY, v INT NOT NULL)")
    cursor.execute("INSERT INTO t VALUES (1, 0), (2, 0)")

    def count(which):
        if which == 0:  # in the same file, with the extension
            application = env.connect(cluster.node(1))
            for _ in range(20):
                insist(application, "UPDATE t SET v = v + 1 WHERE id = 1")
            return
        own = session(cluster).cursor()
        for _ in range(20):
            check(own.execute("UPDATE t SET v = v + 1 WHERE id = 1") == 1, "not one row was changed")

    all_at_once(17, count)
    check(one_value(cursor, "SELECT v FROM t WHERE id = 1") == 17 * 20, "an update was lost")


def test_what_a_transaction_has_read_and_changes_is_as_it_was_read(env):
    cluster = env.cluster(1, mysql=True)
    first, second = session(cluster), session(cluster)
    one, two = first.cursor(), second.cursor()
    one.execute("CREATE TABLE t(id INT PRIMARY KEY, v INT NOT NULL)")
    one.execute("INSERT INTO t VALUES (1, 0), (2, 0)")
    # Both write before either ends; neither waits for the other.
    one.execute("BEGIN")
    two.execute("BEGIN")
    one.execute("UPDATE t SET v = 10 WHERE id = 1")
    two.execute("UPDATE t SET v = 20 WHERE id = 2")
    check(one_value(one, "SELECT sum(v) FROM t") == 10 and one_value(two, "SELECT sum(v) FROM t") == 20,
          "a transaction does not see its own writes alone")
    first.commit()
    check(one_value(two, "SELECT sum(v) FROM t") == 20, "a snapshot has changed")
    second.commit()
    check(one_value(one, "SELECT sum(v) FROM t") == 30, "what is committed can't be read")

    def move(_):
        own = session(cluster)
        cursor = own.cursor()
        moved = 0
        while moved < 10:
            try:
                cursor.execute("BEGIN")
                value = one_value(cursor, "SELECT v FROM t WHERE id = 1")
                cursor.execute(f"UPDATE t SET v = {value + 1} WHERE id = 1")
                cursor.execute("UPDATE t SET v = v - 1 WHERE id = 2")
                own.commit()
                moved += 1
            except Exception as error:  # pylint: disable=broad-except
                if error.args[0] not in BEGIN_AGAIN:
                    raise
                own.rollback()

    all_at_once(4, move)
    one.execute("SELECT v FROM t ORDER BY id")
    check(one.fetchall() == ((50,), (-20,)), "an update was lost")


def transfer(own, accounts, which, rounds):
    """Moves money between accounts until it has done so often enough; returns how often it had to begin again."""
    cursor = own.cursor()
    again = done = 0
    while done < rounds:
        source, target = (which + done) % accounts, (which + 3 * done + 1) % accounts
        try:
            cursor.execute("BEGIN")
            for account, change in ((source, -5), (target, 5)):
                balance = one_value(cursor, f"SELECT balance FROM account WHERE id = {account}")
                cursor.execute(f"UPDATE account SET balance = {balance + change} WHERE id = {account}")
            own.commit()
            done += 1
        except Exception as error:  # pylint: disable=broad-except
            if error.args[0] not in BEGIN_AGAIN:
                raise
            again += 1
            own.rollback()
    return again


def test_money_that_sessions_on_three_nodes_move_at_quorum_stays_the_same(env):
    cluster = env.cluster(3, mysql=True, extra={"cluster": {"consistency": "quorum"}})
    own = session(cluster)
    cursor = own.cursor()
    cursor.execute("CREATE TABLE account(id INT PRIMARY KEY, balance INT NOT NULL)")
    cursor.execute("INSERT INTO account VALUES " + ", ".join(f"({id}, 100)" for id in range(12)))
    env.wait_equal(cluster.nodes)
    all_at_once(6, lambda which: transfer(session(cluster, which % 3 + 1), 12, which, 8))
    for number in (1, 2, 3):
        there = session(cluster, number).cursor()
        there.execute("SET murmel_read_consistency = 'quorum'")
        check(one_value(there, "SELECT sum(balance) FROM account") == 1200, f"money was made or lost on node {number}")


def test_what_was_acknowledged_outlives_a_kill_of_the_node(env):
    cluster = env.cluster(1, mysql=True)
    session(cluster).cursor().execute("CREATE TABLE t(id INT PRIMARY KEY, v INT NOT NULL)")
    acknowledged = []

    def write(which):
        try:
            cursor = session(cluster).cursor()
            for i in range(10_000):
                cursor.execute(f"INSERT INTO t VALUES ({which * 10_000 + i}, {i})")
                acknowledged.append(which * 10_000 + i)
        except Exception as error:  # pylint: disable=broad-except
            check(error.args[0] in (2006, 2013), f"a session ended with {error}")  # the connection is lost

    writers = threading.Thread(target=all_at_once, args=(4, write))
    writers.start()
    env.wait(lambda: len(acknowledged) > 100, what="rows to be acknowledged")
    cluster.node(1).kill()
    writers.join()
    cluster.node(1).launch()
    cursor = session(cluster).cursor()
    cursor.execute("SELECT id FROM t")
    missing = set(acknowledged) - {row[0] for row in cursor.fetchall()}
    check(not missing, f"{len(missing)} of {len(acknowledged)} acknowledged rows are gone")


def test_a_row_that_another_session_changes_is_waited_for(env):
    cluster = env.cluster(1, mysql=True)
    first, second = session(cluster), session(cluster)
    one, two = first.cursor(), second.cursor()
    one.execute("CREATE TABLE t(id INT PRIMARY KEY, v INT NOT NULL)")
    one.execute("INSERT INTO t VALUES (1, 0), (2, 0)")
    two.execute("SET innodb_lock_wait_timeout = 1")
    one.execute("BEGIN")
    one.execute("UPDATE t SET v = 1 WHERE id = 1")
    check(refusal(two, "UPDATE t SET v = 2 WHERE id = 1")[0] == 1205, "a locked row was not waited for")
    two.execute("BEGIN")
    check(refusal(two, "SELECT * FROM t FOR UPDATE NOWAIT")[0] == 3572, "NOWAIT waited")
    check(refusal(two, "SELECT v FROM t WHERE id = 1 FOR UPDATE NOWAIT INTO @v")[0] == 3572, "INTO read what was locked")
    two.execute("UPDATE t SET v = 5 WHERE id = 2")
    # Each waits for the other one.
    two.execute("SET innodb_lock_wait_timeout = 60")
    waits = threading.Thread(target=lambda: outcomes.append(refused(one, "UPDATE t SET v = 7 WHERE id = 2")))
    outcomes = []
    waits.start()
    outcomes.append(refused(two, "UPDATE t SET v = 7 WHERE id = 1"))
    waits.join()
    check(1213 in outcomes, f"a deadlock was not found: {outcomes}")
    first.rollback()
    second.rollback()
    two.execute("BEGIN")
    check(one_value(two, "SELECT v FROM t WHERE id = 1 FOR UPDATE") == 0, "what was rolled back is there")
    changes = threading.Thread(target=one.execute, args=("UPDATE t SET v = v + 1 WHERE id = 1",))
    changes.start()
    two.execute("UPDATE t SET v = v + 10 WHERE id = 1")
    second.commit()
    changes.join()
    check(one_value(two, "SELECT v FROM t WHERE id = 1") == 11, "of two updates one was lost")


def test_text_keys_are_claimed_one_by_one_and_as_their_collation_has_them(env):
    cluster = env.cluster(3, mysql=True, extra={"cluster": {"consistency": "quorum"}})
    nodes = [session(cluster, node) for node in (1, 2, 3)]
    insist(nodes[0].cursor(), "CREATE TABLE word(id VARCHAR(20) PRIMARY KEY, node INT)")
    for node in nodes:
        env.wait(lambda node=node: refused(node.cursor(), "SELECT * FROM word") == 0, what="the table to arrive")

    def fill(which):
        cursor = nodes[which].cursor()
        for number in range(30):
            check(cursor.execute(f"INSERT INTO word VALUES ('n{which}-{number}', {which})") == 1, "not one row")

    all_at_once(3, fill)
    taken = []

    def take(which):
        number = refused(nodes[which].cursor(), f"INSERT INTO word VALUES ('{('ONE', 'one', 'Öne')[which]}', {which})")
        check(number in (0, 1062, *BEGIN_AGAIN), f"error {number}")
        if number == 0:
            taken.append(which)

    all_at_once(3, take)
    check(len(taken) == 1, f"{len(taken)} nodes have taken one key")
    for node in nodes:
        env.wait(lambda node=node: one_value(node.cursor(), "SELECT count(*) FROM word WHERE id = 'one'") == 1
                 and one_value(node.cursor(), "SELECT count(*) FROM word") == 91, what="all nodes to have one of them")


def test_savepoints_outlive_the_snapshots_of_read_committed(env):
    cluster = env.cluster(1, mysql=True)
    cursor, other = session(cluster).cursor(), session(cluster).cursor()
    cursor.execute("CREATE TABLE t(id INT PRIMARY KEY)")
    cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")

    def ids():
        cursor.execute("SELECT id FROM t ORDER BY id")
        return [row[0] for row in cursor.fetchall()]

    # As ORMs do: before anything is written, with statements between.
    cursor.execute("BEGIN")
    cursor.execute("SAVEPOINT a")
    check(ids() == [], "rows in a new table")
    cursor.execute("SAVEPOINT b")
    other.execute("INSERT INTO t VALUES (1)")
    check(ids() == [1], "not what was committed meanwhile")
    cursor.execute("INSERT INTO t VALUES (2)")
    check(refused(cursor, "INSERT INTO t VALUES (2)") == 1062, "the same key twice")
    cursor.execute("ROLLBACK TO SAVEPOINT b")
    check(ids() == [1], "what was undone is there")
    cursor.execute("INSERT INTO t VALUES (3)")
    cursor.execute("RELEASE SAVEPOINT b")
    check(refused(cursor, "ROLLBACK TO b") == 1305, "a savepoint that was released")
    cursor.execute("SAVEPOINT c")
    cursor.execute("INSERT INTO t VALUES (4)")
    # Another one of a name takes its place, and those between them stay.
    cursor.execute("SAVEPOINT A")
    cursor.execute("INSERT INTO t VALUES (5)")
    cursor.execute("ROLLBACK TO a")
    check(ids() == [1, 3, 4], "not the later one of that name")
    cursor.execute("ROLLBACK TO c")
    check(ids() == [1, 3], "the savepoint between them has gone")
    check(refused(cursor, "ROLLBACK TO a") == 1305, "the first one of that name is still there")
    cursor.execute("COMMIT")
    check(ids() == [1, 3], "something else was committed")
