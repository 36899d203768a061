"""What was written on one node is read on another one: tokens, reads at a quorum, outcomes of transactions."""
import random
import sqlite3
import threading
import time

from harness import check, patience

LEVELS = ("one", "quorum", "all")


def start(env):
    cluster = env.cluster()
    env.shell(cluster.nodes[0], "CREATE TABLE t(id INTEGER PRIMARY KEY, v INTEGER)")
    for node in cluster.nodes:
        env.wait(lambda node=node: env.shell(node, "SELECT count(*) FROM sqlite_schema WHERE name = 't'") == "1",
                 what=f"the table on node {node.id}")
        env.wait(lambda node=node: len(env.ask(node, "status")["databases"][0]["commit"]["voters"]) == 3,
                 what="all voters known")
    return cluster


def value(connection, sql, *arguments):
    return connection.execute(sql, arguments).fetchone()[0]


def write(connection, sql, *arguments):
    """Begins again as long as the level's refusals ask for it."""
    end = time.monotonic() + patience.seconds(20)
    while True:
        try:
            return connection.execute(sql, arguments)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xff != 5 or time.monotonic() > end:
                raise
            time.sleep(random.uniform(0.001, 0.01))


def test_a_token_brings_the_write_to_any_node(env):
    cluster = start(env)
    connections = [env.connect(node) for node in cluster.nodes]
    chance = random.Random(1)
    for key in range(1, 61):
        writer, reader = chance.sample(connections, 2)
        writer.execute(f"SELECT murmel_consistency('{chance.choice(LEVELS)}')").fetchall()
        write(writer, "INSERT INTO t VALUES(?, 1)", key)
        token = value(writer, "SELECT murmel_token()")
        check(value(reader, "SELECT murmel_wait_for(?, 10000)", token) == 1, "waited")
        check(value(reader, "SELECT count(*) FROM t WHERE id = ?", key) == 1, f"row {key} is not there, with {token}")
        if "q" in token:
            check(value(reader, "SELECT murmel_txn_status(?)", token) == "committed", f"{token} is not committed")


def test_a_read_at_quorum_sees_what_was_committed_before(env):
    cluster = start(env)
    connections = [env.connect(node) for node in cluster.nodes]
    for connection in connections:
        connection.execute("SELECT murmel_consistency('quorum')").fetchall()
    chance = random.Random(2)
    for key in range(1, 41):
        writer, reader = chance.sample(connections, 2)
        write(writer, "INSERT INTO t VALUES(?, 1)", key)
        check(value(reader, "SELECT murmel_wait_for('quorum', 10000)") == 1, "waited")
        check(value(reader, "SELECT count(*) FROM t WHERE id = ?", key) == 1, f"row {key} is not there")


def test_rows_written_at_both_levels_end_equal(env):
    cluster = start(env)
    setup = env.connect(cluster.nodes[0])
    setup.execute("WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20) INSERT INTO t SELECT i, 0 FROM n")
    problems = []

    def application(node, level, seed):
        connection = env.connect(node)
        connection.execute(f"SELECT murmel_consistency('{level}')").fetchall()
        chance = random.Random(seed)
        try:
            for _ in range(60):
                write(connection, "UPDATE t SET v = v + 1 WHERE id = ?", chance.randint(1, 20))
        except sqlite3.Error as error:
            problems.append(f"node {node.id}, {level}: {error!r}")

    threads = [threading.Thread(target=application, args=(node, level, node.id * 10 + place))
               for node in cluster.nodes for place, level in enumerate(("one", "quorum"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(not problems, "; ".join(problems))
    env.wait_equal(cluster.nodes)
