#!/usr/bin/env -S python3 -B
"""systemd.py: Postern with a service manager above it, played by the test: listening sockets are passed to it, it tells
how it is, and restarts refuse nobody. The units in contrib/systemd are judged by systemd-analyze where there is one."""
import os
import pathlib
import re
import shutil
import signal
import socket
import sys
import threading
import time

import lab
from client import Client

LETTER = b"Subject: hello\r\n\r\nSome text\r\n"
UNITS = lab.SOURCE / "contrib/systemd"
# Becomes Postern under the same process id, with the descriptors in their places.
LAUNCHER = """
import os, sys
fds = [int(fd) for fd in sys.argv[1].split(",") if fd]
high = [os.dup2(fd, 100 + i) for i, fd in enumerate(fds)]
for i, fd in enumerate(high):
    os.dup2(fd, 3 + i)
    os.close(fd)
os.environ["LISTEN_PID"] = os.environ.get("LISTEN_PID") or str(os.getpid())
if os.environ.get("WATCHDOG_USEC"):
    os.environ["WATCHDOG_PID"] = str(os.getpid())
os.execv(sys.argv[2], sys.argv[2:])
"""


def listening(host=lab.HOST, port=None, family=socket.AF_INET):
    """A socket as systemd makes it: blocking, and nobody else can listen beside it."""
    made = socket.socket(family)
    made.bind((host, port or lab.free_port()))
    made.listen(200)
    return made


class Service(lab.Postern):
    """`postern run` as a service manager starts it."""

    def __init__(self, folder, upstream, sockets, text="", port=None, names=None, **environment):
        self.port = port or sockets[0].getsockname()[1]
        self.upstreams = [upstream]
        self.config = pathlib.Path(folder) / "proxy.yaml"
        self.write(text)
        fds = [each.fileno() for each in sockets]
        environment["LISTEN_FDS"] = str(len(fds))
        if names is not None:
            environment["LISTEN_FDNAMES"] = names
        lab.Process.__init__(self, folder, sys.executable, "-c", LAUNCHER, ",".join(map(str, fds)), lab.POSTERN, "run",
                             "-c", self.config, pass_fds=fds, env={**os.environ, **environment})

    def ready(self):
        lab.wait_for(lambda: not self.alive() or self.events("ready"), self.complaints)
        if not self.alive():
            raise AssertionError(f"postern ended at once with {self.wait()}: {self.complaints()}")
        return self


class Manager(lab.Case):
    def service(self, upstream, sockets, *arguments, **options):
        service = Service(self.folder("service"), upstream, sockets, *arguments, **options).ready()
        self.addCleanup(self.end_well, service)
        return service

    def listening(self, *arguments, **options):
        made = listening(*arguments, **options)
        self.addCleanup(made.close)
        return made

    def deliver(self, port):
        with Client(port) as client:
            self.assertEqual(client.message(LETTER).code, 250)


