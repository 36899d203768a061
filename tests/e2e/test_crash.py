"""kill -9 of agents and of applications under load: nothing that was acknowledged is lost, nothing is doubled."""
import time

from harness import check

TABLES = "CREATE TABLE a(id INTEGER PRIMARY KEY, body TEXT); CREATE TABLE b(id INTEGER PRIMARY KEY, body TEXT); " \
         "CREATE TABLE c(id INTEGER PRIMARY KEY, body TEXT)"


def start(env, cluster):
    env.shell(cluster.nodes[0], TABLES)
    env.wait_equal(cluster.nodes)
    for node in cluster.nodes:
        env.wait(lambda node=node: env.shell(node, "SELECT count(*) FROM sqlite_schema WHERE name = 'c'") == "1",
                 what=f"the tables on node {node.id}")


def keys_of(rows, table):
    return [row[0] for row in rows[table][1]]


def check_kept(rows, table, writer):
    """All acknowledged keys are there; at most one more was committed without the application hearing of it."""
    keys, acknowledged = set(keys_of(rows, table)), set(writer.keys())
    check(len(acknowledged) > 10, f"the application on {table} hardly ran: {len(acknowledged)} transactions")
    check(acknowledged <= keys, f"{table}: lost {sorted(acknowledged - keys)[:5]}")
    return keys - acknowledged


def test_killed_agents_lose_and_double_nothing(env):
    cluster = env.cluster()
    start(env, cluster)
    writers = [env.writer(node, table, count=1500, pause_ms=1) for node, table in zip(cluster.nodes, "abc")]
    for number in (1, 2, 3, 1):
        time.sleep(0.4)
        cluster.node(number).kill()
        time.sleep(0.2)
        cluster.node(number).launch()
    for writer in writers:
        writer.finish()
    env.wait(lambda: all(env.shell(node, f"SELECT count(*) FROM {table}", equipped=False) == "1500"
                         for node in cluster.nodes for table in "abc"), what="1500 rows in each table on each node")
    rows = env.wait_equal(cluster.nodes)
    for writer, table in zip(writers, "abc"):
        check(not check_kept(rows, table, writer), f"{table} has rows that nobody wrote")


def test_killed_applications_leave_whole_transactions(env):
    cluster = env.cluster()
    start(env, cluster)
    for round_ in range(3):
        writer = env.writer(cluster.nodes[round_], "abc"[round_])
        env.wait(lambda: len(writer.keys()) > 100, what="100 transactions")
        writer.kill()
        rows = env.wait_equal(cluster.nodes)
        env.wait(lambda: set(writer.keys()) <= set(keys_of(env.wait_equal(cluster.nodes), "abc"[round_])),
                 what="the acknowledged rows")
        rows = env.wait_equal(cluster.nodes)
        check(len(check_kept(rows, "abc"[round_], writer)) <= 1, "rows that were never committed")


def test_all_agents_killed_at_once_come_back(env):
    cluster = env.cluster()
    start(env, cluster)
    writers = [env.writer(node, table, count=600, pause_ms=1) for node, table in zip(cluster.nodes, "abc")]
    time.sleep(0.4)
    for node in cluster.nodes:
        node.kill()
    for writer in writers:
        writer.finish()
    cluster.launch()
    env.wait(lambda: all(env.shell(node, f"SELECT count(*) FROM {table}", equipped=False) == "600"
                         for node in cluster.nodes for table in "abc"), what="600 rows in each table on each node")
    env.wait_equal(cluster.nodes)
