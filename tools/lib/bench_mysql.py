"""tools/bench mysql: MySQL clients on three Murmel nodes and on a three-node MariaDB Galera cluster, in turn on this machine.

Both acknowledge a commit when it is on the disk where it has to be: Murmel at QUORUM with durability "fsync", Galera with
innodb_flush_log_at_trx_commit = 1. 16 clients on connections of their own, spread over the nodes, run transactions of ten
statements on rows of 1.1 KiB: first INSERTs, then a mix (tests/bench/mysql_bench.cc), then the same mix while a node is killed.
CPU and memory are the servers'. sysbench's own tests follow, on three nodes and on one, where MariaDB alone is compared with.
"""
import argparse
import json
import re
import subprocess
import sys
import tempfile
import threading
import time

import build
import cluster as clusters
import mariadb
import measure

DATABASE = "bench"
PACKAGES = (*mariadb.PACKAGES, *mariadb.GALERA_PACKAGES, "libmariadb-dev", "sysbench")
TABLES = {
    "wide": "CREATE TABLE txmix (id VARCHAR(64) NOT NULL PRIMARY KEY, " + ", ".join(f"field{i} TEXT" for i in range(10)) + ")",
    "sb": "CREATE TABLE txmix (id BIGINT NOT NULL PRIMARY KEY, k INT, c CHAR(120), pad CHAR(60), KEY(k))",
}
SYSBENCH = ("oltp_point_select", "oltp_insert", "oltp_update_index", "oltp_write_only", "oltp_read_write")
IGNORED = "1213,1205,1020,1062,1180,1047,1053,1927,3101,3572"
WAIT_SECONDS = 30


class Murmel:
    def __init__(self, folder, nodes, options):
        self.cluster = clusters.Cluster(folder, databases=[DATABASE])
        self.cluster.extra = {"cluster": {"consistency": options.consistency}, "replication": {"durability": options.durability}}
        self.cluster.add_nodes(nodes)
        self.cluster.launch()
        if not self.cluster.wait_members(WAIT_SECONDS):
            raise clusters.ClusterError("not all nodes became members")
        self.servers = self.cluster.nodes

    def pids(self):
        return [node.known()["pid"] for node in self.cluster.nodes if node.state() == "running"]

    def ports(self):
        return [node.mysql_port for node in self.cluster.nodes]

    def kill(self, number):
        self.cluster.nodes[number].kill()

    def stop(self):
        self.cluster.stop(grace=5)


class MariaDb:
    def __init__(self, folder, nodes, _options):
        self.servers = mariadb.start_galera(folder, nodes) if nodes > 1 else [mariadb.start_one(folder)]
        self.servers[0].ask(f"CREATE DATABASE {DATABASE}")

    def pids(self):
        return [server.pid for server in self.servers if server.process.poll() is None]

    def ports(self):
        return [server.port for server in self.servers]

    def kill(self, number):
        self.servers[number].kill()

    def stop(self):
        for server in reversed(self.servers):
            server.stop()


SYSTEMS = {"murmel": Murmel, "galera": MariaDb}


def shell(port, sql):
    """Until it is taken: nodes of Murmel may still be settling who votes."""
    end = time.monotonic() + WAIT_SECONDS
    while True:
        done = subprocess.run(["mariadb", "--no-defaults", "-h", "127.0.0.1", "-P", str(port), "-u", "root", "-N", "-B", DATABASE, "-e", sql],
                              capture_output=True, text=True, timeout=WAIT_SECONDS)
        if done.returncode == 0:
            return done.stdout
        if "1213" not in done.stderr and "1146" not in done.stderr or time.monotonic() > end:
            raise clusters.ClusterError(f"{sql[:100]}: {done.stderr.strip()[-300:]}")
        time.sleep(0.1)


def on_all(system, sql, wanted):
    for port in system.ports():
        end = time.monotonic() + WAIT_SECONDS
        while shell(port, sql).strip() != wanted:
            if time.monotonic() > end:
                raise clusters.ClusterError(f"{sql} is not {wanted} on port {port}")
            time.sleep(0.1)


