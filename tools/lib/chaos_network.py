"""A network of its own for a cluster: one namespace per node, joined by chaos_switch.py. Nothing of it touches the machine's
own network; needs root."""
import json
import os
import subprocess
from pathlib import Path

SWITCH = Path(__file__).with_name("chaos_switch.py")
PYTHON = "/usr/bin/python3"


class Network:
    """Machine N has the address 10.91.0.N in the namespace murmel-chaos-PID-N. Use as a context; `counts` are known after it."""

    def __init__(self, machines):
        self.names = [f"murmel-chaos-{os.getpid()}-{number}" for number in range(1, machines + 1)]
        self.switch, self.counts = None, {}

    def __enter__(self):
        try:
            for name in self.names:
                subprocess.run(["ip", "netns", "add", name], check=True, capture_output=True)
            self.switch = subprocess.Popen([PYTHON, str(SWITCH), *self.names], stdin=subprocess.PIPE,
                                           stdout=subprocess.PIPE, text=True)
            if self.switch.stdout.readline() != "ready\n":
                raise OSError("the packet switch did not start")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.switch:
            said = self.switch.communicate()[0]
            self.counts = json.loads(said) if said else {}
        for name in self.names:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True)

    def place(self, node, machine):
        """Makes the agent of a node run in a namespace, counted from 1."""
        node.host = f"10.91.0.{machine}"
        node.prefix = ("ip", "netns", "exec", self.names[machine - 1])

    def set_rules(self, rules):
        """(from, to) -> rule; see chaos_switch.py. Replaces all that held before."""
        text = json.dumps({f"{source}>{target}": rule for (source, target), rule in rules.items()})
        self.switch.stdin.write(text + "\n")
        self.switch.stdin.flush()
