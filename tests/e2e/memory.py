#!/usr/bin/env -S python3 -B
"""memory.py: what Postern needs while many sessions send large messages at once through every filter, beside the bound that
follows from its configuration: streamed, and held back, when what is more than spool_memory must be on disk alone.

    memory.py --sessions 50 --size 100     # MiB each; by default 20 at once with 12 MiB
"""
import base64
import os
import pathlib
import re
import sys
import tempfile
import threading

import lab
import nasty
from client import Client
from read_only import Chain

KIB, MIB = 1024, 1024 * 1024
LIMITS = {"transaction_memory": 256 * KIB, "spool_memory": 256 * KIB, "header_size": 64 * KIB, "header_field": 64 * KIB}
ARCHIVE, SAMPLE, WINDOW = MIB, 64 * KIB, 16 * KIB
CHANNEL = 32 * KIB  # octets that wait in one direction of a connection to a daemon
BLOCK = 16 * KIB  # of a buffer
BASE = 16 * MIB  # what is there without a session: code, configuration, patterns, libmagic's table


def message(size):
    """A text, then something that begins like an archive and is larger than any may be, in base64."""
    half = size // 2
    text = b"The quick brown fox jumps over the lazy dog; 0123456789 =?\r\n"
    archive = nasty.zipped([("a.txt", os.urandom(ARCHIVE // 4))]) + os.urandom(3 * MIB)
    encoded = base64.encodebytes(archive).replace(b"\n", b"\r\n")
    return (nasty.MIXED + nasty.part(b"Content-Type: text/html\r\n", text * (half // len(text)))
            + nasty.part(b"Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n",
                         encoded * (half // len(encoded) + 1)) + b"--b--\r\n")


def status(pid, key):
    return int(re.search(rf"(?m)^{key}:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) * KIB


def on_disk(pid):
    """Octets of files that the process has open and nobody can see."""
    total = 0
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            if "(deleted)" in os.readlink(entry):
                total += os.stat(entry).st_size
        except FileNotFoundError:
            continue
    return total


class Memory(lab.Case):
    sessions, size = 20, 12 * MIB

    @classmethod
    def setUpClass(cls):
        cls.content = message(cls.size)
        if lab.sanitized():  # what has been freed is free
            os.environ["ASAN_OPTIONS"] = "quarantine_size_mb=0:thread_local_quarantine_size_kb=0"

    def bound(self, rules, held):
        """Octets that the configuration allows a process with so many sessions."""
        each = (LIMITS["transaction_memory"] + LIMITS["header_size"] + 3 * ARCHIVE + SAMPLE + rules * WINDOW
                + 2 * 2 * CHANNEL + 8 * BLOCK + (LIMITS["spool_memory"] if held else 0))
        return (BASE + self.sessions * each) * (1.5 if lab.sanitized() else 1)

    def start(self, more=""):
        self.chain, self.mail = Chain(self), self.sink()
        chain = self.chain.text() + more
        chain = chain.replace("bomb: log}", f"bomb: log, memory: {ARCHIVE}}}")
        chain = chain.replace("regex:\n", f"regex:\n      limits: {{window: {WINDOW}}}\n")
        limits = ", ".join(f"{key}: {value}" for key, value in LIMITS.items())
        return self.postern(self.mail.port, f"workers: 1\nlimits: {{{limits}}}\n{chain}")

    def one(self, proxy, gates, replies, stop):
        try:
            with Client(proxy.port, seconds=600) as client:
                client.ehlo()
                client.envelope()
                if client.say("DATA").code != 354:
                    raise AssertionError("DATA was refused")
                content = memoryview(self.content)
                half = len(content) * 3 // 4
                client.send(content[:half])
                for gate in gates:  # all are in the middle; all may go on
                    gate.wait(600)
                client.send(content[half:])
                client.send(b".\r\n")
                replies.append(client.reply().code)
        except (OSError, AssertionError, threading.BrokenBarrierError) as error:
            stop(error)

    def at_once(self, proxy):
        """Sends them all; what was on disk, and the process's size, when each had sent three quarters."""
        gates, replies, errors = [threading.Barrier(self.sessions + 1) for _ in range(2)], [], []

        def stop(error):
            errors.append(error)
            for gate in gates:
                gate.abort()
        threads = [threading.Thread(target=self.one, args=(proxy, gates, replies, stop)) for _ in range(self.sessions)]
        for thread in threads:
            thread.start()
        try:
            gates[0].wait(600)
            seen = status(proxy.pid, "VmRSS"), on_disk(proxy.pid)
            gates[1].wait(600)
        except threading.BrokenBarrierError:
            pass
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [], proxy.complaints()[-2000:])
        self.assertEqual(replies, [250] * self.sessions)
        return seen

    def arrived(self):
        found = list((self.mail.maildir / "new").iterdir())
        self.assertEqual(len(found), self.sessions)
        for path in found:
            self.assertTrue(path.read_bytes().endswith(self.content), "a message has been changed")
            path.unlink()

    def measure(self, held, more=""):
        proxy = self.start(more)
        rules = self.chain.text().count("{on: ")
        before = status(proxy.pid, "VmRSS")
        during, disk = self.at_once(proxy)
        most, bound = status(proxy.pid, "VmHWM"), self.bound(rules, held)
        self.arrived()
        print(f"\n{'held back' if held else 'streamed'}: {self.sessions} sessions, {len(self.content) / MIB:.0f} MiB each: "
              f"{before / MIB:.1f} MiB before, {during / MIB:.1f} when three quarters were sent ({disk / MIB:.1f} on disk), "
              f"{most / MIB:.1f} at most; bound {bound / MIB:.1f}; sent {self.sessions * len(self.content) / MIB:.0f}",
              flush=True)
        self.assertLess(most, bound)
        return disk

    def test_streamed(self):
        self.assertEqual(self.measure(False), 0)

    def test_held_back(self):
        more = "  - regex: {rules: [{on: subject, pattern: ., action: tag, header: 'X-Subject: yes'}]}\n"
        clamd = f"  - clamav: {{address: '{lab.HOST}:1', on_failure: pass, on_infected: tag, max_size: 1, too_large: pass}}\n"
        disk = self.measure(True, more + clamd)
        self.assertGreater(disk, self.sessions * len(self.content) // 2)  # the rest of what was sent is under way


def option(name, default):
    if name not in sys.argv:
        return default
    at = sys.argv.index(name)
    value = int(sys.argv[at + 1])
    del sys.argv[at:at + 2]
    return value


if __name__ == "__main__":
    Memory.sessions, Memory.size = option("--sessions", 20), option("--size", 12) * MIB
    tempfile.tempdir = os.environ.get("TMPDIR", "/var/tmp")  # what is sent is stored: not in memory, as /tmp may be
    lab.main()
