"""Refusals, shutdown, a full disk, and what an idle agent costs."""
import json
import os
import subprocess
import time

import measure
from harness import INSTRUMENTED, Skip, alone, check


def test_a_second_agent_on_the_same_directory_is_refused(env):
    cluster = env.cluster(nodes=1)
    second = env.murmel("agent", "--config", cluster.nodes[0].config, good=False)
    text = second.stdout + second.stderr
    check(str(cluster.nodes[0].dir / "data") in text, f"the refusal names the directory: {text}")
    check(cluster.nodes[0].state() == "running", "the first agent goes on")


def test_a_wrong_secret_is_refused_and_logged(env):
    cluster = env.cluster(nodes=2, start=False)
    one, two = cluster.nodes
    one.launch()
    cluster.extra = {"cluster": {"secret": "quite-another-secret"}}
    two.launch()
    env.shell(one, "SELECT murmel_consistency('one'); CREATE TABLE t(id INTEGER PRIMARY KEY)")  # nobody to ask
    env.wait(lambda: "secret" in one.log_tail(200) or "secret" in two.log_tail(200), what="a line about the secret")
    for node in cluster.nodes:
        text = node.log.read_text()
        check(cluster.secret() not in text and "quite-another-secret" not in text, "a secret is in the log")
    time.sleep(1)
    there = env.shell(two, "SELECT count(*) FROM sqlite_schema WHERE name = 't'", equipped=False)
    check(there == "0", "a node with a wrong secret received data")


def test_configuration_errors_name_the_line_and_the_nearest_key(env):
    file = env.dir / "bad.toml"
    file.write_text('data_dir = "x"\n[cluster]\nlistn = "127.0.0.1:0"\n')
    done = env.murmel("agent", "--config", file, "--check-config", good=False)
    text = done.stdout + done.stderr
    check("3" in text and "listen" in text, f"no line or no nearest key: {text}")


def test_sigterm_ends_the_agent_in_time_and_says_leave(env):
    cluster = env.cluster()
    one, two, three = cluster.nodes
    env.shell(one, "CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT)")
    env.wait(lambda: env.shell(three, "SELECT count(*) FROM sqlite_schema WHERE name = 't'") == "1", what="the table")
    writer = env.writer(three, "t", count=300)
    env.wait(lambda: len(writer.keys()) > 100, what="100 transactions")
    start = time.monotonic()
    check(three.stop(grace=16), "the agent did not end within its grace time")
    check(time.monotonic() - start < 16, "leaving took too long")
    writer.finish()
    env.wait(lambda: "LEFT" in json.dumps(env.ask(one, "members")), what="LEFT in node 1's list")
    three.launch()
    env.wait(lambda: env.shell(two, "SELECT count(*) FROM t", equipped=False) == "300", what="all rows")
    env.wait_equal(cluster.nodes)


def test_a_full_disk_stops_applying_and_room_lets_it_go_on(env):
    if os.geteuid() != 0:
        raise Skip("mounting a small file system needs root")
    cluster = env.cluster(nodes=2, start=False, extra={"limits": {"disk_free_bytes_min": "4MiB"}})
    one, two = cluster.nodes
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(two.dir)], capture_output=True).returncode:
        raise Skip("tmpfs can't be mounted here")
    try:
        cluster.launch()
        env.shell(one, "CREATE TABLE t(id INTEGER PRIMARY KEY, body BLOB)")
        env.wait(lambda: env.shell(two, "SELECT count(*) FROM sqlite_schema WHERE name = 't'") == "1", what="the table")
        balloon = two.dir / "balloon"
        free = os.statvfs(two.dir)
        balloon.write_bytes(b"x" * max(0, free.f_bavail * free.f_frsize - (3 << 20)))
        env.shell(one, "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 40) "
                       "INSERT INTO t SELECT i, randomblob(100000) FROM n")
        env.wait(lambda: "disk" in two.log.read_text().lower() or "room" in two.log.read_text().lower(),
                 what="a line about the full disk")
        check(two.state() == "running", "the agent must survive a full disk")
        balloon.unlink()
        env.wait(lambda: env.shell(two, "SELECT count(*) FROM t", equipped=False) == "40", what="the rows")
        env.wait_equal(cluster.nodes)
        cluster.stop()
    finally:
        cluster.stop()
        subprocess.run(["umount", "-l", str(two.dir)], capture_output=True)


@alone
def test_an_idle_agent_costs_next_to_nothing_and_is_ready_at_once(env):
    cluster = env.cluster()
    env.shell(cluster.nodes[0], "CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)")
    env.wait_equal(cluster.nodes)
    node = cluster.nodes[2]
    node.stop()
    start = time.monotonic()
    node.launch()
    ready_ms = (time.monotonic() - start) * 1000
    time.sleep(2)
    pid = node.known()["pid"]
    before, seconds = measure.cpu_seconds(pid), 4
    time.sleep(seconds)
    share = (measure.cpu_seconds(pid) - before) / seconds
    resident_mb = measure.resident_bytes(pid) / 1e6
    print(f"idle CPU {share:.2%}, resident {resident_mb:.0f} MB, ready after {ready_ms:.0f} ms")
    if INSTRUMENTED:
        return
    check(share < 0.01, f"an idle agent uses {share:.2%} of a core")
    check(resident_mb < 40, f"an idle agent holds {resident_mb:.0f} MB")
    check(ready_ms < 300, f"ready only after {ready_ms:.0f} ms")
