"""client.py: an SMTP client by hand: sends exactly what it is told, when it is told."""
import re
import socket
import typing

from lab import HOST


class Reply(typing.NamedTuple):
    code: int
    lines: list  # texts, without codes

    @property
    def text(self):
        return " ".join(self.lines)

    def __str__(self):
        return f"{self.code} {self.text}"


class Client:
    def __init__(self, port, greet=True, seconds=20, source=HOST):
        """source: the address to come from, any of 127.0.0.0/8."""
        self.socket = socket.create_connection((HOST, port), timeout=seconds, source_address=(source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.input = self.socket.makefile("rb")
        self.keywords = {}
        self.greeting = self.reply() if greet else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.input.close()
        self.socket.close()

    def send(self, octets):
        self.socket.sendall(octets.encode() if isinstance(octets, str) else octets)

    def reply(self):
        """One reply; a code of 0 when the connection ends instead."""
        lines = []
        while True:
            try:
                line = self.input.readline()
            except ConnectionResetError:
                line = b""
            if not line:
                return Reply(0, lines)
            match = re.fullmatch(rb"([2-5][0-9][0-9])([ -])(.*)\r\n", line, re.S)
            if match is None:
                raise AssertionError(f"this is no line of a reply: {line!r}")
            lines.append(match[3].decode("utf-8", "surrogateescape"))
            if match[2] == b" ":
                return Reply(int(match[1]), lines)

    def say(self, line):
        self.send(line + "\r\n")
        return self.reply()

    def ehlo(self, name="client.example"):
        reply = self.say(f"EHLO {name}")
        offers = [line.split() for line in reply.lines[1:] if line.strip()]
        self.keywords = {words[0].upper(): words[1:] for words in offers}
        return reply

    def envelope(self, *recipients, sender="ann@example.org", parameters=""):
        """MAIL and RCPT; all must be accepted."""
        lines = [f"MAIL FROM:<{sender}>{parameters and ' ' + parameters}"]
        for line in lines + [f"RCPT TO:<{to}>" for to in recipients or ("bob@example.com",)]:
            reply = self.say(line)
            if reply.code != 250:
                raise AssertionError(f"{line}: {reply}")

    def data(self, content):
        """DATA with the dots stuffed; the reply to the end, or to DATA when that is refused."""
        reply = self.say("DATA")
        if reply.code != 354:
            return reply
        self.send(re.sub(rb"(?m)^\.", b"..", content) + b".\r\n")
        return self.reply()

    def bdat(self, *pieces):
        """Each piece with BDAT, the last with LAST; all replies."""
        replies = []
        for i, piece in enumerate(pieces):
            last = " LAST" if i == len(pieces) - 1 else ""
            self.send(f"BDAT {len(piece)}{last}\r\n".encode() + piece)
            replies.append(self.reply())
        return replies

    def message(self, content, *recipients, **envelope):
        """A whole session up to the reply to the message."""
        self.ehlo()
        self.envelope(*recipients, **envelope)
        return self.data(content)

    def quit(self):
        reply = self.say("QUIT")
        self.close()
        return reply

    def ended(self):
        """True if the other side has closed and left nothing to read."""
        try:
            return self.input.read(1) == b""
        except ConnectionResetError:
            return True
