"""Nodes that hang, are cut off, come late or were away for long."""
import os
import signal
import time

import netns
from harness import Skip, check

TABLE = "CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT)"


def count(env, node, table="t"):
    there = env.shell(node, f"SELECT count(*) FROM sqlite_schema WHERE name = '{table}'", equipped=False)
    return int(env.shell(node, f"SELECT count(*) FROM {table}", equipped=False)) if there == "1" else -1


def wait_count(env, node, number):
    env.wait(lambda: count(env, node) == number, what=lambda: f"{number} rows on node {node.id}, which has "
                                                              f"{count(env, node)}")


def fill(env, node, first, last):
    env.shell(node, f"WITH RECURSIVE n(i) AS (VALUES({first}) UNION ALL SELECT i + 1 FROM n WHERE i < {last}) "
                    "INSERT INTO t SELECT i, 'row ' || i FROM n")


def test_a_hanging_node_holds_nobody_up_and_catches_up(env):
    cluster = env.cluster()
    one, two, three = cluster.nodes
    env.shell(one, TABLE)
    for node in cluster.nodes:
        wait_count(env, node, 0)
    three.signal(signal.SIGSTOP)
    fill(env, one, 1, 500)
    fill(env, two, 501, 1000)
    for node in (one, two):
        wait_count(env, node, 1000)
    check(count(env, three) == 0, "a stopped agent can't have applied")
    three.signal(signal.SIGCONT)
    wait_count(env, three, 1000)
    env.wait_equal(cluster.nodes)


def test_both_sides_of_a_partition_write_and_heal(env):
    if os.geteuid() != 0:
        raise Skip("network namespaces need root")
    with netns.Network(3) as network:
        cluster = env.cluster(start=False)
        network.place(cluster)
        cluster.launch()
        one, two, three = cluster.nodes
        env.shell(one, TABLE)
        for node in cluster.nodes:
            wait_count(env, node, 0)
        network.cut(3, from_nodes=(1, 2))
        fill(env, one, 1, 300)
        fill(env, three, 301, 600)
        env.shell(two, "INSERT INTO t VALUES (1000, 'majority')")
        time.sleep(0.1)
        env.shell(three, "INSERT INTO t VALUES (1000, 'minority, later')")
        wait_count(env, two, 301)
        check(count(env, three) == 301, "the partition leaks")
        network.heal()
        for node in cluster.nodes:
            wait_count(env, node, 601)
        rows = env.wait_equal(cluster.nodes)
        check((1000, b"minority, later") in rows["t"][1], "the later write must win")
        cluster.stop()


def test_a_new_node_joins_with_an_empty_directory(env):
    cluster = env.cluster(nodes=2)
    one = cluster.nodes[0]
    env.shell(one, TABLE)
    fill(env, one, 1, 2000)
    cluster.add_nodes(3)
    cluster.node(3).launch()
    wait_count(env, cluster.node(3), 2000)
    fill(env, cluster.node(3), 2001, 2100)
    wait_count(env, one, 2100)
    env.wait_equal(cluster.nodes)


def test_content_from_before_murmel_arrives_by_snapshot(env):
    cluster = env.cluster(nodes=3, start=False)
    one = cluster.nodes[0]
    plain = env.connect(one, equipped=False)
    plain.execute(TABLE)
    plain.execute("WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
                  "INSERT INTO t SELECT i, hex(randomblob(100)) FROM n")
    plain.close()
    one.launch()
    env.shell(one, "INSERT INTO t VALUES (20001, 'after')")
    cluster.launch()
    for node in cluster.nodes:
        wait_count(env, node, 20001)
    env.wait_equal(cluster.nodes)
    fill(env, cluster.node(3), 30001, 30010)
    wait_count(env, one, 20011)


def test_a_node_that_was_away_catches_up_by_log(env):
    cluster = env.cluster()
    one, two, three = cluster.nodes
    env.shell(one, TABLE)
    wait_count(env, three, 0)
    three.stop()
    fill(env, one, 1, 1000)
    wait_count(env, two, 1000)
    env.shell(three, "INSERT INTO t VALUES (5000, 'written while its agent was away')")
    one.stop()  # any peer can serve the log, not only the origin
    three.launch()
    wait_count(env, three, 1001)
    wait_count(env, two, 1001)
    one.launch()
    wait_count(env, one, 1001)
    env.wait_equal(cluster.nodes)


def test_very_many_tiny_transactions_are_caught_up(env):
    """More than one message may hold, though they are few bytes."""
    cluster = env.cluster(nodes=2)
    one, two = cluster.nodes
    env.shell(one, TABLE)
    wait_count(env, two, 0)
    two.stop()
    application = env.connect(one)
    for key in range(1, 70_001):
        application.execute("INSERT INTO t VALUES (?, 'x')", (key,))
    two.launch(wait=False)
    wait_count(env, two, 70_000)
    env.wait_equal(cluster.nodes)


def test_a_node_that_was_away_too_long_gets_a_snapshot_and_loses_nothing(env):
    cluster = env.cluster(extra={"replication": {
        "gc_interval": "200ms", "gc_min_retention": "0", "gc_max_retention": "1s"}})
    one, two, three = cluster.nodes
    env.shell(one, TABLE)
    wait_count(env, three, 0)
    three.stop()
    for batch in range(10):
        fill(env, one, batch * 100 + 1, batch * 100 + 100)
    wait_count(env, two, 1000)
    env.shell(three, "INSERT INTO t VALUES (5000, 'written while its agent was away')")

    def first_kept():
        return min(int(env.shell(node, "SELECT min(id) FROM __murmel_log", equipped=False)) for node in (one, two))
    env.wait(lambda: first_kept() > 5, what="the trimming of the log")
    three.launch()
    for node in cluster.nodes:
        wait_count(env, node, 1001)
    env.wait_equal(cluster.nodes)
    fill(env, three, 2001, 2010)
    wait_count(env, one, 1011)
