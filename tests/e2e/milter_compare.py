#!/usr/bin/env -S python3 -B
"""milter_compare.py: the same sessions with the same scripted milter through Postfix's own milter client and through
the filter milter in front of a Postfix without: the client hears the same, the same message is delivered, the milter is
sent the same packets; but for what DIFFERENT says."""
import contextlib
import difflib
import re

import lab
from client import Client
from postfix import Postfix
from scripted_milter import ScriptedMilter, numbered, packet, strings

LETTER = (b"From: Ann <ann@example.org>\r\nTo: bob@example.com,\r\n carol@example.com\r\nX-A: one\r\nSubject:no space\r\n"
          b"X-A:   two\r\n\tgoes on\r\nX-Empty:\r\n\r\nDear Bob,\r\n\r\n.hello\r\n..dots\r\nlast\r\n")
COMMANDS = ("MAIL FROM:<ann@example.org>", "RCPT TO:<bob@example.com>", "RCPT TO:<dave@elsewhere.example>",
            "RCPT TO:<carol@example.com>", "NONSENSE with words", "DATA")
ANSWERS = {
    "continue": [packet("c")],
    "accept": [packet("a")],
    "reject": [packet("r")],
    "tempfail": [packet("t")],
    "discard": [packet("d")],
    "550": [packet("y", strings("550 5.7.1 not %% here"))],
    "554 plain": [packet("y", strings("554 go away"))],
    "451": [packet("y", strings("451 4.7.1 come back later"))],
    "two lines": [packet("y", strings("550-5.7.1 not here\r\n550 5.7.1 nor there"))],
    "421": [packet("y", strings("421 4.7.0 closing"))],
    "garbage": [packet("z", b"?")],
    "no answer": None,
}
STAGES = ("connect", "helo", "mail", "rcpt", "data", "unknown", "header", "end_of_headers", "body", "end_of_message")
DONE = [packet("c")]
EDITS = {
    "add": [packet("h", strings("X-New", "value"))],
    "add folded": [packet("h", strings("X-New", "a long value\n\tthat goes on"))],
    "add two": [packet("h", strings("X-New", "1")), packet("h", strings("X-New", "2"))],
    **{f"insert at {n}": [packet("i", numbered(n, "X-New", "value"))] for n in (0, 1, 2, 3, 6, 7, 8, 99)},
    "insert twice": [packet("i", numbered(1, "X-New", "1")), packet("i", numbered(1, "X-New", "2"))],
    **{f"change {n}": [packet("m", numbered(n, "X-A", "new"))] for n in (0, 1, 2, 3)},
    **{f"delete {n}": [packet("m", numbered(n, "x-a", ""))] for n in (0, 1, 2, 3)},
    "change absent": [packet("m", numbered(1, "X-None", "new"))],
    "change the added": [packet("h", strings("X-A", "three")), packet("m", numbered(3, "X-A", "third"))],
    "delete, then change": [packet("m", numbered(1, "X-A", "")), packet("m", numbered(1, "X-A", "new"))],
    "insert, then change": [packet("i", numbered(1, "X-A", "zero")), packet("m", numbered(1, "X-A", "first"))],
    "body": [packet("b", b"another body\r\nof two lines\r\n")],
    "body in pieces": [packet("b", b"another "), packet("b", b"body\r\n.with a dot\r\n"), packet("b", b"and an end")],
    "large body": [packet("b", b"0123456789012345678901234567890123456789012345678\r\n" * 1200)] * 3,
    "empty body": [packet("b", b"")],
    "sender": [packet("e", strings("<eve@example.net>"))],
    "null sender": [packet("e", strings("<>"))],
    "sender with arguments": [packet("e", strings("<eve@example.net>", "RET=HDRS ENVID=abc"))],
    "recipient": [packet("+", strings("<erin@example.com>"))],
    "recipient twice": [packet("+", strings("<erin@example.com>")), packet("+", strings("<erin@example.com>"))],
    "recipient with arguments": [packet("2", strings("<erin@example.com>", "NOTIFY=NEVER"))],
    "one recipient less": [packet("-", strings("<carol@example.com>"))],
    "a recipient it has not": [packet("-", strings("<nobody@example.com>"))],
    "a recipient for another": [packet("-", strings("<bob@example.com>")), packet("+", strings("<erin@example.com>"))],
    "added and deleted": [packet("+", strings("<erin@example.com>")), packet("-", strings("<erin@example.com>"))],
    "all at once": [packet("h", strings("X-New", "1")), packet("m", numbered(1, "Subject", "new")),
                    packet("b", b"new body\r\n"), packet("e", strings("<eve@example.net>")),
                    packet("+", strings("<erin@example.com>")), packet("-", strings("<bob@example.com>"))],
    "progress": [packet("p"), packet("p"), packet("h", strings("X-New", "value"))],
}

