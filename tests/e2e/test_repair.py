"""Rows that changed on one node without a record are put right from the others."""
from harness import check, content


def damage(env, node, sql):
    """Writes that nobody captures: with out_of_band = "warn" they are only noticed."""
    with_nothing = env.connect(node, equipped=False)
    with_nothing.executescript(sql)
    with_nothing.close()


def filled(env, nodes):
    first = env.connect(nodes[0])
    first.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v)")
    first.execute("CREATE TABLE bag(v)")
    first.execute("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 5000)"
                  " INSERT INTO t SELECT i, 'row ' || i FROM c")
    first.executemany("INSERT INTO bag VALUES(?)", [("same",), ("same",), ("other",)])
    return env.wait_equal(nodes)


DAMAGE = """UPDATE t SET v = 'damaged' WHERE id % 1000 = 7; DELETE FROM t WHERE id BETWEEN 100 AND 119;
            INSERT INTO t VALUES(-1, 'extra'); DELETE FROM bag WHERE rowid = 1"""


def test_by_command(env):
    cluster = env.cluster(nodes=3)
    good = filled(env, cluster.nodes)
    damage(env, cluster.nodes[0], DAMAGE)
    three = cluster.nodes[2]
    check(env.murmel("verify", "--admin", f"127.0.0.1:{three.admin_port}", good=None).returncode == 1, "not noticed")
    answer = env.ask(three, "verify", "--repair")
    check(answer["equal"], answer)
    check(content(cluster.nodes[0].path()) == good, "the majority's rows")
    check(content(three.path()) == good, "a node of the majority changed")
    kept = env.ask(cluster.nodes[0], "conflicts", "--limit", "100")["conflicts"]
    check(len(kept) == 27 and {one["reason"] for one in kept} == {"repaired"}, f"{len(kept)} kept")
    check(any(one["loser"]["row"] == {"id": -1, "v": "extra"} for one in kept), "the extra row is lost")
    check('murmel_repaired_rows_total{database="app"} 27' in cluster.nodes[0].http("/metrics")[1], "metrics")

    # Repaired rows are rows like any others.
    connection = env.connect(cluster.nodes[0])
    connection.execute("UPDATE t SET v = v || '!' WHERE id < 200")
    connection.execute("DELETE FROM bag WHERE v = 'same'")
    env.wait_equal(cluster.nodes)


def test_by_itself(env):
    """Two nodes: that with the smaller id is right."""
    cluster = env.cluster(nodes=2, extra={"anti_entropy": {"interval": "1s"}})
    good = filled(env, cluster.nodes)
    damage(env, cluster.nodes[1], DAMAGE)
    env.wait(lambda: content(cluster.nodes[1].path()) == good, what="the repair")
    check(content(cluster.nodes[0].path()) == good, "node 1 changed")
