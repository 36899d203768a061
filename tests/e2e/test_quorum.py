"""Applications that commit at a quorum, with nothing but SQLite and the extension."""
import json
import os
import re
import signal
import sqlite3
import subprocess
import threading
import time

from harness import PYTHON, ROOT, check, insist, patience

TABLES = "CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT); " \
         "CREATE TABLE counter(id INTEGER PRIMARY KEY, value INTEGER); INSERT INTO counter VALUES (1, 0); " \
         "CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT UNIQUE)"


def start(env, extra=None):
    cluster = env.cluster(extra=extra)
    env.shell(cluster.nodes[0], TABLES)
    for node in cluster.nodes:
        env.wait(lambda node=node: env.shell(node, "SELECT count(*) FROM sqlite_schema WHERE name = 'users'") == "1",
                 what=f"the tables on node {node.id}")
        env.wait(lambda node=node: len(quorum(env, node)["voters"]) == 3, what="all voters known")
    return cluster


def quorum(env, node):
    return env.ask(node, "status")["databases"][0]["commit"]


def connect(env, node):
    connection = env.connect(node)
    connection.execute("SELECT murmel_consistency('quorum')")
    return connection


class Application:
    """A running quorum_writer.py."""

    def __init__(self, env, node, work, first, count, environment=None):
        self.noted = env.dir / f"noted-{work}-{node.id}-{first}"
        self.process = subprocess.Popen(
            [PYTHON, str(ROOT / "tests" / "e2e" / "quorum_writer.py"), node.path(),
             str(env.build / "extension" / "murmel.so"), work, str(first), str(count), str(self.noted)],
            env={**os.environ, **(environment or {})})
        env.children.append(self.process)

    def lines(self):
        return self.noted.read_text().split("\n")[:-1] if self.noted.exists() else []

    def acknowledged(self):
        return [int(line) for line in self.lines() if not line.startswith("?")]

    def unknown(self):
        return [line for line in self.lines() if line.startswith("?")]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def finish(self, seconds=90):
        check(self.process.wait(patience.seconds(seconds)) == 0, "the application failed")


def test_a_committed_row_survives_its_node(env):
    cluster = start(env)
    for key in range(1, 6):
        connection = connect(env, cluster.node(1))
        insist(connection, f"INSERT INTO t VALUES ({key}, 'kept')")
        cluster.node(1).kill()
        connection.close()
        for node in (cluster.node(2), cluster.node(3)):
            env.wait(lambda node=node: env.shell(node, f"SELECT count(*) FROM t WHERE id = {key}") == "1",
                     what=f"row {key} on node {node.id}, without node 1")
        cluster.node(1).launch()
        env.wait(lambda: quorum(env, cluster.node(1))["majority_reachable"], what="the majority")
    env.wait_equal(cluster.nodes)


def test_a_minority_refuses_in_time_and_reads(env):
    cluster = start(env)
    connection = connect(env, cluster.node(1))
    insist(connection, "INSERT INTO t VALUES (1, 'before')")
    cluster.node(2).kill()
    cluster.node(3).kill()
    env.wait(lambda: not quorum(env, cluster.node(1))["majority_reachable"], what="the loss of the majority")
    begun = time.monotonic()
    try:
        connection.execute("INSERT INTO t VALUES (2, 'alone')")
        check(False, "a minority has committed")
    except sqlite3.OperationalError as error:
        check(error.sqlite_errorcode & 0xff == 5 and "can be reached" in str(error), f"refused with {error!r}")
    check(time.monotonic() - begun < patience.seconds(12), "the refusal took too long")
    check(connection.execute("SELECT id FROM t").fetchall() == [(1,)], "reading")
    connection.execute("SELECT murmel_consistency('one')")
    connection.execute("INSERT INTO t VALUES (3, 'at ONE')")
    cluster.launch()
    env.wait_equal(cluster.nodes)


def test_no_increment_is_lost(env):
    cluster = start(env)
    applications = [Application(env, node, "count", node.id * 1000, 60) for node in cluster.nodes]
    for application in applications:
        application.finish()
    rows = env.wait_equal(cluster.nodes)
    acknowledged = sum(len(application.acknowledged()) for application in applications)
    unknown = [line for application in applications for line in application.unknown()]
    value = rows["counter"][1][0][1]
    check(not unknown and value == acknowledged == 180,
          f"counter {value} after {acknowledged} increments, outcome unknown: {unknown}")


