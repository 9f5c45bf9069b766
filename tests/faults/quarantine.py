#!/usr/bin/env -S python3 -B
"""quarantine.py: kill -9 of the proxy while it keeps messages, and of `postern quarantine release` while it delivers them.
The client's ledger is compared with the quarantine and with what the upstream has stored, octet for octet.

    quarantine.py [--long N]      N kills of the proxy instead of 200, and a quarter as many of releases
"""
import collections
import json
import os
import random
import re
import signal
import subprocess
import threading
import time

import ledger
import rig
from ledger import Journal, Session
from rig import lab

KILLS = rig.option("--long", 200)
RELEASE_KILLS = max(KILLS // 4, 1)
SESSIONS, LETTERS = 5, 3  # at once; in each
# Letters whose names begin with k are kept, others go their way.
RULES = """
quarantine: {directory: kept, retention: %s, max_size: %s}
limits: {spool_memory: 4KiB}
filters: [{regex: {rules: [{on: subject, pattern: '^letter k', action: reject}], on_reject: quarantine}}]
"""
NEVER = ("acknowledged and lost", "half", "changed", "kept twice", "kept though not to be", "refused but kept",
         "delivered though kept", "left over in tmp")


def name_of(octets):
    found = re.search(rb"(?m)^X-Letter: (\S+)\r$", octets)
    return found[1].decode() if found else None


class Kept(lab.Case):
    def setUp(self):
        super().setUp()
        self.journal = Journal(self.root / "journal")
        self.upstream = self.sink("--at", "EOM=delay:5ms", "--at", "STORED=delay:5ms")
        self.proxy = self.start()
        self.directory = self.proxy.folder / "kept"

    def start(self, retention="30d", size="10GiB"):
        proxy = rig.Proxy(self.folder("proxy"), self.upstream.port, RULES % (retention, size))
        self.addCleanup(self.end_well, proxy)
        return proxy

    def quarantine(self, *arguments):
        return lab.run(lab.POSTERN, "quarantine", "-c", self.proxy.config, *arguments)

    def listed(self):
        """What is known of each message that the program lists."""
        ran = self.quarantine("list", "--json")
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))
        return {facts["id"]: facts for facts in map(json.loads, ran.stdout.splitlines())}

    def sessions(self, names, at=lambda step: None):
        """Each session sends some of the letters; at() is called for the first."""
        parts = [names[n::SESSIONS] for n in range(SESSIONS)]
        threads = [threading.Thread(target=Session(self.proxy.port, self.journal, at if n == 0 else lambda step: None).run,
                                    args=(part,)) for n, part in enumerate(parts) if part]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def leftovers(self):
        return [path.name for path in (self.directory / "tmp").iterdir()]


class Keeping(Kept):
    def round(self, number):
        """The proxy is killed at some time while letters are on their way; the next one finds the directory as it is."""
        names = [f"{'k' if n % 3 else 'p'}{number}.{n}" for n in range(SESSIONS * LETTERS)]
        moment = random.choice(("after the dot", "before the dot", "any"))
        pid = self.proxy.pid

        def kill():
            self.journal.note("kill")
            os.kill(pid, signal.SIGKILL)

        def at(step):
            nonlocal pid
            if step == moment and pid:
                time.sleep(random.uniform(0, 0.02))
                kill()
                pid = 0

        timer = threading.Timer(random.uniform(0, 0.1), kill) if moment == "any" else None
        if timer is not None:
            timer.start()
        self.sessions(names, at)
        if timer is not None:
            timer.join()
        elif pid:
            kill()
        self.proxy.wait()
        self.proxy.again()

    def told(self):
        return {name: code for what, name, code in self.journal.lines() if what == "told"}

    def audit(self):
        found = collections.Counter(dict.fromkeys(NEVER, 0))
        told, copies = self.told(), collections.Counter()
        for ident, facts in self.listed().items():
            try:
                octets = (self.directory / f"{ident}.eml").read_bytes()
            except FileNotFoundError:
                found["half"] += 1
                continue
            name = name_of(octets)
            copies[name] += 1
            found["changed"] += (octets != ledger.letter(name) or facts["reverse_path"] != f"{name}@example.org" or
                                 facts["recipients"] != [{"address": "bob@example.com"}])
            found["kept though not to be"] += not name.startswith("k")
            found["refused but kept"] += told.get(name, 250) != 250
            found["kept without the client knowing"] += name not in told
        for name, code in told.items():
            if name.startswith("k") and code == 250:
                found["acknowledged"] += 1
                found["acknowledged and lost"] += copies[name] == 0
            found["kept twice"] += copies[name] > 1
        delivered = {name_of(octets) for octets in self.upstream.messages()}
        found["delivered though kept"] = sum(name.startswith("k") for name in delivered)
        found["left over in tmp"] = len(self.leftovers())
        found["kills"] = sum(what == "kill" for what, *_ in self.journal.lines())
        return found

    def test_killed_while_keeping(self):
        for number in range(KILLS):
            self.round(number)
            self.assertEqual(self.leftovers(), [], "what the dead have left was not removed")
            if number % 25 == 0:
                self.assertEqual({name: count for name, count in self.audit().items() if name in NEVER},
                                 dict.fromkeys(NEVER, 0))
        found = self.audit()
        print(json.dumps(found, indent=4))
        self.assertEqual({name: found[name] for name in NEVER}, dict.fromkeys(NEVER, 0))
        self.assertGreaterEqual(found["kills"], KILLS)
        self.assertGreater(found["acknowledged"], 0)

    def test_listed_while_keeping(self):
        """Nobody ever sees half a message."""
        done = threading.Event()
        writer = threading.Thread(target=lambda: [self.sessions([f"k{n}.{m}" for m in range(10)]) for n in range(10)] and done.set())
        writer.start()
        while not done.is_set():
            for ident in self.listed():
                octets = (self.directory / f"{ident}.eml").read_bytes()
                self.assertEqual(octets, ledger.letter(name_of(octets)))
        writer.join()
        self.assertEqual(len(self.listed()), 100)

    def test_full(self):
        """Nothing is removed for what comes, nothing that does not fit is acknowledged, and room is found again."""
        proxy, self.proxy = self.proxy, self.start(size="300KiB")
        self.directory = self.proxy.folder / "kept"
        self.sessions([f"k{n}" for n in range(60)])
        codes = collections.Counter(self.told().values())
        size = sum(path.stat().st_size for path in self.directory.glob("*.*"))
        self.assertEqual(set(codes), {250, 452})
        self.assertEqual(codes[250], len(self.listed()))
        self.assertLessEqual(size, 300 * rig.KIB)
        self.assertEqual(self.leftovers(), [])
        self.assertEqual(self.quarantine("delete", *self.listed()).returncode, 0)
        time.sleep(1.1)
        self.sessions(["k60"])
        self.assertEqual(self.told()["k60"], 250)
        self.assertTrue(proxy.alive())

    def test_cannot_be_written(self):
        """The folder goes away beneath a running proxy, and comes back."""
        away = self.directory.with_name("away")
        (self.directory / "tmp").rename(away)
        (self.directory / "tmp").write_text("in the way")
        away.chmod(0o500)
        self.sessions(["k1"])
        (self.directory / "tmp").unlink()
        away.rename(self.directory / "tmp")
        if os.geteuid() != 0:  # whom no rights stop
            self.assertEqual(self.told()["k1"], 451)
            self.proxy.await_events("quarantine-failed")
        (self.directory / "tmp").chmod(0o700)
        self.sessions(["k2"])
        self.assertEqual(self.told()["k2"], 250)


