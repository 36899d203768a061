"""Checks that need the build folder: one library per folder, each links alone, each header compiles alone."""
import concurrent.futures
import json
import os
import re
import shlex
import subprocess

import layers
import sources

JOBS = max(1, os.cpu_count() or 1)


def run(command):
    """(ok, the first errors among what it said)"""
    done = subprocess.run(command, capture_output=True, text=True, cwd=sources.ROOT)
    lines = (done.stderr or done.stdout).strip().split("\n")
    errors = [line for line in lines if "error" in line or "undefined" in line]
    return done.returncode == 0, "\n".join((errors or lines)[:8])


def libraries_of(build, kinds):
    """folder -> {library file: set of its source files} of the folders in the layer table."""
    listing = subprocess.run(["meson", "introspect", "--targets", str(build)], capture_output=True, text=True, check=True)
    found = {}
    for target in json.loads(listing.stdout):
        if target["type"] not in kinds:
            continue
        own = set()
        for group in target["target_sources"]:
            for source in group.get("sources", []):
                own.add(os.path.relpath(source, sources.ROOT))
        folders = {layers.folder_of(name) for name in own}
        for folder in folders - {None}:
            found.setdefault(folder, {})[target["filename"][0]] = own
    return found


def one_library_per_folder(build):
    """All .cc files of a folder are in one library of that folder's own (the extension's is the loadable one)."""
    problems, libraries = [], libraries_of(build, ("static library", "shared module"))
    for folder in layers.TABLE:
        code = {n for n in sources.files(".cc") if layers.folder_of(n) == folder}
        if not code or folder == "agent":
            continue
        holding = [file for file, own in libraries.get(folder, {}).items() if own >= code]
        if not holding:
            missing = code - set().union(*libraries.get(folder, {"": set()}).values())
            problems.append(f"{folder}: not one library of all its files {sorted(missing)}")
    return problems


def closure(folder):
    """Folders and third-party libraries that a folder may use, directly or through what it uses."""
    if "*" in layers.TABLE[folder].includes:
        return set(layers.TABLE) - {folder}, set(layers.LIBRARIES)
    folders, libraries, open_ = set(), set(), [folder]
    while open_:
        rule = layers.TABLE[open_.pop()]
        libraries |= rule.libraries
        for name in rule.includes - folders:
            folders.add(name)
            open_.append(name)
    return folders, libraries


def link_flags(libraries):
    flags = []
    for name in sorted(libraries):
        package = layers.LIBRARIES[name][1]
        got = subprocess.run(["pkg-config", "--libs", package], capture_output=True, text=True)
        flags += shlex.split(got.stdout) if got.returncode == 0 else []
    return flags


def links_alone(build):
    """Each folder's library links with nothing but the libraries that its row of the layer table allows."""
    problems, found = [], libraries_of(build, ("static library",))
    for folder, files in found.items():
        allowed, third_party = closure(folder)
        own = max(files, key=lambda file: len(files[file]))
        others = [file for name in allowed for file in found.get(name, {})] + [file for file in files if file != own]
        good, said = run(
            ["g++", "-shared", "-o", os.devnull, "-Wl,-z,defs", "-Wl,--whole-archive", own, "-Wl,--no-whole-archive",
             "-Wl,--start-group", *others, "-Wl,--end-group", *link_flags(third_party), "-lpthread"])
        if not good:
            problems.append(f"{folder}: does not link with its allowed libraries alone\n{said}")
    return problems


def compile_options(build):
    """Options that any file of the project may count on: the root, the build root, the libraries' own."""
    options = ["-std=c++20", f"-I{sources.ROOT}", f"-I{build}"]
    for entry in json.loads((build / "compile_commands.json").read_text()):
        for word in shlex.split(entry["command"]):
            if word.startswith(("-D_", "-I/usr", "-isystem")) and word not in options:
                options.append(word)
    return options


def shown_by_build(header, compiled):
    """Whether a file that was compiled by itself includes the header before anything else."""
    source = header[:-2] + ".cc"
    if source not in compiled:
        return False
    first = re.search(r"^#include (.*)$", (sources.ROOT / source).read_text(), re.M)
    return first is not None and first[1] == f'"{header}"'


def headers_alone(build):
    """Each header compiles with nothing included before it."""
    options, cache = compile_options(build), sources.Cache("headers", "g++ 1")
    entries = json.loads((build / "compile_commands.json").read_text())
    compiled = {os.path.relpath(build.resolve() / entry["file"], sources.ROOT) for entry in entries}
    todo = [name for name in sources.files(".h") if not cache.has(name) and not shown_by_build(name, compiled)]

    def check(name):
        good, said = run(["g++", "-fsyntax-only", "-Wall", "-Wextra", "-Wno-missing-field-initializers", "-Werror",
                          *options, "-x", "c++", "-include", name,
                          os.devnull])
        if good:
            cache.add(name)
        return None if good else f"{name}: does not compile alone\n{said}"

    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        return [problem for problem in pool.map(check, todo) if problem]
