"""Several applications write at once, on all nodes, also the same rows."""
from harness import check


def test_two_applications_on_each_of_three_nodes_end_equal(env):
    cluster = env.cluster()
    one = cluster.nodes[0]
    env.shell(one, "CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT); "
                   "CREATE TABLE shared(id INTEGER PRIMARY KEY, value TEXT); "
                   "INSERT INTO shared SELECT value, '' FROM json_each('[1,2,3,4,5,6,7,8,9,10]')")
    for node in cluster.nodes:
        env.wait(lambda node=node: env.shell(
            node, "SELECT count(*) FROM sqlite_schema WHERE name = 'shared'") == "1", what="the tables")
    env.wait_equal(cluster.nodes)
    writers = [env.writer(node, "t", first=node.id * 100_000 + app * 10_000, count=300, shared=10, name=f"app{app}")
               for node in cluster.nodes for app in (1, 2)]
    for writer in writers:
        writer.finish()
    env.wait(lambda: all(env.shell(node, "SELECT count(*) FROM t", equipped=False) == "1800"
                         for node in cluster.nodes), what="1800 rows on each node")
    rows = env.wait_equal(cluster.nodes)
    check({row[0] for row in rows["t"][1]} == {key for writer in writers for key in writer.keys()},
          "the rows are those that were acknowledged")
    check(env.murmel("verify", "--admin", f"127.0.0.1:{one.admin_port}").returncode == 0, "verify")


def test_a_unique_key_taken_on_two_nodes_at_once_is_settled_the_same_way(env):
    cluster = env.cluster()
    one, two, three = cluster.nodes
    env.shell(one, "CREATE TABLE users(id INTEGER PRIMARY KEY, mail TEXT UNIQUE, node INTEGER)")
    for node in cluster.nodes:
        env.wait(lambda node=node: env.shell(
            node, "SELECT count(*) FROM sqlite_schema WHERE name = 'users'") == "1", what="the table")
    three.stop()
    two.stop()
    env.shell(one, "INSERT INTO users VALUES (1, 'murr@example.org', 1)")
    env.shell(two, "INSERT INTO users VALUES (2, 'murr@example.org', 2)")
    cluster.launch()
    env.wait(lambda: all(env.shell(node, "SELECT count(*) FROM users", equipped=False) == "1" for node in cluster.nodes),
             what="one row with that address on each node")
    rows = env.wait_equal(cluster.nodes)
    check(rows["users"][1][0][0] == 2, "the later row stays")
    kept = sum(int(env.shell(node, "SELECT count(*) FROM __murmel_conflicts", equipped=False)) for node in cluster.nodes)
    check(kept > 0, "the losing row is kept in __murmel_conflicts")


def test_several_databases_and_table_filters(env):
    cluster = env.cluster(nodes=2, databases=("app", "second"), start=False)
    for node in cluster.nodes:
        node.description["databases"][1]["exclude"] = ["private_*"]
    cluster.launch()
    one, two = cluster.nodes
    env.shell(one, "CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)")
    env.shell(one, "CREATE TABLE t(id INTEGER PRIMARY KEY); CREATE TABLE private_x(id INTEGER PRIMARY KEY); "
                   "INSERT INTO private_x VALUES (1); INSERT INTO t VALUES (2)", database="second")

    def value(database, sql):
        there = env.shell(two, "SELECT count(*) FROM sqlite_schema WHERE name = 't'", database=database)
        return env.shell(two, sql, database=database) if there == "1" else None
    env.wait(lambda: value("app", "SELECT id FROM t") == "1", what="the row of the first database")
    env.wait(lambda: value("second", "SELECT id FROM t") == "2", what="the row of the second database")
    private = env.shell(two, "SELECT count(*) FROM sqlite_schema WHERE name = 'private_x'", database="second")
    if private == "1":
        check(env.shell(two, "SELECT count(*) FROM private_x", database="second") == "0", "an excluded table's rows")
