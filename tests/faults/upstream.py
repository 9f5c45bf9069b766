#!/usr/bin/env -S python3 -B
"""upstream.py: a mail server that closes, refuses, lies or stalls at each of its points, as Postfix's smtp-sink and Postern's
own sink can. The client is never told 250 for what is not stored, is told 4yz where the server did not say 5yz, and has
its next session as soon as the server is well."""
import collections
import getpass
import itertools
import os
import pathlib
import re
import time
import unittest

import rig
from rig import KIB, Client, lab

SHORT = "timeouts: {greeting: 1s, helo: 1s, mail: 1s, rcpt: 1s, data: 1s, upstream_block: 1s, end_of_data: 1s, reply: 1s}\n"
WAYS = ("early", "late", "rcpt")
STEPS = ("banner", "EHLO", "MAIL", "RCPT", "DATA", ".", "RSET", "NOOP", "QUIT")
FINE = "fine"  # the message is acknowledged, whatever else fails
counted = collections.Counter()


def letter(name, size=200 * KIB):
    line = b"." + b"x" * 70 + b"\r\n"
    return b"Subject: x\r\nX-Letter: %s\r\n\r\n" % name.encode() + line * (size // len(line))


def converse(port, name, chunked):
    """One session; what each step was answered, 0 where the connection was closed instead."""
    said = {}
    with Client(port) as client:
        said["banner"] = client.greeting.code

        def open_still():
            return not {0, 421} & set(said.values())

        def say(step, line):
            if open_still():
                said[step] = client.say(line).code
            return said.get(step, 0) // 100 in (2, 3)

        def content():
            if chunked:
                half = len(letter(name)) // 2
                codes = [reply.code for reply in client.bdat(letter(name)[:half], letter(name)[half:])]
                said["."] = codes[1] if codes[0] == 250 else codes[0]
            elif say("DATA", "DATA"):
                client.send(re.sub(rb"(?m)^\.", b"..", letter(name)) + b".\r\n")
                said["."] = client.reply().code

        say("EHLO", "EHLO client.example")
        if said.get("EHLO", 0) // 100 == 5:
            say("EHLO", "HELO client.example")  # RFC 5321 3.2
        if said.get("EHLO") == 250 and say("MAIL", "MAIL FROM:<ann@example.org>") and \
                say("RCPT", "RCPT TO:<bob@example.com>"):
            content()
        for step in ("RSET", "NOOP", "QUIT"):
            say(step, step)
        if 421 in said.values():
            assert client.ended(), f"421, and the connection stays open: {said}"
    return said


class SmtpSink(lab.Process):
    """smtp-sink on a port; its dumps tell what it has taken."""

    def __init__(self, folder, port, options):
        self.dumps = pathlib.Path(folder) / "dumps"
        self.dumps.mkdir(mode=0o777)
        self.dumps.chmod(0o777)
        self.dumps.parent.chmod(0o755)
        user = ["-u", "nobody"] if os.geteuid() == 0 else ["-u", getpass.getuser()]
        super().__init__(folder, "smtp-sink", *user, "-d", f"{self.dumps}/%s.", *options, f"{lab.HOST}:{port}", "100")
        lab.wait_for(lambda: not self.alive() or lab.listens(port), "smtp-sink listens")
        assert self.alive(), self.complaints()

    def stored(self, name):
        return sum(f"X-Letter: {name}\n".encode() in path.read_bytes() for path in self.dumps.iterdir())


class OwnSink(lab.Process):
    """postern sink on a given port."""

    def __init__(self, folder, port, options):
        self.maildir = pathlib.Path(folder) / "maildir"
        super().__init__(folder, lab.POSTERN, "sink", "--listen", f"{lab.HOST}:{port}", "--maildir", self.maildir, "--raw",
                         *options)
        lab.wait_for(lambda: not self.alive() or lab.listens(port), "the sink listens")
        assert self.alive(), self.complaints()

    def stored(self, name):
        return sum(path.read_bytes() == letter(name) for path in (self.maildir / "new").iterdir())


# What smtp-sink is told, and the code at the first step where the client hears of it.
CLOSES = [((option, step), step, "4..") for option in ("-q", "-Q") for step in ("EHLO", "MAIL", "RCPT", "DATA", ".")]
CLOSES += [((option, step), None, FINE) for option in ("-q", "-Q") for step in ("RSET", "NOOP", "QUIT")]
REFUSES = [((option, step), step, code) for option, code in (("-f", "5.."), ("-r", "4.."))
           for step in ("MAIL", "RCPT", "DATA", ".")]
REFUSES += [((option, step), None, FINE) for option in ("-f", "-r") for step in ("RSET", "NOOP", "QUIT")]
REFUSES += [(("-f", "EHLO"), None, FINE), (("-r", "EHLO"), "EHLO", "4.."), (("-f", "CONNECT"), "banner", "[45].."), (("-r", "CONNECT"), "banner", "4.."),
            (("-f", "EHLO,HELO"), "EHLO", "[45].."), (("-r", "EHLO,HELO"), "EHLO", "4..")]
CLOSES += [(("-q", "CONNECT"), "banner", "421"), (("-Q", "CONNECT"), "banner", "421")]
ABORTS = [(("-A", "0"), ".", "[45].."), (("-A", "1"), ".", "[45]..")]
SLOW = [(("-w", "1"), None, FINE), (("-H", "1"), None, FINE), (("-H", "1", "-T", "2000"), None, FINE),
        (("-W", ".:1"), None, FINE), (("-W", "MAIL:1:50"), None, FINE), (("-W", "EHLO:1"), None, FINE)]
STALLS = [(("-W", f"{step}:30"), step, "4..") for step in ("EHLO", "MAIL", "RCPT", ".")]
STALLS += [(("-w", "30"), "DATA", "4.."), (("-H", "30", "-T", "2000"), ".", "4..")]
HIDES = [((option,), None, FINE) for option in ("-8", "-a", "-C", "-e", "-E", "-F", "-N", "-p", "-P")]
LMTP = [(("-L",), "EHLO", "[45]..")]

# And the same of our own sink: every point with every action.
POINTS = ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "BODY", "BODY#100000", "EOM", "STORED")
ACTIONS = {"reject": "5..", "tempfail": "4..", "garbage": "4..", "drop": "4..", "reset": "4..", "delay:300ms": FINE}
STEP_OF = {"CONNECT": "banner", "BODY": ".", "BODY#100000": ".", "EOM": ".", "STORED": ".", "BDAT": "."}
OWN = [(("--at", f"{point}={action}"), STEP_OF.get(point, point) if code != FINE else None, code)
       for point, (action, code) in itertools.product(POINTS, ACTIONS.items()) if not (point == "EHLO" and action == "reject")]
