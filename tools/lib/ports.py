"""Free TCP ports on loopback, taken below the range that the system hands out for outgoing connections."""
import random
import socket
import threading

FIRST, LAST = 20000, 32000

# Given away by this process and perhaps not yet bound: never given twice.
_given = set()
_lock = threading.Lock()


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
    with _lock:
        while len(chosen) < count:
            port = choices.randrange(FIRST, LAST)
            if port not in _given and is_free(port):
                _given.add(port)
                chosen.append(port)
    return chosen