class Sockets(Manager):
    def test_the_one_with_the_address(self):
        sink = self.sink()
        door = self.listening()
        service = self.service(sink.port, [door], "workers: 3\n")
        for _ in range(10):
            self.deliver(service.port)
        flags = re.search(r"flags:\s+(\d+)", pathlib.Path(f"/proc/{service.pid}/fdinfo/3").read_text())[1]
        self.assertEqual(int(flags, 8) & (os.O_CLOEXEC | os.O_NONBLOCK), os.O_CLOEXEC | os.O_NONBLOCK)
        self.assertEqual(service.stop(), 0)
        self.assertTrue(lab.listens(service.port))  # the socket is its owner's
        self.assertEqual(len(sink.messages()), 10)

    def test_the_one_with_the_name(self):
        doors = [self.listening(), self.listening()]
        ports = [door.getsockname()[1] for door in doors]
        service = self.service(self.sink().port, doors, f"""
            listeners:
              - {{address: '{lab.HOST}:{lab.free_port()}', name: inside}}
              - {{address: '{lab.HOST}:{ports[0]}', name: other}}
            """, names="outside:inside")
        self.deliver(ports[0])
        self.deliver(ports[1])
        self.assertEqual(service.events("listen"), [])

    def test_one_for_both_families(self):
        try:
            door = socket.socket(socket.AF_INET6)
            self.addCleanup(door.close)
            door.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            door.bind(("::", lab.free_port()))
        except OSError:
            self.skipTest("there is no IPv6")
        door.listen()
        port = door.getsockname()[1]
        service = self.service(self.sink().port, [door], f"listeners: {port}\n")
        self.deliver(port)
        self.assertEqual(service.events("listen"), [])
        service.await_events("transaction")
        self.assertNotIn("::ffff", service.complaints())

    def test_meant_for_another_process(self):
        door = self.listening()
        service = Service(self.folder(), self.sink().port, [door], LISTEN_PID="1")
        self.assertEqual(service.wait(), 1)  # the address is taken
        self.assertIn(str(service.port), service.complaints())

    def test_of_no_use(self):
        pair = socket.socketpair()
        for each in pair:
            self.addCleanup(each.close)
        spare = self.listening()
        door = self.listening()
        service = self.service(self.sink().port, [pair[0], spare, door], port=door.getsockname()[1], names="pair:spare:x")
        self.deliver(service.port)
        self.assertRegex(str(service.events("start")), "descriptor 3 ")
        self.assertRegex(str(service.events("listen")), f"spare .*{lab.HOST} port {spare.getsockname()[1]}")

    def test_reload(self):
        sink = self.sink()
        door = self.listening()
        service = self.service(sink.port, [door])
        service.reload("greeting: again\n")
        self.deliver(service.port)
        service.reload(f"listeners: '{lab.HOST}:{lab.free_port()}'\n")
        with socket.create_connection((lab.HOST, service.port)) as waiting:  # in the backlog
            waiting.settimeout(0.3)
            self.assertRaises(TimeoutError, waiting.recv, 1)
            service.reload("")
            waiting.settimeout(20)
            self.assertEqual(waiting.recv(4), b"220 ")
        self.deliver(service.port)


class Load:
    """Clients that deliver one numbered message after another and come back when they are turned away."""

    def __init__(self, port, clients=6):
        self.port = port
        self.over = threading.Event()
        self.failures = []
        self.delivered = []
        self.turned_away = 0
        self.threads = [threading.Thread(target=self.work, args=(n,)) for n in range(clients)]
        for thread in self.threads:
            thread.start()

    def work(self, who):
        number = 0
        while not self.over.is_set():
            number += 1
            name = f"letter {who}/{number}"
            try:
                while not self.send(name):
                    self.turned_away += 1
                self.delivered.append(name)
            except (OSError, AssertionError) as error:
                self.failures.append(f"{name}: {error!r}")

    def send(self, name):
        """True: it is delivered; False: come back later."""
        with Client(self.port) as client:  # a refused connection is a failure
            if client.greeting.code != 220:
                return self.again(client.greeting)
            for line in ("EHLO client.example", "MAIL FROM:<ann@example.org>", "RCPT TO:<bob@example.com>", "DATA"):
                reply = client.say(line)
                if reply.code not in (250, 354):
                    return self.again(reply)
            client.send(f"Subject: {name}\r\n\r\n.\r\n")
            reply = client.reply()
            return True if reply.code == 250 else self.again(reply)

    def again(self, reply):
        if reply.code != 421:
            raise AssertionError(f"{reply}")
        return False

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join(30)


