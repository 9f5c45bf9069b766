#!/usr/bin/env -S python3 -B
"""kill.py: kill -9 of the proxy, of the upstream and of the client at every step of a session, several sessions at once. Two
ledgers are compared: what the client was told about each message, and what the upstream has stored, octet for octet.

    kill.py [--long N]      N kills instead of 600
"""
import collections
import concurrent.futures
import itertools
import json
import multiprocessing
import os
import pathlib
import random
import shutil
import signal
import tempfile
import threading
import time
import unittest

import ledger
import rig
from ledger import Journal, Session
from rig import lab
from read_only import Chain

STEPS = ("connect", "banner", "ehlo", "mail", "rcpt", "data", "headers", "body 25 %", "body 50 %", "body 75 %",
         "before the dot", "after the dot", "after the 250", "rset", "quit")
VICTIMS = ("proxy", "upstream", "client")
SESSIONS = 5        # at once; one of them kills
LETTERS = 2         # in each
RESENDERS = 8
WINDOW = 0.05       # how long after the dot the kill may come: before the store, behind it, behind the reply
KILLS = rig.option("--long", 600)

# Each stand has a way of its own through the proxy.
HELD = "filters: [{regex: {rules: [{on: subject, pattern: never-matches, action: tag, header: 'X-Tag: yes'}]}}]"
CONTENT = None  # every filter that looks into messages, and daemons that they ask
STANDS = (("as it comes", ""), ("held back", HELD + "\nlimits: {spool_memory: 4KiB}"), ("connect: late", "connect: late"),
          ("connect: rcpt", "connect: rcpt"), ("filters of content", CONTENT))


class Stand:
    """A proxy, an upstream and the sessions between them."""

    def __init__(self, number, kills):
        self.name, text = STANDS[number % len(STANDS)]
        self.number, self.kills = number, kills
        self.draw = random.Random(number)
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="postern-kill-"))
        self.journal = Journal(self.root / "journal")
        self.recoveries = []
        self.daemons = []
        self.upstream = rig.Upstream(self.folder("upstream"), "--at", "EOM=delay:10ms", "--at", "STORED=delay:10ms")
        if text is CONTENT:
            text = Chain(self).text()
        self.proxy = rig.Proxy(self.folder("proxy"), self.upstream.port, text)

    def addCleanup(self, end):  # as Chain wants it of a test
        self.daemons.append(end)

    def folder(self, name):
        path = self.root / name
        path.mkdir()
        return path

    def close(self):
        for process in (self.proxy, self.upstream):
            process.stop()
        for end in self.daemons:
            end()
        rig.sound(self.proxy)
        shutil.rmtree(self.root)

    # The sessions run in a child, which can be killed like the others.

    def kill_at(self, victim, wanted):
        pid = {"proxy": self.proxy.pid, "upstream": self.upstream.pid}.get(victim)
        killed = False

        def at(step):
            nonlocal killed
            if step != wanted or killed:
                return
            killed = True
            if step == "after the dot":
                time.sleep(random.uniform(0, WINDOW))
            self.journal.note("kill")
            os.kill(pid or os.getpid(), signal.SIGKILL)

        return at

    def in_child(self, work, seconds=60):
        child = os.fork()
        if child == 0:
            try:
                random.seed()
                work()
            finally:
                os._exit(0)
        try:
            lab.wait_for(lambda: os.waitpid(child, os.WNOHANG)[0] == child, "the sessions end", seconds)
        except AssertionError:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise

    def sessions(self, number, at):
        def one(n):
            names = [f"{self.number}.{number}.{n}.{i}" for i in range(LETTERS)]
            if n > 0:
                time.sleep(random.uniform(0, 0.05))
            Session(self.proxy.port, self.journal, at if n == 0 else lambda step: None).run(names)

        threads = [threading.Thread(target=one, args=(n,)) for n in range(SESSIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def recover(self, victim):
        """Whoever was killed comes again; nobody else may have ended."""
        begun = time.monotonic()
        for name, process in (("proxy", self.proxy), ("upstream", self.upstream)):
            if name != victim:
                assert process.alive(), f"the {name} ended when the {victim} was killed: {process.complaints()}"
                continue
            process.wait()
            process.again()
        lab.wait_for(lambda: rig.greets(self.proxy.port), "the next session is greeted")
        self.recoveries.append(time.monotonic() - begun)

    def run(self):
        combinations = list(itertools.product(VICTIMS, STEPS))
        self.draw.shuffle(combinations)
        for number, (victim, step) in zip(range(self.kills), itertools.cycle(combinations)):
            at = self.kill_at(victim, step)
            self.in_child(lambda number=number, at=at: self.sessions(number, at))
            self.recover(victim)
        self.resend()
        self.audit()
        return self.found, self.recoveries

    def resend(self):
        """Whatever was not acknowledged is sent again, as a client with a queue does."""
        told = {name: code for what, name, code in self.journal.lines() if what == "told"}
        again = [name for what, name, _ in self.journal.lines() if what == "begun" and told.get(name) != 250]

        def work():
            with concurrent.futures.ThreadPoolExecutor(RESENDERS) as pool:
                for part in range(RESENDERS):
                    names = [f"{name}.again" for name in again[part::RESENDERS]]
                    pool.submit(Session(self.proxy.port, self.journal).run, names)

        self.in_child(work, 120)
        self.proxy.await_events("connect")

    def audit(self):
        audit = ledger.Audit(self.journal, self.upstream.messages(), ledger.in_doubt(self.proxy))
        self.found = audit.found
        first = [name for name in audit.begun if not name.endswith(".again")]
        self.found["letters"] = len(first)
        for name in first:
            again = name + ".again"
            self.found["never acknowledged"] += 250 not in (audit.told.get(name), audit.told.get(again))
            if audit.copies[name] + audit.copies[again] > 1:
                self.found["duplicates"] += 1
                self.found["duplicates of what was acknowledged"] += audit.told.get(name) == 250


def run_stand(work):
    stand = Stand(*work)
    try:
        result = stand.run()
    except BaseException:
        for process in (stand.proxy, stand.upstream):
            if process.alive():
                process.kill()
        raise
    stand.close()
    return result


class Kill(unittest.TestCase):
    NEVER = (*ledger.NEVER, "duplicates of what was acknowledged", "never acknowledged")

    def test_ledgers_agree(self):
        work = [(n, KILLS // len(STANDS) + (n < KILLS % len(STANDS))) for n in range(len(STANDS))]
        found, recoveries = collections.Counter(dict.fromkeys(self.NEVER, 0)), []
        with multiprocessing.get_context("fork").Pool(len(work)) as pool:
            for part, times in pool.imap(run_stand, work):
                found.update(part)
                recoveries += times
        print(json.dumps(found, indent=4))
        rig.tell(served_again_after_p50=rig.percentile(recoveries, 0.5), p99=rig.percentile(recoveries, 0.99),
                 most=max(recoveries))
        self.assertEqual({name: found[name] for name in self.NEVER}, dict.fromkeys(self.NEVER, 0))
        self.assertGreaterEqual(found["kills"], KILLS * 0.95)
        self.assertGreater(found["acknowledged"], 0)
        self.assertLess(max(recoveries), 1.0, "not served within a second")


if __name__ == "__main__":
    lab.main()
