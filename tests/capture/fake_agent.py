"""A stand-in for the agent at its commit socket (schemas/commit_socket.h): answers as a test has scripted.

    agent = FakeAgent(path)
    agent.script(committed, (BUSY, 0), hang)      one entry a question; the last one is used for all that follow
    agent.requests                                what was asked, taken apart
"""
import os
import socket
import struct
import threading

COMMITTED, CONFLICT, BUSY, UNAVAILABLE, REFUSED, UNKNOWN, ABORTED = range(7)
NODE = 3
VERSION = 6  # of what the extension says
DECIDED = 0x80000000 | NODE
OTHER = 3  # a collation that is told by its name
KINDS = {ord("C"): "commit", ord("S"): "status", ord("R"): "read"}


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, code):
        value, = struct.unpack_from("<" + code, self.data, self.at)
        self.at += struct.calcsize("<" + code)
        return value

    def blob(self):
        size = self.number("I")
        self.at += size
        return self.data[self.at - size:self.at]

    def text(self):
        return self.blob().decode()

    def list(self, item):
        return [item() for _ in range(self.number("I"))]

    def key_column(self):
        column, collation = self.text(), self.number("B")
        return (column, self.text() if collation == OTHER else collation)

    def foreign_key(self):
        return (self.text(), self.text(), self.number("B"), self.list(lambda: (self.text(), self.key_column())))


def parse(data):
    reader = Reader(data)
    request = {"kind": KINDS[reader.number("B")], "version": reader.number("B")}
    if request["kind"] == "commit":
        request |= {"level": reader.number("B"), "timeout_ms": reader.number("I"), "hlc": reader.number("q"),
                    "schema": reader.number("I")}
    request["path"] = reader.text()
    if request["kind"] == "read":
        request["timeout_ms"] = reader.number("I")
        request["hold_back_ms"] = reader.number("I")
    if request["kind"] == "status":
        request |= {"origin": reader.number("I"), "seq": reader.number("q")}
    if request["kind"] == "commit":
        request["seen"] = dict(reader.list(lambda: (reader.number("I"), reader.number("q"))))
        request["indexes"] = reader.list(lambda: (reader.text(), reader.number("B"), reader.list(reader.key_column)))
        request["foreign_keys"] = reader.list(reader.foreign_key)
        request["payloads"] = reader.list(reader.blob)
    assert reader.at == len(data), "bytes behind the request"
    return request


def answer(outcome, seq=0, hlc=0, text="as scripted", origin=DECIDED, positions=()):
    said = text.encode()
    body = struct.pack("<cBIqqI", b"A", outcome, origin if seq else 0, seq, hlc, len(said)) + said
    body += struct.pack("<I", len(positions)) + b"".join(struct.pack("<Iq", *one) for one in positions)
    return struct.pack("<I", len(body)) + body


# Ways to react: called with the agent, the request and the connection; False: the connection is closed.

def committed(agent, request, connection):
    seq = request["seen"].get(DECIDED, 0) + 1
    connection.sendall(answer(COMMITTED, seq, request["hlc"] + agent.raise_by))
    return True


def says(outcome, seq=0, hlc=0, origin=DECIDED):
    def react(agent, request, connection):
        connection.sendall(answer(outcome, seq, hlc or request.get("hlc", 0), origin=origin))
        return True
    return react


def named(seq, then):
    """Tells the slot first, as the agent does before it asks the other nodes."""
    def react(agent, request, connection):
        body = struct.pack("<cIq", b"N", DECIDED, seq)
        connection.sendall(struct.pack("<I", len(body)) + body)
        return then(agent, request, connection)
    return react


def sends(data):
    def react(agent, request, connection):
        connection.sendall(data)
        return False
    return react


def hang(agent, request, connection):
    agent.stopping.wait(30)
    return False


class FakeAgent:
    def __init__(self, path):
        self.path, self.requests, self.accepted = path, [], 0
        self.raise_by = 0
        self.reactions = [committed]
        self.start()

    def start(self):
        self.stopping = threading.Event()
        self.connections = []
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(self.path)
        self.server.listen()
        threading.Thread(target=self.accept, args=(self.server,), daemon=True).start()

    def stop(self):
        self.stopping.set()
        os.unlink(self.path)
        for one in [self.server, *self.connections]:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it was closed by the other side
            one.close()

    def script(self, *reactions):
        self.reactions = list(reactions)
        self.requests.clear()

    def accept(self, server):
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            self.accepted += 1
            self.connections.append(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def read(self, connection, size):
        data = b""
        while len(data) < size:
            part = connection.recv(size - len(data))
            if not part:
                raise OSError("the client has gone")
            data += part
        return data

    def serve(self, connection):
        try:
            while True:
                size, = struct.unpack("<I", self.read(connection, 4))
                request = parse(self.read(connection, size))
                self.requests.append(request)
                react = self.reactions.pop(0) if len(self.reactions) > 1 else self.reactions[0]
                if not react(self, request, connection):
                    break
        except OSError:
            pass
        connection.close()
