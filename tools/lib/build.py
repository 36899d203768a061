"""Builds the project into its build folder, with ninja's progress on the terminal."""
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SANITIZERS = {"address": "address,undefined", "thread": "thread"}
# A build with sanitizers is made once and run once, so compiling counts: full optimization and debug information
# would take three times as long. UBSan's checks for null and object sizes are left to ASan, there are hardly any virtual
# functions, and the check for alignment alone takes a fifth of the compiler's time.
SANITIZED_OPTIONS = ["-Dunity=on", "-Dunity_size=8", "-Dbench=false", "-Db_lundef=false", "-Doptimization=1", "-Ddebug=false"]
SANITIZED_ARGS = {
    "address": "-Dcpp_args=-g1 -D_GLIBCXX_ASSERTIONS -fno-sanitize=null,vptr,object-size,alignment",
    "thread": "-Dcpp_args=-g1",
}


def folder(sanitize=None):
    return ROOT / (f"build-{sanitize}" if sanitize else "build")


def options(sanitize):
    if not sanitize:
        return []
    return [*SANITIZED_OPTIONS, f"-Db_sanitize={SANITIZERS[sanitize]}", SANITIZED_ARGS[sanitize]]


def build(sanitize=None, targets=()):
    """Configures when needed, compiles what changed. Returns the folder; leaves the program on failure."""
    where = folder(sanitize)
    if not (where / "build.ninja").exists():
        run(["meson", "setup", str(where), str(ROOT), *options(sanitize)])
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
