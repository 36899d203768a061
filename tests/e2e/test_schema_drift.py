"""Schemas that differ between nodes: found, shown, and repaired without losing rows."""
import urllib.request

from harness import check


def drift(env, node):
    return env.ask(node, "status")["databases"][0]["schema"]["differs_from"]


def repaired(env, node, *words):
    done = env.murmel("schema", "repair", "app", *words, "--admin", f"127.0.0.1:{node.admin_port}", good=None)
    return done.stdout if done.returncode == 0 else None


def test_two_changes_nobody_ordered_are_found_and_repaired(env):
    cluster = env.cluster(start=False)
    one, two, three = cluster.nodes
    two.description["databases"][0]["exclude"] = ["private_*"]  # compared by its tables
    cluster.launch()
    env.shell(one, "CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT); INSERT INTO t VALUES (1, 'x'), (2, 'y')")
    env.wait_equal(cluster.nodes)
    for node in cluster.nodes:
        env.wait(lambda node=node: env.ask(node, "status")["databases"][0]["schema"]["digest"], what="a digest")
    check(not drift(env, one), "a difference where there is none")
    # The sqlite3 shell without the extension, on two nodes that can't hear each other: nobody orders this.
    for node in cluster.nodes:
        node.kill()
    env.shell(one, "ALTER TABLE t ADD COLUMN of_one DEFAULT 1", equipped=False)
    env.shell(three, "ALTER TABLE t ADD COLUMN of_three DEFAULT 3", equipped=False)
    cluster.launch()
    env.wait(lambda: all(drift(env, node) for node in cluster.nodes), what="the difference in all statuses")
    text = env.murmel("status", "--admin", f"127.0.0.1:{one.admin_port}").stdout
    check("DIFFERS from that of node" in text, text)
    metrics = urllib.request.urlopen(f"http://127.0.0.1:{one.admin_port}/metrics", timeout=10).read().decode()
    check('murmel_schema_drift{database="app"} 0' not in metrics and "murmel_schema_drift" in metrics, "metrics")
    text = env.murmel("schema", "show", "app", "--diff", "--admin", f"127.0.0.1:{two.admin_port}").stdout
    check("of_one" in text and "of_three" in text, text)
    check(one.log.read_text().count("schema differs between nodes") <= 2, "said again and again")

    # Its last part compares the rows, for which a moment without news is needed.
    done = env.wait(lambda: repaired(env, two, "--from", "3"), what="a repair")
    check("as on node 3" in done or "is the same on all nodes" in done, done)
    tables = env.wait_equal(cluster.nodes)
    check(len(tables["t"][1]) == 2 and [row[:2] for row in tables["t"][1]] == [(1, b"x"), (2, b"y")], f"{tables['t']}")
    for node in cluster.nodes:
        env.wait(lambda node=node: not drift(env, node), what="no difference any more")
    env.shell(two, "INSERT INTO t(id, body) VALUES (3, 'z')")
    env.wait_equal(cluster.nodes)
    text = env.murmel("schema", "repair", "app", "--admin", f"127.0.0.1:{one.admin_port}").stdout
    check("is the same on all nodes" in text, text)
