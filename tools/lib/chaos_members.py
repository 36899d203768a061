"""Changes of the members in tools/chaos. Each is a generator that goes on between other faults, as none may wait for another:

    no voter   a node votes no more for a while
    removed    a node is removed, allowed again, and started again
    left       a node leaves, with its changes on the others' disks, and comes back
    joined     one more machine joins with an empty directory, and a new id each time; in the end it leaves, and is wiped

Who was taken out has to vote again when a change is over, however long that takes.
"""
import json
import subprocess
import time

TOOL_SECONDS = 8  # then another node is asked
AGAIN_SECONDS = 0.3
LOOK_SECONDS = 0.7  # who votes is asked for so often
BACK_SECONDS = 8  # then a node that does not vote is allowed, and started, once more


class Change:
    """A change under way. `over`: its time has come to an end; what was changed goes back."""

    def __init__(self, name, number, role):
        self.name, self.number, self.role = name, number, role
        self.over = False
        self.steps = None


class Members:
    def __init__(self, world):
        self.world = world
        self.changes = []
        self.leaving = set()  # nodes whose agents may end by themselves, and stay down
        self.unsure = set()  # nodes that were asked to leave, did not answer in time, and may still do it
        self.asked = 0
        self.tools = set()
        self.epoch, self.voters = 0, {node.id for node in world.cluster.nodes}  # as last heard of
        self.looking = self.look()

    # -- of the faults

    def begin(self, name, detail):
        if name != "joined" and any(change.number == detail["nodes"][0] for change in self.changes):
            return self.world.note(f"{name} {detail['nodes']}: not now, it is still on its way back")
        if name == "joined" and any(change.name == name for change in self.changes):
            return self.world.note("joined: not now, the machine is still in use")
        change = Change(name, None if name == "joined" else detail["nodes"][0], detail.get("role"))
        steps = {"no voter": self.no_voter, "removed": self.removed, "left": self.left, "joined": self.joined}
        change.steps = steps[name](change)
        self.changes.append(change)

    def end(self, name, detail):
        for change in self.changes:
            if change.name == name and (name == "joined" or change.number == detail["nodes"][0]):
                change.over = True

    def step(self):
        """To be called often."""
        next(self.looking)
        for change in list(self.changes):
            if next(change.steps, change) is change:
                self.changes.remove(change)

    def cast_out(self):
        """Nodes that are, or were, and may not be back yet."""
        return {change.number for change in self.changes if change.name == "removed"}

    def look(self):
        """Never ends."""
        while True:
            good, said = yield from self.ask("members", "--json", quietly=True)
            told = json.loads(said) if good else {"epoch": {"number": 0}}
            if told["epoch"]["number"] > self.epoch:
                self.epoch = told["epoch"]["number"]
                self.voters = {member["node"] for member in told["members"] if member["role"] in ("voter", "witness")}
                self.notice_late({member["node"] for member in told["members"]})
            yield from self.pause(LOOK_SECONDS)

    def notice_late(self, members):
        """A removal that was given up may come about after the change is over: then the node has to come back once more."""
        known = self.unsure | {change.number for change in self.changes}
        for node in self.world.first:
            if node.id not in members | known:
                change = Change("removed", node.id, None)
                change.over, change.steps = True, self.come_back(change)
                self.changes.append(change)

    def close(self):
        for tool in self.tools:
            tool.kill()
            tool.wait()

    # -- the changes

    def no_voter(self, change):
        yield from self.insist(change, "members", "add", str(change.number), "--role", "replica", gives_up=True)
        yield from self.while_it_lasts(change)
        yield from self.come_back(change)

    def removed(self, change):
        yield from self.insist(change, "members", "remove", str(change.number), gives_up=True)
        yield from self.while_it_lasts(change)
        yield from self.come_back(change)

    def left(self, change):
        good = yield from self.leave(change, gives_up=True)
        if not good:
            self.unsure.add(change.number)
        yield from self.while_it_lasts(change)
        yield from self.come_back(change)
        self.leaving.discard(change.number)

    def joined(self, change):
        node = self.world.add_machine(change.role)
        change.number = node.id
        while not change.over and not self.world.has_rows(node):
            yield
        if not change.over:
            self.world.start_applications(node)
        yield from self.while_it_lasts(change)
        self.world.kill(node.id, False, True, None)
        yield from self.leave(change)
        self.world.drop_machine(node)
        self.leaving.discard(node.id)

    def while_it_lasts(self, change):
        while not change.over:
            yield

    def leave(self, change, gives_up=False):
        """Until its agent has ended (True), or, if it `gives_up`, the change is over."""
        node = self.world.cluster.node(change.number)
        self.leaving.add(node.id)
        good = yield from self.insist(change, "leave", "--drain", asks=node, gives_up=gives_up)
        end = time.monotonic() + self.world.STOP_SECONDS
        while good and node.state() == "running" and time.monotonic() < end:
            yield
        if good and node.state() == "running":
            self.world.died.append(f"the agent of node {node.id} did not end after it had left")
            node.kill()
        return good

    def come_back(self, change):
        """Until the node votes again."""
        number, role = change.number, "witness" if change.number == self.world.witness else "voter"
        while True:
            if change.name == "no voter":
                _, said = yield from self.ask("members", "add", str(number), "--role", role, but=number)
                if "was removed" in said:  # by an earlier change that was told "it may still happen"
                    change.name = "removed"
                    continue
            elif change.name == "removed":
                yield from self.ask("members", "allow", str(number), but=number)
                self.world.restart(number)
            else:
                self.world.restart(number, only_if_stopped=True)
            end = time.monotonic() + BACK_SECONDS
            while time.monotonic() < end:
                good = yield from self.all_show(number, role)
                if good:
                    return
                yield from self.pause(1)

    def all_show(self, number, role):
        """Whether all others have a node in this role; one of them alone may not have heard yet that it was taken out."""
        others = [node for node in self.world.first if node.id != number and node.state() != "stopped"]
        for node in others:
            good, said = yield from self.ask("members", "--json", asks=node, quietly=True)
            found = {member["node"]: member["role"] for member in json.loads(said)["members"]} if good else {}
            if found.get(number) != role:
                return False
        return bool(others)

    # -- asking

    def insist(self, change, *words, asks=None, gives_up=False):
        """Asks until it is done (True), or, if it `gives_up`, the change is over."""
        while True:
            good, _ = yield from self.ask(*words, but=change.number, asks=asks)
            if good or (gives_up and change.over):
                return good
            yield from self.pause(AGAIN_SECONDS)

    def pause(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            yield

    def ask(self, *words, but=None, asks=None, quietly=False):
        """Runs the tool on a node, another one each time. (it was good, what it said)"""
        self.asked += 1
        others = [node for node in self.world.cluster.nodes if node.id != but and node.state() == "running"]
        if not asks and not others:
            yield from self.pause(AGAIN_SECONDS)
            return False, ""
        node = asks or others[self.asked % len(others)]
        run = subprocess.Popen([*node.prefix, str(self.world.cluster.program), *words, "--admin",
                                f"127.0.0.1:{node.admin_port}"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
        self.tools.add(run)
        end = time.monotonic() + TOOL_SECONDS
        while run.poll() is None and time.monotonic() < end:
            yield
        run.kill()
        said = run.communicate()[0].strip()
        self.tools.discard(run)
        if not quietly:
            self.world.note(f"node {node.id} was asked to {' '.join(words)}: {said or 'no answer'}")
        return run.returncode == 0, said