def figures(system, work):
    """What the work returned, with the servers' CPU seconds per second, and their memory after it."""
    pids = system.pids()
    before, begun = {pid: measure.cpu_seconds(pid) for pid in pids}, time.monotonic()
    found = work()
    seconds = time.monotonic() - begun
    alive = [pid for pid in pids if pid in system.pids()]
    found["servers' CPU, cores"] = sum(measure.cpu_seconds(pid) - before[pid] for pid in alive) / seconds
    found["servers' memory, MB"] = sum(measure.resident_bytes(pid) for pid in alive) / 1e6
    return found


def run_driver(system, options, phase, seconds, warmup=0.0, seed=1):
    words = [str(build.folder() / "tests/bench/mysql_bench"), "--phase", phase, "--row", options.row, "--clients", str(options.clients),
             "--batch", str(options.batch), "--rows", str(options.rows), "--seconds", str(seconds), "--warmup", str(warmup), "--seed", str(seed)]
    for port in system.ports():
        words += ["--port", str(port)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=seconds + warmup + 300)
    if not done.stdout:
        raise clusters.ClusterError(f"mysql_bench: {done.stderr[-500:]}")
    told = json.loads(done.stdout)
    if told["fatal"]:
        raise clusters.ClusterError(f"mysql_bench, {phase}: {told['fatal']}")
    return told


def summary(told):
    rows = {"ops/s": told["operations_per_second"], "transactions/s": told["transactions_per_second"]}
    for name, key in (("transaction", "transaction_ms"), ("commit", "commit_ms"), ("statement", "statement_ms")):
        rows |= {f"{name}, {point}, ms": told[key][point] for point in ("p50", "p95", "p99")}
    again = sum(count for number, count in told["errors"].items() if number != "1062")
    rows["begun again per 100 transactions"] = 100 * again / max(1, told["transactions"])
    rows["longest time without a commit, ms"] = told["longest_gap"]["ms"]
    return rows


def with_kill(system, options):
    """The mix, while the last node is killed in the middle."""
    timer = threading.Timer(options.seconds / 2, system.kill, [len(system.ports()) - 1])
    timer.start()
    try:
        told = run_driver(system, options, "mixed", options.seconds, seed=3)
    finally:
        timer.cancel()
        timer.join()
    others = [told["ports"][str(port)]["longest_gap"]["ms"] for port in system.ports()[:-1] if str(port) in told["ports"]]
    return {"longest time without a commit anywhere, ms": told["longest_gap"]["ms"],
            "longest time without a commit on one of the other nodes, ms": max(others, default=0.0),
            "connections lost": told["connections_lost"]}


def mix(name, options):
    """The phases on three nodes; {phase: {figure: value}}."""
    with tempfile.TemporaryDirectory(prefix=f"murmel-bench-{name}-") as folder:
        system = SYSTEMS[name](folder, 3, options)
        try:
            shell(system.ports()[0], TABLES[options.row])
            on_all(system, "SELECT COUNT(*) FROM txmix", "0")
            found = {"load": figures(system, lambda: summary(run_driver(system, options, "load", 300)))}
            time.sleep(1)
            found["mixed"] = figures(system, lambda: summary(run_driver(system, options, "mixed", options.seconds, options.warmup, 2)))
            found["a node killed"] = with_kill(system, options)
            return found
        finally:
            system.stop()


