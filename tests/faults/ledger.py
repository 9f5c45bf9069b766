"""ledger.py: letters that can be told apart octet for octet, a client that writes down what it was told about each, and the
comparison with what an upstream has stored. Who is killed, and when, is left to the tests."""
import base64
import collections
import hashlib
import itertools
import os
import pathlib
import random
import re

from rig import KIB, Client

# What must not happen, whatever fails.
NEVER = ("acknowledged and lost", "truncated", "refused but delivered", "unfinished but delivered", "stored twice")


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


class Audit:
    """Compares the journal with the upstream's messages; `doubtful` are the letters that the proxy's log says it does not
    know the fate of: the upstream was lost after it had heard their end (RFC 1047)."""

    def __init__(self, journal, messages, doubtful):
        self.found = collections.Counter(dict.fromkeys(NEVER, 0))
        self.told, self.begun, self.ended = {}, [], set()
        for what, name, code in journal.lines():
            if what == "kill":
                self.found["kills"] += 1
            elif what == "begun":
                self.begun.append(name)
            elif what == "ended":
                self.ended.add(name)
            else:
                self.told[name] = code
        self.copies = self.whole(messages)
        for name in self.begun:
            self.judge(name, self.told.get(name), self.copies[name], name in doubtful)

    def whole(self, messages):
        """How many whole copies there are of each letter."""
        copies = collections.Counter()
        for message in messages:
            name = re.search(rb"X-Letter: (\S+)\r\n", message)
            if name is None or letter(name[1].decode()) != message:
                self.found["truncated"] += 1
            else:
                copies[name[1].decode()] += 1
        return copies

    def judge(self, name, code, copies, doubtful):
        if code == 250:
            self.found["acknowledged"] += 1
            self.found["acknowledged and lost"] += copies == 0
        elif code is not None:
            self.found["refused"] += 1
            self.found["refused in doubt, delivered"] += copies > 0 and doubtful
            self.found["refused but delivered"] += copies > 0 and not doubtful
        elif name in self.ended:
            self.found["unknown"] += 1
            self.found["unknown, delivered"] += copies > 0
        else:
            self.found["unfinished"] += 1
            self.found["unfinished but delivered"] += copies > 0
        self.found["stored twice"] += copies > 1


def in_doubt(proxy):
    return {line["from"].partition("@")[0] for line in proxy.log() if line.get("in_doubt") == "yes"}
