"""PowerDNS on its MySQL backend: a zone is made and signed on one node with its tool, and served by the name server on another."""
import contextlib
import os
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

from scene import SECONDS, arrives, check, place

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools" / "lib"))
import ports as free_ports  # noqa: E402

PORTS, DATABASE = place()
SCHEMA = "/usr/share/pdns-backend-mysql/schema/schema.mysql.sql"
A, MX, DNSKEY, RRSIG_WANTED = 1, 15, 48, 0x8000
NO_SUCH_NAME = 3


def folder(node, port):
    """Settings in a folder of their own."""
    where = Path(f"pdns-{node}").resolve()
    where.mkdir()
    (where / "pdns.conf").write_text("\n".join([
        "launch=gmysql", "gmysql-host=127.0.0.1", f"gmysql-port={PORTS[node]}", "gmysql-user=root", f"gmysql-dbname={DATABASE}",
        "gmysql-dnssec=yes", "local-address=127.0.0.1", f"local-port={port}", f"socket-dir={where}", "security-poll-suffix=",
        "query-cache-ttl=0", "negquery-cache-ttl=0", "cache-ttl=0", "zone-cache-refresh-interval=0", ""]))
    return where


def tool(where, *words):
    done = subprocess.run(["pdnsutil", f"--config-dir={where}", *words], capture_output=True, text=True, timeout=SECONDS)
    check(done.returncode == 0, " ".join(words[:3]) + ("" if done.returncode == 0 else f": {done.stdout}{done.stderr}"))
    return done.stdout


def ask(port, name, kind):
    """(code of the answer, its records), with signatures."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
    query = struct.pack(">HHHHHH", 7, 0x100, 1, 0, 0, 1) + labels + struct.pack(">HH", kind, 1)
    query += b"\0" + struct.pack(">HHIH", 41, 4096, RRSIG_WANTED, 0)
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as line:
        line.settimeout(SECONDS)
        line.connect(("127.0.0.1", port))
        line.send(query)
        answer = line.recv(4096)
    return answer[3] & 15, struct.unpack(">H", answer[6:8])[0]


def answers(port, name, kind):
    try:
        return ask(port, name, kind)
    except ConnectionRefusedError:  # not up yet
        time.sleep(0.05)
        return None


port = free_ports.free(1)[0]
one, two = folder(0, port), folder(1, port)
subprocess.run(["mariadb", "-h", "127.0.0.1", "-P", str(PORTS[0]), "-u", "root", "--skip-ssl", DATABASE], stdin=open(SCHEMA), check=True)
check(True, "the schema of the backend")
tool(one, "create-zone", "example.org", "ns1.example.org")
for record in (("www", "A", "192.0.2.1"), ("www", "A", "192.0.2.2"), ("@", "MX", "10 mail.example.org")):
    tool(one, "add-record", "example.org", *record)
tool(one, "secure-zone", "example.org")
check("0 errors" in tool(one, "check-zone", "example.org"), "the zone has no errors")
tool(one, "set-meta", "example.org", "ALLOW-AXFR-FROM", "127.0.0.1/32")
tool(one, "import-tsig-key", "key", "hmac-sha256", "Zm9v")

environment = {**os.environ, "LC_ALL": "C"}
server = subprocess.Popen(["pdns_server", f"--config-dir={two}", "--daemon=no", "--guardian=no"], env=environment, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
try:
    arrives(lambda: answers(port, "www.example.org", A) == (0, 3), "another node's server has both addresses, and a signature")
    check(ask(port, "example.org", MX) == (0, 2) and ask(port, "example.org", DNSKEY)[1] >= 1, "a mail exchange, and the key of the zone")
    check(ask(port, "no.example.org", A) == (NO_SUCH_NAME, 0), "a name that is not there")
    tool(one, "add-record", "example.org", "new", "A", "192.0.2.9")
    arrives(lambda: answers(port, "new.example.org", A) == (0, 2), "what is added is served")
    tool(one, "delete-rrset", "example.org", "new", "A")
    arrives(lambda: answers(port, "new.example.org", A) == (NO_SUCH_NAME, 0), "what is deleted is not")
    listed = tool(two, "list-zone", "example.org")
    check(listed.count("192.0.2.") == 2 and "key" in tool(two, "list-tsig-keys"), "and the tool finds it all there")
    tool(two, "delete-zone", "example.org")
    check(tool(two, "list-all-zones").strip() == "", "a zone is deleted")
finally:
    server.terminate()
    server.wait()
