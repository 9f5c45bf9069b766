#!/usr/bin/env -S python3 -B
"""syscalls.py: system calls that fail, are interrupted or move a few octets while mail flows. Whatever the client is told about
a message is true, the proxy lives on, and once the calls work again so does the next session."""
import collections
import os
import pathlib
import subprocess
import threading
import time

import ledger
import rig
from rig import lab

PROC = pathlib.Path("/proc")
SHORT = os.environ.get("SHORT", "")
HELD = "filters: [{regex: {rules: [{on: subject, pattern: never-matches, action: tag, header: 'X-Tag: yes'}]}}]\n" \
       "limits: {spool_memory: 0}\n"
SESSIONS = 6  # at once
LETTERS = 5   # in each

# What fails, when it does, and where it is looked for: in the streams of mail, or in what is held back.
STREAMS = ("read:error=ECONNRESET:when=9+31", "read:error=EINTR:when=2+3", "read:error=ETIMEDOUT:when=11+37",
           "write:error=EPIPE:when=7+29", "write:error=ECONNRESET:when=13+31", "write:error=EINTR:when=2+3",
           "write:error=EAGAIN:when=2+3", "accept4:error=ECONNABORTED:when=1+2", "accept4:error=EMFILE:when=2+3",
           "accept4:error=EINTR:when=1+2", "socket:error=EMFILE:when=2+3", "socket:error=ENOBUFS:when=1+3",
           "connect:error=ETIMEDOUT:when=2+3", "connect:error=ECONNREFUSED:when=1+3", "epoll_pwait:error=EINTR:when=2+3",
           "epoll_wait:error=EINTR:when=2+3", "getrandom:error=EINTR:when=1+2", "shutdown:error=ENOTCONN:when=1+2")
SPOOL = ("openat:error=ENOSPC:when=1+2", "openat:error=EMFILE:when=2+3", "pwrite64:error=ENOSPC:when=3+7",
         "pwrite64:error=EIO:when=2+9", "pwrite64:error=EINTR:when=1+2", "pread64:error=EIO:when=3+7",
         "pread64:error=EINTR:when=1+2")


class Preloaded(lab.Process):
    """Its sockets move a few octets at a time."""

    def __init__(self, folder, *arguments):
        super().__init__(folder, "env", f"LD_PRELOAD={SHORT}", "ASAN_OPTIONS=verify_asan_link_order=0", *arguments)


class Short(rig.Proxy, Preloaded):
    pass


class Syscalls(lab.Case):
    @classmethod
    def setUpClass(cls):
        cls.found = collections.Counter()
        cls.injected = 0

    @classmethod
    def tearDownClass(cls):
        rig.tell(calls_failed=cls.injected, **cls.found)

    def setUp(self):
        super().setUp()
        self.upstream = rig.Upstream(self.folder("sink"))
        self.addCleanup(self.end_well, self.upstream)

    def flow(self, proxy, journal, prefix):
        def one(n):
            ledger.Session(proxy.port, journal).run([f"{prefix}.{n}.{i}" for i in range(LETTERS)])

        threads = [threading.Thread(target=one, args=(n,)) for n in range(SESSIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def compare(self, proxy, journal):
        time.sleep(0.1)  # the log is written
        found = ledger.Audit(journal, self.upstream.messages(), ledger.in_doubt(proxy)).found
        self.assertEqual({name: found[name] for name in ledger.NEVER}, dict.fromkeys(ledger.NEVER, 0))
        return found

    def strace(self, proxy, what):
        """While this lives the calls fail."""
        report = self.folder("strace") / "report"
        tracer = subprocess.Popen(["strace", "-f", "-qq", "-e", f"trace={what.split(':')[0]}", "-e", f"inject={what}", "-o", report,
                                   "-p", str(proxy.pid)], stderr=subprocess.PIPE)
        lab.wait_for(lambda: self.traced(proxy.pid) or tracer.poll() is not None, "strace has attached")
        if tracer.poll() is not None:
            self.skipTest(f"strace cannot attach: {tracer.stderr.read().decode()}")
        return tracer, report

    @staticmethod
    def traced(pid):
        return all("TracerPid:\t0\n" not in (task / "status").read_text() for task in (PROC / str(pid) / "task").iterdir())

    def inject(self, rows, text):
        proxy = rig.Proxy(self.folder("postern"), self.upstream.port, "workers: 1\n" + text)
        self.addCleanup(self.end_well, proxy)
        journal = ledger.Journal(self.root / "journal")
        for n, what in enumerate(rows):
            with self.subTest(what):
                tracer, report = self.strace(proxy, what)
                try:
                    self.flow(proxy, journal, f"fault.{n}")
                finally:
                    tracer.terminate()
                    tracer.wait(20)
                    tracer.stderr.close()
                type(self).injected += report.read_text().count("(INJECTED)")
                self.assertTrue(proxy.alive(), proxy.complaints())
                self.flow(proxy, journal, f"well.{n}")
                found = self.compare(proxy, journal)
                self.assertGreaterEqual(found["acknowledged"], (n + 1) * SESSIONS * LETTERS, "not well again")
        self.found.update(found)

    def test_streams(self):
        self.inject(STREAMS, "")

    def test_held_back(self):
        self.inject(SPOOL, HELD)

    def test_few_octets_at_a_time(self):
        if not SHORT:
            self.skipTest("$SHORT names no library")
        proxy = Short(self.folder("postern"), self.upstream.port, HELD)
        self.addCleanup(self.end_well, proxy)
        journal = ledger.Journal(self.root / "journal")
        self.flow(proxy, journal, "short")
        self.assertIn(os.path.basename(SHORT), (PROC / str(proxy.pid) / "maps").read_text())
        self.assertEqual(self.compare(proxy, journal)["acknowledged"], SESSIONS * LETTERS)


if __name__ == "__main__":
    lab.main("strace")
