#!/usr/bin/env -S python3 -B
"""kill.py: kill -9 of the proxy, of the upstream and of the client at every step of a session, several sessions at once. Two
ledgers are compared: what the client was told about each message, and what the upstream has stored, octet for octet.

    kill.py [--long N]      N kills instead of 600
"""
import base64
import collections
import concurrent.futures
import hashlib
import itertools
import json
import multiprocessing
import os
import pathlib
import random
import re
import shutil
import signal
import tempfile
import threading
import time
import unittest

import rig
from rig import KIB, Client, lab

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
STANDS = (("as it comes", ""), ("held back", HELD + "\nlimits: {spool_memory: 4KiB}"), ("connect: late", "connect: late"),
          ("connect: rcpt", "connect: rcpt"))


def letter(name):
    """The same octets for the same name: a header with a checksum of the body, lines with dots at their beginnings."""
    draw = random.Random(name)
    lines = base64.encodebytes(draw.randbytes(draw.choice((200, 2 * KIB, 20 * KIB, 100 * KIB)))).split(b"\n")
    body = b"\r\n".join(b"." * draw.choice((0, 0, 0, 1, 2)) + line for line in lines) + b"\r\n"
    return (b"From: ann@example.org\r\nTo: bob@example.com\r\nSubject: letter %s\r\nX-Letter: %s\r\nX-Checksum: %s\r\n\r\n"
            % (name.encode(), name.encode(), hashlib.sha256(body).hexdigest().encode())) + body


class Journal:
    """The client's ledger: one write for each line, so that a killed client has written what it knew."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(self, what, name="", code=0):
        os.write(self.file, f"{what} {name} {code}\n".encode())

    def lines(self):
        for line in self.path.read_text().splitlines():
            what, name, code = line.split(" ")
            yield what, name, int(code)


class Ended(Exception):
    """The connection is gone, or the server wants it to be."""


class Session:
    """Sends letters and keeps the journal; at() is called at each step."""

    def __init__(self, port, journal, at=lambda step: None):
        self.port, self.journal, self.at = port, journal, at

    def run(self, names):
        try:
            with Client(self.port, greet=False) as self.client:
                self.at("connect")
                self.expect("banner")
                self.say("EHLO client.example", "ehlo")
                for n, name in enumerate(names):
                    if n > 0:
                        self.say("RSET", "rset")
                    self.send(name)
                self.say("QUIT", "quit")
        except (Ended, OSError):
            pass

    def expect(self, step):
        self.at(step)
        reply = self.client.reply()
        if reply.code in (0, 421):
            raise Ended
        return reply.code

    def say(self, line, step):
        self.client.send(line + "\r\n")
        return self.expect(step)

    def send(self, name):
        self.journal.note("begun", name)
        for line, step, wanted in ((f"MAIL FROM:<{name}@example.org>", "mail", 250),
                                   ("RCPT TO:<bob@example.com>", "rcpt", 250), ("DATA", "data", 354)):
            code = self.say(line, step)
            if code != wanted:
                self.journal.note("told", name, code)
                return
        self.content(re.sub(rb"(?m)^\.", b"..", letter(name)))
        self.at("before the dot")
        self.journal.note("ended", name)
        self.client.send(".\r\n")
        self.at("after the dot")
        code = self.client.reply().code
        if code != 0:
            self.journal.note("told", name, code)
        self.at("after the 250")
        if code in (0, 421):
            raise Ended

    def content(self, octets):
        head = octets.index(b"\r\n\r\n") // 2
        cuts = [0, head] + [head + (len(octets) - head) * n // 4 for n in (1, 2, 3, 4)]
        steps = ("headers", "body 25 %", "body 50 %", "body 75 %", None)
        for (begin, end), step in zip(itertools.pairwise(cuts), steps):
            self.client.send(octets[begin:end])
            if step is not None:
                self.at(step)


class Stand:
    """A proxy, an upstream and the sessions between them."""

    def __init__(self, number, kills):
        self.name, text = STANDS[number % len(STANDS)]
        self.number, self.kills = number, kills
        self.draw = random.Random(number)
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="postern-kill-"))
        self.journal = Journal(self.root / "journal")
        self.found = collections.Counter()
        self.recoveries = []
        self.upstream = rig.Upstream(self.folder("upstream"), "--at", "EOM=delay:10ms", "--at", "STORED=delay:10ms")
        self.proxy = rig.Proxy(self.folder("proxy"), self.upstream.port, text)

    def folder(self, name):
        path = self.root / name
        path.mkdir()
        return path

    def close(self):
        for process in (self.proxy, self.upstream):
            process.stop()
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

    # The ledgers are compared.

    def stored(self):
        """How many whole copies of each letter the upstream holds; what is not whole is counted as truncated."""
        copies = collections.Counter()
        for message in self.upstream.messages():
            name = re.search(rb"X-Letter: (\S+)\r\n", message)
            if name is None or letter(name[1].decode()) != message:
                self.found["truncated"] += 1
            else:
                copies[name[1].decode()] += 1
        return copies

    def in_doubt(self):
        """Reverse-paths of the messages whose end the upstream had when it was lost: RFC 1047."""
        return {line["from"].partition("@")[0] for line in self.proxy.log() if line.get("in_doubt") == "yes"}

    def audit(self):
        told, ended, begun = {}, set(), []
        for what, name, code in self.journal.lines():
            if what == "kill":
                self.found["kills"] += 1
            elif what == "begun":
                begun.append(name)
            elif what == "ended":
                ended.add(name)
            else:
                told[name] = code
        copies, doubtful = self.stored(), self.in_doubt()
        for name in begun:
            self.judge(name, told.get(name), name in ended, copies[name], name in doubtful)
        first = [name for name in begun if not name.endswith(".again")]
        self.found["letters"] = len(first)
        for name in first:
            if told.get(name) != 250 and told.get(name + ".again") != 250:
                self.found["never acknowledged"] += 1
            if copies[name] + copies[name + ".again"] > 1:
                self.found["duplicates"] += 1
                self.found["duplicates of what was acknowledged"] += told.get(name) == 250

    def judge(self, name, code, ended, copies, doubtful):
        if code == 250:
            self.found["acknowledged"] += 1
            self.found["acknowledged and lost"] += copies == 0
            self.found["stored twice"] += copies > 1
        elif code is not None:
            self.found["refused"] += 1
            self.found["refused in doubt, delivered"] += copies > 0 and doubtful
            self.found["refused but delivered"] += copies > 0 and not doubtful
        elif ended:
            self.found["unknown"] += 1
            self.found["unknown, delivered"] += copies > 0
        else:
            self.found["unfinished"] += 1
            self.found["unfinished but delivered"] += copies > 0


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
    NEVER = ("acknowledged and lost", "truncated", "refused but delivered", "unfinished but delivered", "stored twice",
             "duplicates of what was acknowledged", "never acknowledged")

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
