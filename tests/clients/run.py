#!/usr/bin/python3
"""Runs MySQL clients against a cluster of three nodes: one script each, which writes on one node and reads on another.

    tests/clients/run.py [NAME ...] [--quick] [--build DIR] [--consistency LEVEL] [--verbose] [--keep] [--list]

--quick: those that CI runs. Each client has a database of its own. A line for each, what it said if it failed, and at the
end `N passed, N failed`; one whose packages can't be had is skipped with the reason.
"""
import argparse
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tools" / "lib"))
import build  # noqa: E402
import cluster as clusters  # noqa: E402
import patience  # noqa: E402

LIMIT_SECONDS = patience.seconds(600)
CACHE = Path(os.environ.get("MURMEL_CACHE", ROOT / ".cache")) / "clients"
INTERPRETERS = {".py": "/usr/bin/python3", ".php": "php", ".js": "node", ".pl": "perl", ".rb": "ruby", ".go": "go", ".java": "java"}


@dataclasses.dataclass(frozen=True)
class Client:
    file: str
    packages: tuple  # Debian's
    wheels: tuple = ()  # PyPI's, into the cache
    jars: tuple = ()  # Maven's, into the cache
    quick: bool = True  # CI runs it

    @property
    def name(self):
        return Path(self.file).stem

    @property
    def interpreter(self):
        return INTERPRETERS[Path(self.file).suffix]

    @property
    def command(self):
        return [self.interpreter, *(["run"] if self.interpreter == "go" else []), str(HERE / self.file)]


CLIENTS = [
    Client("python_pymysql.py", ("python3-pymysql",)),
    Client("python_mysqldb.py", ("python3-mysqldb",)),
    Client("python_sqlalchemy.py", ("python3-pymysql", "python3-sqlalchemy")),
    Client("python_django.py", ("python3-pip",), ("django==5.2", "pymysql==1.1.1", "cryptography")),
    Client("php_mysqli.php", ("php-cli", "php-mysql")),
    Client("php_pdo.php", ("php-cli", "php-mysql")),
    Client("perl_dbi.pl", ("libdbd-mysql-perl",)),
    Client("ruby_mysql2.rb", ("ruby-mysql2",)),
    Client("node_mysql2.js", ()),
    Client("node_sequelize.js", ()),
    Client("node_knex.js", ()),
    Client("node_typeorm.js", ()),
    Client("node_drizzle.js", ()),
    Client("python_connector.py", ("python3-pip",), ("mysql-connector-python==26.10.0", "pandas==3.1.1", "alembic==1.20.1",
                                                     "sqlalchemy==2.1.9"), quick=False),
    Client("go_gorm.go", (), quick=False),
    Client("go_bun.go", (), quick=False),
    Client("java_jdbc.java", ("default-jdk-headless", "maven"),
           jars=("com.mysql:mysql-connector-j:9.1.0", "org.mariadb.jdbc:mariadb-java-client:3.5.1"), quick=False),
    Client("powerdns.py", ("mariadb-client", "pdns-server", "pdns-backend-mysql"), quick=False),
    Client("adminer.py", ("php-cli", "php-mysql", "adminer"), quick=False),
    Client("phpmyadmin.py", ("php-cli", "php-mysql", "php-mbstring", "php-xml", "phpmyadmin"), quick=False),
    Client("wordpress.py", ("php-cli", "php-mysql", "php-gd", "php-xml", "php-mbstring", "php-curl", "wordpress",
                            "wordpress-theme-twentytwentythree", "chromium"), quick=False),
    Client("mediawiki.py", ("php-cli", "php-mysql", "php-intl", "php-xml", "php-mbstring", "mediawiki"), quick=False),
]


class Missing(Exception):
    """Something that can't be had here."""


def install(chosen):
    """Debian's packages; returns why they are not there, if so."""
    packages = sorted({package for client in chosen for package in client.packages})
    done = subprocess.run([str(ROOT / "tools" / "setup"), "packages", *packages], capture_output=True, text=True)
    return done.stderr.strip() if done.returncode else None


