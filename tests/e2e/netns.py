"""A network of its own for a cluster: one namespace per node and one for the switch between them.

Nothing of it touches the machine's own network; partitions are iptables rules inside the nodes' namespaces.
"""
import os
import subprocess


def run(*words):
    subprocess.run(words, check=True, capture_output=True)


class Network:
    """Node N has the address 10.91.0.N in the namespace murmel-PID-N."""

    def __init__(self, nodes):
        self.nodes = range(1, nodes + 1)
        self.switch = f"murmel-{os.getpid()}-0"

    def name(self, number):
        return f"murmel-{os.getpid()}-{number}"

    def __enter__(self):
        try:
            run("ip", "netns", "add", self.switch)
            self.inside(0, "ip", "link", "add", "bridge", "type", "bridge")
            self.inside(0, "ip", "link", "set", "bridge", "up")
            for number in self.nodes:
                self.attach(number)
        except BaseException:
            self.__exit__()
            raise
        return self

    def attach(self, number):
        name = self.name(number)
        run("ip", "netns", "add", name)
        self.inside(0, "ip", "link", "add", f"port{number}", "type", "veth", "peer", "name", "eth0", "netns", name)
        self.inside(0, "ip", "link", "set", f"port{number}", "master", "bridge", "up")
        self.inside(number, "ip", "addr", "add", f"10.91.0.{number}/24", "dev", "eth0")
        self.inside(number, "ip", "link", "set", "eth0", "up")
        self.inside(number, "ip", "link", "set", "lo", "up")

    def __exit__(self, *_):
        for number in (*self.nodes, 0):
            subprocess.run(["ip", "netns", "delete", self.name(number)], capture_output=True)

    def inside(self, number, *words):
        run("ip", "netns", "exec", self.name(number), *words)

    def place(self, cluster):
        """Makes the agents of a cluster run in the namespaces."""
        for node in cluster.nodes:
            node.host = f"10.91.0.{node.id}"
            node.prefix = ("ip", "netns", "exec", self.name(node.id))

    def cut(self, number, from_nodes):
        """Packets between a node and some others are dropped, in both directions."""
        for other in from_nodes:
            self.inside(number, "iptables", "-A", "INPUT", "-s", f"10.91.0.{other}", "-j", "DROP")
            self.inside(number, "iptables", "-A", "OUTPUT", "-d", f"10.91.0.{other}", "-j", "DROP")

    def heal(self):
        for number in self.nodes:
            self.inside(number, "iptables", "-F")
