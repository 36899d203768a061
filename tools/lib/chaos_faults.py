"""The faults of tools/chaos: a plan made from the seed alone, and the machinery that carries it out.

Four lanes run beside each other, so faults of different kinds fall together; within a lane one ends before the next begins.

    network   cuts (halves, one direction, a bridge: two nodes that only a third one sees), slow, lossy, reordering lines
    process   SIGKILL, SIGTERM and SIGSTOP of agents, of applications, of both (a machine)
    machine   a full disk, a wall clock that is off or jumps
    members   a node votes no more for a while, is removed, leaves; one more joins (chaos_members.py)
"""
import collections
import itertools
import random

Fault = collections.namedtuple("Fault", "lane name begin end detail")  # seconds since the run began

LANES = {
    "network": {"cut one": 4, "cut halves": 2, "cut one way": 3, "cut bridge": 3, "flicker": 2, "slow": 3, "lossy": 3,
                "reorder": 2},
    "process": {"kill agent": 5, "kill agents": 2, "kill machine": 3, "kill application": 3, "pause agent": 3, "stop agent": 3,
                "pause machine": 2, "pause application": 2},
    "members": {"no voter": 3, "removed": 2, "left": 2, "joined": 3},
    "machine": {"disk full": 3, "disk nearly full": 1, "clock off": 3, "clock jump": 2},
}
LOSSY = 0.05  # a line that loses more is not counted as good
WITNESS_SHARE = 0.3  # of the runs have one
FIRST_SECONDS = 2  # nothing happens before
BRIEF = {"kill application": 0.5}  # nobody waits for these to end


def witness_of(seed, nodes):
    """The node that is a witness in a run, or None."""
    return nodes if random.Random(f"{seed} witness").random() < WITNESS_SHARE else None


def plan(seed, seconds, nodes, clocks=True):
    """The faults of a run, in the order of their beginning. Each ends before `seconds`."""
    made = []
    for lane, weights in LANES.items():
        chance = random.Random(f"{seed} {lane}")
        now = FIRST_SECONDS + chance.uniform(0, 2)
        while True:
            name, = chance.choices(list(weights), weights.values())
            lasts = BRIEF.get(name) or chance.choice((chance.uniform(0.2, 1.5), chance.uniform(1, 4), chance.uniform(3, 8)))
            detail = details(name, chance, nodes)
            if name == "no voter" and detail["nodes"] == [witness_of(seed, nodes)]:
                name = "left"
            if now + lasts >= seconds:
                break
            if clocks or not name.startswith("clock"):
                made.append(Fault(lane, name, now, now + lasts, detail))
            now += lasts + chance.uniform(0.3, 3)
    return sorted(made, key=lambda fault: fault.begin)


