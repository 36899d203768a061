"""Builds the project into its build folder, with ninja's progress on the terminal."""
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SANITIZERS = {"address": "address,undefined", "thread": "thread"}


def folder(sanitize=None):
    return ROOT / (f"build-{sanitize}" if sanitize else "build")


def build(sanitize=None, quiet=False):
    """Configures when needed, compiles what changed. Returns the folder; leaves the program on failure."""
    where = folder(sanitize)
    if not (where / "build.ninja").exists():
        options = ["-Dbench=false", f"-Db_sanitize={SANITIZERS[sanitize]}", "-Db_lundef=false"] if sanitize else []
        run(["meson", "setup", str(where), str(ROOT), *options], quiet=True)
    environment = dict(os.environ, NINJA_STATUS="[%f/%t %es] ")
    run(["ninja", "-C", str(where)], quiet=quiet, env=environment)
    return where


def run(command, quiet, env=None):
    done = subprocess.run(command, cwd=ROOT, env=env, text=True,
                          stdout=subprocess.PIPE if quiet else None, stderr=subprocess.STDOUT if quiet else None)
    if done.returncode:
        if quiet:
            print(done.stdout)
        sys.exit(f"{' '.join(command)} failed")


def program(where):
    return where / "agent" / "murmel"


def extension(where):
    """The path to give to `.load`, without the suffix."""
    return where / "extension" / "murmel"
