"""One run of tools/chaos: a cluster, applications, faults, healing, and the questions at the end."""
import hashlib
import json
import sqlite3
import time

import chaos_checkers as checkers
import chaos_faults as faults
import chaos_history as history
import chaos_workloads as workloads
import cluster as clusters
import patience

START_SECONDS = patience.seconds(30)
HEAL_SECONDS = patience.seconds(30)  # until every node commits again after the last fault
MEMBERS_SECONDS = patience.seconds(60)  # until all that were there in the beginning vote again, and the new one has left
EQUAL_SECONDS = patience.seconds(60)
QUIET_SECONDS = 3  # applications go on for so long without faults
PROBE = "CREATE TABLE probes(id INTEGER PRIMARY KEY);"


class Outcome:
    """What a run left behind, for the report."""

    def __init__(self):
        self.problems = {}  # check -> sentences
        self.final = {}  # content of the databases, see chaos_checkers.final_of
        self.transactions, self.faults, self.healed, self.figures = [], {}, {}, {}
        self.reach = []  # (since when, nodes that could reach a majority), in order


def connect(world, node):
    connection = sqlite3.connect(node.path(), isolation_level=None, timeout=10)
    connection.enable_load_extension(True)
    connection.load_extension(world.cluster.extension)
    connection.enable_load_extension(False)
    return connection


def until(condition, seconds, pause=0.05):
    """True when the condition came in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


def status(node):
    return json.loads(node.http("/admin/status")[1])["databases"][0]


def mysql_tables(node):
    """Those that only a client of MySQL can make."""
    import pymysql
    with pymysql.connect(unix_socket=str(node.dir / "mysql.sock"), user="root", database="app", autocommit=True) as connection:
        with connection.cursor() as cursor:
            for statement in workloads.MAKE_MYSQL_IDS:
                cursor.execute(statement)


def start(world):
    for node in world.cluster.nodes:
        world.launch(node)
    for node in world.with_data():
        node.wait_ready(START_SECONDS)
    if not world.cluster.wait_members(START_SECONDS):  # before, a change of the schema may be told to begin again
        raise clusters.ClusterError(f"not all nodes became members; see {world.cluster.nodes[0].log}")
    connection = connect(world, world.cluster.nodes[0])
    connection.executescript(workloads.TABLES + PROBE + ("" if world.mysql else workloads.MAKE_IDS))
    for statement in (*workloads.first_rows(), "INSERT INTO probes VALUES (0)"):
        connection.execute(statement)
    connection.close()
    if world.mysql:
        mysql_tables(world.cluster.nodes[0])
    count = len(world.cluster.nodes)

    def joined(node):
        return len(status(node)["commit"]["voters"]) == count and finals(world)[1]
    for node in world.with_data():
        if not until(lambda node=node: joined(node), START_SECONDS, 0.2):
            raise clusters.ClusterError(f"node {node.id} did not become part of the cluster; see {node.log}")


def go(world, machinery, seconds, reach):
    """Faults and applications side by side, until the time is over. Notes in `reach` who could reach a majority when."""
    while world.now() < seconds:
        able = machinery.reachable()
        if not reach or reach[-1][1] != able:
            reach.append((world.now(), able))
        next_at = machinery.next_at()
        if next_at is not None and world.now() >= next_at:
            machinery.step()
            continue
        world.watch()
        time.sleep(min(0.1, max(0.001, (next_at or seconds) - world.now())))
    machinery.finish()


def heal(world):
    """node -> seconds until it committed at a quorum again, or None; one node after the other."""
    healed = {}
    for node in world.with_data():
        world.watch()
        begun, told = time.monotonic(), set()
        connection = connect(world, node)
        connection.execute("SELECT murmel_consistency('quorum', 2000)")

        def commits(node=node, connection=connection, told=told):
            world.watch()
            try:
                connection.execute("INSERT OR IGNORE INTO probes VALUES (?)", (node.id,))
                return True
            except sqlite3.Error as error:
                if str(error) not in told:
                    world.note(f"node {node.id} does not commit yet: {error}")
                    told.add(str(error))
                return False
        good = until(commits, HEAL_SECONDS)
        healed[node.id] = time.monotonic() - begun if good else None
        connection.close()
    return healed


def content(path):
    """A digest of all rows of the workloads, and what the checkers want to know, of one state of a database."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10, isolation_level=None)
    try:
        connection.execute("BEGIN")
        digest = hashlib.sha256()
        made = [name for name, in connection.execute("SELECT name FROM sqlite_schema WHERE name GLOB 'made*' ORDER BY 1")]
        for row in connection.execute("SELECT type, name, sql FROM sqlite_schema WHERE name NOT GLOB '__murmel_*' ORDER BY 1, 2"):
            digest.update(repr(row).encode())
        for table in (*made, *workloads.QUORUM_TABLES, *workloads.STREAM_TABLES, "hot", "probes"):
            for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1"):
                digest.update(repr(row).encode())
        return digest.hexdigest(), checkers.final_of(connection)
    finally:
        connection.close()


