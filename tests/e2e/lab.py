"""lab.py: what the tests here share: processes on loopback that are ended by their id, Postern with a proxy.yaml,
its sink, and the frame a test file runs in. The mail server is left to postfix.py, the client by hand to client.py."""
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
POSTERN = os.path.abspath(os.environ.get("POSTERN", SOURCE / "build/debug/postern"))
HOST = "127.0.0.1"
SKIPPED = 77  # ctest's SKIP_RETURN_CODE
SANITIZER = re.compile(r"runtime error:|ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|Assertion .* failed")


def free_port():
    """A port nobody listens on, below those that connecting sockets are given."""
    for _ in range(1000):
        port = random.randrange(20000, 30000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
                return port
            except OSError:
                continue
    raise RuntimeError("no free port")


def listens(port):
    try:
        socket.create_connection((HOST, port), timeout=1).close()
        return True
    except OSError:
        return False


def wait_for(condition, what, seconds=20.0):
    """The first true value of condition(); fails when there is none in time."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:g} s in vain: {what() if callable(what) else what}")
        time.sleep(0.02)


def stays(condition, seconds):
    """True if condition() holds all the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not condition():
            return False
        time.sleep(0.02)
    return True


def sanitized():
    """Whether the program has AddressSanitizer in it, which needs memory of its own."""
    return b"__asan_init" in pathlib.Path(POSTERN).read_bytes()


def run(*arguments, seconds=60, **options):
    """A program that ends by itself; its output is in .stdout and .stderr."""
    return subprocess.run([str(a) for a in arguments], capture_output=True, text=True, timeout=seconds, check=False,
                          stdin=options.pop("stdin", subprocess.DEVNULL), **options)


class Process:
    """A program in the background, its standard output and error in files of its own folder."""

    def __init__(self, folder, *arguments, **options):
        self.folder = pathlib.Path(folder)
        self.errors = self.folder / "stderr"
        self.code = None
        with open(self.folder / "stdout", "wb") as out, open(self.errors, "ab") as err:
            self.child = subprocess.Popen([str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=err, cwd=self.folder, **options)
        self.pid = self.child.pid

    def alive(self):
        return self.child.poll() is None

    def signal(self, number):
        self.child.send_signal(number)

    def wait(self, seconds=20):
        self.code = self.child.wait(seconds)
        return self.code

    def stop(self, seconds=20):
        """Ends it politely, then for certain; what it ended with."""
        if self.alive():
            self.signal(signal.SIGTERM)
        try:
            return self.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.wait()
            raise

    def complaints(self):
        return self.errors.read_text(errors="replace")


class Postern(Process):
    """`postern run` with a proxy.yaml; hostname, listeners, upstreams and log are filled in where not given."""

    def __init__(self, folder, upstreams, text=""):
        self.port = free_port()
        self.upstreams = upstreams if isinstance(upstreams, list) else [upstreams]
        self.config = pathlib.Path(folder) / "proxy.yaml"
        self.write(text)
        super().__init__(folder, POSTERN, "run", "-c", self.config)
        try:
            wait_for(lambda: not self.alive() or self.events("ready"), "ready")
        except AssertionError:
            self.child.kill()
            self.wait()
            raise
        if not self.alive():
            raise AssertionError(f"postern ended at once with {self.wait()}: {self.complaints()}")

    def write(self, text):
        given = {
            "hostname": "proxy.example",
            "listeners": json.dumps([f"{HOST}:{self.port}"]),
            "upstreams": json.dumps([f"{HOST}:{port}" for port in self.upstreams]),
            "log": "{format: json}",
        }
        text = textwrap.dedent(text)
        head = [f"{key}: {value}\n" for key, value in given.items() if not re.search(f"^{key}:", text, re.M)]
        self.config.write_text("".join(head) + text)

    def log(self):
        """The lines of the log on standard error, as dictionaries."""
        lines = []
        for line in self.complaints().splitlines():
            if line.startswith("{"):
                lines.append(json.loads(line))
            elif (pair := re.search(r"\bevent=(\S+)", line)) is not None:
                lines.append({"event": pair[1], "line": line})
        return lines

    def events(self, event, **fields):
        return [line for line in self.log()
                if line["event"] == event and all(line.get(key) == value for key, value in fields.items())]

    def await_events(self, event, count=1, **fields):
        return wait_for(lambda: len(found := self.events(event, **fields)) >= count and found,
                        lambda: f"{count} of {event} {fields} in the log:\n{self.complaints()[-2000:]}")

    def reload(self, text):
        """A new proxy.yaml and SIGHUP; returns once it is in force."""
        before = len(self.events("reload"))
        self.write(text)
        self.signal(signal.SIGHUP)
        self.await_events("reload", before + 1)


class Sink(Process):
    """`postern sink`: a mail server that misbehaves as told by its arguments."""

    def __init__(self, folder, *arguments):
        self.maildir = pathlib.Path(folder) / "maildir"
        self.port = free_port()
        super().__init__(folder, POSTERN, "sink", "--listen", f"{HOST}:{self.port}", "--maildir", self.maildir, "--raw",
                         *arguments)
        wait_for(lambda: not self.alive() or listens(self.port), "the sink listens")

    def messages(self):
        return [path.read_bytes() for path in sorted((self.maildir / "new").glob("*"))]


class Case(unittest.TestCase):
    """A test with folders of its own; whatever it starts is ended with it and must have ended well."""

    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="postern-"))
        self.root.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)

    def folder(self, name="run"):
        for n in range(1000):
            path = self.root / f"{name}{n or ''}"
            if not path.exists():
                path.mkdir()
                return path
        raise RuntimeError("too many folders")

    def postern(self, upstreams, text=""):
        proxy = Postern(self.folder("postern"), upstreams, text)
        self.addCleanup(self.end_well, proxy)
        return proxy

    def sink(self, *arguments):
        sink = Sink(self.folder("sink"), *arguments)
        self.addCleanup(self.end_well, sink)
        return sink

    def process(self, *arguments):
        """Any other program; how it ends does not matter."""
        process = Process(self.folder("process"), *arguments)
        self.addCleanup(process.stop)
        return process

    def end_well(self, process):
        code = process.stop()
        text = process.complaints()
        self.assertIsNone(SANITIZER.search(text), text)
        self.assertEqual(code, 0, text)


def main(*needed):
    """Runs the tests of the file, or says what is missing and ends as skipped."""
    if not os.access(POSTERN, os.X_OK):
        sys.exit(f"there is no {POSTERN}: build it, or name another in $POSTERN")
    os.environ["PATH"] = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
    missing = [program for program in needed if shutil.which(program) is None]
    if missing:
        print(f"skipped: there is no {', no '.join(missing)}; contrib/deps test installs what the tests need")
        sys.exit(SKIPPED)
    if "postfix" in needed and os.geteuid() != 0:
        print("skipped: Postfix needs the rights of root")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
