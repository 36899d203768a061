"""The machines of tools/chaos: agents in namespaces of their own, each with a small disk (tmpfs) and a clock, and the
applications beside them."""
import json
import mmap
import os
import shutil
import signal
import struct
import subprocess
import time
from pathlib import Path

import cluster as clusters
import process

PYTHON = "/usr/bin/python3"
APPLICATION = Path(__file__).with_name("chaos_app.py")
DISK_BYTES = 768 << 20
PER_NODE = {"quorum": 2, "one": 1, "schema": 1}  # applications of each level
# Logs are trimmed, so that disks may be small.
SETTINGS = {"data_dir": "{dir}/disk/data", "replication": {"gc_interval": "1s", "gc_min_retention": "5s"}}
RESTART_SECONDS = 1.0  # an agent that can't start, for its disk is full say, is started again
STOP_SECONDS = 15.0  # from SIGTERM to the end
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

    def __init__(self, folder, where, network, nodes, seed, plant=False):
        self.dir, self.network, self.seed, self.plant = Path(folder), network, seed, plant
        self.cluster = clusters.Cluster(self.dir / "cluster", where=where)
        self.cluster.extra = SETTINGS
        self.cluster.add_nodes(nodes)
        for node in self.cluster.nodes:  # what the faults may fill is the disk of the database and of the agent's data
            node.description["databases"][0]["path"] = str(disk_of(node) / "app.db")
        network.place(self.cluster)
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
        self.asked = []  # tools that may still run

    def mount(self):
        """Gives each node its disk and its clock."""
        for node in self.cluster.nodes:
            disk_of(node).mkdir()
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "murmel-chaos", disk_of(node)], check=True)
            file = open(self.dir / f"clock{node.id}", "w+b")
            file.truncate(8)
            self.clocks[node.id] = mmap.mmap(file.fileno(), 8)

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
        node.launch(wait=False, environment=self.environment(node.id))
        self.launched[node.id] = self.now()

    def watch(self):
        """Notes agents that ended though nobody killed them, and starts them again."""
        for node in self.cluster.nodes:
            ran = self.now() - self.launched[node.id]
            if node.id in self.down or node.state() != "stopped" or ran < RESTART_SECONDS:
                continue
            said = f"the agent of node {node.id} ended by itself {ran:.1f} s after its start: {node.log_tail(1).strip()}"
            self.note(said)
            (self.died if ran > START_SECONDS else self.failed_starts).append(said)
            self.launch(node)

    # -- members

    def role(self, number, role, wait=False):
        """Asks another node to give this one a role. What became of it is noted; True: it has it."""
        others = [node for node in self.cluster.nodes if node.id != number and node.id not in self.down]
        if not others:
            return False
        asked = others[0]
        run = subprocess.Popen([*asked.prefix, str(self.cluster.program), "members", "add", str(number), "--role", role,
                                "--admin", f"127.0.0.1:{asked.admin_port}"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if not wait:
            self.asked.append(run)
            return False
        said = run.communicate()[0].strip()
        self.note(f"node {number} is to be a {role}: {said}")
        return run.returncode == 0

    # -- applications

    def start_applications(self):
        for node in self.cluster.nodes:
            for level, count in PER_NODE.items():
                for index in range(count):
                    self.start_application(f"{level}{node.id}.{index + 1}", level, node)

    def start_application(self, slot, level, node):
        self.started += 1
        name = f"{slot}-{self.started}"
        options = {"database": node.path(), "extension": self.cluster.extension,
                   "history": str(self.history / f"{name}.jsonl"), "stop": str(self.stop_file), "name": name,
                   "node": node.id, "number": self.started, "seed": self.seed, "origin": self.origin, "level": level,
                   "streams": [other.id for other in self.cluster.nodes], "plant": self.plant}
        with open(self.dir / "applications.log", "ab") as log:
            self.applications[slot] = (subprocess.Popen(
                [PYTHON, str(APPLICATION), json.dumps(options)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **self.environment(node.id)}), level, node)

    def slots(self, number, pick):
        """Applications of a node: all, or the one that `pick` (0 to 1) chooses."""
        mine = sorted(slot for slot, (_, _, node) in self.applications.items() if node.id == number)
        return mine if pick is None else [mine[int(pick * len(mine))]]

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
        """Asks an agent to leave, and does not wait for it."""
        self.down.add(number)
        process.send(self.cluster.node(number).known(), signal.SIGTERM)

    def revive(self, number, agents, applications, pick):
        if agents and self.cluster.node(number).state() != "stopped" and not process.wait_gone(
                self.cluster.node(number).known(), STOP_SECONDS):
            self.died.append(f"the agent of node {number} did not stop within {STOP_SECONDS:.0f} s of SIGTERM")
            self.cluster.node(number).kill()
        if agents:
            self.down.discard(number)
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
        if spare is None:
            balloon.unlink(missing_ok=True)
            return
        with open(balloon, "wb") as file:
            while True:
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
        for tool in self.asked:
            tool.kill()
            tool.wait()
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
