"""The machines of tools/chaos: agents in namespaces of their own, each with a small disk (tmpfs) and a clock, and the
applications beside them."""
import json
import mmap
import os
import shutil
import signal
import sqlite3
import struct
import subprocess
import time
from pathlib import Path

import cluster as clusters
import process
import toml
from chaos_members import Members

PYTHON = "/usr/bin/python3"
APPLICATION = Path(__file__).with_name("chaos_app.py")
MYSQL_APPLICATION = Path(__file__).with_name("chaos_mysql_app.py")
DISK_BYTES = 768 << 20
PER_NODE = {"quorum": 2, "one": 1, "schema": 1}  # applications of each level
# Others would take SQLite's write lock from MySQL's sessions again and again, as it has no queue.
MYSQL_PER_NODE = {"quorum": 3, "schema": 1}
# Logs are trimmed, so that disks may be small; later than a member that was taken out is back.
SETTINGS = {"data_dir": "{dir}/disk/data", "replication": {"gc_interval": "1s", "gc_min_retention": "30s"},
            "cluster": {"shutdown_grace": "5s"}}
# A Unix socket: the agents are in namespaces, the applications are not.
MYSQL_SOCKET = {"mysql": {"socket": "{dir}/mysql.sock"}}
RESTART_SECONDS = 1.0  # an agent that can't start, for its disk is full say, is started again
FILL_TRIES = 50
START_SECONDS = 2.0  # one that ends within this time could not start; later it broke


def disk_of(node):
    return node.dir / "disk"


def clock_shim(where):
    """What is preloaded to shift a node's wall clock; not part of builds with sanitizers."""
    return Path(where) / "tests" / "e2e" / "shift_clock.so"


def not_files(folder, names):
    """Sockets, and what filled the disk."""
    return [name for name in names if name == "balloon" or (Path(folder) / name).is_socket()]


