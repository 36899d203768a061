"""Power failures: what was acknowledged at QUORUM is there afterwards, and every transaction is whole."""
import itertools
import os
import random
import sqlite3
import time

import test_quorum
from harness import check
from power import Supply

MORE = "; CREATE TABLE one1(id INTEGER PRIMARY KEY, body TEXT); CREATE TABLE one2(id INTEGER PRIMARY KEY, body TEXT); " \
       "CREATE TABLE one3(id INTEGER PRIMARY KEY, body TEXT); CREATE TABLE shared(id INTEGER PRIMARY KEY, value TEXT); " \
       "INSERT INTO shared VALUES (1, ''), (2, ''), (3, '')"


class Site:
    """A cluster whose nodes lose their power, with an application at QUORUM and one at ONE on each node."""

    def __init__(self, env, lies=False):
        self.env, self.cluster = env, env.cluster(start=False)
        seed = int(os.environ.get("MURMEL_SEED") or random.randrange(1 << 31))
        print(f"MURMEL_SEED={seed}")
        self.supplies = {node.id: Supply(env, node, seed, lies) for node in self.cluster.nodes}
        self.running, self.all, self.firsts = {}, [], itertools.count(1_000_000, 1_000_000)
        self.power_on(self.supplies)
        env.shell(self.cluster.nodes[0], test_quorum.TABLES + MORE)
        env.wait(lambda: "shared" in env.wait_equal(self.cluster.nodes), what="the tables on all nodes")
        self.wait_voters()

    def wait_voters(self):
        for node in self.cluster.nodes:
            self.env.wait(lambda node=node: test_quorum.quorum(self.env, node)["majority_reachable"], what="the voters")

    def power_on(self, numbers):
        for number in numbers:
            self.supplies[number].launch(wait=False)
        for number in numbers:
            self.cluster.node(number).wait_ready()

    def write(self, numbers):
        """Starts both applications on these nodes."""
        for number in numbers:
            node, environment, first = self.cluster.node(number), self.supplies[number].environment, next(self.firsts)
            quorum = test_quorum.Application(self.env, node, "insert", first, 1_000_000, environment)
            one = self.env.writer(node, f"one{number}", first, pause_ms=1, shared=3, environment=environment)
            self.running[number] = [quorum, one]
            self.all.append(quorum)

    def cut(self, numbers):
        for number in numbers:
            self.supplies[number].cut(self.running.pop(number, []))

    def stop_writing(self):
        for number in list(self.running):
            for application in self.running.pop(number):
                application.kill()

    def acknowledged(self):
        return {key for application in self.all for key in application.acknowledged()}

    def check_kept(self):
        """All nodes end with the same rows, and what was acknowledged at QUORUM is among them."""
        for node in self.cluster.nodes:
            connection = sqlite3.connect(node.path())
            check(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], f"node {node.id}'s file")
            connection.close()
        lost = set()

        def nothing_lost():
            nonlocal lost
            lost = self.acknowledged() - {row[0] for row in self.env.wait_equal(self.cluster.nodes, seconds=60)["t"][1]}
            return not lost

        self.env.wait(nothing_lost, what=lambda: f"what was acknowledged ({len(lost)} rows, such as {sorted(lost)[:5]})")


def test_a_minority_loses_its_power_again_and_again(env):
    site = Site(env)
    site.write((1, 2, 3))
    for number in (1, 2, 3, 2):
        time.sleep(0.7)
        site.cut([number])
        time.sleep(0.3)
        site.power_on([number])
        site.write([number])
    time.sleep(0.5)
    site.stop_writing()
    acknowledged = len(site.acknowledged())
    check(acknowledged > 200, f"only {acknowledged} rows were acknowledged")
    site.check_kept()


def test_all_lose_their_power_at_once(env):
    site = Site(env)
    for _ in range(2):
        site.write((1, 2, 3))
        before = len(site.acknowledged())
        env.wait(lambda: len(site.acknowledged()) > before + 100, what="100 rows")
        site.cut((1, 2, 3))
        site.power_on((1, 2, 3))
        site.check_kept()


def test_a_disk_that_lies_is_noticed_by_these_tests(env):
    site = Site(env, lies=True)
    site.write((1, 2, 3))
    env.wait(lambda: len(site.acknowledged()) > 100, what="100 rows")
    site.cut((1, 2, 3))
    lost = 0
    for node in site.cluster.nodes:
        try:
            connection = sqlite3.connect(node.path())
            lost += len(site.acknowledged() - {row[0] for row in connection.execute("SELECT id FROM t")}) > 0
        except sqlite3.DatabaseError:
            lost += 1
    check(lost == 3, f"only {lost} of 3 nodes have lost what they never synced")
