"""Free TCP ports on loopback, taken below the range that the system hands out for outgoing connections."""
import random
import socket
import threading

FIRST, LAST = 20000, 32000

# Given away by this process and perhaps not yet bound: never given twice, to other processes neither, for each is held by
# a socket with its number as name, which the system takes back when the process ends.
_held = {}
_lock = threading.Lock()


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def hold(port):
    holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        holder.bind(f"\0murmel-port-{port}")
    except OSError:
        holder.close()
        return False
    _held[port] = holder
    return True


def free(count):
    chosen = []
    choices = random.SystemRandom()
    with _lock:
        while len(chosen) < count:
            port = choices.randrange(FIRST, LAST)
            if port not in _held and is_free(port) and hold(port):
                chosen.append(port)
    return chosen