class World:
    SPARE_BYTES = 8 << 20  # below the agents' limits.disk_free_bytes_min
    STOP_SECONDS = 15.0  # from SIGTERM, or after leaving, to the end

    def __init__(self, folder, where, network, nodes, seed, witness=None, plant=False, mysql=False):
        self.dir, self.network, self.seed, self.witness, self.plant = Path(folder), network, seed, witness, plant
        self.mysql = mysql  # applications at QUORUM are MySQL clients
        self.cluster = clusters.Cluster(self.dir / "cluster", where=where)
        self.cluster.extra = toml.merge(SETTINGS, {"cluster": {"consistency": "quorum"}}) if mysql else SETTINGS
        self.cluster.add_nodes(nodes)
        self.first = list(self.cluster.nodes)  # those that there are from the beginning to the end
        self.last_id = nodes
        for node in self.cluster.nodes:
            self.place(node, node.id)
        self.history = self.dir / "history"
        self.history.mkdir()
        self.stop_file = self.dir / "stop"
        self.clock_shim = clock_shim(where)
        self.origin = time.monotonic()
        self.applications = {}  # name -> Popen
        self.started = 0
        self.down, self.launched = set(), {}  # nodes whose agent is to be dead; when the agents were last started
        self.died, self.failed_starts = [], []  # sentences
        self.log = open(self.dir / "events", "w", encoding="utf-8")
        self.clocks = {}
        self.stopping = {}  # number -> when it has to have ended
        self.full = set()  # nodes whose disk is full
        self.members = Members(self)

    def place(self, node, machine):
        """On one of the network's machines. What the faults may fill is the disk of the database and of the agent's data."""
        self.network.place(node, machine)
        if node.id == self.witness:
            node.description["databases"] = []
            node.settings = {"cluster": {"role": "witness"}}
        else:
            node.description["databases"][0]["path"] = str(disk_of(node) / "app.db")
            node.settings = MYSQL_SOCKET if self.mysql else {}

    def mount(self):
        for node in self.cluster.nodes:
            self.equip(node)

    def equip(self, node):
        """Gives a node its disk and its clock."""
        disk_of(node).mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "murmel-chaos", disk_of(node)], check=True)
        with open(self.dir / f"clock{node.id}", "w+b") as file:
            file.truncate(8)
            self.clocks[node.id] = mmap.mmap(file.fileno(), 8)

    def with_data(self):
        """Nodes that have the database."""
        return [node for node in self.cluster.nodes if node.id != self.witness]

    def now(self):
        return time.monotonic() - self.origin

    def note(self, text):
        self.log.write(f"{self.now():8.3f} {text}\n")
        self.log.flush()

    def environment(self, number):
        if not self.clock_shim.exists():
            return {}
        return {"LD_PRELOAD": str(self.clock_shim), "MURMEL_SHIFT_CLOCK": str(self.dir / f"clock{number}")}

    # -- agents

    def launch(self, node):
        if node.state() != "stopped":
            return
        node.launch(wait=False, environment=self.environment(node.id))
        self.launched[node.id] = self.now()
        self.members.unsure.discard(node.id)  # a new process knows nothing of it

    def left_late(self, node):
        return node.id in self.members.unsure and '"node stopped"' in node.log_tail(1)

    def watch(self):
        """To be called often. Notes agents that ended though nobody killed them, and starts them again."""
        self.members.step()
        for number, end in list(self.stopping.items()):
            node = self.cluster.node(number)
            if node.state() != "stopped" and time.monotonic() > end:
                self.died.append(f"the agent of node {number} did not stop within {self.STOP_SECONDS:.0f} s of SIGTERM")
                node.kill()
            if node.state() == "stopped" and number not in self.down:
                del self.stopping[number]
                self.launch(node)
        for node in self.cluster.nodes:
            ran = self.now() - self.launched[node.id]
            expected = node.id in self.down or node.id in self.stopping or node.id in self.members.leaving
            if expected or node.state() != "stopped" or ran < RESTART_SECONDS:
                continue
            said = f"the agent of node {node.id} ended by itself {ran:.1f} s after its start: {node.log_tail(1).strip()}"
            self.note(said)
            if not self.left_late(node):
                (self.died if ran > START_SECONDS else self.failed_starts).append(said)
            self.launch(node)

    # -- members

    def restart(self, number, only_if_stopped=False):
        """Unless it is to be dead now: then it will be started anyway."""
        node = self.cluster.node(number)
        if number in self.down or number in self.stopping:
            return
        if node.state() != "stopped" and not only_if_stopped:
            node.kill()
        self.launch(node)

    def add_machine(self, role):
        """One more node, on a machine of its own that is empty, with an id that nobody had."""
        self.last_id += 1
        node = self.cluster.add_node(self.last_id)
        self.place(node, len(self.first) + 1)
        node.settings = toml.merge(node.settings, {"cluster": {"role": role}})
        self.equip(node)
        self.launch(node)
        return node

    def drop_machine(self, node):
        """With all that is on its disk."""
        if node.state() != "stopped":
            node.kill()
        for slot in self.slots(node.id, None):
            del self.applications[slot]
        subprocess.run(["umount", "--lazy", disk_of(node)], capture_output=True)
        self.cluster.nodes.remove(node)

    def has_rows(self, node):
        """Whether a node that joined has what was there before the first fault."""
        try:
            connection = sqlite3.connect(f"file:{node.path()}?mode=ro", uri=True)
            found = connection.execute("SELECT 1 FROM probes").fetchall()
            connection.close()
            return bool(found)
        except sqlite3.Error:
            return False

    def reachable(self, cut):
        """Nodes with data that run and can reach a majority of those who vote. `cut`: pairs of nodes between which the line is
        not good."""
        good = {node.id for node in self.cluster.nodes if node.id not in self.full and node.state() == "running"
                and node.id not in self.stopping and node.id not in self.members.leaving
                and node.id not in self.members.cast_out()}
        votes = good & self.members.voters
        return {node.id for node in self.with_data() if node.id in good and 2 * len(
            [other for other in votes if (node.id, other) not in cut and (other, node.id) not in cut])
            > len(self.members.voters)}

    # -- applications

    def start_applications(self, node):
        for level, count in (MYSQL_PER_NODE if self.mysql else PER_NODE).items():
            for index in range(count):
                self.start_application(f"{level}{node.id}.{index + 1}", level, node)

    def start_application(self, slot, level, node):
        self.started += 1
        name = f"{slot}-{self.started}"
        options = {"database": node.path(), "extension": self.cluster.extension,
                   "history": str(self.history / f"{name}.jsonl"), "stop": str(self.stop_file), "name": name,
                   "node": node.id, "number": self.started, "seed": self.seed, "origin": self.origin, "level": level,
                   "streams": [other.id for other in self.with_data()], "plant": self.plant,
                   "socket": str(node.dir / "mysql.sock")}
        program = MYSQL_APPLICATION if self.mysql and level == "quorum" else APPLICATION
        with open(self.dir / "applications.log", "ab") as log:
            self.applications[slot] = (subprocess.Popen(
                [PYTHON, str(program), json.dumps(options)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **self.environment(node.id)}), level, node)

    def slots(self, number, pick):
        """Applications of a node: all, or the one that `pick` (0 to 1) chooses."""
        mine = sorted(slot for slot, (_, _, node) in self.applications.items() if node.id == number)
        return mine if pick is None or not mine else [mine[int(pick * len(mine))]]

    # -- faults

    def kill(self, number, agents, applications, pick):
        if agents:
            self.down.add(number)
            if self.cluster.node(number).state() != "stopped":
                self.cluster.node(number).kill()
        for slot in self.slots(number, pick) if applications else ():
            running = self.applications[slot][0]
            running.kill()
            running.wait()

    def stop(self, number):
        """Asks an agent to end, and does not wait for it."""
        self.down.add(number)
        self.stopping[number] = time.monotonic() + self.STOP_SECONDS
        process.send(self.cluster.node(number).known(), signal.SIGTERM)

    def revive(self, number, agents, applications, pick):
        if agents:
            self.down.discard(number)
            if number not in self.stopping:  # else as soon as it has ended
                self.launch(self.cluster.node(number))
        for slot in self.slots(number, pick) if applications else ():
            self.start_application(slot, *self.applications[slot][1:])

    def pause(self, number, agents, applications, pick):
        self.send(number, signal.SIGSTOP, agents, applications, pick)

    def resume(self, number, agents, applications, pick):
        self.send(number, signal.SIGCONT, agents, applications, pick)

    def send(self, number, what, agents, applications, pick):
        if agents:
            process.send(self.cluster.node(number).known(), what)
        for slot in self.slots(number, pick) if applications else ():
            self.applications[slot][0].send_signal(what)

    def fill_disk(self, number, spare):
        """Leaves `spare` bytes free; None: makes room again."""
        balloon = disk_of(self.cluster.node(number)) / "balloon"
        (self.full.discard if spare is None else self.full.add)(number)
        if spare is None:
            balloon.unlink(missing_ok=True)
            return
        with open(balloon, "wb") as file:
            for _ in range(FILL_TRIES):  # others write meanwhile
                room = os.statvfs(balloon)
                size = room.f_bavail * room.f_bsize - spare
                if size <= 0:
                    return
                try:
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, size)
                except OSError:  # somebody else took the room meanwhile
                    if size < 1 << 16:
                        return

    def shift_clock(self, number, seconds):
        self.clocks[number][:] = struct.pack("q", int(seconds * 1e9))

    # -- the end

    def stop_applications(self, seconds):
        """Asks all to end; returns the names of those that did not within the time."""
        self.stop_file.touch()
        end, late = time.monotonic() + seconds, []
        for slot, (running, _, _) in self.applications.items():
            try:
                running.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                late.append(slot)
        return late

    def close(self):
        for running, _, _ in self.applications.values():
            running.kill()
            running.wait()
        self.members.close()
        for node in self.cluster.nodes:
            if node.state() != "stopped":
                node.kill()
        self.log.close()

    def unmount(self, keep):
        """Gives the disks back. With `keep` their files go to the nodes' folders, else nothing of them is left."""
        for node in self.cluster.nodes:
            if keep:
                shutil.copytree(disk_of(node), node.dir / "kept", dirs_exist_ok=True, ignore=not_files)
            subprocess.run(["umount", "--lazy", disk_of(node)], capture_output=True)
