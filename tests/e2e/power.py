"""Power failures of a node: its processes run with tests/power/power.cc, which remembers what they synced; `cut` leaves
of each file what was synced and any part of what was not."""
import os
import random

from harness import Skip

BLOCK = 4096
NOT_OURS = {"agent.log", "murmel.toml", "process.json"}  # written by the test itself


class Supply:
    """The electricity of one node. With `lies` its disk only says that it syncs."""

    def __init__(self, env, node, seed, lies=False):
        self.shim = env.build / "tests" / "power" / "libpower.so"
        if not self.shim.exists():
            raise Skip("power failures are simulated in programs without sanitizers only")
        self.node, self.random = node, random.Random(f"{seed}:{node.id}")
        self.copies = env.dir / f"synced-{node.id}"
        self.copies.mkdir()
        self.environment = {"LD_PRELOAD": str(self.shim), "POWER_ROOT": str(node.dir), "POWER_COPIES": str(self.copies)}
        if lies:
            self.environment["POWER_LIES"] = "1"

    def launch(self, wait=True):
        self.node.launch(wait=wait, environment=self.environment)

    def cut(self, applications=()):
        """Kills applications and agent; then the files are as a disk without power may have them."""
        for application in applications:
            application.kill()
        self.node.kill()
        kept = self.random.choice((0, 0.5, 0.9))
        for folder, _, names in os.walk(self.node.dir):
            for name in names:
                path = os.path.join(folder, name)
                if name in NOT_OURS or not os.path.isfile(path):
                    continue
                if name.endswith("-shm"):
                    os.unlink(path)
                else:
                    self.forget(path, kept)

    def forget(self, path, kept):
        """Each block that is not synced stays with probability `kept`, in any order, as disks write."""
        copy = self.copies / os.path.relpath(path, self.node.dir).replace("/", "%")
        synced = copy.read_bytes() if copy.exists() else b""
        with open(path, "rb") as file:
            written = file.read()
        length = len(written) if self.random.random() < kept else len(synced)
        blocks = []
        for at in range(0, length, BLOCK):
            old, new = synced[at:at + BLOCK], written[at:at + BLOCK]
            block = new if old == new or self.random.random() < kept else old
            blocks.append(block.ljust(min(BLOCK, length - at), b"\0"))
        left = b"".join(blocks)[:length]
        with open(path, "wb") as file:
            file.write(left)
        copy.write_bytes(left)
