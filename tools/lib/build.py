"""Builds the project into its build folder, with ninja's progress on the terminal."""
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SANITIZERS = {"address": "address,undefined", "thread": "thread"}


def folder(sanitize=None):
    return ROOT / (f"build-{sanitize}" if sanitize else "build")


def build(sanitize=None, targets=()):
    """Configures when needed, compiles what changed. Returns the folder; leaves the program on failure."""
    where = folder(sanitize)
    if not (where / "build.ninja").exists():
        options = ["-Dbench=false", f"-Db_sanitize={SANITIZERS[sanitize]}", "-Db_lundef=false"] if sanitize else []
        run(["meson", "setup", str(where), str(ROOT), *options])
    run(["ninja", "-C", str(where), *targets], env={**os.environ, "NINJA_STATUS": "[%f/%t %es] "})
    return where


def run(command, env=None):
    # Progress is not a result: it goes where it does not mix with one.
    if subprocess.run(command, cwd=ROOT, env=env, stdout=sys.stderr).returncode:
        sys.exit(f"{' '.join(command)}: failed")


def program(where):
    return where / "agent" / "murmel"


def extension(where):
    """The path to give to `.load`, without the suffix."""
    return where / "extension" / "murmel"
