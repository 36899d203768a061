"""Who votes changes by majorities: nodes that come, die for good, leave, are removed; witnesses; all with transactions at
QUORUM."""
import sqlite3
import threading
import time

from harness import check
from test_quorum import connect, insist, quorum

TABLE = "CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT)"


def voters(env, node):
    status = env.ask(node, "status")
    return status["databases"][0]["commit"]["voters"] if status["databases"] else None


def wait_for_voters(env, nodes, expected):
    for node in nodes:
        env.wait(lambda node=node: voters(env, node) == expected and quorum(env, node)["majority_reachable"],
                 what=lambda node=node: f"voters {expected} on node {node.id}, which has {voters(env, node)}")


def wait_for_table(env, nodes):
    for node in nodes:
        env.wait(lambda node=node: env.shell(node, "SELECT count(*) FROM sqlite_schema WHERE name = 't'") == "1",
                 what=f"the table on node {node.id}")


def begin(env, nodes=3, settings=None):
    cluster = env.cluster(nodes, start=False)
    for node in cluster.nodes:
        node.settings = settings or {}
    cluster.launch()
    env.shell(cluster.nodes[0], TABLE)
    wait_for_table(env, cluster.nodes)
    wait_for_voters(env, cluster.nodes, [node.id for node in cluster.nodes])
    return cluster


def write(env, node, key):
    connection = connect(env, node)
    insist(connection, f"INSERT INTO t VALUES ({key}, 'x')")
    connection.close()


def refuses(env, node, key, codes):
    """Nothing is committed at QUORUM there."""
    connection = env.connect(node)
    connection.execute("SELECT murmel_consistency('quorum', 500)")
    try:
        connection.execute(f"INSERT INTO t VALUES ({key}, 'of one alone')")
        check(False, f"node {node.id} has committed at QUORUM")
    except sqlite3.OperationalError as error:
        check(error.sqlite_errorcode & 0xff in codes, f"refused with {error!r}")
    connection.close()


def roles(env, node):
    return {member["node"]: member["role"] for member in env.ask(node, "members")["members"]}


def test_a_dead_node_is_replaced_while_applications_write(env):
    cluster = begin(env)
    write(env, cluster.node(1), 1)
    cluster.node(3).kill()
    cluster.add_nodes(4)
    stop, keys, errors = threading.Event(), [], []

    def application():
        connection = connect(env, cluster.node(1))
        key = 100
        while not stop.is_set():
            try:
                insist(connection, f"INSERT INTO t VALUES ({key}, 'written meanwhile')")
                keys.append(key)
            except sqlite3.Error as error:
                errors.append(str(error))
                return
            key += 1
        connection.close()

    writer = threading.Thread(target=application)
    writer.start()
    try:
        env.murmel("members", "remove", "3", "--admin", f"127.0.0.1:{cluster.node(1).admin_port}")
        new = cluster.nodes[-1]
        new.launch()
        wait_for_voters(env, [cluster.node(1), cluster.node(2), new], [1, 2, 4])
    finally:
        stop.set()
        writer.join()
    check(not errors and keys, f"the application got {errors} after {len(keys)} rows")
    cluster.node(2).kill()  # of the new three two are left: the new node's vote counts
    write(env, cluster.node(1), 2)
    cluster.node(2).launch()
    rows = env.wait_equal([cluster.node(1), cluster.node(2), new])["t"][1]
    check({1, 2, *keys} <= {row[0] for row in rows}, "acknowledged rows are missing")


def test_a_removed_node_comes_back_only_when_it_is_allowed_to(env):
    cluster = begin(env)
    env.murmel("members", "remove", "3", "--admin", f"127.0.0.1:{cluster.node(1).admin_port}")
    wait_for_voters(env, cluster.nodes[:2], [1, 2])
    cluster.node(3).kill()
    cluster.node(3).launch(wait=False)
    write(env, cluster.node(1), 1)
    refuses(env, cluster.node(3), 9, codes=(4, 5))
    check(env.shell(cluster.node(3), "SELECT count(*) FROM t", equipped=False) == "0", "a removed node is replicated to")
    check(roles(env, cluster.node(1))[3] is None, "a removed node is a member again")
    env.murmel("members", "allow", "3", "--admin", f"127.0.0.1:{cluster.node(2).admin_port}")
    cluster.node(3).kill()
    cluster.node(3).launch()
    wait_for_voters(env, cluster.nodes, [1, 2, 3])
    env.wait_equal(cluster.nodes)


