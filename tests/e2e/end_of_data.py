#!/usr/bin/env -S python3 -B
"""end_of_data.py: octets that some mail server takes for the end of a message, each followed by a second transaction:
as long as they are not CRLF.CRLF, Postfix behind Postern must never store the second one (SMTP smuggling). Postfix
runs with smtpd_forbid_bare_newline = no, and a control without Postern shows what it does then."""
import time
import typing

import lab
from client import Client
from postfix import Postfix

ONE, TWO, NONE = 1, 2, 0  # messages stored


class Row(typing.NamedTuple):
    name: str
    octets: bytes
    alone: int      # stored by Postfix without Postern
    reject: int     # with Postern, line_endings: reject
    normalise: int  # with Postern, line_endings: normalise


TABLE = [
    Row("CRLF.CRLF", b"\r\n.\r\n", TWO, TWO, TWO),
    Row("LF.LF", b"\n.\n", TWO, NONE, ONE),
    Row("LF.CRLF", b"\n.\r\n", TWO, NONE, ONE),
    Row("CRLF.LF", b"\r\n.\n", TWO, NONE, ONE),
    Row("CR.CR", b"\r.\r", ONE, NONE, ONE),
    Row("CR.LF", b"\r.\n", ONE, NONE, ONE),
    Row("LF.CR", b"\n.\r", ONE, NONE, ONE),
    Row("CRLF.CR", b"\r\n.\r", ONE, NONE, ONE),
    Row("CR.CRLF", b"\r.\r\n", ONE, NONE, ONE),
    # What precedes CRLF.CRLF belongs to the first message, which is refused for it; the second is a true one.
    Row("CRCRLF.CRLF", b"\r\r\n.\r\n", TWO, ONE, TWO),
    Row("CRLF.CRCRLF", b"\r\n.\r\r\n", TWO, NONE, ONE),
    Row("CRCRLF.CRCRLF", b"\r\r\n.\r\r\n", TWO, NONE, ONE),
    Row("CRLF.NUL CRLF", b"\r\n.\0\r\n", ONE, NONE, ONE),
    Row("CRLF NUL.CRLF", b"\r\n\0.\r\n", ONE, NONE, ONE),
    Row("NUL CRLF.CRLF", b"\0\r\n.\r\n", TWO, ONE, TWO),
    Row("LFLF.CRLF", b"\n\n.\r\n", TWO, NONE, ONE),
    Row("CRLF.SP CRLF", b"\r\n. \r\n", ONE, ONE, ONE),
    Row("CRLF.TAB CRLF", b"\r\n.\t\r\n", ONE, ONE, ONE),
    Row("CRLF.CR SP LF", b"\r\n.\r \n", ONE, NONE, ONE),
    Row("CRLF..CRLF", b"\r\n..\r\n", ONE, ONE, ONE),
    Row("VT.VT", b"\v.\v", ONE, ONE, ONE),
    Row("FF.FF", b"\f.\f", ONE, ONE, ONE),
    Row("NEL.NEL in UTF-8", b"\xc2\x85.\xc2\x85", ONE, ONE, ONE),
    Row("NEL.NEL", b"\x85.\x85", ONE, ONE, ONE),
    Row("LS.LS in UTF-8", b"\xe2\x80\xa8.\xe2\x80\xa8", ONE, ONE, ONE),
    Row("CRLF U+FF0E CRLF", b"\r\n\xef\xbc\x8e\r\n", ONE, ONE, ONE),
    Row("CRLF.LF CRLF", b"\r\n.\n\r\n", TWO, NONE, ONE),
    Row("CRLF LF.LF", b"\r\n\n.\n", TWO, NONE, ONE),
]
SECOND = b"MAIL FROM:<eve@example.org>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\nSubject: %s, second\r\n\r\n.\r\nQUIT\r\n"


def send(port, row, pieces):
    """One session: DATA with the row's octets in it; waits until the server has closed."""
    content = b"Subject: %s, first\r\n\r\nfirst" + row.octets + SECOND
    content = content.replace(b"%s", row.name.encode())
    with Client(port) as client:
        client.ehlo()
        client.envelope("bob@example.com")
        assert client.say("DATA").code == 354
        for piece in pieces(content):
            client.send(piece)
        replies = []
        while (reply := client.reply()).code != 0:
            replies.append(reply.code)
        return replies


def whole(content):
    return [content]


def one_by_one(content):
    return [content[i:i + 1] for i in range(len(content))]


class EndOfData(lab.Case):
    @classmethod
    def setUpClass(cls):
        cls.postfix = Postfix(smtpd_forbid_bare_newline="no", smtpd_forbid_unauth_pipelining="no")
        cls.addClassCleanup(cls.postfix.close)

    def check(self, port, expected, pieces=whole):
        replies = {row.name: send(port, row, pieces) for row in TABLE}
        messages = self.postfix.await_messages(sum(getattr(row, expected) for row in TABLE))
        for row in TABLE:
            with self.subTest(row.name, replies=replies[row.name]):
                subject = f"Subject: {row.name}, ".encode()
                headers = [message.split(b"\n\n")[0].split(b"\n") for message in messages]
                stored = [lines for lines in headers if any(line.startswith(subject) for line in lines)]
                self.assertEqual(len(stored), getattr(row, expected))
        self.postfix.clear()

    def test_postfix_alone_is_deceived(self):
        self.check(self.postfix.port, "alone")

    def test_reject(self):
        self.check(self.postern(self.postfix.port).port, "reject")

    def test_reject_octet_by_octet(self):
        self.check(self.postern(self.postfix.port).port, "reject", one_by_one)

    def test_normalise(self):
        self.check(self.postern(self.postfix.port, "line_endings: normalise\n").port, "normalise")

    def test_normalise_octet_by_octet(self):
        self.check(self.postern(self.postfix.port, "line_endings: normalise\n").port, "normalise", one_by_one)

    def test_refused_once_and_at_the_true_end(self):
        proxy = self.postern(self.postfix.port)
        with Client(proxy.port) as client:
            client.ehlo()
            client.envelope()
            client.say("DATA")
            client.send("Subject: x\r\n\r\nfirst\n.\nMAIL FROM:<eve@example.org>\r\n")
            client.socket.settimeout(0.3)
            with self.assertRaises(TimeoutError):
                client.socket.recv(1)
            client.socket.settimeout(20)
            client.send(".\r\nNOOP\r\n")
            reply = client.reply()
            self.assertEqual((reply.code, reply.text[:6]), (550, "5.6.11"))
            self.assertEqual(client.reply().code, 250)
        self.postfix.await_messages(0)

    def test_true_end_in_two_pieces(self):
        proxy = self.postern(self.postfix.port)
        with Client(proxy.port) as client:
            client.ehlo()
            client.envelope()
            client.say("DATA")
            client.send("Subject: pieces\r\n\r\nx\r\n.\r")
            time.sleep(0.1)
            client.send("\nNOOP\r\n")
            self.assertEqual([client.reply().code, client.reply().code], [250, 250])
        self.postfix.await_messages(1)
        self.postfix.clear()


if __name__ == "__main__":
    lab.main("postfix")
