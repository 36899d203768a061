"""A local cluster of agents in one folder: DIR/cluster.json describes it, DIR/nodeN holds each node.

    DIR/cluster.json       what programs read (see tools/cluster)
    DIR/nodeN/murmel.toml  configuration, written at each start
    DIR/nodeN/process.json the agent that we started: number and start time
    DIR/nodeN/agent.log    its output
"""
import json
import os
import secrets
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import build
import patience
import ports
import process
import toml

MEMBERS_SECONDS = 10
READY_SECONDS = patience.seconds(30)
GRACE_SECONDS = patience.seconds(20)


class ClusterError(Exception):
    """Something the user can act on."""


class Node:
    """One agent of a local cluster. `description` is its entry in cluster.json."""

    host = "127.0.0.1"
    settings = {}  # of this node alone
    prefix = ()  # what stands before the agent's command line, such as `ip netns exec NAME`

    def __init__(self, cluster, description):
        self.cluster, self.description = cluster, description
        self.id = description["id"]
        self.dir = Path(description["dir"])
        self.admin_port = description["admin_port"]
        self.peer_port = description["peer_port"]
        self.mysql_port = description["mysql_port"]
        self.log = self.dir / "agent.log"
        self.config = self.dir / "murmel.toml"

    def path(self, name="app"):
        """Path of a database file by its name."""
        return next(d["path"] for d in self.description["databases"] if d["name"] == name)

    def known(self):
        try:
            return json.loads((self.dir / "process.json").read_text())
        except FileNotFoundError:
            return None

    def state(self):
        return process.state(self.known()) or "stopped"

    def launch(self, wait=True, environment=None):
        """Starts the agent if it does not run, and waits until it is ready."""
        if self.state() != "stopped":
            return
        self.write_config()
        with open(self.log, "ab") as log:
            started = subprocess.Popen(
                [*self.prefix, str(self.cluster.program), "agent", "--config", str(self.config)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, **(environment or {})})
        (self.dir / "process.json").write_text(json.dumps(process.identity(started.pid)))
        self.set_pid(started.pid)
        if wait:
            self.wait_ready()

    def write_config(self):
        settings = toml.merge(toml.merge(self.cluster.settings(self), self.cluster.extra), self.settings)
        text = toml.write(toml.fill(settings, {"id": self.id, "dir": self.dir}))
        with open(os.open(self.config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)

    def wait_ready(self, seconds=READY_SECONDS):
        end = time.monotonic() + seconds
        while True:
            if self.state() == "stopped":
                raise ClusterError(f"node {self.id} ended at once; its log says:\n{self.log_tail()}")
            try:
                if self.http("/readyz", 1)[0] == 200:
                    return
            except OSError:
                pass
            if time.monotonic() > end:
                raise ClusterError(f"node {self.id} is not ready after {seconds:.0f} s; see {self.log}")
            time.sleep(0.01)

    def members(self):
        """The members in force, as this node knows them; none while they are being changed."""
        try:
            told = json.loads(self.http("/admin/members")[1])
            if told["epoch"]["changing"] or told["epoch"]["fenced"]:
                return set()
            return {each["node"] for each in told["members"] if each.get("role")}
        except (OSError, ValueError, KeyError):
            return set()

    def http(self, path, seconds=5, method="GET"):
        """(status, body) of the admin port."""
        if self.prefix:
            return self.http_inside(path, seconds)
        request = urllib.request.Request(f"http://127.0.0.1:{self.admin_port}{path}", method=method)
        try:
            with urllib.request.urlopen(request, timeout=seconds) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def http_inside(self, path, seconds):
        """The same from where the agent is, such as its network namespace."""
        ask = (f"import urllib.request as r; a = r.urlopen('http://127.0.0.1:{self.admin_port}{path}', "
               f"timeout={seconds}); print(a.status); print(a.read().decode())")
        done = subprocess.run([*self.prefix, "/usr/bin/python3", "-c", ask], capture_output=True, text=True)
        if done.returncode:
            raise OSError(done.stderr)
        status, body = done.stdout.split("\n", 1)
        return int(status), body

    def set_pid(self, pid):
        self.description["pid"] = pid
        self.cluster.save()

    def signal(self, number):
        if not process.send(self.known(), number):
            raise ClusterError(f"node {self.id} does not run")

    def kill(self):
        self.signal(signal.SIGKILL)
        process.wait_gone(self.known(), 10)
        self.set_pid(None)

    def stop(self, grace=GRACE_SECONDS):
        """True if it left by itself."""
        good = process.end(self.known(), grace)
        self.set_pid(None)
        return good

    def log_tail(self, lines=20):
        try:
            return "\n".join(self.log.read_text(errors="replace").split("\n")[-lines - 1:])
        except FileNotFoundError:
            return ""


class Cluster:
    mysql = True  # whether the nodes listen for MySQL clients

    def __init__(self, folder, where=None, databases=("app",)):
        self.dir = Path(folder).resolve()
        self.file = self.dir / "cluster.json"
        where = where or build.folder()
        self.program = build.program(where)
        self.extension = str(build.extension(where)) + ".so"
        self.databases = databases
        self.extra = {}
        self.nodes = []
        if self.file.exists():
            described = json.loads(self.file.read_text())
            self.nodes = [Node(self, entry) for entry in described["nodes"]]

    def node(self, number):
        for node in self.nodes:
            if node.id == number:
                return node
        raise ClusterError(f"there is no node {number}; there are {[node.id for node in self.nodes]}")

    def add_nodes(self, count, base_port=None, mysql_base_port=None):
        """Makes the nodes that are missing up to `count`; starts nothing."""
        self.dir.mkdir(parents=True, exist_ok=True)
        for number in range(len(self.nodes) + 1, count + 1):
            self.add_node(number, base_port and base_port + 10 * (number - 1),
                          mysql_base_port and mysql_base_port + number - 1)
        self.save()

    def add_node(self, number, peer_port=None, mysql_port=None):
        """Makes one node; its admin port is the next one, its MySQL port that after it."""
        free = [peer_port, peer_port + 1, peer_port + 2] if peer_port else ports.free(3)
        peer_port, admin_port, mysql_port = free[0], free[1], mysql_port or free[2]
        folder = self.dir / f"node{number}"
        folder.mkdir(exist_ok=True)
        databases = [{"name": name, "path": str(folder / f"{name}.db")} for name in self.databases]
        self.nodes.append(Node(self, {
            "id": number, "pid": None, "dir": str(folder), "databases": databases, "peer_port": peer_port,
            "admin_port": admin_port, "mysql_port": mysql_port}))
        return self.nodes[-1]

    def settings(self, node):
        others = [f"{other.host}:{other.peer_port}" for other in self.nodes if other.id != node.id]
        settings = {
            "data_dir": str(node.dir / "data"),
            "cluster": {"node_id": node.id, "listen": f"{node.host}:{node.peer_port}", "seeds": others,
                        "secret": self.secret()},
            "admin": {"listen": f"127.0.0.1:{node.admin_port}"},
            "database": node.description["databases"],
        }
        if self.mysql and node.mysql_port and node.description["databases"]:  # a witness has none
            settings["mysql"] = {"listen": f"127.0.0.1:{node.mysql_port}", "root_without_password": "loopback"}
        return settings

    def secret(self):
        file = self.dir / "secret"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(secrets.token_hex(16))
        return file.read_text()

    def save(self):
        text = json.dumps({"nodes": [n.description for n in self.nodes], "extension": self.extension}, indent=2)
        partial = self.file.with_suffix(".partial")
        partial.write_text(text + "\n")
        partial.replace(self.file)

    def launch(self):
        """Starts all nodes that are stopped, then waits for all that run."""
        for node in self.nodes:
            node.launch(wait=False)
        for node in self.nodes:
            if node.state() != "paused":
                node.wait_ready()

    def wait_members(self, seconds=MEMBERS_SECONDS):
        """Whether all nodes that run are members in force on all of them by then: then nothing begins again on their account."""
        running = [node for node in self.nodes if node.state() == "running"]
        wanted, end = {node.id for node in running}, time.monotonic() + seconds
        while not all(wanted <= node.members() for node in running):
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True

    def stop(self, grace=GRACE_SECONDS):
        """Asks all nodes at once to leave; returns the numbers of those that had to be killed."""
        for node in self.nodes:
            if node.state() == "paused":
                process.send(node.known(), signal.SIGCONT)
            process.send(node.known(), signal.SIGTERM)
        return [node.id for node in self.nodes if not node.stop(grace)]
