"""Free TCP ports on loopback, taken below the range that the system hands out for outgoing connections."""
import random
import socket

FIRST, LAST = 20000, 32000


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free(count):
    chosen = []
    choices = random.SystemRandom()
    while len(chosen) < count:
        port = choices.randrange(FIRST, LAST)
        if port not in chosen and is_free(port):
            chosen.append(port)
    return chosen