# What a REJECT and a TEMPFAIL without a text of the milter's sound like here and there.
PLAIN = ("Command rejected", "Refused by local policy", "Service unavailable - try again later",
         "Refused for now by local policy, try again later")

REFUSALS = ("reject", "tempfail", "550", "554 plain", "451", "two lines", "421")
FAILURES = ("garbage", "no answer")
MESSAGE = tuple(stage for stage in STAGES if stage not in ("connect", "helo"))

# Where the two are not alike, and why that is so: stages, answers, what is not compared.
DIFFERENT = (
    (("connect", "helo"), REFUSALS + FAILURES, ("replies",),
     "Postern turns away at once who is refused by address or name, with the milter's words; Postfix answers QUIT, EHLO "
     "and NOOP as if nothing were, and MAIL with those words."),
    (("connect", "helo"), ("discard",), ("replies", "delivered", "packets"),
     "DISCARD has no meaning there (libmilter's documentation forbids it): a failure to Postern, CONTINUE to Postfix."),
    (MESSAGE + ("second rcpt",), ("554 plain",), ("replies",),
     "A reply has an enhanced code where ENHANCEDSTATUSCODES is offered (RFC 2034): Postern adds the one it lacks."),
    (MESSAGE + ("second rcpt",), FAILURES, ("replies", "packets"),
     "Postern's reply says that the check failed, and the milter is connected to anew for the next transaction; Postfix "
     "has done with it for the session."),
    (("mail", "rcpt"), ("discard",), ("replies",),
     "Once the message is to be discarded the mail server behind is not asked about recipients any more."),
    (("data",), REFUSALS, ("replies", "packets"),
     "A refused DATA ends the transaction; in Postfix it is open until RSET."),
    (("unknown",), ("accept", "discard"), ("replies", "delivered", "packets"),
     "There is nothing to accept or to discard in a command that means nothing: Postern goes on, or counts DISCARD as "
     "a failure; Postfix takes both for the message that may be under way."),
)


class Front:
    """A way to mail and milter: where to connect to, what is delivered behind it."""

    def __init__(self, name, port, mail, milter):
        self.name, self.port, self.mail, self.milter = name, port, mail, milter
        with Client(port) as client:  # those who asked whether anybody listens are heard before this
            client.ehlo()
            client.quit()
        milter.heard()

    def play(self, answers):
        """What came of one session: replies, deliveries, packets."""
        self.mail.clear()
        self.milter.script(**answers)
        replies = self.session()
        packets = [self.plain(*entry) for c in self.milter.heard() for entry in c.commands()]
        self.mail.settle()
        return replies, sorted(map(self.stripped, self.mail.messages())), packets

    def session(self):
        replies = []
        with Client(self.port, seconds=30) as client:
            replies.append(client.greeting)
            replies.append(client.say("EHLO client.example"))
            for line in (*COMMANDS, "MAIL FROM:<second@example.org>", "RSET", "QUIT"):
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    client.send(line + "\r\n")
                replies.append(client.reply())
                if line == "DATA" and replies[-1].code == 354:
                    client.send(re.sub(rb"(?m)^\.", b"..", LETTER) + b".\r\n")
                    replies.append(client.reply())
                if replies[-1].code == 0:
                    break
        return [self.said(reply) for reply in replies]

    @staticmethod
    def said(reply):
        """The code, and the text of a refusal: other texts, and what is said to unknown commands and commands out of
        order, are each server's own."""
        if reply.code < 400:
            return str(reply.code)
        if re.search("(?i)command (not|un)|out of|need |nested|no valid|is under way", reply.text):
            return f"{reply.code // 100}.. a complaint of its own"
        plain = next((text for text in PLAIN if reply.text.endswith(text)), None)
        return f"{reply.code} {reply.text.removesuffix(plain) + 'as usual' if plain else reply.text}"

    @staticmethod
    def plain(command, data):
        """A packet without the port that the client came from; an unknown command without its arguments, which Postfix
        does not tell."""
        if command == "U":
            return command, data.split(b" ")[0].rstrip(b"\0")
        if command == "C" and data[:-1].count(b"\0") >= 1:
            name, rest = data.split(b"\0", 1)
            return command, name + b"\0" + rest[:1] + rest[3:]
        return command, data

    @staticmethod
    def stripped(message):
        """Without the fields that Postfix writes, whose place among others cannot be the same."""
        head, _, body = message.partition(b"\n\n")
        fields = re.split(rb"\n(?![ \t])", head)
        own = (b"received:", b"return-path:", b"x-original-to:")
        return b"\n".join(field for field in fields if not field.lower().startswith(own)) + b"\n\n" + body


