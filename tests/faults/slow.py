#!/usr/bin/env -S python3 -B
"""slow.py: peers that take their time: many clients that send an octet now and then, clients that never read, an upstream that
never reads. Honest clients hardly notice, memory stays bounded, time limits end it.

    slow.py [--connections N]      N slow clients instead of 2000; 10000 fit into 20000 descriptors
"""
import os
import resource
import signal
import socket
import threading
import time

import rig
from rig import KIB, MIB, Client, lab

CONNECTIONS = rig.option("--connections", 2000)
HONEST = 300      # sessions measured
NOTICEABLE = 20   # times the latency before, at the 99th percentile; far above what is seen
GROWTH = 8 * MIB  # of memory, where it must not depend on what is sent
INTERVAL = 5.0    # seconds between two octets of a slow client
FLOOD = 2000000   # commands; less would fit into the buffers of the kernel
LETTER = b"Subject: x\r\n\r\n" + b"x" * 70 + b"\r\n"

# Where a slow client is slow: what it says first, and what it then dribbles.
DIALOGUE = (b"EHLO slow.example\r\n", b"MAIL FROM:<ann@example.org>\r\n", b"RCPT TO:<bob@example.com>\r\n", b"DATA\r\n")
PLACES = {"first command": ((), b"EHLO " + b"x" * 400), "command": (DIALOGUE[:1], b"MAIL FROM:<" + b"x" * 400),
          "header": (DIALOGUE, b"Subject: " + b"x" * 400), "body": ((*DIALOGUE, b"Subject: x\r\n\r\n"), b"x" * 400)}


def converse(client, lines):
    for line in lines:
        client.sendall(line)
        if line.startswith(b"Subject"):
            continue
        if client.recv(1000)[:1] not in (b"2", b"3"):
            raise OSError(f"refused: {line!r}")


def open_slow(port, count):
    """Connections, in equal parts at each place, as (socket, octets left to dribble)."""
    opened = []
    places = list(PLACES.values())
    for n in range(count):
        said, dribble = places[n % len(places)]
        client = socket.create_connection((lab.HOST, port), timeout=30)
        client.recv(1000)
        converse(client, said)
        opened.append((client, dribble))
    return opened


def dribble(opened, seconds):
    """An octet on each connection every INTERVAL."""
    end = time.monotonic() + seconds
    for turn in range(400):
        begun = time.monotonic()
        for n, (client, octets) in enumerate(opened):
            try:
                client.send(octets[turn:turn + 1])
            except OSError:
                pass
            ahead = begun + INTERVAL * n / len(opened) - time.monotonic()
            if ahead > 0.01:
                time.sleep(ahead)
            if time.monotonic() > end:
                return


def still_open(opened):
    count = 0
    for client, _ in opened:
        client.setblocking(False)
        try:
            while client.recv(1000):
                pass
        except BlockingIOError:
            count += 1
        except OSError:
            pass
    return count


def honest(port):
    """Seconds that whole sessions take."""
    taken = []
    for _ in range(HONEST):
        begun = time.monotonic()
        with Client(port) as client:
            if client.message(LETTER).code != 250:
                raise AssertionError("an honest client was refused")
            client.quit()
        taken.append(time.monotonic() - begun)
    return taken


class Frugal(lab.Process):
    """Under AddressSanitizer, does not keep what has been freed."""

    def __init__(self, folder, *arguments):
        super().__init__(folder, "env", "ASAN_OPTIONS=quarantine_size_mb=1:thread_local_quarantine_size_kb=64", *arguments)


class Proxy(rig.Proxy, Frugal):
    pass


