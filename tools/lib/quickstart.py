"""The story that tools/quickstart tells, after it has installed the packages."""
import shutil
import sqlite3
import subprocess
import sys
import time

import build
import cluster as clusters

ARRIVAL_SECONDS = 10
LAG_SAMPLES = 200


class Story:
    def __init__(self, cluster):
        self.cluster = cluster

    def shell(self, number, sql, equipped=True):
        """Runs SQL in Debian's sqlite3 shell on a node's file, and shows the command."""
        path = self.cluster.node(number).path()
        load = [".load " + self.cluster.extension.removesuffix(".so")] if equipped else []
        shown = f'-cmd ".load {build.extension(build.folder()).relative_to(build.ROOT)}" ' if equipped else ""
        print(f'  node {number}$ sqlite3 {shown}{relative(path)} "{sql}"')
        command = ["sqlite3", "-box", "-cmd", ".timeout 5000"]
        for line in load:
            command += ["-cmd", line]
        done = subprocess.run([*command, path, sql], capture_output=True, text=True)
        if done.returncode:
            raise clusters.ClusterError(f"sqlite3 said: {done.stderr.strip()}")
        if done.stdout:
            print("    " + done.stdout.strip().replace("\n", "\n    "))

    def expect(self, number, sql, wanted):
        """Waits until a plain reader of the node's file sees `wanted`."""
        path = self.cluster.node(number).path()
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        end, seen = time.monotonic() + ARRIVAL_SECONDS, None
        while time.monotonic() < end:
            try:
                seen = connection.execute(sql).fetchall()
            except sqlite3.OperationalError as error:  # the table may not be there yet
                seen = str(error)
            if seen == wanted:
                connection.close()
                return
            time.sleep(0.001)
        raise clusters.ClusterError(f"node {number} does not show the change after {ARRIVAL_SECONDS} s: {seen}; "
                                    f"its log is {self.cluster.node(number).log}")

    def lag(self):
        """Milliseconds from commit on node 1 to visible on node 3, median and worst of single-row inserts."""
        writer = sqlite3.connect(self.cluster.node(1).path(), isolation_level=None, timeout=5)
        writer.enable_load_extension(True)
        writer.load_extension(self.cluster.extension)
        reader = sqlite3.connect(f"file:{self.cluster.node(3).path()}?mode=ro", uri=True, isolation_level=None)
        found, end = [], time.monotonic() + ARRIVAL_SECONDS
        for number in range(LAG_SAMPLES):
            writer.execute("INSERT INTO Books VALUES (?, 'Lag', 'Sample', 2000)", (1000 + number,))
            start = time.perf_counter()
            while not reader.execute("SELECT 1 FROM Books WHERE id = ?", (1000 + number,)).fetchone():
                if time.monotonic() > end:
                    raise clusters.ClusterError("node 3 fell behind while the lag was measured")
            found.append((time.perf_counter() - start) * 1000)
        writer.execute("DELETE FROM Books WHERE id >= 1000")
        writer.close()
        reader.close()
        found.sort()
        return found[len(found) // 2], found[-1]

    def tell(self):
        self.shell(1, "CREATE TABLE Books(id INTEGER PRIMARY KEY, title TEXT, author TEXT, year INTEGER)")
        self.shell(1, "INSERT INTO Books VALUES (1, 'Kater Murr', 'Hoffmann', 1819), (2, 'Momo', 'Ende', 1973)")
        for number in (2, 3):
            self.expect(number, "SELECT count(*) FROM Books", [(2,)])
            self.shell(number, "SELECT * FROM Books", equipped=False)
        self.shell(2, "UPDATE Books SET year = 1820 WHERE id = 1")
        self.expect(3, "SELECT year FROM Books WHERE id = 1", [(1820,)])
        self.shell(3, "DELETE FROM Books WHERE id = 2")
        self.expect(1, "SELECT id, year FROM Books", [(1, 1820)])
        self.expect(2, "SELECT id, year FROM Books", [(1, 1820)])
        self.shell(1, "SELECT * FROM Books", equipped=False)


def relative(path):
    try:
        return str(type(build.ROOT)(path).relative_to(build.ROOT))
    except ValueError:
        return str(path)


def fresh_cluster(folder):
    """Stops what an earlier run left behind, and starts three agents with empty databases."""
    if (folder / "cluster.json").exists():
        clusters.Cluster(folder).stop()
    shutil.rmtree(folder, ignore_errors=True)
    cluster = clusters.Cluster(folder)
    cluster.add_nodes(3)
    cluster.launch()
    return cluster


def main():
    print("\n== 2/4 Build", flush=True)
    build.build(targets=["agent/murmel", "extension/murmel.so"])
    print("\n== 3/4 Three agents on this machine, each with a database of its own", flush=True)
    try:
        cluster = fresh_cluster(build.folder() / "quickstart")
        for node in cluster.nodes:
            print(f"  node {node.id}: {relative(node.path())}, admin port {node.admin_port}")
        print("\n== 4/4 Write anywhere with the sqlite3 shell, read everywhere", flush=True)
        story = Story(cluster)
        story.tell()
        median, worst = story.lag()
    except (clusters.ClusterError, sqlite3.Error, OSError) as error:
        print(f"\nThe quickstart failed: {error}", file=sys.stderr)
        return 1
    print(f"\n  {LAG_SAMPLES} more inserts on node 1 were visible on node 3 after {median:.1f} ms "
          f"(median; worst {worst:.1f} ms).")
    print(f"""
Go on:  sqlite3 -cmd ".load build/extension/murmel" {relative(cluster.node(1).path())}
        tools/cluster status --dir build/quickstart
        {relative(cluster.program)} status --admin 127.0.0.1:{cluster.node(1).admin_port}
Stop:   tools/cluster stop --dir build/quickstart

The quickstart is done: three nodes are running and agree.""")
    return 0


if __name__ == "__main__":
    sys.exit(main())