class Compare(lab.Case):
    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.folders = stack

    def fronts(self, options="edits: all, envelope: edit", **negotiated):
        """Postfix with the milter; Postern with it in front of a Postfix without."""
        milters = []
        for name in ("one", "other"):
            milter = ScriptedMilter(self.root / f"{name}", **negotiated)
            self.addCleanup(milter.close)
            milters.append(milter)
        alone = Postfix(smtpd_milters=milters[0].address, milter_default_action="tempfail", smtpd_delay_reject="no",
                        smtpd_relay_restrictions="reject_unauth_destination", milter_protocol="6")
        self.addCleanup(alone.close)
        behind = Postfix(smtpd_delay_reject="no", smtpd_relay_restrictions="reject_unauth_destination")
        self.addCleanup(behind.close)
        proxy = self.postern(behind.port, f"trace: none\nfilters:\n  - milter: {{address: '{milters[1].address}', "
                                          f"{options}}}\n")
        return Front("Postfix", alone.port, alone, milters[0]), Front("Postern", proxy.port, behind, milters[1])

    def compare(self, fronts, stage, answer, answers):
        theirs, ours = (front.play(answers) for front in fronts)
        names = ("replies", "delivered", "packets")
        excused = [name for stages, words, parts, _ in DIFFERENT if stage in stages and answer in words for name in parts]
        differing = [name for name, one, other in zip(names, theirs, ours, strict=True) if one != other]
        differences = [line for name, one, other in zip(names, theirs, ours, strict=True) if name not in excused for line in
                       difflib.unified_diff(list(map(str, one)), list(map(str, other)), "Postfix", "Postern", n=1, lineterm="")]
        self.assertFalse(differences, "\n".join(differences))
        return not excused or any(name in excused for name in differing)

    def test_answers(self):
        """Every stage, every answer."""
        fronts = self.fronts()
        for stage in STAGES:
            for name, answer in ANSWERS.items():
                with self.subTest(stage=stage, answer=name):
                    self.compare(fronts, stage, name, {stage: [answer]})

    def test_second_recipient(self):
        """An answer to one recipient counts for that one."""
        fronts = self.fronts()
        for name, answer in ANSWERS.items():
            with self.subTest(answer=name):
                self.compare(fronts, "second rcpt", name, {"rcpt": [DONE, answer, DONE]})

    def test_edits(self):
        """Every edit, with every end."""
        fronts = self.fronts()
        for name, edits in EDITS.items():
            for end in ("continue", "accept", "reject", "tempfail", "discard"):
                if end != "continue" and name not in ("all at once", "body"):
                    continue
                with self.subTest(edit=name, end=end):
                    self.compare(fronts, name, end, {"end_of_message": [edits + ANSWERS[end]]})


if __name__ == "__main__":
    lab.main("postfix")