def finals(world):
    """(what each node has, or why it can't be read; whether all have the same)."""
    found = []
    for node in world.with_data():
        try:
            found.append(content(node.path()))
        except sqlite3.Error as error:
            found.append((f"node {node.id}: {error}", {}))
    return found, len({digest for digest, _ in found}) == 1 and bool(found[0][1])


def settled(world):
    """Whether nothing is undecided and all nodes have the same positions."""
    try:
        found = [status(node) for node in world.with_data()]
    except OSError:
        return False
    have = [{origin: last for origin, last in each["have"].items() if last} for each in found]  # who wrote nothing need not be known
    return all(each["commit"]["undecided"] == 0 for each in found) and all(each == have[0] for each in have)


def check_equal(world):
    """(sentences, the content) once everything has settled."""
    def equal():
        world.watch()
        return settled(world) and finals(world)[1]
    good = until(equal, EQUAL_SECONDS, 0.5)
    found, _ = finals(world)
    if good:
        return [], found[0][1]
    told = []
    for node, (digest, final) in zip(world.with_data(), found):
        differing = [table for table in final if final[table] != found[0][1].get(table)] or digest
        have = status(node) if node.state() == "running" else {}
        told.append(f"node {node.id}: differs from the first in {differing}; undecided "
                    f"{have.get('commit', {}).get('undecided')}, positions {have.get('have')}, state {have.get('state')}, "
                    f"error {have.get('error')!r}")
    return [f"not equal {EQUAL_SECONDS:.0f} s after the last fault: " + "; ".join(told)], found[0][1]


def check_conflicts(world):
    """No row that is written at QUORUM only, or by one node only, was ever overwritten unseen."""
    found = []
    for node in world.with_data():
        connection = sqlite3.connect(f"file:{node.path()}?mode=ro", uri=True)
        for table, count in connection.execute("SELECT tbl, count(*) FROM __murmel_conflicts GROUP BY 1"):
            if table in workloads.QUORUM_TABLES + workloads.STREAM_TABLES:
                found.append(f"node {node.id} has {count} conflicts in {table}")
        connection.close()
    return found


def judge(world, outcome):
    outcome.problems["agents"] = world.died
    outcome.problems["healing"] = [f"node {number} did not commit within {HEAL_SECONDS:.0f} s of the last fault"
                                   for number, seconds in outcome.healed.items() if seconds is None]
    late = world.stop_applications(patience.seconds(30))
    outcome.problems["healing"] += [f"application {name} did not end" for name in late]
    outcome.problems["equality"], final = check_equal(world)
    outcome.final = final
    outcome.transactions = history.read(world.history)
    for name, check in checkers.ALL.items():
        outcome.problems[name] = check(outcome.transactions, final)
    outcome.problems["conflicts"] = check_conflicts(world)


def run(world, seconds, plan):
    """Runs it all; the world is left standing for a look."""
    outcome = Outcome()
    start(world)
    machinery = faults.Faults(world, plan)
    world.origin = time.monotonic()
    world.launched = dict.fromkeys(world.launched, -10.0)  # they have been running
    for node in world.with_data():
        world.start_applications(node)
    go(world, machinery, seconds, outcome.reach)
    until(lambda: world.watch() or not world.members.changes, MEMBERS_SECONDS)
    outcome.problems["members"] = [f"node {change.number}: {change.name} is not over {MEMBERS_SECONDS:.0f} s after the last fault"
                                   for change in world.members.changes]
    outcome.healed = heal(world)
    time.sleep(QUIET_SECONDS)
    judge(world, outcome)
    outcome.faults = machinery.done
    outcome.figures["failed starts"] = world.failed_starts
    return outcome