class Restarts(Manager):
    def restart_under_load(self, replace):
        """Four generations of Postern on one socket; nobody is refused, nothing lost, nothing doubled."""
        sink = self.sink()
        door = self.listening()
        service = self.service(sink.port, [door], "workers: 2\n")
        load = Load(service.port)
        try:
            for _ in range(4):
                time.sleep(0.4)
                service = replace(service, lambda: self.service(sink.port, [door], "workers: 2\n"))
            time.sleep(0.4)
        finally:
            load.end()
        self.assertEqual(load.failures, [])
        subjects = [re.search(rb"^Subject: (.*)\r\n", message, re.M)[1].decode() for message in sink.messages()]
        self.assertGreater(len(subjects), 100)
        self.assertEqual(sorted(subjects), sorted(load.delivered))

    def test_one_after_the_other(self):
        def replace(old, start):
            self.assertEqual(old.stop(), 0)
            return start()
        self.restart_under_load(replace)

    def test_side_by_side(self):
        def replace(old, start):
            new = start()
            self.assertEqual(old.stop(), 0)
            return new
        self.restart_under_load(replace)


class Notifications(Manager):
    def setUp(self):
        super().setUp()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.socket.close)
        self.socket.bind(str(self.root / "notify"))
        if "libsystemd" not in lab.run("ldd", lab.POSTERN).stdout:
            self.skipTest("Postern was built without libsystemd")

    def start(self, **environment):
        return self.service(self.sink().port, [self.listening()], NOTIFY_SOCKET=str(self.root / "notify"), **environment)

    def told(self, seconds=20.0):
        """The next datagram, as a dictionary."""
        self.socket.settimeout(seconds)
        return dict(line.split("=", 1) for line in self.socket.recv(4096).decode().splitlines())

    def test_a_life(self):
        service = self.start()
        self.assertEqual(self.told()["READY"], "1")
        for text, event in (("greeting: again\n", "reload"), ("nonsense: 1\n", "reload_refused")):
            before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            service.write(text)
            service.signal(signal.SIGHUP)
            told = self.told()
            self.assertEqual(told["RELOADING"], "1")
            self.assertTrue(before <= int(told["MONOTONIC_USEC"]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000)
            told = self.told()
            self.assertEqual(told["READY"], "1")
            self.assertRegex(told["STATUS"], r"^\d+ workers accept mail on 1 addresses$")
            service.await_events(event)
        service.signal(signal.SIGTERM)
        self.assertEqual(self.told()["STOPPING"], "1")
        self.assertEqual(service.wait(), 0)

    def test_watchdog(self):
        self.start(WATCHDOG_USEC="600000")
        self.assertEqual(self.told()["READY"], "1")
        for _ in range(4):
            started = time.monotonic()
            self.assertEqual(self.told(), {"WATCHDOG": "1"})
            self.assertLess(time.monotonic() - started, 0.6)


class Units(lab.Case):
    def setUp(self):
        super().setUp()
        if shutil.which("systemd-analyze") is None:
            self.skipTest("there is no systemd-analyze")
        for path in [*UNITS.glob("*.service"), *UNITS.glob("*.socket")]:
            text = path.read_text().replace("=postern run", f"={lab.POSTERN} run")
            (self.root / path.name).write_text(text)

    def analyze(self, *arguments):
        return lab.run("systemd-analyze", *arguments, cwd=self.root)

    def drop_in(self, unit, name):
        folder = self.root / f"{unit}.d"
        folder.mkdir()
        (folder / f"{name}.conf").write_text((UNITS / f"examples/{name}.conf").read_text()
                                             .replace("=postern run", f"={lab.POSTERN} run"))

    def test_verify(self):
        shutil.copy(self.root / "postern.service", self.root / "postern@.service")
        self.drop_in("postern.service", "tproxy")
        self.drop_in("postern@.service", "instance")
        names = [f"./{path.name}" for path in self.root.glob("postern*.*") if path.is_file() and "@" not in path.name]
        self.assertEqual(len(names), 4)
        done = self.analyze("verify", "--man=no", *names, "./postern@inbound.service")
        self.assertEqual((done.returncode, done.stderr), (0, ""), done)

    def test_exposure(self):
        done = self.analyze("security", "--offline=true", "--no-pager", "--threshold=20", "./postern.service")
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    lab.main()