def details(name, chance, nodes):
    """What a fault needs to know: nodes, rules of lines, or a clock's shift in seconds."""
    numbers = range(1, nodes + 1)
    one, other = chance.sample(numbers, 2)
    some = sorted(chance.sample(numbers, chance.randint(1, nodes - 1)))
    pairs = [pair for pair in itertools.permutations(numbers, 2)]
    everywhere = chance.random() < 0.5
    lines = pairs if everywhere else [pair for pair in pairs if one in pair]
    if name in ("cut one", "flicker"):
        return {"cut": [pair for pair in pairs if one in pair]}
    if name == "cut halves":
        return {"cut": [(a, b) for a, b in pairs if (a in some) != (b in some)]}
    if name == "cut one way":
        return {"cut": [(one, other)] if everywhere else [pair for pair in pairs if pair[0] == one]}
    if name == "cut bridge":
        left = [number for number in numbers if number != one][:(nodes - 1) // 2]
        return {"cut": [(a, b) for a, b in pairs if one not in (a, b) and (a in left) != (b in left)]}
    if name == "slow":
        return {"lines": lines, "rule": {"delay": chance.uniform(0.005, 0.1), "jitter": chance.uniform(0, 0.02)}}
    if name == "lossy":
        return {"lines": lines, "rule": {"loss": chance.uniform(0.01, 0.3)}}
    if name == "reorder":
        return {"lines": lines, "rule": {"jitter": chance.uniform(0.005, 0.05), "double": chance.uniform(0, 0.1)}}
    if name == "clock off":  # within what the agents tolerate, together with another one's
        return {"node": one, "shift": chance.uniform(-0.2, 0.2)}
    if name == "clock jump":
        return {"node": one, "shift": chance.choice((-3600, -5, -0.7, 0.7, 3))}  # what is stamped ahead waits for its time
    if name == "joined":
        return {"role": chance.choice(("voter", "voter", "replica"))}
    if name == "kill agents":
        return {"nodes": some if everywhere else list(numbers)}
    return {"nodes": [one], "pick": chance.random()}


class Faults:
    """Carries a plan out on a world (chaos_world.World)."""

    def __init__(self, world, faults):
        self.world = world
        self.ahead = sorted([(fault.begin, 1, fault) for fault in faults] + [(fault.end, 0, fault) for fault in faults],
                            key=lambda entry: entry[:2])
        self.active = []
        self.rules = {}  # of lines
        self.done = collections.Counter()

    def next_at(self):
        """Seconds since the run began, or None."""
        return self.ahead[0][0] if self.ahead else None

    def finish(self):
        """Ends what has begun; what has not begun yet, because an earlier step took long, does not any more."""
        self.ahead = [entry for entry in self.ahead if not entry[1] and entry[2] in self.active]
        while self.ahead:
            self.step()

    def step(self):
        """Begins or ends what is next."""
        _, begins, fault = self.ahead.pop(0)
        self.world.note(f"{'begin' if begins else 'end'} {fault.name} {fault.detail}")
        if begins:
            self.active.append(fault)
            self.done[fault.name] += 1
        else:
            self.active.remove(fault)
        self.rules = self.rules_now()
        {"network": self.network, "process": self.process, "machine": self.machine,
         "members": self.members}[fault.lane](fault, begins)

    def rules_now(self):
        rules = {}
        for fault in self.active:
            if fault.lane == "network":
                rules.update({pair: {"cut": True} for pair in fault.detail.get("cut", ())})
                rules.update({pair: fault.detail["rule"] for pair in fault.detail.get("lines", ())})
                if fault.name == "flicker":
                    rules = {pair: {"flicker": True} for pair in rules}
        return rules

    def network(self, _fault, _begins):
        self.world.network.set_rules(self.rules)

    def reachable(self):
        """Nodes that ought to get on; see World.reachable. Clocks that jumped are refused by others."""
        bad = {pair for pair, rule in self.rules.items() if not rule.keys().isdisjoint(("cut", "flicker"))
               or rule.get("loss", 0) > LOSSY}
        for fault in self.active:
            if fault.name == "clock jump":
                bad |= {(fault.detail["node"], node.id) for node in self.world.cluster.nodes if node.id != fault.detail["node"]}
        return self.world.reachable(bad)

    def process(self, fault, begins):
        agents = "application" not in fault.name
        applications = "machine" in fault.name or not agents
        act = (self.world.kill if begins else self.world.revive) if "kill" in fault.name or "stop" in fault.name else (
            self.world.pause if begins else self.world.resume)
        if fault.name == "stop agent" and begins:
            return self.world.stop(fault.detail["nodes"][0])
        for number in fault.detail["nodes"]:
            act(number, agents, applications, fault.detail.get("pick") if not agents else None)

    def members(self, fault, begins):
        (self.world.members.begin if begins else self.world.members.end)(fault.name, fault.detail)

    def machine(self, fault, begins):
        if fault.name.startswith("clock"):
            self.world.shift_clock(fault.detail["node"], fault.detail["shift"] if begins else 0)
        else:
            spare = self.world.SPARE_BYTES if fault.name == "disk nearly full" else 0
            self.world.fill_disk(fault.detail["nodes"][0], spare if begins else None)
