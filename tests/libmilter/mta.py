"""mta.py: the mail server's side of the milter protocol, packet by packet, and the scripted milter as a process."""
import os
import pathlib
import signal
import socket
import struct
import subprocess
import tempfile
import time

PATIENCE = 20  # seconds that a peer may take in a test on a busy machine
FINAL = b"cartdys4fO"  # answers that end a step; the rest come before one
NO_ANSWER = b"DAQK"

CONTINUE, REJECT, DISCARD, ACCEPT, TEMPFAIL, NOREPLY, SKIP, ALL_OPTS = 0, 1, 2, 3, 4, 7, 8, 10
ACTIONS, STEPS = 0x1FF, 0x1FFFFF


def packet(command, data=b""):
    return struct.pack(">I", len(data) + 1) + command + data


def strings(*parts):
    return b"".join(part.encode() + b"\0" for part in parts)


def optneg(version=6, actions=ACTIONS, steps=STEPS):
    return packet(b"O", struct.pack(">III", version, actions, steps))


def macros(command, *names_and_values):
    return packet(b"D", command + strings(*names_and_values))


def connect(host="client.example", family=b"4", port=2525, address="192.0.2.7"):
    data = strings(host) + family
    return packet(b"C", data if family == b"U" else data + struct.pack(">H", port) + strings(address))


def helo(name="client.example"):
    return packet(b"H", strings(name))


def mail(*arguments):
    return packet(b"M", strings(*(arguments or ("<a@client.example>",))))


def rcpt(*arguments):
    return packet(b"R", strings(*(arguments or ("<b@server.example>",))))


def data():
    return packet(b"T")


def unknown(line="FROB x"):
    return packet(b"U", strings(line))


def header(name="Subject", value="hello"):
    return packet(b"L", strings(name, value))


def eoh():
    return packet(b"N")


def body(octets=b"text\r\n"):
    return packet(b"B", octets)


def eom(octets=b""):
    return packet(b"E", octets)


def abort():
    return packet(b"A")


def quit_session():
    return packet(b"Q")


def quit_anew():
    return packet(b"K")


def message():
    return [mail(), rcpt(), data(), header(), header("X-Two", "folded\n value"), eoh(), body(), eom()]


class Quiet(bytes):
    """A packet that is not answered although its kind is."""


class Peer:
    """A connection to a milter."""

    def __init__(self, family, address):
        self.socket = socket.socket(family)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(address)
        self.held = b""
        self.late = False

    def time_out(self):
        self.late = True
        return b"(nothing came)"

    def read(self):
        """The next packet; None at the end of the connection."""
        while len(self.held) < 4 or len(self.held) < 4 + struct.unpack(">I", self.held[:4])[0]:
            try:
                piece = self.socket.recv(65536)
            except ConnectionError:
                piece = b""
            except TimeoutError:
                return None if self.late else self.time_out()
            if not piece:
                return None
            self.held += piece
        end = 4 + struct.unpack(">I", self.held[:4])[0]
        found, self.held = self.held[4:end], self.held[end:]
        return found

    def send(self, octets):
        try:
            self.socket.sendall(octets)
        except ConnectionError:
            pass

    def ask(self, octets):
        """Sends a packet and reads what is answered up to its end."""
        self.send(octets)
        answers = []
        if isinstance(octets, Quiet) or octets[4:5] in NO_ANSWER:
            return answers
        while not answers or (answers[-1] is not None and answers[-1][:1] not in FINAL):
            answers.append(self.read())
            if answers[-1] is None or self.late:
                break
        return answers

    def end(self):
        """No more is sent; what is still answered."""
        answers = []
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        while (found := self.read()) is not None:
            answers.append(found)
        self.socket.close()
        return answers


class Milter:
    """A milter that runs on the library in this directory (None: the system's)."""

    def __init__(self, program, arguments, library, conn=None, environment=None):
        self.folder = tempfile.TemporaryDirectory(prefix="milter")
        self.trace_path = pathlib.Path(self.folder.name, "trace")
        self.path = f"{self.folder.name}/socket"
        self.conn = conn or f"unix:{self.path}"
        environment = dict(os.environ, **(environment or {}))
        environment.pop("LD_LIBRARY_PATH", None)
        if library is not None:
            environment["LD_LIBRARY_PATH"] = str(library)
        self.process = subprocess.Popen([program, "-p", self.conn, "-o", str(self.trace_path), *arguments],
                                        env=environment)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.folder.cleanup()

    def connect(self):
        kind, _, rest = self.conn.partition(":")
        if kind in ("inet", "inet6"):
            port, _, host = rest.partition("@")
            family, address = (socket.AF_INET if kind == "inet" else socket.AF_INET6), (host, int(port))
        else:
            family, address = socket.AF_UNIX, self.path
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return Peer(family, address)
            except (FileNotFoundError, ConnectionRefusedError):
                if time.monotonic() > end or self.process.poll() is not None:
                    raise
                time.sleep(0.005)

    def trace(self):
        return self.trace_path.read_text(errors="surrogateescape").splitlines() if self.trace_path.exists() else []

    def wait_for(self, line, count=1):
        """Until the trace has a line so many times."""
        end = time.monotonic() + PATIENCE
        while self.trace().count(line) < count and time.monotonic() < end:
            time.sleep(0.005)
        return self.trace().count(line) >= count

    def terminate(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)
