#!/usr/bin/env -S python3 -B
"""milter.py: kill -9 of a milter, a program on our libmilter, again and again while it edits what several clients send: at any
moment of a session, and between its edits, which it takes its time over. Two ledgers are compared, and what is stored must have all
of its edits or none; none only where its loss may pass.

    milter.py [--kills N]      N kills in each stand instead of 60
"""
import collections
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

import ledger
import rig
from ledger import Audit, Journal, Session, letter
from rig import lab

KILLS = rig.option("--kills", 60)
CLIENTS = 5
LETTERS = 3      # in a session
LIFE = 0.25      # seconds that a milter lives at most
LINE, FIRST, SECOND = "another body\r\n", 1500, 500
# Wrong at first, and put right at the end: half of it would show.
EDITS = ("insheader|0|X-Top|yes", "addheader|X-Edits|half", "sleep|2", f"replacebody|{LINE}|{FIRST}", "sleep|2",
         f"replacebody|{LINE}|{SECOND}", "chgheader|X-Edits|1|whole", "sleep|1")
ACTIONS = "0x13"  # headers added and changed, body
NEVER = (*ledger.NEVER, "half edited", "not edited")


class Milter:
    def __init__(self, folder):
        self.socket = pathlib.Path(folder) / "milter"
        self.child = None
        self.again()

    def again(self):
        self.socket.unlink(missing_ok=True)
        rules = [word for edit in EDITS for word in ("-d", f"eom:{edit}")]
        self.child = subprocess.Popen([os.environ["SCRIPTED"], "-p", f"unix:{self.socket}", "-f", ACTIONS, "-o", os.devnull, *rules],
                                      env=os.environ | {"LD_LIBRARY_PATH": os.environ["LIBMILTER"]})
        lab.wait_for(self.socket.exists, "the milter listens")

    def kill(self):
        self.child.kill()
        self.child.wait()


def edited(octets):
    header = octets[:octets.index(b"\r\n\r\n") + 2]
    return b"X-Top: yes\r\n" + header + b"X-Edits: whole\r\n\r\n" + LINE.encode() * (FIRST + SECOND)


class Edits(Audit):
    """Letters as they were sent, and as the milter edits them."""

    def __init__(self, must, *arguments):
        self.must = must
        super().__init__(*arguments)

    def whole(self, messages):
        copies = collections.Counter()
        for message in messages:
            name = re.search(rb"X-Letter: (\S+)\r\n", message)[1].decode()
            is_edited = message == edited(letter(name))
            if not is_edited and message != letter(name):
                self.found["half edited"] += 1
                continue
            self.found["edited" if is_edited else "as sent"] += 1
            self.found["not edited"] += self.must and not is_edited
            copies[name] += 1
        return copies


class Lost(unittest.TestCase):
    def stand(self, policy):
        root = pathlib.Path(tempfile.mkdtemp(prefix="postern-milter-"))
        self.addCleanup(shutil.rmtree, root)
        for name in ("proxy", "upstream"):
            (root / name).mkdir()
        self.milter = Milter(root)
        self.addCleanup(self.milter.kill)
        self.upstream = rig.Upstream(root / "upstream")
        self.addCleanup(self.upstream.stop)
        self.proxy = rig.Proxy(root / "proxy", self.upstream.port, f"""
            filters:
              - milter: {{address: "unix:{self.milter.socket}", on_failure: {policy}, failures: 0, command_timeout: 2s}}
            limits: {{spool_memory: 4KiB}}
            """)
        self.addCleanup(self.proxy.stop)
        self.journal = Journal(root / "journal")

    def send(self, client, until):
        number = 0
        while not until.is_set():
            names = [f"{client}.{number}.{n}" for n in range(LETTERS)]
            Session(self.proxy.port, self.journal).run(names)
            number += 1

    def kill_and_kill(self):
        draw = random.Random(1)
        for _ in range(KILLS):
            time.sleep(draw.uniform(0.01, LIFE))
            self.journal.note("kill")
            self.milter.kill()
            self.milter.again()

    def check(self, policy):
        self.stand(policy)
        until = threading.Event()
        clients = [threading.Thread(target=self.send, args=(n, until)) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        try:
            self.kill_and_kill()
        finally:
            until.set()
            for client in clients:
                client.join()
        Session(self.proxy.port, self.journal).run(["afterwards"])
        self.assertTrue(self.proxy.alive())
        audit = Edits(policy != "pass", self.journal, self.upstream.messages(), ledger.in_doubt(self.proxy))
        found = audit.found
        print(policy, json.dumps(found), f"failures {len(self.proxy.events('filter_failed'))}", flush=True)
        self.assertEqual({name: found[name] for name in NEVER}, dict.fromkeys(NEVER, 0))
        self.assertEqual((audit.told.get("afterwards"), audit.copies["afterwards"]), (250, 1))
        self.assertGreater(len(self.proxy.events("filter_failed")), KILLS / 4, "nobody has noticed the kills")
        self.assertGreater(found["edited"], 0)
        self.assertGreater(found["as sent" if policy == "pass" else "refused"], 0)
        rig.sound(self.proxy)

    def test_puts_off(self):
        self.check("tempfail")

    def test_passes(self):
        self.check("pass")

    def test_refuses(self):
        self.check("reject")


if __name__ == "__main__":
    lab.main()