class Slow(lab.Case):
    @classmethod
    def setUpClass(cls):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        cls.connections = min(CONNECTIONS, hard * 6 // 10)  # half of them have an upstream too

    def postern(self, upstream, text=""):
        proxy = Proxy(self.folder("postern"), upstream, text)
        self.addCleanup(self.end_well, proxy)
        return proxy

    def test_slow_clients(self):
        limit = 10 + self.connections // 100
        proxy = self.postern(self.sink().port, f"""
            connect: late
            workers: 1
            timeouts: {{command: {limit}s, data_block: {limit}s}}
            """)
        self.assertLess(rig.percentile(honest(proxy.port), 0.5), 1)  # warm
        before, memory = honest(proxy.port), rig.resident(proxy.pid)
        begun = time.monotonic()
        opened = open_slow(proxy.port, self.connections)
        took, growth = time.monotonic() - begun, rig.resident(proxy.pid) - memory
        child = os.fork()
        if child == 0:
            dribble(opened, limit)
            os._exit(0)
        try:
            during = honest(proxy.port)
            alive = still_open(opened)
            lab.wait_for(lambda: still_open(opened) == 0, lambda: f"{still_open(opened)} slow clients are ended", 2 * limit)
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        for client, _ in opened:
            client.close()
        ratio = rig.percentile(during, 0.99) / rig.percentile(before, 0.99)
        rig.tell(slow_clients=len(opened), opened_in_s=took, open_while_measured=alive,
                 KiB_for_each=growth / KIB / len(opened), limit_s=limit, ended_after_s=time.monotonic() - begun)
        rig.tell(before_p50_ms=rig.percentile(before, 0.5) * 1000, p99_ms=rig.percentile(before, 0.99) * 1000,
                 during_p50_ms=rig.percentile(during, 0.5) * 1000, during_p99_ms=rig.percentile(during, 0.99) * 1000,
                 ratio_of_p99=ratio)
        self.assertGreater(alive, len(opened) * 0.9, "the slow clients were gone before the honest ones were measured")
        self.assertLess(ratio, NOTICEABLE)

    def test_clients_that_never_read(self):
        proxy = self.postern(self.sink().port, "workers: 1\ntimeouts: {write: 3s}\n")
        honest(proxy.port)
        memory, clients = rig.resident(proxy.pid), []
        flood = memoryview(b"HELP\r\n" * FLOOD)
        for _ in range(20):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            client.connect((lab.HOST, proxy.port))
            client.recv(1)
            client.setblocking(False)
            clients.append([client, 0])
            self.addCleanup(client.close)
        end = time.monotonic() + 2
        while time.monotonic() < end:
            for pair in clients:
                try:
                    pair[1] += pair[0].send(flood[pair[1]:pair[1] + 65536])
                except BlockingIOError:
                    pass
                except OSError:
                    end = 0
            time.sleep(0.01)
        growth = rig.resident(proxy.pid) - memory
        lab.wait_for(lambda: len(proxy.events("close")) >= HONEST + len(clients), "timeouts.write ends them", 20)
        most = max(sent for _, sent in clients)
        self.assertLess(most, len(flood), "a client that never reads was read to the end")
        rig.tell(never_read=len(clients), KiB_sent_by_each=sum(sent for _, sent in clients) / KIB / len(clients),
                 growth_MiB=growth / MIB)
        self.assertLess(growth, GROWTH)

    def swallow_nothing(self, listener, done):
        """A mail server that reads no content."""
        peer, _ = listener.accept()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.sendall(b"220 mx.example\r\n")
        for reply in (b"250 mx.example\r\n", b"250 Ok\r\n", b"250 Ok\r\n", b"354 Go ahead\r\n"):
            peer.recv(1000)
            peer.sendall(reply)
        done.wait(30)
        peer.close()

    def test_upstream_that_never_reads(self):
        listener = socket.create_server((lab.HOST, lab.free_port()))
        done = threading.Event()
        server = threading.Thread(target=self.swallow_nothing, args=(listener, done))
        server.start()
        self.addCleanup(listener.close)
        self.addCleanup(server.join)
        self.addCleanup(done.set)
        proxy = self.postern(listener.getsockname()[1], "workers: 1\ntimeouts: {upstream_block: 3s}\n")
        memory = rig.resident(proxy.pid)
        with Client(proxy.port) as client:
            client.ehlo()
            client.envelope()
            self.assertEqual(client.say("DATA").code, 354)
            client.socket.settimeout(1)
            sent, line = 0, b"x" * 76 + b"\r\n"
            with self.assertRaises(TimeoutError, msg="the client was not held up"):
                while sent < 200 * MIB:
                    sent += client.socket.send(line * 1000)
            growth = rig.resident(proxy.pid) - memory
            client.socket.settimeout(20)
            client.send(b"\r\n.\r\n")
            self.assertEqual(client.reply().code, 451)
        rig.tell(upstream_never_reads=1, MiB_sent_until_held_up=sent / MIB, growth_MiB=growth / MIB)
        self.assertLess(growth, GROWTH)


if __name__ == "__main__":
    lab.main()