def begin_with_witness(env):
    cluster = env.cluster(3, start=False)
    witness = cluster.node(3)
    witness.description["databases"] = []
    witness.settings = {"cluster": {"role": "witness"}}
    cluster.launch()
    data = cluster.nodes[:2]
    env.shell(data[0], TABLE)
    wait_for_table(env, data)
    wait_for_voters(env, data, [1, 2, 3])
    return cluster, data, witness


def test_two_nodes_and_a_witness_lose_one_and_go_on(env):
    cluster, data, witness = begin_with_witness(env)
    check(roles(env, data[0]) == {1: "voter", 2: "voter", 3: "witness"}, f"roles {roles(env, data[0])}")
    write(env, data[0], 1)
    env.wait(lambda: env.shell(data[1], "SELECT count(*) FROM t") == "1", what="the row on node 2")
    data[0].kill()
    write(env, data[1], 2)
    data[1].kill()  # what it had decided with the witness survives it, and the witness
    witness.kill()
    witness.launch()
    data[1].launch()
    env.wait(lambda: quorum(env, data[1])["majority_reachable"], what="the majority")
    write(env, data[1], 3)
    data[0].launch()
    rows = env.wait_equal(data)["t"][1]
    check([row[0] for row in rows] == [1, 2, 3], f"rows {rows}")
    write(env, data[0], 4)
    check(not list(witness.dir.glob("*.db")), "a witness has a database")


def test_a_witness_gives_what_it_decided_with_a_node_that_is_lost(env):
    cluster, data, witness = begin_with_witness(env)
    write(env, data[0], 1)
    env.wait(lambda: env.shell(data[1], "SELECT count(*) FROM t") == "1", what="the row on node 2")
    data[1].kill()
    write(env, data[0], 2)
    write(env, data[0], 3)
    kept = env.ask(witness, "status")["node"]["witnessed"]
    check(kept and kept[0]["away"] == [2] and kept[0]["kept"] >= 2, f"the witness keeps {kept}")
    data[0].kill()  # for good
    witness.kill()  # what it keeps is on its disk
    witness.launch(wait=False)
    data[1].launch(wait=False)
    env.wait(lambda: env.shell(data[1], "SELECT group_concat(id) FROM (SELECT id FROM t ORDER BY id)") == "1,2,3",
             what="what node 1 had decided with the witness")
    env.murmel("members", "remove", "1", "--admin", f"127.0.0.1:{data[1].admin_port}")
    write(env, data[1], 4)
    env.wait(lambda: env.ask(witness, "status")["node"]["witnessed"][0]["kept"] == 0, what="nothing kept any more")


def test_a_majority_may_be_stopped_and_started_again(env):
    cluster = begin(env, settings={"replication": {"gc_min_retention": "0", "gc_interval": "100ms"}})
    write(env, cluster.node(1), 1)
    check(cluster.node(3).stop(), "node 3 did not stop by itself")
    for key in range(100, 110):
        env.shell(cluster.node(2), f"INSERT INTO t VALUES ({key}, 'while node 3 is stopped')")
    env.wait_equal(cluster.nodes[:2])
    time.sleep(0.5)  # so long that the log is trimmed of what nobody needs
    check(cluster.node(2).stop(), "node 2 did not stop by itself")
    check(voters(env, cluster.node(1)) == [1, 2, 3], "who is stopped has lost its vote")
    refuses(env, cluster.node(1), 2, codes=(5,))
    cluster.launch()
    wait_for_voters(env, cluster.nodes, [1, 2, 3])
    write(env, cluster.node(3), 3)
    env.wait_equal(cluster.nodes)
    counters = env.ask(cluster.node(3), "status")["databases"][0]["counters"]
    check(counters["snapshots_installed"] == 0, "the log was not kept for a voter that was stopped")


def test_a_node_that_leaves_is_not_waited_for(env):
    cluster = begin(env)
    leaving = cluster.node(3)
    write(env, leaving, 1)
    env.shell(leaving, "INSERT INTO t VALUES (2, 'at ONE, just before')")
    env.murmel("leave", "--drain", "--admin", f"127.0.0.1:{leaving.admin_port}")
    env.wait(lambda: leaving.state() == "stopped", what="the end of the agent that left")
    wait_for_voters(env, cluster.nodes[:2], [1, 2])
    rows = env.wait_equal(cluster.nodes[:2])["t"][1]
    check([row[0] for row in rows] == [1, 2], f"rows {rows}")
    leaving.launch()
    wait_for_voters(env, cluster.nodes, [1, 2, 3])
    write(env, leaving, 3)
    env.wait_equal(cluster.nodes)