def test_an_address_is_given_to_one_of_three(env):
    cluster = start(env)
    for round_ in range(5):
        won, gate = [], threading.Barrier(3)

        def register(node):
            connection = connect(env, node)
            gate.wait()
            try:
                insist(connection, f"INSERT INTO users VALUES ({round_ * 10 + node.id}, 'round{round_}@example.org')")
                won.append(node.id)
            except sqlite3.IntegrityError:
                pass
            connection.close()

        threads = [threading.Thread(target=register, args=(node,)) for node in cluster.nodes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        check(len(won) == 1, f"round {round_}: nodes {won} got the same address")
        rows = env.wait_equal(cluster.nodes)
        owners = [row[0] for row in rows["users"][1] if row[0] // 10 == round_]
        check(owners == [round_ * 10 + won[0]], f"node {won[0]} won, but the rows of the round are {owners}")


def test_a_killed_agent_stops_nobody_else_and_loses_nothing(env):
    cluster = start(env)
    applications = {node.id: Application(env, node, "insert", node.id * 100_000, 300) for node in cluster.nodes}
    env.wait(lambda: all(len(application.acknowledged()) > 20 for application in applications.values()),
             what="20 rows of each application")
    cluster.node(1).kill()
    before = {number: len(applications[number].acknowledged()) for number in (2, 3)}
    env.wait(lambda: all(len(applications[number].acknowledged()) > before[number] + 10 for number in (2, 3)),
             seconds=15, what="progress of the others")
    cluster.node(1).launch()
    for application in applications.values():
        application.finish()
    rows = env.wait_equal(cluster.nodes)
    keys = {row[0] for row in rows["t"][1]}
    for number, application in applications.items():
        lost = set(application.acknowledged()) - keys
        check(not lost, f"acknowledged on node {number} and lost: {sorted(lost)[:5]}")
        check(len(application.acknowledged()) > 250, f"node {number} was hardly acknowledged anything")


def test_a_transaction_has_an_id_even_if_its_agent_dies(env):
    cluster = start(env)
    connection = connect(env, cluster.node(1))
    insist(connection, "INSERT INTO t VALUES (1, 'decided')")
    for number in (2, 3):
        cluster.node(number).signal(signal.SIGSTOP)
    killer = threading.Timer(0.15, cluster.node(1).kill)
    killer.start()
    try:
        connection.execute("INSERT INTO t VALUES (2, 'under way')")
        check(False, "committed without a majority")
    except sqlite3.OperationalError as error:
        found = re.search(r"murmel_txn_status\('(1q:\d+)'\)", str(error))
        check(found, f"the error names no transaction: {error}")
    killer.join()
    for number in (2, 3):
        cluster.node(number).signal(signal.SIGCONT)
    cluster.node(1).launch()

    def outcome(node):
        told = env.murmel("txn", "--id", found[1], "--json", "--admin", f"127.0.0.1:{node.admin_port}", good=None)
        return json.loads(told.stdout)["outcome"]

    env.wait(lambda: all(outcome(node) in ("committed", "aborted") for node in cluster.nodes), what="an outcome")
    outcomes = {outcome(node) for node in cluster.nodes}
    check(len(outcomes) == 1, f"the nodes tell different outcomes: {outcomes}")
    rows = env.wait_equal(cluster.nodes)["t"][1]
    check((len(rows) == 2) == (outcomes == {"committed"}), f"{outcomes}, and the rows are {rows}")


def test_the_level_can_be_the_databases_or_the_clusters(env):
    cluster = env.cluster(start=False, databases=("app", "other"), extra={"cluster": {"consistency": "three"}})
    for node in cluster.nodes:
        node.description["databases"][0]["consistency"] = "quorum"
    cluster.launch()
    env.wait(lambda: len(quorum(env, cluster.node(1))["voters"]) == 3, what="all voters known")
    for name, expected in (("app", "quorum"), ("other", "three")):
        level = env.shell(cluster.node(1), "SELECT murmel_consistency()", database=name)
        check(level == expected, f"the level of connections to {name} is {level}")


def test_a_level_of_one_transaction(env):
    """With one of three nodes away TWO is a majority and goes through; THREE, which is ALL then, is refused."""
    cluster = start(env)
    connection = env.connect(cluster.node(1))
    cluster.node(3).kill()

    def commit(level, row, seconds=20):
        insist(connection, f"BEGIN; SELECT murmel_transaction_consistency('{level}'); "
                           f"INSERT INTO t VALUES ({row}, '{level}'); COMMIT", seconds)

    def refused():
        try:
            commit("three", 2, seconds=1)
        except sqlite3.OperationalError as error:
            return "2 of 3 voting nodes" in str(error)
        return check(False, "THREE was committed by two nodes")

    env.wait(refused, what="a refusal that names the nodes")
    commit("two", 1)
    token = connection.execute("SELECT murmel_token()").fetchone()[0]
    check("q:" in token, f"committed at ONE: {token}")
    connection.execute("INSERT INTO t VALUES (3, 'one')")
    token = connection.execute("SELECT murmel_token()").fetchone()[0]
    check("q:" not in token, f"the level outlived its transaction: {token}")
    cluster.launch()
    env.wait_equal(cluster.nodes)