def modules():
    """The folder with npm's packages."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise Missing(f"{program} is not installed")
    wanted = (HERE / "package.json").read_text()
    stamp = CACHE / "package.json"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(CACHE, ignore_errors=True)
        fetching = CACHE.with_suffix(f".fetching-{os.getpid()}")
        fetching.mkdir(parents=True)
        (fetching / "package.json").write_text(wanted)
        done = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--omit=dev"], cwd=fetching, capture_output=True,
                              text=True)
        if done.returncode:
            shutil.rmtree(fetching)
            raise Missing(f"npm: {(done.stdout + done.stderr).strip()[-300:]}")
        fetching.rename(CACHE)
    return CACHE / "node_modules"


def fetched(kind, wanted, commands):
    """The folder that the commands fill, which are made for a folder; once."""
    folder = CACHE.with_name("-".join([kind, *wanted]).replace("=", "").replace(":", "-"))
    if not folder.exists():
        fetching = CACHE.with_name(f"{kind}.fetching-{os.getpid()}")
        for command in commands(str(fetching)):
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                shutil.rmtree(fetching, ignore_errors=True)
                raise Missing(f"{kind}: {(done.stdout + done.stderr).strip()[-300:]}")
        fetching.rename(folder)
    return folder


def wheels(wanted):
    return fetched("wheels", wanted, lambda folder: [
        [INTERPRETERS[".py"], "-m", "pip", "install", "--quiet", "--no-warn-script-location", "--target", folder, *wanted]])


def jars(wanted):
    return fetched("jars", wanted, lambda folder: [
        ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={jar}", f"-DoutputDirectory={folder}"] for jar in wanted])


class Runner:
    def __init__(self, cluster, options):
        self.cluster, self.options = cluster, options

    def run(self, client):
        """(word, seconds, what it said)."""
        begun = time.monotonic()
        try:
            environment = self.environment(client)
        except Missing as why:
            return "SKIP", time.monotonic() - begun, str(why)
        try:
            folder = HERE if client.interpreter == "go" else self.cluster.dir  # where go.mod is
            done = subprocess.run(client.command, cwd=folder, env={**os.environ, **environment},
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                                  timeout=LIMIT_SECONDS)
            return "FAIL" if done.returncode else "ok", time.monotonic() - begun, done.stdout
        except subprocess.TimeoutExpired as late:
            return "FAIL", time.monotonic() - begun, f"{(late.stdout or b'').decode(errors='replace')}ended after {LIMIT_SECONDS:.0f} s"

    def environment(self, client):
        if shutil.which(client.interpreter) is None:
            raise Missing(f"{client.interpreter} is not installed")
        environment = {
            "MURMEL_PORTS": " ".join(str(node.mysql_port) for node in self.cluster.nodes),
            "MURMEL_DATABASE": client.name,
            "MURMEL_CLUSTER": str(self.cluster.file),
            "MURMEL_BUILD": self.options.build,
            "MURMEL_EXTRA": json.dumps(self.cluster.extra),
        }
        if client.interpreter == "node":
            environment["NODE_PATH"] = str(modules())
        if client.wheels:
            environment["PYTHONPATH"] = str(wheels(client.wheels))
        if client.jars:
            environment["CLASSPATH"] = f"{jars(client.jars)}/*"
        return environment


def start(folder, chosen, options):
    """Three nodes with a database for each client."""
    cluster = clusters.Cluster(folder, where=Path(options.build), databases=[client.name for client in chosen])
    cluster.extra = {"cluster": {"consistency": options.consistency}, "databases": {"directory": "{dir}/databases"}}
    cluster.add_nodes(3)
    cluster.launch()
    if not cluster.wait_members(patience.seconds(20)):
        raise clusters.ClusterError("not all nodes became members")
    return cluster


def run_all(chosen, options):
    refused = install(chosen)
    if refused:
        print(refused)
    folder = Path(tempfile.mkdtemp(prefix="murmel-clients-"))
    counts = {"ok": 0, "FAIL": 0, "SKIP": 0}
    cluster = start(folder, chosen, options)
    try:
        runner = Runner(cluster, options)
        for client in chosen:
            word, seconds, said = runner.run(client)
            counts[word] += 1
            did = said.count("\nok ") + said.startswith("ok ")
            print(f"{word:4} {client.name} ({did} checks, {seconds:.1f} s)", flush=True)
            if word != "ok" or options.verbose:
                print("     " + said.strip().replace("\n", "\n     "), flush=True)
    finally:
        cluster.stop(grace=patience.seconds(5))
        if options.keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    skipped = f", {counts['SKIP']} skipped" if counts["SKIP"] else ""
    print(f"{counts['ok']} passed, {counts['FAIL']} failed{skipped}")
    return 1 if counts["FAIL"] else 0


def main():
    parser = argparse.ArgumentParser(prog="tools/clients", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="clients whose name contains NAME; all without one")
    parser.add_argument("--quick", action="store_true", help="those that CI runs")
    parser.add_argument("--build", default=str(build.folder()), type=lambda where: str(Path(where).resolve()))
    parser.add_argument("--consistency", default="one", help="of the databases: one, quorum, all")
    parser.add_argument("--verbose", action="store_true", help="show what each client did")
    parser.add_argument("--keep", action="store_true", help="keep the nodes' folder")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    chosen = [client for client in CLIENTS if (client.quick or not options.quick)
              and (not options.names or any(name in client.name for name in options.names))]
    if options.list:
        print("\n".join(client.name for client in chosen))
        return 0
    if not chosen:
        parser.error(f"there is no client {' '.join(options.names)}")
    return run_all(chosen, options)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except clusters.ClusterError as error:
        print(f"clients: {error}", file=sys.stderr)
        sys.exit(1)
