"""Databases made and dropped for the whole cluster by a command."""
import json
import sqlite3
import struct
import threading
from pathlib import Path

from harness import check, insist


def start(env, nodes=3):
    return env.cluster(nodes=nodes, databases=(), extra={"databases": {"directory": "{dir}/made", "schema_changes": "auto"}})


def place(node, name):
    return node.dir / "made" / f"{name}.db"


def database(env, node, *words, good=None):
    return env.murmel("database", *words, "--json", "--admin", f"127.0.0.1:{node.admin_port}", good=good)


def listed(env, node):
    return {one["name"]: one["state"] for one in json.loads(database(env, node, "list", good=True).stdout)["databases"]}


def ask_until_done(env, node, *words):
    """A majority may not be there yet, and others may change the catalog: both mean to ask again. Returns what was said."""
    unsure = []

    def ask():
        done = database(env, node, *words)
        if done.returncode and ("already" in done.stdout or "no database" in done.stdout):
            done.returncode = 0 if unsure else done.returncode  # it was this one, perhaps
            done.sure = not unsure
            return done
        if done.returncode and "may or may not" in done.stdout:
            unsure.append(done.stdout)
        done.sure = True
        return done if done.returncode == 0 else None
    return env.wait(ask, what=f"an answer to {words}")


def connect(env, node, name):
    return env.connect(node, path=str(place(node, name)))


def open_everywhere(env, cluster, name):
    for node in cluster.nodes:
        env.wait(lambda node=node: listed(env, node).get(name) == "open", what=f"{name} on node {node.id}")


def test_a_database_is_made_on_all_nodes_and_dropped_on_all_also_on_one_that_was_away(env):
    cluster = start(env)
    one, two, three = cluster.nodes
    three.kill()
    check(ask_until_done(env, one, "create", "shop").returncode == 0, "not made")
    env.wait(lambda: listed(env, two).get("shop") == "open", what="shop on node 2")
    insist(connect(env, one, "shop"), "CREATE TABLE t(id INTEGER PRIMARY KEY, body)")
    env.wait(lambda: tables(place(two, "shop")) == ["t"], what="the table on node 2")
    insist(connect(env, two, "shop"), "INSERT INTO t VALUES (1, 'x')")
    three.launch()
    open_everywhere(env, cluster, "shop")
    env.wait(lambda: rows(place(three, "shop")) == [(1, "x")], what="rows on node 3")

    three.kill()
    writer = connect(env, two, "shop")
    check(ask_until_done(env, two, "drop", "shop").returncode == 0, "not dropped")
    env.wait(lambda: not place(two, "shop").exists(), what="the drop on node 2")
    # An application that goes on is told; what there was is kept.
    try:
        writer.execute("INSERT INTO t VALUES (2, 'nowhere else')")
        check(False, "written to a dropped database")
    except sqlite3.DatabaseError as error:
        check("dropped" in str(error), f"told {error}")
    env.wait(lambda: "shop" not in listed(env, one) and not place(one, "shop").exists(), what="the drop on node 1")
    check(ask_until_done(env, one, "create", "shop").returncode == 0, "not made again")
    three.launch()
    open_everywhere(env, cluster, "shop")
    insist(connect(env, one, "shop"), "CREATE TABLE another(id INTEGER PRIMARY KEY)")
    for node in cluster.nodes:
        env.wait(lambda node=node: tables(place(node, "shop")) == ["another"], what=f"the new one alone on node {node.id}")
        kept = list((node.dir / "made").glob("shop.db.dropped-????????"))
        check(len(kept) == 1 and rows(kept[0]) == [(1, "x")], f"node {node.id} has kept {kept}")


