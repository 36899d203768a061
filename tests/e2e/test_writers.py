"""Applications that did not load the extension: captured, refused or noticed, as the setting says."""
import sqlite3

from harness import check


def cluster(env, out_of_band):
    made = env.cluster(nodes=2, start=False)
    for node in made.nodes:
        node.description["databases"][0]["out_of_band"] = out_of_band
    made.launch()
    env.shell(made.nodes[0], "CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT); INSERT INTO t VALUES (1, 'equipped')")
    env.wait(lambda: body(env, made.nodes[1], 1) == "equipped", what="the row of the equipped writer")
    return made


def body(env, node, key):
    there = env.shell(node, "SELECT count(*) FROM sqlite_schema WHERE name = 't'", equipped=False)
    return env.shell(node, f"SELECT body FROM t WHERE id = {key}", equipped=False) if there == "1" else None


def test_capture_takes_their_changes_in(env):
    one, two = cluster(env, "capture").nodes
    plain = env.connect(one, equipped=False)

    def triggers():
        return plain.execute("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'").fetchone()[0]
    env.wait(lambda: triggers() >= 3, what="the capture triggers")
    plain.execute("INSERT INTO t VALUES (2, 'plain')")
    env.wait(lambda: body(env, two, 2) == "plain", what="the insert")
    plain.execute("UPDATE t SET body = 'changed' WHERE id = 1")
    env.wait(lambda: body(env, two, 1) == "changed", what="the update")
    plain.execute("DELETE FROM t WHERE id = 2")
    env.wait(lambda: body(env, two, 2) == "", what="the delete")
    env.shell(one, "INSERT INTO t VALUES (3, 'equipped')")
    env.wait(lambda: body(env, two, 3) == "equipped", what="an equipped writer's row beside the triggers")
    env.wait_equal([one, two])


def test_refuse_lets_them_read_but_not_write(env):
    one, two = cluster(env, "refuse").nodes
    plain = env.connect(one, equipped=False)

    def refused():
        plain.execute("BEGIN")
        try:
            plain.execute("INSERT INTO t VALUES (2, 'plain')")
        except sqlite3.Error as error:
            return str(error)
        finally:
            plain.execute("ROLLBACK")
        return None
    text = env.wait(refused, what="the refusal")
    check("murmel" in text, f"the error names no culprit: {text}")
    check(plain.execute("SELECT body FROM t").fetchall() == [("equipped",)], "reading works")
    env.shell(one, "INSERT INTO t VALUES (3, 'equipped')")
    env.wait(lambda: body(env, two, 3) == "equipped", what="the equipped writer's row")


def test_warn_notices_them(env):
    one, _ = cluster(env, "warn").nodes
    plain = env.connect(one, equipped=False)
    plain.execute("INSERT INTO t VALUES (2, 'plain')")
    env.shell(one, "INSERT INTO t VALUES (3, 'equipped')")
    env.wait(lambda: "not captured" in one.log.read_text(), what="a line in the log about the commit")
    count = env.ask(one, "status")["databases"][0]["store"]["uncaptured_commits"]
    check(count == 1, f"the status counts {count}")
