"""SERIALIZABLE for MySQL clients: what it gives to transactions that read, and what it refuses."""
import threading

from harness import check
from test_mysql import connect
from test_mysql_concurrent import all_at_once, one_value, refused, session

AT_QUORUM = {"cluster": {"consistency": "quorum"}}
LEVEL = "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE"
IN_TRANSACTION = 1  # SERVER_STATUS_IN_TRANS


def test_a_serializable_session_reads_and_does_not_write(env):
    cluster = env.cluster(1, mysql=True, extra=AT_QUORUM)
    own, other = session(cluster), session(cluster).cursor()
    cursor = own.cursor()
    cursor.execute("CREATE TABLE t(id INT PRIMARY KEY, v INT NOT NULL)")
    cursor.execute("INSERT INTO t VALUES (1, 10)")
    cursor.execute(LEVEL)
    check(one_value(cursor, "SELECT @@transaction_isolation") == "SERIALIZABLE", "the level")
    check(one_value(cursor, "SELECT v FROM t") == 10, "a SELECT of its own")
    check(not own.server_status & IN_TRANSACTION, "a SELECT of its own leaves no transaction behind")
    for statement in ("INSERT INTO t VALUES (2, 20)", "UPDATE t SET v = 11", "DELETE FROM t", "SELECT v FROM t FOR UPDATE"):
        check(refused(cursor, statement) == 1235, statement)
    cursor.execute("BEGIN")
    check(one_value(cursor, "SELECT v FROM t") == 10, "within a transaction")
    check(own.server_status & IN_TRANSACTION, "a transaction")
    check(refused(cursor, "UPDATE t SET v = 11") == 1235, "a transaction that writes")
    other.execute("UPDATE t SET v = 12")
    cursor.execute("SET @seen = (SELECT v FROM t)")
    check(one_value(cursor, "SELECT @seen") == 10, "the snapshot stays")
    cursor.execute("COMMIT")
    check(one_value(cursor, "SELECT v FROM t") == 12, "a new one")
    cursor.execute("START TRANSACTION READ ONLY")
    check(refused(cursor, "UPDATE t SET v = 11") == 1792, "READ ONLY")
    cursor.execute("COMMIT")
    cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    cursor.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
    cursor.execute("SELECT v FROM t")
    cursor.execute("UPDATE t SET v = 13")  # it was for the next one only
    cursor.execute("SET autocommit = 0")
    cursor.execute(LEVEL)
    check(one_value(cursor, "SELECT v FROM t") == 13, "without autocommit")
    other.execute("UPDATE t SET v = 14")
    check(one_value(cursor, "SELECT v FROM t") == 13, "the snapshot stays")


def test_where_rows_are_committed_at_one_nothing_is_serializable(env):
    cluster = env.cluster(1, mysql=True)
    cursor = session(cluster).cursor()
    cursor.execute("CREATE TABLE t(id INT PRIMARY KEY)")
    cursor.execute(LEVEL)
    check(refused(cursor, "SELECT * FROM t") == 1235, "a database at ONE")
    cursor.execute("SELECT count(*) FROM information_schema.tables")
    check(one_value(connect(cluster.node(1), database=None).cursor(), "SELECT 1") == 1, "no table at all")


def test_readers_on_all_nodes_see_one_order_of_what_others_write_without_pause(env):
    """Each writer adds rows of its own; of any two reads, on whatever nodes, the one has seen all that the other one has."""
    cluster = env.cluster(3, mysql=True, extra=AT_QUORUM)
    session(cluster).cursor().execute("CREATE TABLE t(id INT PRIMARY KEY)")
    env.wait_equal(cluster.nodes)
    reads, over = [], threading.Event()

    def write(which):
        cursor, row = session(cluster, which % 3 + 1).cursor(), 0
        while not over.is_set():
            row += refused(cursor, f"INSERT INTO t VALUES ({which * 100_000 + row})") == 0

    def read(which):
        cursor = session(cluster, which % 3 + 1).cursor()
        cursor.execute(LEVEL)
        seen = set()
        while len(seen) < 4:  # readers may hold writers back for a while
            cursor.execute("SELECT id FROM t")
            seen.add(frozenset(row[0] for row in cursor.fetchall()))
        reads.extend(seen)

    def act(which):
        if which < 3:
            return write(which)
        try:
            return read(which)
        finally:
            readers.pop()
            if not readers:
                over.set()

    readers = [3, 4, 5]
    all_at_once(6, act)
    reads.sort(key=len)
    check(all(less <= more for less, more in zip(reads, reads[1:])), "two reads have seen writes in different orders")
