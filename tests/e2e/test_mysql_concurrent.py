"""MySQL sessions that write at the same time, beside each other and beside applications that open the file."""
import threading

from harness import check, insist
from test_mysql import connect

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
