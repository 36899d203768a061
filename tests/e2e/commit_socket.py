"""The extension's part of the commit socket (schemas/commit_socket.h), spoken by hand: for what no extension would do,
such as to die between the decision and its own commit."""
import socket
import sqlite3
import struct
import time

COMMITTED, CONFLICT, BUSY, UNAVAILABLE, REFUSED, UNKNOWN, ABORTED = range(7)
QUORUM, ALL = 2, 3
DECIDED = 0x80000000


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return struct.pack("<I", len(value)) + value


def varint(value):
    out = b""
    while value > 0x7f:
        out, value = out + bytes([value & 0x7f | 0x80]), value >> 7
    return out + bytes([value])


def stream_text(value):
    return varint(len(value.encode())) + value.encode()


def value_of(value):
    if isinstance(value, int):
        return b"\x04" + struct.pack("<q", value)
    return b"\x06" + stream_text(value)


def insert(table, columns, *rows):
    """Row stream (schemas/row_stream.h) that inserts rows; the first column is the primary key."""
    out = b"\x01T\x00" + stream_text(table) + b"\x01" + varint(len(columns))
    for place, column in enumerate(columns):
        out += stream_text(column) + bytes([1 if place == 0 else 0, 0])
    for row in rows:
        out += b"I\x00" + b"".join(value_of(value) for value in row)
    return out


def seen(path):
    """All that a transaction on this database would see: origin -> seq."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        positions = dict(connection.execute("SELECT origin, seq FROM __murmel_cursor"))
        local = connection.execute("SELECT local_seq FROM __murmel_log ORDER BY id DESC LIMIT 1").fetchone()
        return {**positions, 0: local[0] if local else 0}
    finally:
        connection.close()


class Answer:
    def __init__(self, body):
        kind, self.outcome, self.origin, self.seq, self.hlc = struct.unpack_from("<cBIqq", body)
        assert kind == b"A", body
        at = struct.calcsize("<cBIqq")
        size, = struct.unpack_from("<I", body, at)
        self.text = body[at + 4:at + 4 + size].decode()
        at += 4 + size
        count, = struct.unpack_from("<I", body, at)
        self.positions = dict(struct.unpack_from("<Iq", body, at + 4 + 12 * i) for i in range(count))

    @property
    def id(self):
        return f"{self.origin & ~DECIDED}q:{self.seq}"

    def __repr__(self):
        return f"<{self.outcome} {self.id} {self.text!r}>"


class Client:
    """One connection. `node` is a cluster's node."""

    def __init__(self, node, database="app"):
        self.path = node.path(database)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(str(node.dir / "data" / "commit"))

    def ask(self, body):
        self.send(body)
        return self.receive()

    def send(self, body):
        self.socket.sendall(struct.pack("<I", len(body)) + body)

    def receive(self):
        size, = struct.unpack("<I", self.read(4))
        return Answer(self.read(size))

    def read(self, size):
        got = b""
        while len(got) < size:
            more = self.socket.recv(size - len(got))
            if not more:
                raise ConnectionError("the agent has closed the connection")
            got += more
        return got

    def commit_request(self, payload, level=QUORUM, timeout_ms=5000, positions=None, indexes=()):
        positions = seen(self.path) if positions is None else positions
        hlc = (time.time_ns() // 1_000_000) << 16
        body = b"C" + struct.pack("<BBIqI", 1, level, timeout_ms, hlc, 1) + text(self.path)
        body += struct.pack("<I", len(positions))
        body += b"".join(struct.pack("<Iq", *position) for position in positions.items())
        body += struct.pack("<I", len(indexes))
        for table, columns in indexes:
            body += text(table) + b"\0" + struct.pack("<I", len(columns))
            body += b"".join(text(column) + b"\0" for column in columns)
        return body + struct.pack("<I", 1) + text(payload)

    def commit(self, payload, **options):
        return self.ask(self.commit_request(payload, **options))

    def outcome(self, origin, seq):
        return self.ask(b"S\x01" + text(self.path) + struct.pack("<Iq", origin, seq))

    def known(self, timeout_ms=5000):
        return self.ask(b"R\x01" + text(self.path) + struct.pack("<I", timeout_ms))

    def close(self):
        self.socket.close()
