"""A process that we started, recognised by its number and its start time, so that a number that the system gave to
somebody else's process is never signalled."""
import os
import signal
import time


def _stat(pid):
    """(state letter, start time in ticks since boot, number of threads) or None."""
    try:
        with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
            fields = file.read().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return fields[0], int(fields[19]), int(fields[17])


def identity(pid):
    """What to remember of a running process: {"pid", "started"}."""
    found = _stat(pid)
    return {"pid": pid, "started": found[1]} if found else None


def state(known):
    """"running", "paused" or None (gone, or the number belongs to another process now)."""
    if not known:
        return None
    try:  # if it is our own child, collect it
        os.waitpid(known["pid"], os.WNOHANG)
    except ChildProcessError:
        pass
    found = _stat(known["pid"])
    if not found or found[1] != known["started"]:
        return None
    # A killed process shows as a zombie while one of its threads still waits for the disk and holds the files open.
    if found[0] in "ZX" and found[2] <= 1:
        return None
    return "paused" if found[0] in "Tt" else "running"


def send(known, number):
    """Signals the process if it is still the one we know; says whether it was."""
    if state(known) is None:
        return False
    try:
        os.kill(known["pid"], number)
    except ProcessLookupError:
        return False
    return True


def wait_gone(known, seconds):
    end = time.monotonic() + seconds
    while state(known) is not None:
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def end(known, grace_seconds):
    """SIGTERM, then SIGKILL after the grace time. True if SIGTERM was enough."""
    if state(known) == "paused":
        send(known, signal.SIGCONT)
    if not send(known, signal.SIGTERM) or wait_gone(known, grace_seconds):
        return True
    send(known, signal.SIGKILL)
    wait_gone(known, 10)
    return False
