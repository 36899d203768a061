"""clang-format and clang-tidy. clang-tidy is slow: what passed once is not looked at again until it changes, and
a time budget bounds one run (the newest files go first; what did not fit is said, not hidden)."""
import concurrent.futures
import json
import os
import shutil
import subprocess
import time

import sources
from build_checks import JOBS

FORMAT = next((p for p in ("clang-format-14", "clang-format") if shutil.which(p)), None)
TIDY = next((p for p in ("clang-tidy-14", "clang-tidy") if shutil.which(p)), None)
FORMATTED = (".h", ".cc")


def formatting():
    """Code is as clang-format writes it (tools/format does it)."""
    if not FORMAT:
        return ["clang-format is not installed: tools/setup"]
    names = [n for n in sources.files(*FORMATTED)]
    if not names:
        return []
    done = subprocess.run([FORMAT, "--dry-run", *names], capture_output=True, text=True, cwd=sources.ROOT)
    bad = sorted({line.split(":")[0] for line in done.stderr.split("\n") if "warning: code should be" in line})
    return [f"{name}: not formatted; run tools/format" for name in bad]


# The static analyzer takes most of clang-tidy's time, so it is a check of its own, after the others.
PARTS = {
    "tidy": "--checks=-clang-analyzer-*",
    "analyze": "--checks=-*,clang-analyzer-*,-clang-analyzer-optin.cplusplus.UninitializedObject",
}


def tidy(build, part, seconds):
    """clang-tidy finds nothing. Returns (problems, number of files left for the next run)."""
    if not TIDY:
        return ["clang-tidy is not installed: tools/setup"], 0
    config = (sources.ROOT / ".clang-tidy").read_text()
    cache = sources.Cache(part, TIDY, config, PARTS[part])
    known = {os.path.relpath(n, sources.ROOT) for n in database_files(build)}
    todo = [n for n in sources.files(".cc") if n in known and not cache.has(n)]
    todo.sort(key=lambda name: -os.path.getmtime(sources.ROOT / name))
    end, problems, left = time.monotonic() + seconds, [], 0

    def check(name):
        if time.monotonic() > end:
            return None
        done = subprocess.run([TIDY, PARTS[part], "--quiet", "--extra-arg=-Wno-unknown-warning-option", "-p", str(build), name],
                              capture_output=True, text=True, cwd=sources.ROOT)
        if done.returncode == 0:
            cache.add(name)
            return ""
        lines = {line for line in done.stdout.split("\n") if "error:" in line or ": warning:" in line}
        return "\n".join(sorted(lines)) or f"{name}: {done.stderr.strip()}"

    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for result in pool.map(check, todo):
            left += result is None
            problems += (result or "").split("\n") if result else []
    return sorted(set(problems)), left


def database_files(build):
    for entry in json.loads((build / "compile_commands.json").read_text()):
        yield os.path.normpath(os.path.join(entry["directory"], entry["file"]))