class Releasing(Kept):
    MESSAGES = 40

    def setUp(self):
        super().setUp()
        self.sessions([f"k{n}" for n in range(self.MESSAGES)])
        self.assertEqual(len(self.listed()), self.MESSAGES)

    def delivered(self):
        copies = collections.Counter()
        for octets in self.upstream.messages():
            name = name_of(octets)
            self.assertEqual(octets, ledger.letter(name))
            copies[name] += 1
        return copies

    def release(self, idents):
        return subprocess.Popen([lab.POSTERN, "quarantine", "-c", self.proxy.config, "release", *idents],
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def test_killed_while_releasing(self):
        """At least once: a release that dies between the upstream's 250 and the removal delivers again."""
        kills, sent = 0, self.MESSAGES
        while kills < RELEASE_KILLS:
            idents = list(self.listed())
            if not idents:
                self.sessions([f"k{sent + n}" for n in range(10)])
                sent += 10
                continue
            release = self.release(random.sample(idents, 1))
            time.sleep(random.uniform(0.02, 0.12))
            release.kill()
            kills += release.wait() == -signal.SIGKILL
            release.stderr.close()
        while idents := list(self.listed()):
            self.assertEqual(self.quarantine("release", *idents).returncode, 0)
        copies = self.delivered()
        twice = sum(copies.values()) - len(copies)
        rig.tell(messages=sent, kills=kills, lost=sent - len(copies), delivered_again=twice)
        self.assertEqual(len(copies), sent)
        self.assertLessEqual(twice, kills, "more are delivered again than releases have died")
        self.assertEqual(self.leftovers(), [])

    def test_released_by_several(self):
        """Of several releases of one message at once, one delivers it."""
        idents = list(self.listed())
        releases = [self.release(random.sample(idents, len(idents))) for _ in range(4)]
        for release in releases:
            _, errors = release.communicate(timeout=60)
            self.assertIsNone(lab.SANITIZER.search(errors), errors)
            self.assertIn(release.returncode, (0, 1))
        self.assertEqual(self.listed(), {})
        self.assertEqual(set(self.delivered().values()), {1})
        self.assertEqual(len(self.delivered()), self.MESSAGES)

    def test_upstream_lost(self):
        """Whatever the upstream does, a message that it has not taken stays."""
        self.upstream.stop()
        ident = next(iter(self.listed()))
        for action in ("GREET", "EHLO", "MAIL", "RCPT", "DATA", "BODY#100", "EOM"):
            point = {"GREET": "CONNECT", "DATA": "BDAT"}.get(action, action)
            upstream = rig.Upstream(self.folder("lost"), "--at", f"{point}=drop")
            text = self.proxy.config.read_text().replace(str(self.upstream.port), str(upstream.port))
            config = self.root / "lost.yaml"
            config.write_text(text.replace("directory: kept", f"directory: {self.directory}"))
            ran = lab.run(lab.POSTERN, "quarantine", "-c", config, "release", "--upstream",
                          f"{lab.HOST}:{upstream.port}", ident)
            self.assertEqual(ran.returncode, 1, (action, ran.stdout, ran.stderr))
            self.assertIn("not delivered", ran.stdout)
            self.assertEqual(upstream.messages(), [])
            self.assertIn(ident, self.listed())
            upstream.stop()


if __name__ == "__main__":
    lab.main()