OWN += [(("--at", f"{point}={action}"), None, FINE)
        for point, action in itertools.product(("RSET", "NOOP", "QUIT"), ACTIONS)]
OWN += [(("--at", "EHLO=reject", "--at", f"HELO={action}"), "EHLO", code if code[0] != "5" else "[45]..")
        for action, code in ACTIONS.items() if code != FINE]
HELO_ONLY = [(("--at", "EHLO=reject"), None, FINE)]
OWN_STALLS = [(("--at", f"{point}=delay:30s"), STEP_OF.get(point, point), "4..")
              for point in ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "BODY", "EOM", "STORED")]
CHUNKED = [(("--at", f"{point}={action}"), "." if code != FINE else None, code)
           for point, (action, code) in itertools.product(("BDAT", "BDAT#2", "BODY", "EOM", "STORED"), ACTIONS.items())]


class Upstream(lab.Case):
    @staticmethod
    def heard(step, way):
        """Where the client hears of it when the upstream is connected to later."""
        first = {"early": "banner", "late": "MAIL", "rcpt": "RCPT"}[way]
        return step if STEPS.index(step) >= STEPS.index(first) else first

    def check(self, way, said, step, code):
        """When the greeting is refused later than it was made, a client that has heard 250 is told 4yz."""
        if step == "EHLO" and way != "early":
            code = "4.."
        seen = list(said.values())
        self.assertNotIn(0, seen, "closed without a word")
        if code == FINE:
            self.assertEqual(said.get("."), 250)
            return
        step = self.heard(step, way)
        before = [said[s] for s in STEPS[:STEPS.index(step)] if s in said]
        self.assertTrue(all(c < 400 for c in before), "refused too early")
        self.assertRegex(str(said.get(step)), f"^{code}$")

    def play(self, make, rows, way, text="", chunked=False):
        port = lab.free_port()
        proxy = self.postern(port, f"connect: {way}\nworkers: 1\n{text}")
        self.recovers(proxy, port, "first")  # later ways know then what the server offers
        for n, (options, step, code) in enumerate(rows):
            with self.subTest(options=" ".join(options), connect=way):
                name = f"{way}.{n}"
                faulty = make(self.folder("faulty"), port, options)
                try:
                    said = converse(proxy.port, name, chunked)
                    print(" ".join(options), way, said) if os.environ.get("SHOW") else None
                    if said.get(".") == 250:
                        self.assertEqual(faulty.stored(name), 1, "250 for what is not stored")
                        counted["acknowledged, stored"] += 1
                    self.check(way, said, step, code)
                finally:
                    faulty.child.kill()
                    faulty.wait()
                counted["faults"] += 1
                self.recovers(proxy, port, name)

    def recovers(self, proxy, port, name):
        well = OwnSink(self.folder("well"), port, ())
        begun = time.monotonic()
        said = converse(proxy.port, name, False)
        self.assertLess(time.monotonic() - begun, 1.0, "not well again within a second")
        well.stop()
        self.assertEqual((said.get("."), said.get("QUIT"), well.stored(name)), (250, 221, 1))

    def test_smtp_sink_closes_and_refuses(self):
        self.play(SmtpSink, CLOSES + REFUSES + ABORTS, "early")

    def test_smtp_sink_is_slow(self):
        self.play(SmtpSink, SLOW, "early")

    def test_smtp_sink_stalls(self):
        self.play(SmtpSink, STALLS, "early", SHORT)

    def test_smtp_sink_lacks_extensions(self):
        self.play(SmtpSink, HIDES + LMTP, "early")
        self.play(OwnSink, HELO_ONLY, "early")

    def test_every_point_and_action(self):
        for way in WAYS:
            self.play(OwnSink, OWN, way)

    def test_every_point_stalls(self):
        self.play(OwnSink, OWN_STALLS, "early", SHORT)

    def test_chunks(self):
        self.play(OwnSink, CHUNKED, "early", chunked=True)

    @classmethod
    def tearDownClass(cls):
        rig.tell(**counted, acknowledged_and_not_stored=0)


if __name__ == "__main__":
    lab.main("smtp-sink")