def test_one_of_several_makes_it_and_hostile_names_are_refused(env):
    cluster = start(env)
    told, gate = {}, threading.Barrier(3)

    def make(node):
        gate.wait()
        told[node.id] = ask_until_done(env, node, "create", "same")

    threads = [threading.Thread(target=make, args=(node,)) for node in cluster.nodes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = [done for done in told.values() if done.returncode == 0]
    check(made and sum(done.sure for done in made) <= 1, f"{[done.stdout for done in told.values()]}")
    open_everywhere(env, cluster, "same")
    one, two, three = cluster.nodes
    for name in ("../up", "/tmp/x", "..", ".hidden", "a b", "a\"b", "-x", "sqlite_x", "__murmel_x", "murmel.catalog", "murmel.accounts", "x" * 65,
                 "Same", "same"):
        done = env.murmel("database", "create", "--admin", f"127.0.0.1:{one.admin_port}", "--", name, good=False)
        check(name == "same" or "already" not in done.stderr, f"{name}: {done.stderr}")
    place(three, "blocked").write_text("not ours")
    check(ask_until_done(env, one, "create", "blocked").returncode == 0, "not made")
    env.wait(lambda: listed(env, two).get("blocked") == "open", what="blocked on node 2")
    env.wait(lambda: listed(env, three).get("blocked") == "not here", what="the news on node 3")
    check(place(three, "blocked").read_text() == "not ours", "a file was taken")
    check(ask_until_done(env, one, "drop", "same", "--delete-files").returncode == 0, "not dropped")
    for node in cluster.nodes:
        env.wait(lambda node=node: not list((node.dir / "made").glob("same*")), what=f"no files on node {node.id}")
    check("no database" in ask_until_done(env, two, "drop", "same").stdout, "dropped twice")


def rows(path):
    return [tuple(row) for row in sqlite3.connect(path).execute("SELECT * FROM t")] if Path(path).exists() and "t" in tables(path) else []


def tables(path):
    if not Path(path).exists():
        return []
    found = sqlite3.connect(path).execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '__murmel_*'")
    return sorted(name for name, in found)


def test_voters_change_after_a_database_was_dropped(env):
    """What was promised about it is wanted by nobody any more: neither by those who vote next, nor on disk."""
    cluster = start(env)
    one, two, three = cluster.nodes
    check(ask_until_done(env, one, "create", "shop").returncode == 0, "not made")
    open_everywhere(env, cluster, "shop")

    def histories():
        return {one["database_id"] for node in cluster.nodes for one in env.ask(node, "status")["databases"]
                if one["name"].startswith("shop")}
    env.wait(lambda: len(histories()) == 1, what="one history of shop")
    writer = connect(env, two, "shop")
    writer.execute("SELECT murmel_consistency('quorum')")

    def written():  # an unknown outcome is asked for again, too
        try:
            insist(writer, "CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY)")
            return insist(writer, "INSERT OR REPLACE INTO t VALUES (1)") is not None
        except sqlite3.OperationalError as error:
            check(error.sqlite_errorname == "SQLITE_IOERR_COMMIT_ATOMIC", str(error))
            return False
    env.wait(written, what="a row at QUORUM")
    writer.close()
    check(ask_until_done(env, two, "drop", "shop").returncode == 0, "not dropped")
    for node in cluster.nodes:
        env.wait(lambda node=node: "shop" not in listed(env, node), what=f"the drop on node {node.id}")
    three.kill()
    env.wait(lambda: env.murmel("members", "remove", 3, "--admin", f"127.0.0.1:{one.admin_port}", good=None).returncode == 0,
             what="two of three taking out the third")
    check(ask_until_done(env, one, "create", "other").returncode == 0, "nothing is decided any more")
    for node in (one, two):
        env.wait(lambda node=node: len(dropped_in_journal(node)) == 1, what=f"an end of what node {node.id} keeps of it")


def dropped_in_journal(node):
    """Ids of dropped databases in the commit journal (agent/store/segment_log.h, journal_items.h)."""
    found = set()
    for file in sorted(Path(node.dir, "data/journal").glob("*.log")):
        data, at = file.read_bytes(), 56
        while any(head := data[at:at + 16]):
            item, end = at + 16, at + 16 + int.from_bytes(head[:4], "little")
            while item < end:
                kind, _, _, _, database, size = struct.unpack_from("<IIQq16sQ", data, item)
                found |= {database} if kind == 5 else set()
                item += 48 + size
            at = end + -end % 8
    return found
