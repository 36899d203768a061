"""Folders of databases: a file that appears on one node becomes a database on all."""
import os

from harness import check


def folders(env, nodes=3, pattern="*.db"):
    """A cluster in which each node has a folder of databases, and none listed by name."""
    cluster = env.cluster(nodes=nodes, start=False, databases=(), extra={
        "databases": {"glob": ["{dir}/tenants/" + pattern], "scan_interval": "200ms"}, "limits": {"databases": 5}})
    for node in cluster.nodes:
        (node.dir / "tenants").mkdir()
    cluster.launch()
    return cluster


def tenant(node, name):
    return str(node.dir / "tenants" / name)


def value(env, node, name, sql):
    if not os.path.exists(tenant(node, name)):
        return None
    try:
        connection = env.connect(node, path=tenant(node, name), equipped=False)
        try:
            row = connection.execute(sql).fetchone()
            return row[0] if row else None
        finally:
            connection.close()
    except Exception:  # the table is not there yet
        return None


def test_a_new_file_on_one_node_appears_on_the_others_and_all_write_to_it(env):
    cluster = folders(env)
    one, two, three = cluster.nodes
    connection = env.connect(one, path=tenant(one, "anna.db"))
    connection.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT)")
    connection.execute("INSERT INTO t VALUES (1, 'from one')")
    for node in (two, three):
        env.wait(lambda node=node: value(env, node, "anna.db", "SELECT body FROM t") == "from one", what="the database")
    back = env.connect(three, path=tenant(three, "anna.db"))
    back.execute("UPDATE t SET body = 'from three'")
    for node in (one, two):
        env.wait(lambda node=node: value(env, node, "anna.db", "SELECT body FROM t") == "from three", what="the update")
    env.connect(two, path=tenant(two, "bert.db")).execute("CREATE TABLE second(x)")
    for node in (one, three):
        env.wait(lambda node=node: value(env, node, "bert.db", "SELECT count(*) FROM second") == 0, what="the second")
    verified = env.ask(one, "verify")
    check(verified["equal"] and len(verified["databases"]) == 2, f"verify: {verified}")


def test_a_node_that_was_away_gets_the_databases_when_it_is_back(env):
    cluster = folders(env)
    one, two, three = cluster.nodes
    three.stop()
    connection = env.connect(one, path=tenant(one, "carl.db"))
    connection.execute("CREATE TABLE t(x)")
    connection.execute("INSERT INTO t VALUES ('late')")
    env.wait(lambda: value(env, two, "carl.db", "SELECT x FROM t") == "late", what="the database on node 2")
    three.launch()
    env.wait(lambda: value(env, three, "carl.db", "SELECT x FROM t") == "late", what="the database on node 3")


def test_only_what_fits_a_nodes_own_pattern_and_limit_is_made(env):
    cluster = folders(env, nodes=2, pattern="t-*.db")
    one, two = cluster.nodes
    two.stop()
    cluster.extra["databases"]["glob"] = ["{dir}/tenants/*"]
    one.stop()
    one.launch()
    cluster.extra["databases"]["glob"] = ["{dir}/tenants/t-*.db"]
    two.launch()
    os.symlink(env.dir / "elsewhere.db", tenant(two, "t-link.db"))
    for name in ("other.db", "t-link.db", "t-1.db", "t-2.db"):
        env.connect(one, path=tenant(one, name)).execute("CREATE TABLE t(x)")
    for name in ("t-1.db", "t-2.db"):
        env.wait(lambda name=name: value(env, two, name, "SELECT count(*) FROM t") == 0, what=f"{name} on node 2")
    check(not os.path.exists(tenant(two, "other.db")), "a name that node 2's pattern does not have")
    check(not (env.dir / "elsewhere.db").exists(), "a file outside the folder")
    for number in range(3, 9):
        env.connect(two, path=tenant(two, f"t-{number}.db")).execute("CREATE TABLE t(x)")
    env.wait(lambda: "limits.databases" in one.log.read_text(), what="a line about the limit on node 1")
    made = [name for name in os.listdir(one.dir / "tenants") if name.endswith(".db")]
    check(len(made) <= 5, f"node 1 has {sorted(made)}")


def test_a_detached_database_stays_detached(env):
    cluster = folders(env, nodes=2)
    one, two = cluster.nodes
    env.connect(one, path=tenant(one, "dora.db")).execute("CREATE TABLE t(x)")
    env.wait(lambda: value(env, two, "dora.db", "SELECT count(*) FROM t") == 0, what="the database")
    env.murmel("detach", "dora", "--admin", f"127.0.0.1:{two.admin_port}")
    env.connect(one, path=tenant(one, "emil.db")).execute("CREATE TABLE t(x)")
    env.wait(lambda: value(env, two, "emil.db", "SELECT count(*) FROM t") == 0, what="a later database")
    names = [database["name"] for database in env.ask(two, "status")["databases"]]
    check(names == ["emil"], f"node 2 replicates {names}")