def sysbench(name, nodes, options):
    """Transactions (point selects: queries) per second of each test, its 95th percentile and errors."""
    found = {}
    with tempfile.TemporaryDirectory(prefix=f"murmel-bench-{name}-") as folder:
        system = SYSTEMS[name](folder, nodes, options)
        try:
            ports = ",".join(map(str, system.ports()))
            base = ["--db-driver=mysql", "--mysql-host=127.0.0.1", "--mysql-user=root", f"--mysql-db={DATABASE}", "--tables=4",
                    f"--table-size={options.table_size}", f"--mysql-ignore-errors={IGNORED}"]
            first = f"--mysql-port={system.ports()[0]}"
            prepared = subprocess.run(["sysbench", "oltp_read_write", *base, first, "prepare"], capture_output=True, text=True, timeout=300)
            if prepared.returncode:
                raise clusters.ClusterError(f"sysbench prepare: {(prepared.stdout + prepared.stderr)[-600:]}")
            on_all(system, "SELECT COUNT(*) FROM sbtest4", str(options.table_size))
            for test in SYSBENCH:
                done = subprocess.run(["sysbench", test, *base, f"--mysql-port={ports}", f"--threads={options.clients}", f"--time={options.sysbench}",
                                       "--percentile=95", "run"], capture_output=True, text=True, timeout=options.sysbench + 120)
                found[test] = of_sysbench(done.stdout + done.stderr)
            return found
        finally:
            system.stop()


def of_sysbench(said):
    def number(pattern):
        match = re.search(pattern, said)
        return float(match.group(1)) if match else float("nan")
    if "transactions:" not in said:
        return {"failed": said.strip().splitlines()[-1][:120] if said.strip() else "no answer"}
    return {"tps": number(r"transactions:.*\((\d+\.\d+) per sec"), "95th percentile, ms": number(r"95th percentile:\s+(\d+\.\d+)"),
            "errors/s": number(r"ignored errors:.*\((\d+\.\d+) per sec")}


def show(title, columns):
    """columns: {system: {figure: value}}, side by side."""
    print(f"\n{title}")
    print(f"  {'':58}" + "".join(f"{name:>14}" for name in columns))
    for figure in dict.fromkeys(figure for found in columns.values() for figure in found):
        cells = [found.get(figure, "") for found in columns.values()]
        print(f"  {figure:58}" + "".join(f"{cell:>14.2f}" if isinstance(cell, float) else f"{cell!s:>14}" for cell in cells), flush=True)


def main():
    parser = argparse.ArgumentParser(prog="tools/bench mysql", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--systems", default="murmel,galera", help="of murmel,galera")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--batch", type=int, default=10, help="statements of a transaction; 1: autocommit")
    parser.add_argument("--rows", type=int, default=100_000, help="that are loaded")
    parser.add_argument("--row", choices=sorted(TABLES), default="wide")
    parser.add_argument("--seconds", type=float, default=20, help="of the mixed phase")
    parser.add_argument("--warmup", type=float, default=3)
    parser.add_argument("--consistency", default="quorum")
    parser.add_argument("--durability", default="fsync")
    parser.add_argument("--sysbench", type=int, default=10, metavar="SECONDS", help="for each of its tests; 0: none")
    parser.add_argument("--table-size", type=int, default=10_000)
    parser.add_argument("--no-mix", action="store_true", help="sysbench alone")
    options = parser.parse_args()
    names = options.systems.split(",")
    subprocess.run([str(build.ROOT / "tools/setup"), "packages", *PACKAGES], check=True, stdout=sys.stderr)
    build.build(targets=["agent/murmel", "extension/murmel.so"])
    if "mysql_bench" not in subprocess.run(["ninja", "-C", str(build.folder()), "-t", "targets", "all"], capture_output=True, text=True).stdout:
        build.run(["meson", "setup", "--reconfigure", str(build.folder())])  # the client library has just come
    build.build(targets=["tests/bench/mysql_bench"])
    if not options.no_mix:
        found = {name: mix(name, options) for name in names}
        for phase in ("load", "mixed", "a node killed"):
            show(f"{phase}: three nodes, {options.clients} clients, {options.batch} statements a transaction, rows {options.row}",
                 {name: found[name][phase] for name in names})
    if options.sysbench:
        for nodes in (1, 3):
            found = {name if nodes > 1 or name == "murmel" else "mariadb": sysbench(name, nodes, options) for name in names}
            for test in SYSBENCH:
                show(f"sysbench {test}, {nodes} node{'s' if nodes > 1 else ''}", {name: found[name][test] for name in found})
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except clusters.ClusterError as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(1)
