"""tools/bench quorum-faults: what transactions at QUORUM feel when a node dies, and how fast one that was away is back.

kill    Node 1 is killed while it commits changes of one row. Node 3 changes the same row all the time, node 2 rows of its
        own. Shown for each of both: the longest time without a commit around the kill, and in as long a time before it.
        What node 2 waits, everybody waits; what node 3 waits besides is for the row that the dead node held.
away    Node 3 is paused while nodes 1 and 2 commit at a steady rate, and then catches up while they go on. Shown: the rate
        at which it gains transactions, in multiples of the live rate.
"""
import argparse
import json
import multiprocessing
import os
import random
import signal
import sqlite3
import sys
import time

import cluster as clusters
import measure
from bench_quorum import BUSY, reachable, start, wait_for_voters
from bench_replicate import connect, end

WINDOW_SECONDS = 1.5  # before a kill and after it
LIMIT_SECONDS = 120


def write(path, extension, statement, first, pause, pipe):
    """An application that commits `statement` again and again until it is told to stop. Sends when each was done."""
    connection = connect(path, extension)
    connection.execute("SELECT murmel_consistency('quorum')")
    done, key = [], first
    while not pipe.poll(random.uniform(0.5, 1) * pause):
        try:
            connection.execute(statement, (key,))
            done.append(time.monotonic())
        except sqlite3.Error as error:
            if error.sqlite_errorcode & 0xff != BUSY and os.getppid() != 1 and "outcome" not in str(error):
                raise
        key += 1
    pipe.recv()
    pipe.send(done)


class Application:
    def __init__(self, cluster, node, statement, first, pause=0.001):
        self.pipe, there = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=write, daemon=True, args=(
            node.path(), cluster.extension, statement, first, pause, there))
        self.process.start()

    def finish(self):
        self.pipe.send("stop")
        done = self.pipe.recv()
        self.process.join()
        return done


def longest_gap(times, begin, finish):
    inside = [begin, *(moment for moment in times if begin < moment < finish), finish]
    return max(after - before for before, after in zip(inside, inside[1:]))


def wait(condition, what):
    limit = time.monotonic() + LIMIT_SECONDS
    while not condition():
        if time.monotonic() > limit:
            raise clusters.ClusterError(f"{what} did not come within {LIMIT_SECONDS} s")
        time.sleep(0.05)


def kill_once(cluster, round_):
    wait(lambda: all(reachable(node) for node in cluster.nodes), "the cluster")
    first = (round_ + 1) * 10_000_000
    hot, own = "UPDATE t SET a = ? WHERE id = 1", "INSERT INTO t VALUES (?, 'own', 0, 0)"
    applications = [Application(cluster, cluster.node(1), hot, first), Application(cluster, cluster.node(2), own, first),
                    Application(cluster, cluster.node(3), hot, first)]
    time.sleep(WINDOW_SECONDS + 0.5 + random.uniform(0, 0.1))
    killed = time.monotonic()
    cluster.node(1).kill()
    time.sleep(WINDOW_SECONDS)
    cluster.node(1).launch()
    done = [application.finish() for application in applications]
    result = {}
    for name, times in (("rows of others", done[1]), ("the row it held", done[2])):
        result[f"{name}: without a kill, ms"] = longest_gap(times, killed - WINDOW_SECONDS, killed) * 1000
        result[f"{name}: after the kill, ms"] = longest_gap(times, killed, killed + WINDOW_SECONDS) * 1000
    return result


def committed(node):
    connection = connect(node.path())
    try:
        return connection.execute("SELECT count(*) FROM t").fetchone()[0]
    finally:
        connection.close()


def away(cluster, seconds, writers, pause):
    wait(lambda: all(reachable(node) for node in cluster.nodes), "the cluster")
    absent = cluster.node(3)
    begun, before = time.monotonic(), committed(cluster.node(1))
    absent.signal(signal.SIGSTOP)
    applications = [Application(cluster, cluster.nodes[number % 2], "INSERT INTO t VALUES (?, 'away', 0, 0)",
                                2_000_000_000 + number * 10_000_000, pause) for number in range(writers)]
    time.sleep(seconds)
    behind, resumed = committed(cluster.node(1)), time.monotonic()
    live = (behind - before) / (resumed - begun)
    at_first = committed(absent)
    absent.signal(signal.SIGCONT)
    # In step: what node 1 had when it was looked at is there.
    while True:
        goal = committed(cluster.node(1))
        here = committed(absent)
        if here >= goal - live * 0.1:
            break
        if time.monotonic() > resumed + LIMIT_SECONDS:
            raise clusters.ClusterError(f"node 3 has {here} of {goal} rows after {LIMIT_SECONDS} s")
        time.sleep(0.02)
    elapsed = time.monotonic() - resumed
    for application in applications:
        application.finish()
    return {"live, transactions/s": live, "behind, transactions": behind - at_first, "caught up after, s": elapsed,
            "times the live rate": (here - at_first) / elapsed / live}


def show(title, runs, worst=False):
    print(title)
    for name in runs[0]:
        values = [result[name] for result in runs]
        print(f"  {name:38} {measure.median(values):10.1f}" + (f"   at most {max(values):10.1f}" if worst else ""))


def main():
    parser = argparse.ArgumentParser(prog="tools/bench quorum-faults", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--away", type=float, default=60, metavar="SECONDS")
    parser.add_argument("--writers", type=int, default=4, help="while node 3 is away")
    parser.add_argument("--pause", type=float, default=8, metavar="MS", help="of these writers, after each transaction")
    options = parser.parse_args()
    cluster = start("fsync")
    try:
        wait_for_voters(cluster)
        connection = connect(cluster.node(1).path(), cluster.extension)
        connection.execute("INSERT INTO t VALUES (1, 'held', 0, 0)")
        connection.close()
        if options.kills:
            show(f"node 1 killed {options.kills} times, the longest time without a commit; median, and at most",
                 [kill_once(cluster, number) for number in range(options.kills)], worst=True)
        if options.away:
            show(f"node 3 away for {options.away:.0f} s", [away(cluster, options.away, options.writers, options.pause / 1000)])
    finally:
        end(cluster)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except clusters.ClusterError as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(1)
