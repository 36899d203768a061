"""A short run of tools/chaos: real agents and applications under faults, and everything that they saw checked."""
import os
import signal
import subprocess

from harness import INSTRUMENTED, PYTHON, ROOT, Skip, alone, check


def chaos(env, *words):
    """(exit code, what it printed)"""
    if os.geteuid() != 0 or not os.path.exists("/dev/net/tun"):
        raise Skip("network namespaces, small disks and a packet switch need root and /dev/net/tun")
    if INSTRUMENTED:
        raise Skip("faults come at the pace of programs without sanitizers")
    run = subprocess.Popen([PYTHON, str(ROOT / "tools" / "chaos"), *words, "--build", str(env.build)],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "TMPDIR": str(env.dir)})
    try:
        said = run.communicate()[0]
    finally:
        run.send_signal(signal.SIGTERM)  # it gives namespaces and disks back
        run.wait()
    return run.returncode, said


@alone
def test_no_anomaly_under_faults(env):
    code, said = chaos(env, "--minutes", "0.6", "--seed", "3")
    check(code == 0, said)


@alone
def test_writes_that_are_not_at_quorum_are_noticed(env):
    code, said = chaos(env, "--minutes", "0.15", "--seed", "3", "--plant")
    check(code == 1, said)
    for name in ("lists", "counters", "ids", "conflicts"):
        check(f"FAIL {name}" in said, said)
