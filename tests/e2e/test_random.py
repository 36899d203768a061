"""Six applications do random SQL on three nodes, also to the same rows, while agents and one of them are killed and paused;
then all nodes must be equal. MURMEL_SEED=N repeats what the writers do (not the timing)."""
import os
import random
import signal
import subprocess
import time

from harness import PYTHON, ROOT, check

SCHEMA = """
CREATE TABLE plain(id INTEGER PRIMARY KEY, body, more);
CREATE TABLE pair(a INTEGER, b TEXT, body, PRIMARY KEY(a, b)) WITHOUT ROWID;
CREATE TABLE named(name TEXT PRIMARY KEY, n INTEGER);
CREATE TABLE account(id INTEGER PRIMARY KEY, mail TEXT UNIQUE, n INTEGER);
CREATE TABLE entry(id INTEGER PRIMARY KEY, pair INTEGER, note);
CREATE TRIGGER noted AFTER DELETE ON plain BEGIN DELETE FROM entry WHERE pair = old.id; END;
CREATE INDEX plain_body ON plain(body);
"""
SECONDS = 10


def start_writer(env, node, seed):
    process = subprocess.Popen(
        [PYTHON, str(ROOT / "tests" / "e2e" / "random_writer.py"), node.path(), str(env.build / "extension" / "murmel.so"),
         str(seed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    env.children.append(process)
    return process


def stop_writer(process):
    said = process.communicate("stop\n", timeout=60)[0]
    check(process.returncode == 0, f"an application failed: {said}")
    return int(said)


def test_random_writes_on_three_nodes_with_crashes_and_pauses_end_equal(env):
    seed = int(os.environ.get("MURMEL_SEED") or random.randrange(1 << 32))
    print(f"MURMEL_SEED={seed}")
    cluster = env.cluster()
    env.shell(cluster.nodes[0], SCHEMA)
    for node in cluster.nodes:
        env.wait(lambda node=node: env.shell(node, "SELECT count(*) FROM sqlite_schema WHERE name = 'named'") == "1",
                 what=f"the tables on node {node.id}")
    r = random.Random(seed)
    writers = [[node, start_writer(env, node, seed * 10 + node.id * 2 + app)] for node in cluster.nodes for app in (0, 1)]
    end, committed = time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        time.sleep(r.uniform(0.2, 0.8))
        node, what = r.choice(cluster.nodes), r.choice(["kill agent", "pause agent", "kill writer"])
        if what == "kill agent":
            node.kill()
            time.sleep(r.uniform(0, 0.5))
            node.launch(wait=False)
        elif what == "pause agent":
            node.signal(signal.SIGSTOP)
            time.sleep(r.uniform(0.2, 1.0))
            node.signal(signal.SIGCONT)
        else:
            victim = r.choice(writers)
            check(victim[1].poll() is None, f"an application failed: {victim[1].returncode}")
            victim[1].kill()
            victim[1].wait()
            victim[1] = start_writer(env, victim[0], r.randrange(1 << 32))
    for _, process in writers:
        committed += stop_writer(process)
    check(committed > 50, f"only {committed} transactions")
    for node in cluster.nodes:
        node.wait_ready()
    rows = env.wait_equal(cluster.nodes)
    check(all(rows[table][1] for table in ("plain", "pair", "named")), "empty tables show nothing")
    verified = env.ask(cluster.nodes[0], "verify")
    check(verified["equal"], f"verify: {verified}")
    for node in cluster.nodes:
        check(env.shell(node, "PRAGMA integrity_check", equipped=False) == "ok", f"integrity of node {node.id}")
