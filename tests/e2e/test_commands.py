"""The tools that ask an agent, and taking Murmel out of a database again."""
import json

from harness import check


def cluster_with_table(env, nodes=3, extra=None):
    cluster = env.cluster(nodes=nodes, extra=extra)
    env.shell(cluster.nodes[0], "CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT); INSERT INTO t VALUES (1, 'one')")
    for node in cluster.nodes:
        env.wait(lambda node=node: rows(env, node) == "1", what=f"the row on node {node.id}")
    return cluster


def linked(env, node):
    """The nodes that it has a link to."""
    return sorted(peer["node"] for peer in env.ask(node, "status")["node"]["peers"])


def state(env, node, number):
    return next((m["state"] for m in env.ask(node, "members")["members"] if m["node"] == number), None)


def rows(env, node):
    there = env.shell(node, "SELECT count(*) FROM sqlite_schema WHERE name = 't'", equipped=False)
    return env.shell(node, "SELECT count(*) FROM t", equipped=False) if there == "1" else None


def test_status_and_members_speak_json(env):
    cluster = cluster_with_table(env)
    one = cluster.nodes[0]
    status = env.ask(one, "status")
    check([database["name"] for database in status["databases"]] == ["app"], f"the databases: {status}")
    check(status["databases"][0]["error"] == "" and status["node"]["ready"], f"not ready: {status}")
    env.wait(lambda: [state(env, one, number) for number in (1, 2, 3)] == ["ALIVE"] * 3, what="ALIVE members")
    cluster.node(3).kill()
    env.wait(lambda: state(env, one, 3) in ("SUSPECT", "DEAD"), what="SUSPECT or DEAD")
    cluster.node(3).launch()
    env.wait(lambda: state(env, one, 3) == "ALIVE", what="ALIVE again")


def test_verify_tells_equal_from_different(env):
    cluster = cluster_with_table(env)
    one, two, _ = cluster.nodes
    # Rows may have come through a third node: without a link to each member, verify says that it could not compare all.
    env.wait(lambda: linked(env, one) == [2, 3], what="node 1's links")
    check(env.ask(one, "verify")["equal"], "equal databases are equal")
    two.stop()
    damage = env.connect(two, equipped=False)
    damage.execute("UPDATE t SET body = 'tampered'")
    damage.close()
    two.launch()
    env.wait(lambda: state(env, one, 2) == "ALIVE", what="node 2 among the members that count")
    env.wait(lambda: linked(env, one) == [2, 3], what="node 1's link to node 2")
    said = env.ask(one, "verify", good=False)["databases"][0]
    check(said["verdict"] == "different" and said["different_tables"] == ["t"], f"what differs is not named: {said}")


def test_the_log_and_the_conflicts_can_be_read(env):
    cluster = cluster_with_table(env)
    one, two, three = cluster.nodes
    check("one" in json.dumps(env.ask(one, "log", "app")), "the inserted row is not in the log dump")
    two.stop()
    three.stop()
    env.shell(one, "UPDATE t SET body = 'from one'")
    env.shell(two, "UPDATE t SET body = 'from two'")
    cluster.launch()
    found = "SELECT body FROM t"
    env.wait(lambda: all(env.shell(node, found, equipped=False) == "from two" for node in cluster.nodes),
             what="the later update on each node")
    conflicts = env.wait(lambda: [c for node in cluster.nodes for c in [json.dumps(env.ask(node, "conflicts", "app"))]
                                  if "from one" in c], what="the overwritten value among the conflicts")
    check("from two" in conflicts[0], "the winning row is not shown beside the loser")


def test_health_and_metrics_are_served(env):
    cluster = cluster_with_table(env, nodes=2)
    one = cluster.nodes[0]
    for path in ("/livez", "/readyz", "/startupz"):
        check(one.http(path)[0] == 200, path)
    code, text = one.http("/metrics")
    check(code == 200 and "murmel_" in text, "no metrics")
    check(one.http("/nothing-here")[0] == 404, "an unknown path is 404")


def test_detach_removes_every_trace(env):
    cluster = cluster_with_table(env, nodes=2)
    one = cluster.nodes[0]
    cluster.stop()
    env.murmel("detach", one.path())
    left = env.shell(one, "SELECT group_concat(name) FROM sqlite_schema WHERE name LIKE '%murmel%'", equipped=False)
    check(left == "", f"left behind: {left}")
    check(env.shell(one, "PRAGMA integrity_check; SELECT body FROM t", equipped=False) == "ok\none", "the content")
    env.shell(one, "INSERT INTO t VALUES (2, 'two')", equipped=False)
