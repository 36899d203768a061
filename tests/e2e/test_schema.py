"""Schema changes that the cluster decides: by applications, on several nodes at once, beside rows, and by the tool."""
import json
import sqlite3
import threading
import time

from harness import check, insist

TABLES = "CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT)"


def start(env, extra=None):
    cluster = env.cluster(extra=extra)
    wait_for_setting(env, cluster)
    insist(env.connect(cluster.node(1)), TABLES)
    env.wait_equal(cluster.nodes)
    return cluster


def quorum(env, node):
    return env.ask(node, "status")["databases"][0]["commit"]


def wait_for_setting(env, cluster):
    """Until all nodes vote, and their databases say so to applications."""
    for node in cluster.nodes:
        env.wait(lambda node=node: len(quorum(env, node)["voters"]) == 3, what="all voters known")
        env.wait(lambda node=node: env.shell(node, "SELECT value FROM __murmel_meta WHERE key = 'schema_changes'") == "quorum",
                 what="the setting")


def decided(env, node):
    return int(env.shell(node, "SELECT count(*) FROM __murmel_log WHERE origin < 0 OR origin > 2147483647"))


def test_a_table_is_made_by_one_of_three_at_once(env):
    cluster = start(env)
    for round_ in range(4):
        made, told, gate = [], [], threading.Barrier(3)

        def make(node):
            connection = env.connect(node)
            gate.wait()
            try:
                insist(connection, f"CREATE TABLE made{round_}(id INTEGER PRIMARY KEY, by_node_{node.id})")
                made.append(node.id)
            except sqlite3.OperationalError as error:
                told.append(str(error))
            connection.close()

        threads = [threading.Thread(target=make, args=(node,)) for node in cluster.nodes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        check(len(made) == 1, f"round {round_}: nodes {made} made the table, the others were told {told}")
        check(all("already exists" in text for text in told), f"the others were told {told}")
        tables = env.wait_equal(cluster.nodes)
        check(f"by_node_{made[0]}" in tables[f"made{round_}"][0], f"node {made[0]} made it, and it is {tables[f'made{round_}']}")


def test_rows_at_both_levels_go_on_while_the_schema_changes(env):
    cluster = start(env)
    stop, written, failures = threading.Event(), {}, []

    def write(node, level, first):
        connection = env.connect(node)
        connection.execute("SELECT murmel_consistency(?)", (level,))
        count = 0
        try:
            while not stop.is_set():
                insist(connection, f"INSERT INTO t(id, body) VALUES ({first + count}, '{level}')")
                count += 1
                time.sleep(0.005)
        except sqlite3.Error as error:
            failures.append(f"{level} on node {node.id}: {error}")
        written[first] = count

    threads = [threading.Thread(target=write, args=(node, level, node.id * 1_000_000 + (level == "quorum") * 500_000))
               for node in cluster.nodes for level in ("one", "quorum")]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    connection = env.connect(cluster.node(2))
    for sql in ("ALTER TABLE t ADD COLUMN extra TEXT DEFAULT 'x'", "CREATE INDEX t_body ON t(body)",
                "BEGIN; CREATE TABLE filled(a INTEGER PRIMARY KEY, b); INSERT INTO filled VALUES (1, 'with its table'); COMMIT",
                "ALTER TABLE t DROP COLUMN extra"):
        insist(connection, sql)
        time.sleep(0.2)
    stop.set()
    for thread in threads:
        thread.join()
    check(not failures, f"applications failed: {failures}")
    tables = env.wait_equal(cluster.nodes)
    check(len(tables["t"][1]) == sum(written.values()), f"{len(tables['t'][1])} rows of {written}")
    check(min(written.values()) > 5, f"somebody hardly wrote anything: {written}")
    check(tables["filled"][1] == [(1, b"with its table")], f"{tables['filled']}")


def test_rows_at_both_levels_cross_a_rename_of_their_table(env):
    cluster = start(env)
    stop, written, failures = threading.Event(), {}, []

    def write(node, level, first):
        connection = env.connect(node)
        connection.execute("SELECT murmel_consistency(?)", (level,))
        table, count = "t", 0
        while not stop.is_set():
            try:
                insist(connection, f"INSERT INTO {table}(id, body) VALUES ({first + count}, '{level}')")
                count += 1
                time.sleep(0.005)
            except sqlite3.Error as error:
                if "no such table" not in str(error):
                    failures.append(f"{level} on node {node.id}: {error}")
                    break
                table = "u" if table == "t" else "t"
        written[first] = count

    threads = [threading.Thread(target=write, args=(node, level, node.id * 1_000_000 + (level == "quorum") * 500_000))
               for node in cluster.nodes for level in ("one", "quorum")]
    for thread in threads:
        thread.start()
    connection = env.connect(cluster.node(2))
    for old, new in (("t", "u"), ("u", "t"), ("t", "u")):
        time.sleep(0.3)
        insist(connection, f"BEGIN; ALTER TABLE {old} RENAME TO {new}; COMMIT")
    time.sleep(0.3)
    stop.set()
    for thread in threads:
        thread.join()
    check(not failures, f"applications failed: {failures}")
    tables = env.wait_equal(cluster.nodes)
    check(len(tables["u"][1]) == sum(written.values()), f"{len(tables['u'][1])} rows of {written}")
    check(min(written.values()) > 5, f"somebody hardly wrote anything: {written}")


def test_rows_of_a_node_that_was_away_find_tables_that_exchanged_their_names(env):
    cluster = start(env)
    first, away = env.connect(cluster.node(1)), cluster.node(3)
    insist(first, "BEGIN; CREATE TABLE s(id INTEGER PRIMARY KEY, body TEXT); INSERT INTO s VALUES (1, 's'); COMMIT")
    insist(first, "INSERT INTO t VALUES (1, 't')")
    env.wait_equal(cluster.nodes)
    away.kill()
    env.wait(lambda: quorum(env, cluster.node(1))["majority_reachable"], what="a majority without node 3")
    late = env.connect(away)
    late.execute("UPDATE t SET body = 't of node 3' WHERE id = 1")
    late.execute("INSERT INTO s VALUES (2, 's of node 3')")
    for old, new in (("t", "tmp"), ("s", "t"), ("tmp", "s")):
        insist(first, f"BEGIN; ALTER TABLE {old} RENAME TO {new}; COMMIT")
    insist(first, "INSERT INTO t VALUES (3, 's under its new name')")
    away.launch()
    env.wait(lambda: len(quorum(env, away)["voters"]) == 3, what="node 3 to be back")
    tables = env.wait_equal(cluster.nodes)
    check(tables["s"][1] == [(1, b"t of node 3")], f"what was t holds {tables['s'][1]}")
    check(tables["t"][1] == [(1, b"s"), (2, b"s of node 3"), (3, b"s under its new name")], f"what was s holds {tables['t'][1]}")


def test_what_its_application_can_not_commit_any_more_the_agent_makes(env):
    cluster = start(env)
    connection = env.connect(cluster.node(1))
    connection.execute("INSERT INTO t VALUES (1, 'x')")
    connection.execute("BEGIN")
    connection.execute("CREATE TABLE late(a INTEGER PRIMARY KEY, b)")
    connection.execute("INSERT INTO late SELECT value, 'row' FROM json_each('[1, 2, 3]')")
    pages, = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    # Overflow pages of the record: there is no room for them.
    connection.execute("UPDATE late SET b = b")
    try:
        connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        check("is committed, and the agent will write it" in str(error), f"the application was told {error}")
    connection.close()
    tables = env.wait_equal(cluster.nodes)
    check("late" in tables and len(tables["late"][1]) == 3, f"the table is {tables.get('late')}")


def test_a_connection_that_has_not_seen_the_latest_schema_changes_it_all_the_same(env):
    cluster = start(env)
    stale = env.connect(cluster.node(2))
    stale.execute("SELECT count(*) FROM t").fetchall()
    for number in range(5):
        insist(env.connect(cluster.node(1)), f"CREATE TABLE before{number}(id INTEGER PRIMARY KEY)")
        env.wait_equal(cluster.nodes)
        stale.execute(f"CREATE TABLE after{number}(id INTEGER PRIMARY KEY)")
        check(f"after{number}" in env.wait_equal(cluster.nodes), "the table of the connection with the old schema")


def test_a_minority_and_a_lonely_application_change_nothing(env):
    cluster = start(env)
    connection = env.connect(cluster.node(1))
    for number in (2, 3):
        cluster.node(number).kill()
    env.wait(lambda: not quorum(env, cluster.node(1))["majority_reachable"], what="the loss of the majority")
    for broken in ("majority", "agent"):
        try:
            connection.execute("CREATE TABLE alone(a)")
            check(False, f"made without {broken}")
        except sqlite3.OperationalError as error:
            check(error.sqlite_errorcode & 0xff == 5, f"refused with {error!r}")
        connection.execute("INSERT INTO t(body) VALUES ('rows at ONE go on')")
        if broken == "majority":
            cluster.node(1).kill()
    cluster.launch()
    env.wait(lambda: quorum(env, cluster.node(1))["majority_reachable"], what="the majority")
    insist(connection, "CREATE TABLE together(a)")
    tables = env.wait_equal(cluster.nodes)
    check("together" in tables and "alone" not in tables and len(tables["t"][1]) == 2, f"{tables}")


def test_the_tool_changes_the_schema_under_load(env):
    cluster = start(env)
    for node in cluster.nodes:
        insist(env.connect(cluster.node(1)), f"CREATE TABLE load{node.id}(id INTEGER PRIMARY KEY, body TEXT)")
    env.wait_equal(cluster.nodes)
    writers = [env.writer(node, f"load{node.id}", pause_ms=5) for node in cluster.nodes]
    env.wait(lambda: all(len(writer.keys()) > 5 for writer in writers), what="writers at work")

    def apply(node, sql, good=True):
        told = env.murmel("schema", "apply", "app", sql, "--json", "--admin", f"127.0.0.1:{node.admin_port}", good=good)
        return json.loads(told.stdout)

    first = apply(cluster.node(3), "CREATE TABLE fresh(id INTEGER PRIMARY KEY, v); CREATE INDEX fresh_v ON fresh(v);")
    check(first["changed"] and first["transaction"].startswith("3q:"), f"{first}")
    env.shell(cluster.node(3), "INSERT INTO fresh VALUES (1, 'made before this')")
    check(apply(cluster.node(1), "ALTER TABLE t ADD COLUMN more")["changed"], "no column was added")
    check(not apply(cluster.node(3), "CREATE TABLE IF NOT EXISTS fresh(other)")["changed"], "made again")
    for wrong in ("CREATE TABLE fresh(a)", "DELETE FROM t", "CREATE TABLE", "ALTER TABLE nowhere ADD COLUMN x"):
        check("error" in apply(cluster.node(2), wrong, good=False), wrong)
    for writer in writers:
        writer.kill()
    tables = env.wait_equal(cluster.nodes)
    check("more" in tables["t"][0] and tables["fresh"][1] == [(1, b"made before this")], f"{tables['t'][0]}, {tables['fresh']}")
