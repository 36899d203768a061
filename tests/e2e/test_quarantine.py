"""A transaction that one node can't apply: shown, tried again, skipped; everything else goes on."""
from harness import check, insist


def quarantine(env, node, database="app"):
    answer = env.ask(node, "quarantine", "list", database)
    return answer["databases"][0]["quarantine"]


def quarantine_if_up(env, node):
    done = env.murmel("quarantine", "list", "--admin", f"127.0.0.1:{node.admin_port}", good=None)
    return done.returncode == 0 and "halved" in done.stdout


def with_function(env, node):
    connection = env.connect(node)
    connection.create_function("halved", 1, lambda value: value / 2, deterministic=True)
    return connection


def test_only_its_origin_waits(env):
    """An index on a function that only one application has: agents can't make it, nor write rows into it."""
    cluster = env.cluster(nodes=2, databases=("app", "other"))
    one, two = cluster.nodes
    first, second = with_function(env, one), env.connect(two)
    insist(first, "CREATE TABLE t(id INTEGER PRIMARY KEY, v)")
    insist(first, "CREATE TABLE u(id INTEGER PRIMARY KEY, v)")
    env.wait_equal([one, two])

    insist(first, "CREATE INDEX i ON t(halved(v))")
    waiting = env.wait(lambda: quarantine(env, two), what="the quarantine")
    first.execute("INSERT INTO u VALUES(1, 'behind the index')")
    check(len(waiting) == 1 and waiting[0]["id"].startswith("1q:") and "halved" in waiting[0]["reason"], waiting)
    check("quarantine 1q:" in env.murmel("status", "--admin", f"127.0.0.1:{two.admin_port}").stdout, "not in the status")
    check('murmel_quarantined_transactions{database="app"} 1' in two.http("/metrics")[1], "not in the metrics")

    done = env.murmel("quarantine", "list", "elsewhere", "--admin", f"127.0.0.1:{two.admin_port}", good=None)
    check(done.returncode != 0 and "no database is named elsewhere; there are app" in done.stderr, f"{done}")

    # Everything else goes on: the other direction, and the other database.
    second.execute("INSERT INTO u VALUES(2, 'other direction')")
    env.wait(lambda: first.execute("SELECT count(*) FROM u").fetchone() == (2,), what="node 2's row at node 1")
    other = env.connect(one, "other")
    other.execute("CREATE TABLE t(id INTEGER PRIMARY KEY)")
    other.execute("INSERT INTO t VALUES(1)")
    env.wait_equal([one, two], "other")
    check(second.execute("SELECT count(*) FROM u").fetchone() == (1,), "node 1's later row overtook")

    # Without the index its origin goes on; what was skipped is kept.
    env.ask(two, "quarantine", "skip", "app", "--id", waiting[0]["id"])
    env.wait(lambda: second.execute("SELECT count(*) FROM u").fetchone() == (2,), what="node 1's later row")
    check(quarantine(env, two) == [], "still in quarantine")
    kept = env.ask(two, "conflicts", "app")["conflicts"]
    check([one["reason"] for one in kept] == ["unapplied"], kept)
    env.murmel("quarantine", "skip", "app", "--id", "1:999", "--admin", f"127.0.0.1:{two.admin_port}", good=False)

    # The other way: the agent of node 1 can't write into the index. When that is gone it goes on by itself.
    second.execute("INSERT INTO t VALUES(1, 5)")
    env.wait(lambda: quarantine(env, one), what="the quarantine at node 1")
    insist(first, "DROP INDEX i")
    env.ask(one, "quarantine", "retry")
    env.wait_equal([one, two])
    check(quarantine(env, one) == [], "still in quarantine")


def test_a_restart_and_the_cause_gone(env):
    """The quarantine is found again after a restart, and ends by itself when its cause does."""
    cluster = env.cluster(nodes=2)
    one, two = cluster.nodes
    first, second = with_function(env, one), env.connect(two)
    insist(first, "CREATE TABLE t(id INTEGER PRIMARY KEY, v)")
    env.wait_equal([one, two])
    insist(first, "CREATE INDEX i ON t(halved(v))")
    env.wait(lambda: quarantine(env, two), what="the quarantine at node 2")
    second.execute("INSERT INTO t VALUES(1, 5)")
    env.wait(lambda: quarantine(env, one), what="the quarantine at node 1")
    one.kill()
    one.launch(wait=False)
    env.wait(lambda: quarantine_if_up(env, one), what="the quarantine after the restart")
    env.wait(lambda: "in quarantine" in one.http("/readyz")[1], what="a sentence on why the node is not ready")
    insist(first, "DROP INDEX i")
    env.wait(lambda: quarantine(env, one) == [], what="the end of the quarantine")
    check(first.execute("SELECT v FROM t").fetchall() == [(5,)], "the row")
