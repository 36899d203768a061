"""tools/bench quorum: transactions at QUORUM, three agents on loopback.

extension  Applications, spread over the nodes, each insert one row per transaction, a new one up to a millisecond after
           the last was acknowledged. A sample is the time that COMMIT takes. Before it, those of one node wait for
           each other at BEGIN: SQLite has one writer per file, and its lock is not fair; that time is shown apart.
api        The agents propose the transactions themselves, as sessions do that hold no lock of SQLite: the next as soon as
           the last was decided. A sample is the time until then; the row is in the file soon after.

Fsyncs are those of the agents' commit journals, messages those between the agents to decide; both are read from the agents
and divided by the transactions that were committed.
"""
import argparse
import json
import multiprocessing
import random
import sqlite3
import sys
import tempfile
import time

import build
import cluster as clusters
import measure
from bench_replicate import connect, end, launch

LIMIT_SECONDS = 60
MANY_WRITERS = 256
BUSY = 5


def write(path, extension, first, begin_at, seconds, pipe):
    """An application. Sends (seconds of each BEGIN, and of each COMMIT, refusals, other errors)."""
    connection = connect(path, extension)
    connection.execute("SELECT murmel_consistency('quorum')")
    locks, samples, refusals, errors, key = [], [], 0, [], first
    time.sleep(max(0, begin_at - time.monotonic()))
    while time.monotonic() < begin_at + seconds:
        time.sleep(random.uniform(0, 0.001))
        while True:
            try:
                begun = time.monotonic()
                connection.execute("BEGIN IMMEDIATE")
                locks.append(time.monotonic() - begun)
                connection.execute("INSERT INTO t VALUES (?, ?, ?, ?)", (key, f"key {key}", key, key / 2))
                begun = time.monotonic()
                connection.execute("COMMIT")
                samples.append(time.monotonic() - begun)
                break
            except sqlite3.Error as error:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                if error.sqlite_errorcode & 0xff != BUSY:
                    errors.append(str(error))
                    break
                refusals += 1
                time.sleep(random.uniform(0, 0.001))
        key += 1
    pipe.send((locks, samples, refusals, errors))


def figures(cluster):
    """(journal transactions, messages, committed, committed in one round trip) of all agents."""
    sums = [0, 0, 0, 0]
    for node in cluster.nodes:
        status = json.loads(node.http("/admin/status")[1])
        commit = status["databases"][0]["commit"]
        for index, value in enumerate((status["node"]["journal"]["transactions"], commit["messages_sent"],
                                       commit["committed"], commit["fast"])):
            sums[index] += value
    return sums


def start(durability, own_api=False):
    cluster = clusters.Cluster(tempfile.mkdtemp(prefix="murmel-bench-"))
    if own_api:
        cluster.program = build.folder() / "tests/bench/commit_bench"
    cluster.extra = {"replication": {"durability": durability}}
    launch(cluster, 3)
    return cluster


def wait_for_voters(cluster):
    limit = time.monotonic() + LIMIT_SECONDS
    while not all(reachable(node) for node in cluster.nodes):
        if time.monotonic() > limit:
            raise clusters.ClusterError("the nodes did not become one cluster")
        time.sleep(0.05)


def reachable(node):
    commit = json.loads(node.http("/admin/status")[1])["databases"][0]["commit"]
    return len(commit["voters"]) == 3 and commit["majority_reachable"]


def run(durability, writers, seconds, own_api):
    cluster = start(durability, own_api)
    try:
        wait_for_voters(cluster)
        before, begin_at = figures(cluster), time.monotonic() + 1.5
        load = load_by_agents if own_api else load_by_applications
        found = load(cluster, writers, begin_at, seconds)
        journal, messages, committed, fast = (now - then for now, then in zip(figures(cluster), before))
        return {**found, "fsyncs per transaction": journal / committed if durability == "fsync" else 0.0,
                "messages per transaction": messages / committed, "in one round trip": fast / committed}
    finally:
        end(cluster)


def load_by_applications(cluster, writers, begin_at, seconds):
    running = []
    for number in range(writers):
        here, there = multiprocessing.Pipe(False)
        node = cluster.nodes[number % len(cluster.nodes)]
        process = multiprocessing.Process(target=write, args=(
            node.path(), cluster.extension, (number + 1) * 10_000_000, begin_at, seconds, there))
        process.start()
        running.append((process, here))
    locks, samples, refusals, errors = [], [], 0, []
    for process, pipe in running:
        part = pipe.recv()
        locks, samples, refusals, errors = (old + new for old, new in zip((locks, samples, refusals, errors), part))
        process.join()
    if errors or not samples:
        raise clusters.ClusterError(f"{len(errors)} transactions failed, such as: {errors[:1]}")
    return {"transactions/s": len(samples) / seconds, **commit_times(samples),
            "BEGIN, p50, ms": measure.quantile(locks, 0.5) * 1000, "BEGIN, p99, ms": measure.quantile(locks, 0.99) * 1000,
            "refused and tried again": refusals / len(samples)}


def load_by_agents(cluster, writers, begin_at, seconds):
    nodes = cluster.nodes
    for number, node in enumerate(nodes):
        own = writers // len(nodes) + (number < writers % len(nodes))
        plan = {"begin_at": begin_at, "seconds": seconds, "writers": own, "first_key": (number + 1) * 10_000_000}
        part = node.dir / "load.part"
        part.write_text(json.dumps(plan))
        part.rename(node.dir / "load.json")
    samples, refusals = [], 0
    for node in nodes:
        found = result_of(node, begin_at + seconds + LIMIT_SECONDS)
        samples += [value / 1000 for value in found["milliseconds"]]
        refusals += found["refused"]
    return {"transactions/s": len(samples) / seconds, **commit_times(samples),
            "refused and tried again": refusals / len(samples)}


def result_of(node, limit):
    while time.monotonic() < limit:
        try:
            return json.loads((node.dir / "load_done.json").read_text())
        except FileNotFoundError:
            time.sleep(0.05)
    raise clusters.ClusterError(f"node {node.id} was not done in time; see {node.log}")


def commit_times(samples):
    return {"COMMIT, p50, ms": measure.quantile(samples, 0.5) * 1000,
            "COMMIT, p99, ms": measure.quantile(samples, 0.99) * 1000}


def show(title, runs):
    print(title)
    for name in runs[0]:
        print(f"  {name:26} {measure.median([result[name] for result in runs]):10.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="tools/bench quorum", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--writers", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--runs", type=int, default=3, help="the median of so many is shown")
    parser.add_argument("--only", choices=("extension", "api"), help="only these transactions")
    options = parser.parse_args()
    loads = [("extension", False, options.writers), ("api", True, options.writers), ("api", True, MANY_WRITERS)]
    for way, own_api, writers in loads:
        for durability in ("fsync", "replicated"):
            if options.only in (None, way):
                runs = [run(durability, writers, options.seconds, own_api) for _ in range(options.runs)]
                show(f"through the {way}, durability = {durability}, {writers} writers on 3 nodes", runs)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except clusters.ClusterError as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(1)
