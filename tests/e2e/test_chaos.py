"""A short run of tools/chaos: real agents and applications under faults, and everything that they saw checked."""
import os
import signal
import subprocess

from harness import INSTRUMENTED, PYTHON, ROOT, Skip, alone, check

MINUTES, SEED = 0.6, 3


@alone
def test_no_anomaly_under_faults(env):
    if os.geteuid() != 0 or not os.path.exists("/dev/net/tun"):
        raise Skip("network namespaces, small disks and a packet switch need root and /dev/net/tun")
    if INSTRUMENTED:
        raise Skip("faults come at the pace of programs without sanitizers")
    run = subprocess.Popen([PYTHON, str(ROOT / "tools" / "chaos"), "--minutes", str(MINUTES), "--seed", str(SEED),
                            "--build", str(env.build)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said = run.communicate()[0]
    finally:
        run.send_signal(signal.SIGTERM)  # it gives namespaces and disks back
        run.wait()
    check(run.returncode == 0, said)
