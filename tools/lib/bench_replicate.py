"""tools/bench replicate: replication at ONE between agents on loopback, measured from outside with plain SQLite.

lag      An application with the extension commits small transactions at a fixed rate on node 1. Another process reads
         nodes 2 and 3 in turn and notes when each key is visible on both. A sample is the time from just before COMMIT
         to that moment; both processes read the same monotonic clock. The reader pauses POLL_SECONDS between two looks,
         so that it does not take a core from the agents; half of that is in every sample.
apply    Node 2 is away while node 1 is written; the rate is what node 2 has applied per second after its start until it
         has everything, start included.
idle     CPU, memory and time until ready of an agent of three that nobody writes to.
"""
import argparse
import json
import multiprocessing
import shutil
import sqlite3
import sys
import tempfile
import time

import build
import cluster as clusters
import measure

POLL_SECONDS = 0.0002
LIMIT_SECONDS = 120


def connect(path, extension=None):
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    connection.execute("PRAGMA synchronous=NORMAL")
    if extension:
        connection.enable_load_extension(True)
        connection.load_extension(extension)
    return connection


def start(nodes):
    cluster = clusters.Cluster(tempfile.mkdtemp(prefix="murmel-bench-"))
    launch(cluster, nodes)
    return cluster


def launch(cluster, nodes):
    """With a table that is on all nodes. What goes wrong here leaves no agent behind."""
    try:
        cluster.add_nodes(nodes)
        cluster.launch()
        connection = connect(cluster.node(1).path(), cluster.extension)
        connection.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT, a INTEGER, b REAL)")
        connection.close()
        for node in cluster.nodes:
            wait(node.path(), 0)
    except BaseException:
        end(cluster)
        raise


def end(cluster):
    cluster.stop()
    shutil.rmtree(cluster.dir, ignore_errors=True)


def highest(connection):
    """Greatest key that a reader sees; -1 while there is no table."""
    try:
        return connection.execute("SELECT ifnull(max(id), 0) FROM t").fetchone()[0]
    except sqlite3.OperationalError:
        return -1


def wait(path, key, pause=0.002):
    connection = connect(path)
    limit = time.monotonic() + LIMIT_SECONDS
    while highest(connection) < key:
        if time.monotonic() > limit:
            raise clusters.ClusterError(f"{path}: key {key} did not arrive within {LIMIT_SECONDS} s")
        time.sleep(pause)
    connection.close()


def write_paced(path, extension, rate, count, pipe):
    """The application: one small transaction every 1 / rate seconds. Sends the time before each COMMIT."""
    connection = connect(path, extension)
    times, begun = [], time.monotonic()
    for key in range(1, count + 1):
        pause = begun + key / rate - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO t VALUES (?, ?, ?, ?)", (key, f"key {key}", key, key / 2))
        times.append(time.monotonic())
        connection.execute("COMMIT")
    pipe.send((times, (count - 1) / (times[-1] - times[0])))


def lag(rate, seconds):
    """(p50, p99, greatest) in ms, and the rate that the application reached."""
    cluster = start(3)
    try:
        count = rate * seconds
        readers = [connect(cluster.node(number).path()) for number in (2, 3)]
        here, there = multiprocessing.Pipe()
        writer = multiprocessing.Process(target=write_paced, args=(
            cluster.node(1).path(), cluster.extension, rate, count, there))
        seen, arrived, limit = [0, 0], [0.0] * (count + 1), time.monotonic() + LIMIT_SECONDS
        writer.start()
        while min(seen) < count and time.monotonic() < limit:
            before = min(seen)
            for index, reader in enumerate(readers):
                seen[index] = highest(reader)
            now = time.monotonic()
            for key in range(before + 1, min(seen) + 1):
                arrived[key] = now
            time.sleep(POLL_SECONDS)
        times, reached = here.recv()
        writer.join()
        if min(seen) < count:
            raise clusters.ClusterError("the last row did not arrive")
        samples = [(arrived[key] - times[key - 1]) * 1000 for key in range(count // 10, count + 1)]  # without warming up
        return measure.quantile(samples, 0.5), measure.quantile(samples, 0.99), max(samples), reached
    finally:
        end(cluster)


def apply_rate(transactions, rows):
    """Rows per second that a node applies which was away during `transactions` of `rows` rows each."""
    cluster = start(2)
    try:
        away = cluster.node(2)
        away.stop()
        connection = connect(cluster.node(1).path(), cluster.extension)
        for number in range(transactions):
            first = number * rows + 1
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", (
                (key, f"key {key}", key, key / 2) for key in range(first, first + rows)))
            connection.execute("COMMIT")
        connection.close()
        time.sleep(1)  # node 1 has read its log
        begun = time.monotonic()
        away.launch(wait=False)
        wait(away.path(), transactions * rows)
        return transactions * rows / (time.monotonic() - begun)
    finally:
        end(cluster)


def idle(seconds):
    """(share of a core, resident MB, ms until ready on an existing directory)"""
    cluster = start(3)
    try:
        node = cluster.node(3)
        node.stop()
        begun = time.monotonic()
        node.launch()
        ready_ms = (time.monotonic() - begun) * 1000
        time.sleep(2)
        pid = node.known()["pid"]
        before = measure.cpu_seconds(pid)
        time.sleep(seconds)
        return (measure.cpu_seconds(pid) - before) / seconds, measure.resident_bytes(pid) / 1e6, ready_ms
    finally:
        end(cluster)


def arguments():
    parser = argparse.ArgumentParser(prog="tools/bench replicate", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="the medians of so many runs are shown")
    parser.add_argument("--rate", type=int, default=1000, help="transactions per second for the lag")
    parser.add_argument("--seconds", type=int, default=10, help="length of one lag run")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main():
    options = arguments()
    build.build(targets=["agent/murmel", "extension/murmel.so"])
    results = {}

    def run(name, unit, function, *words):
        print(f"{name} ...", file=sys.stderr, flush=True)
        rows = [function(*words) for _ in range(options.runs)]
        rows = [row if isinstance(row, tuple) else (row,) for row in rows]
        for column, title in enumerate(unit):
            value = measure.median([row[column] for row in rows])
            results[f"{name}, {title}"] = value
            if not options.json:
                print(f"{name + ', ' + title:56} {value:12,.{0 if value >= 100 else 3}f}", flush=True)

    run(f"lag at {options.rate} transactions/s", ["p50 ms", "p99 ms", "greatest ms", "rate reached"], lag, options.rate,
        options.seconds)
    run("apply, 1,000 transactions of 1,000 rows", ["rows/s"], apply_rate, 1000, 1000)
    run("apply, 100,000 transactions of 1 row", ["transactions/s"], apply_rate, 100_000, 1)
    run("idle agent", ["share of a core", "resident MB", "ready ms"], idle, 5)
    if options.json:
        print(json.dumps(results, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
