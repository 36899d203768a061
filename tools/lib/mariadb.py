"""MariaDB servers of Debian's packages in a temporary folder: one alone, or three with Galera. They are compared with.

Each is a process of ours with its data, socket and log in FOLDER/N, not as root, on free ports of loopback, and is
ended by its number. A commit is on the disk before it is acknowledged (innodb_flush_log_at_trx_commit = 1, no binary log).
"""
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path

import build
import cluster as clusters
import ports

PACKAGES = ("mariadb-server-core", "mariadb-client")
GALERA_PACKAGES = ("galera-4", "rsync", "lsof")
GALERA = "/usr/lib/galera/libgalera_smm.so"
READY_SECONDS = 30
ANSWER_SECONDS = 20
SYNCED = ("SHOW STATUS LIKE 'wsrep_local_state_comment'", "Synced")
SETTINGS = {
    "innodb_buffer_pool_size": "512M",
    "innodb_log_file_size": "512M",
    "innodb_flush_log_at_trx_commit": "1",
    "max_connections": "600",
    "max_allowed_packet": "64M",
    "character_set_server": "utf8mb4",
    "collation_server": "utf8mb4_general_ci",
    "skip_name_resolve": "1",
    "performance_schema": "0",
}


def user():
    """Who runs them: never root, whom rsync would not let write either."""
    return pwd.getpwuid(os.geteuid()).pw_name if os.geteuid() else "nobody"


def give(folder):
    """The folder to who runs them, with all that is in it, and a way to it."""
    subprocess.run(["chown", "-R", user(), str(folder)], check=True)
    Path(folder).parent.chmod(0o755)


class Server:
    def __init__(self, folder, number, settings=None):
        self.id, self.dir = number, Path(folder) / str(number)
        self.port = ports.free(1)[0]
        self.socket = str(self.dir / "socket")
        self.settings = {**SETTINGS, **(settings or {})}
        self.process = None

    @property
    def mysql_port(self):
        return self.port

    @property
    def pid(self):
        return self.process.pid

    def start(self, *words):
        options = [f"--{name.replace('_', '-')}={value}" for name, value in self.settings.items()]
        with open(self.dir / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                ["mariadbd", "--no-defaults", f"--user={user()}", f"--datadir={self.dir / 'data'}", f"--port={self.port}",
                 "--bind-address=127.0.0.1", f"--socket={self.socket}", f"--pid-file={self.dir / 'pid'}", *options, *words],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def ask(self, sql, database=""):
        """What the shell prints, without headings."""
        try:
            done = subprocess.run(["mariadb", "--no-defaults", "-h", "127.0.0.1", "-P", str(self.port), "-u", "root", "-N", "-B", "-e", sql,
                                   *([database] if database else [])], capture_output=True, text=True, timeout=ANSWER_SECONDS)
        except subprocess.TimeoutExpired as late:
            raise clusters.ClusterError(f"{sql}: no answer") from late
        if done.returncode:
            raise clusters.ClusterError(f"{sql}: {done.stderr.strip()}")
        return done.stdout

    def wait_ready(self, wanted="SELECT 1", answer="1"):
        end = time.monotonic() + READY_SECONDS
        while True:
            if self.process.poll() is not None:
                raise clusters.ClusterError(f"mariadbd ended: {(self.dir / 'server.log').read_text(errors='replace')[-1500:]}")
            try:
                if answer in self.ask(wanted):
                    return
            except clusters.ClusterError as error:
                if time.monotonic() > end:
                    raise clusters.ClusterError(f"MariaDB is not ready: {error}") from error
            time.sleep(0.1)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()


def install(folder):
    """An empty data folder where root needs no password."""
    give(folder)
    data = Path(folder) / "data"
    done = subprocess.run(["mariadb-install-db", "--no-defaults", f"--user={user()}", f"--datadir={data}", "--skip-test-db",
                           "--auth-root-authentication-method=normal"], capture_output=True, text=True)
    if done.returncode:
        raise clusters.ClusterError(f"mariadb-install-db: {(done.stdout + done.stderr)[-800:]}")
    return data


def scripts():
    """The folder with Galera's scripts to send data to a new server. The package that has them would also start a server of
    its own when it is installed, so it is unpacked into the cache."""
    cache = build.ROOT / ".cache" / "mariadb"
    if not (cache / "usr" / "bin").exists():
        cache.mkdir(parents=True, exist_ok=True)
        for command in (["apt-get", "download", "-q", "mariadb-server"], ["sh", "-c", "dpkg-deb -x mariadb-server_*.deb ."]):
            done = subprocess.run(command, cwd=cache, capture_output=True, text=True)
            if done.returncode:
                raise clusters.ClusterError(f"{' '.join(command)}: {done.stderr.strip()}")
    return cache / "usr" / "bin"


def start_one(folder, settings=None):
    server = Server(folder, 1, settings)
    server.dir.mkdir(parents=True)
    install(server.dir)
    server.start()
    server.wait_ready()
    return server


def start_galera(folder, count=3, settings=None):
    """Servers of one group, each with all data."""
    folder = Path(folder)
    group = [ports.free(2) for _ in range(count)]
    servers = []
    for number, (port, _) in enumerate(group, 1):
        seeds = ",".join(f"127.0.0.1:{each}" for each, _ in group[:number - 1])
        servers.append(Server(folder, number, {
            "binlog_format": "ROW", "default_storage_engine": "InnoDB", "innodb_autoinc_lock_mode": "2", "wsrep_on": "ON",
            "wsrep_provider": GALERA, "wsrep_cluster_name": "bench", "wsrep_cluster_address": f"gcomm://{seeds}",
            "wsrep_node_name": f"n{number}", "wsrep_node_address": "127.0.0.1", "wsrep_sst_method": "rsync", "wsrep_slave_threads": "4",
            "wsrep_provider_options": f"gmcast.listen_addr=tcp://127.0.0.1:{port};ist.recv_addr=127.0.0.1:{group[number - 1][1]};"
                                      "gcache.size=256M", **(settings or {})}))
        servers[-1].dir.mkdir(parents=True)
    first = install(servers[0].dir)
    for server in servers[1:]:
        shutil.copytree(first, server.dir / "data")
    for server in servers:
        give(server.dir)
    os.environ["PATH"] = f"{scripts()}:{os.environ['PATH']}"
    try:
        for server in servers:
            server.start(*(["--wsrep-new-cluster"] if server.id == 1 else []))
            server.wait_ready(*SYNCED)
        servers[-1].wait_ready("SHOW STATUS LIKE 'wsrep_cluster_size'", str(count))
    except clusters.ClusterError:
        for server in servers:
            server.stop()
        raise
    return servers
