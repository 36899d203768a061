"""A packet switch between network namespaces, which loses, delays, doubles and reorders as it is told.

    chaos_switch.py NAMESPACE ...

The Nth namespace gets a device tun0 with the address 10.91.0.N. Standard input has one JSON object a line, the rules that
hold from then on: {"1>2": {"cut": true}, "2>1": {"delay": 0.02, "jitter": 0.01, "loss": 0.05, "double": 0.01}}, seconds and
shares; a direction without a rule is a perfect line. Jitter reorders; "flicker" cuts in every other moment of FLICKER_SECONDS. At the end of the input the switch says what it did.
A program of its own: the kernels at hand lack netem, and a thread would share an interpreter with the applications' keeper.
"""
import ctypes
import fcntl
import heapq
import json
import os
import random
import selectors
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
CLONE_NEWNET = 0x40000000
PACKET_BYTES = 9000  # larger ones are fewer, and a Python switch pays for each
PER_TURN = 64
FLICKER_SECONDS = 0.3
WAITING_MAX = 50_000  # packets under way; more are lost, as in any switch


def open_device(namespace, number):
    """The packets of a new tun0 in a namespace, as a file. The calling thread stays in that namespace."""
    with open(f"/run/netns/{namespace}", encoding="ascii") as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"entering {namespace}")
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", b"tun0", IFF_TUN | IFF_NO_PI))
    for words in (f"addr add 10.91.0.{number}/24 dev tun0", f"link set tun0 mtu {PACKET_BYTES} up", "link set lo up"):
        subprocess.run(["ip", *words.split()], check=True)
    return device


class Switch:
    def __init__(self, devices):
        self.devices = devices  # number -> file
        self.rules = {}
        self.waiting = []  # (due, order, target, packet)
        self.counts = dict.fromkeys(("passed", "cut", "lost", "delayed", "doubled"), 0)
        self.chance = random.Random()

    def receive(self, source):
        for _ in range(PER_TURN):
            try:
                packet = os.read(self.devices[source], PACKET_BYTES + 100)
            except BlockingIOError:
                return
            target = packet[19] if packet[0] >> 4 == 4 and packet[16:19] == b"\x0a\x5b\x00" else None
            if target in self.devices:
                self.route(source, target, packet)

    def route(self, source, target, packet):
        rule = self.rules.get(f"{source}>{target}", {})
        if rule.get("cut") or (rule.get("flicker") and time.monotonic() % (2 * FLICKER_SECONDS) < FLICKER_SECONDS):
            self.counts["cut"] += 1
            return
        if self.chance.random() < rule.get("loss", 0) or len(self.waiting) > WAITING_MAX:
            self.counts["lost"] += 1
            return
        copies = 1 + (self.chance.random() < rule.get("double", 0))
        self.counts["doubled"] += copies - 1
        for _ in range(copies):
            pause = rule.get("delay", 0) + self.chance.random() * rule.get("jitter", 0)
            if not pause:
                self.send(target, packet)
                continue
            self.counts["delayed"] += 1
            heapq.heappush(self.waiting, (time.monotonic() + pause, self.counts["delayed"], target, packet))

    def send(self, target, packet):
        try:
            os.write(self.devices[target], packet)
            self.counts["passed"] += 1
        except OSError:  # its queue is full
            self.counts["lost"] += 1

    def send_due(self):
        """Sends what is due; returns the seconds until more will be, or None."""
        while self.waiting:
            pause = self.waiting[0][0] - time.monotonic()
            if pause > 0:
                return pause
            self.send(*heapq.heappop(self.waiting)[2:])
        return None


def run(switch, commands):
    events = selectors.DefaultSelector()
    for number, device in switch.devices.items():
        events.register(device, selectors.EVENT_READ, number)
    events.register(commands, selectors.EVENT_READ, 0)
    text = b""
    while True:
        for key, _ in events.select(switch.send_due()):
            if key.data:
                switch.receive(key.data)
                continue
            more = os.read(commands, 65536)
            if not more:
                return
            *lines, text = (text + more).split(b"\n")
            if lines:
                switch.rules = json.loads(lines[-1])


def main():
    switch = Switch({number: open_device(name, number) for number, name in enumerate(sys.argv[1:], 1)})
    print("ready", flush=True)
    run(switch, sys.stdin.fileno())
    print(json.dumps(switch.counts), flush=True)


if __name__ == "__main__":
    main()
