"""The files of the project, what they include, and a cache of checks that passed.

A check's result depends on the file, on the project headers it reaches, and on the options of the check; a
digest of these is its key. The cache holds only keys of successes, so that a failure is always looked at again.
"""
import hashlib
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "lint"
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.M)


def files(*suffixes):
    """Files of the work tree that git knows or would take in, as paths relative to the root."""
    listing = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True)
    if listing.returncode == 0:
        names = listing.stdout.splitlines()
    else:  # an unpacked archive
        names = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file()]
        names = [name for name in names if not name.startswith(("build", ".cache"))]
    return sorted(n for n in names if (not suffixes or n.endswith(suffixes)) and (ROOT / n).is_file())


def text(name):
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


def includes(name):
    """(project or quoted includes, angle includes) of a file, in order."""
    quoted, angle = [], []
    for q, a in INCLUDE.findall(text(name)):
        (quoted if q else angle).append(q or a)
    return quoted, angle


def reach(name, _seen=None):
    """The file and every project header it includes, directly or not."""
    seen = _seen if _seen is not None else set()
    if name in seen:
        return seen
    seen.add(name)
    for target in includes(name)[0]:
        for candidate in (target, os.path.normpath(os.path.join(os.path.dirname(name), target))):
            if (ROOT / candidate).is_file():
                reach(candidate, seen)
                break
    return seen


class Cache:
    """Keys of checks that passed, one empty file each."""

    def __init__(self, check, *options):
        self.folder = CACHE / check
        self.folder.mkdir(parents=True, exist_ok=True)
        self.options = "\0".join(options)

    def key(self, name):
        digest = hashlib.sha256(self.options.encode())
        for part in sorted(reach(name)):
            digest.update(part.encode() + b"\0" + (ROOT / part).read_bytes())
        return digest.hexdigest()

    def has(self, name):
        return (self.folder / self.key(name)).exists()

    def add(self, name):
        (self.folder / self.key(name)).touch()
