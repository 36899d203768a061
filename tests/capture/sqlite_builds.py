"""Builds of SQLite that the capture tests run on, fetched and compiled when first asked for.

Nothing of SQLite's source is kept in the repository: 3.40.1 comes from Debian's source package, the newer one from the
npm package better-sqlite3, which carries the amalgamation. Sources and results stay under the cache directory, so later
runs need no network. What cannot be had raises Unavailable with the reason.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tarfile

BETTER_SQLITE3 = "better-sqlite3@13.2.0"

FEATURES = [
    "-DSQLITE_ENABLE_FTS3", "-DSQLITE_ENABLE_FTS3_PARENTHESIS", "-DSQLITE_ENABLE_FTS4", "-DSQLITE_ENABLE_FTS5",
    "-DSQLITE_ENABLE_RTREE", "-DSQLITE_ENABLE_COLUMN_METADATA", "-DSQLITE_ENABLE_LOAD_EXTENSION",
    "-DSQLITE_ENABLE_DBSTAT_VTAB", "-DSQLITE_ENABLE_UNLOCK_NOTIFY", "-DSQLITE_USE_URI=1", "-DSQLITE_THREADSAFE=1",
]
HOOK = ["-DSQLITE_ENABLE_PREUPDATE_HOOK", "-DSQLITE_ENABLE_SESSION"]
# To compile SQLite takes longer than its tests.
DEBUG = ["-DSQLITE_DEBUG", "-O0"]

# name -> (source, compiler flags)
VARIANTS = {
    "3.40-debug": ("debian", HOOK + DEBUG),
    "newest": ("npm", HOOK + ["-O1"]),
    "newest-debug": ("npm", HOOK + DEBUG),
    "newest-nohook": ("npm", ["-O1"]),
    "newest-nohook-debug": ("npm", DEBUG),
    "3.40-nohook-debug": ("debian", DEBUG),
}


class Unavailable(Exception):
    """The source cannot be had on this machine now; the text says why."""


def run(command, directory):
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def fetch(command, directory):
    """As run(), but a failure means that the network or the registry is out of reach."""
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no output"]
        raise Unavailable(f"{command[0]}: {last[0]}")


def package_folder(name, cache):
    return cache / name.replace("@", "-").replace("/", "-")


def npm_package(name, cache):
    """Unpacks an npm package into the cache and returns its folder."""
    target = package_folder(name, cache)
    if not target.exists():
        fetching = target.with_suffix(f".fetching-{os.getpid()}")
        fetching.mkdir(parents=True)
        if shutil.which("npm") is None:
            raise Unavailable("npm is not installed and the package is not in the cache")
        fetch(["npm", "pack", "--silent", name], fetching)
        with tarfile.open(next(fetching.glob("*.tgz"))) as archive:
            archive.extractall(fetching)
        if not target.exists():  # another test may have been faster
            os.rename(fetching / "package", target)
        shutil.rmtree(fetching)
    return target


def debian_sources():
    """Where this machine's Debian packages come from, as entries for their sources."""
    said = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"],
                          capture_output=True, text=True).stdout
    entries = sorted({line for line in said.splitlines() if line.endswith(" main")})
    if not entries:
        raise Unavailable("apt knows no Debian package source; run apt-get update")
    return "".join(f"deb-src {entry}\n" for entry in entries)


def debian_amalgamation(cache):
    """sqlite3.c as Debian's package builds it: upstream's source with Debian's patches."""
    target = cache / "debian-sqlite"
    if (target / "sqlite3.c").exists():
        return target
    if shutil.which("tclsh") is None:
        raise Unavailable("tclsh is not installed (Debian package tcl); it makes the amalgamation")
    work = cache / f"debian-sqlite.fetching-{os.getpid()}"
    (work / "lists/partial").mkdir(parents=True)
    (work / "archives/partial").mkdir(parents=True)
    (work / "sources.list").write_text(debian_sources())
    apt = ["apt-get", "-q", "-o", f"Dir::Etc::sourcelist={work}/sources.list", "-o", "Dir::Etc::sourceparts=/dev/null",
           "-o", f"Dir::State::lists={work}/lists", "-o", f"Dir::Cache={work}"]
    fetch([*apt, "update"], work)
    fetch([*apt, "source", "--download-only", "sqlite3"], work)
    with tarfile.open(next(work.glob("*.orig.tar.xz"))) as archive:
        archive.extractall(work)
    source = next(path for path in work.glob("sqlite3-*") if path.is_dir())
    with tarfile.open(next(work.glob("*.debian.tar.xz"))) as archive:
        archive.extractall(source)
    for patch in (source / "debian/patches/series").read_text().split():
        run(["patch", "-sp1", "-i", f"debian/patches/{patch}"], source)
    run(["./configure", "--disable-tcl"], source)
    run(["make", "sqlite3.c", "sqlite3.h"], source)
    target.mkdir(exist_ok=True)
    for name in ("sqlite3.h", "sqlite3.c"):
        (target / name).write_text(WRONG_ASSERTION.sub("", (source / name).read_text()))
    shutil.rmtree(work)
    return target


# SQLite 3.40 asserts that a row has as many stored fields as its table has columns, which is not so for tables with virtual
# generated columns; a debug build with a preupdate hook ends at the first such row. Later versions assert it correctly.
WRONG_ASSERTION = re.compile(r"assert\( pCsr->nField==pTab->nCol\s*\|\| \(pCsr->nField==pTab->nCol\+1[^;]*;")


def amalgamation(source, cache):
    if source == "debian":
        return debian_amalgamation(cache)
    return npm_package(BETTER_SQLITE3, cache) / "deps/sqlite3"


def library_folder(variant, cache):
    """The folder with libsqlite3.so.0 of this variant, for LD_LIBRARY_PATH."""
    cache = pathlib.Path(cache).resolve()
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"lib-{variant}"
    library = folder / "libsqlite3.so.0"
    if not library.exists():
        source, flags = VARIANTS[variant]
        code = amalgamation(source, cache)
        folder.mkdir(exist_ok=True)
        made = folder / f"made-{os.getpid()}.so"
        run(["cc", "-shared", "-fPIC", "-g1", "-w", "-Wl,-soname,libsqlite3.so.0", *FEATURES, *flags,
             str(code / "sqlite3.c"), "-o", str(made), "-lm", "-ldl", "-lpthread"], folder)
        os.rename(made, library)
    return folder
