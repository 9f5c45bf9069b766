#!/usr/bin/env -S python3 -B
"""mail.py: mail from real clients through Postern to a real Postfix arrives octet for octet, below the trace fields
that Postfix adds; one message or hundreds at once, 1 KiB or 20 MiB, by DATA or BDAT, lock-step or pipelined."""
import random
import re
import smtplib

import lab
from client import Client
from postfix import Postfix

KIB, MIB = 1024, 1024 * 1024


EIGHT_BIT = bytes(octet for octet in range(1, 256) if octet not in b"\r\n")
SEVEN_BIT = bytes(octet for octet in EIGHT_BIT if octet < 128)
PLAIN = bytes(octet for octet in SEVEN_BIT if octet not in b"\\%")  # swaks gives those two a meaning


def letter(subject, size, seed=0, octets=EIGHT_BIT):
    """A message with CRLF line ends: dots at the beginnings of lines, empty and long lines, any octets."""
    draw = random.Random(seed)
    lines = [b"From: ann@example.org", b"To: bob@example.com", b"Subject: " + subject.encode(),
             b"Message-ID: <%d.%d@example.org>" % (seed, size), b"Date: Mon, 5 Jan 2026 10:00:00 +0000", b"",
             b".", b"..", b".leading dot", b"trailing space ", b"", b""]
    length = sum(len(line) + 2 for line in lines)
    while length < size:
        line = bytes(draw.choices(octets, k=min(draw.choice((1, 70, 990)), size - length)))
        lines.append(line)
        length += len(line) + 2
    return b"\r\n".join(lines) + b"\r\n"


def stored(content):
    """How Postfix keeps it in a maildir."""
    return content.replace(b"\r\n", b"\n")


class Mail(lab.Case):
    @classmethod
    def setUpClass(cls):
        cls.postfix = Postfix()
        cls.addClassCleanup(cls.postfix.close)

    def setUp(self):
        super().setUp()
        self.addCleanup(self.postfix.clear)

    def arrived(self, *contents):
        """Exactly these messages, each whole, below trace fields that name the proxy as Postfix's client."""
        messages = self.postfix.await_messages(len(contents), 120)
        left = list(messages)
        for content in contents:
            mine = [m for m in left if m.endswith(stored(content))]
            self.assertTrue(mine, "a message did not arrive as it was sent")
            trace = mine[0][:-len(stored(content))]
            self.assertRegex(trace, rb"\A(?:[A-Z][A-Za-z-]*: .*\n(?:[ \t].*\n)*)+\Z", "something else was added")
            left.remove(mine[0])

    def sample(self, *arguments, **keywords):
        content = letter(*arguments, **keywords)
        path = self.root / "sample"
        path.write_bytes(stored(content)[:-1])  # the programs end the last line themselves
        return content, path

    # --- real clients ----------------------------------------------------------------------------------------

    def test_swaks(self):
        proxy = self.postern(self.postfix.port)
        content, path = self.sample("swaks", 3 * KIB, octets=PLAIN)
        sent = lab.run("swaks", "--server", f"{lab.HOST}:{proxy.port}", "--from", "ann@example.org", "--to",
                       "bob@example.com", "--data", f"@{path}", "--timeout", "20")
        self.assertEqual(sent.returncode, 0, sent.stdout)
        self.arrived(content)

    def test_swaks_pipelined(self):
        proxy = self.postern(self.postfix.port)
        content, path = self.sample("swaks", 3 * KIB, octets=PLAIN)
        sent = lab.run("swaks", "--server", f"{lab.HOST}:{proxy.port}", "--from", "ann@example.org", "--to",
                       "bob@example.com,cy@example.com", "--pipeline", "--data", f"@{path}", "--timeout", "20")
        self.assertEqual(sent.returncode, 0, sent.stdout)
        self.arrived(content, content)

    def smtp_source(self, sessions, messages, size, yaml=""):
        proxy = self.postern(self.postfix.port, yaml)
        content, path = self.sample("smtp-source", size, seed=size)
        content += b"\r\n"  # smtp-source ends every message with an empty line
        sent = lab.run("smtp-source", "-s", sessions, "-m", messages, "-f", "ann@example.org", "-t", "bob@example.com",
                       "-F", path, f"{lab.HOST}:{proxy.port}", seconds=240)
        self.assertEqual((sent.returncode, sent.stderr), (0, ""))
        self.arrived(*[content] * messages)
        logged = proxy.await_events("transaction", messages, verdict="relayed", code=250)
        self.assertEqual(len(logged), messages)

    def test_smtp_source_one(self):
        self.smtp_source(1, 10, KIB)

    def test_smtp_source_20(self):
        self.smtp_source(20, 60, 256 * KIB)

    def test_smtp_source_200(self):
        self.smtp_source(200, 400, KIB)

    def test_smtp_source_20_mib(self):
        self.smtp_source(2, 2, 20 * MIB)

    def test_smtp_source_held_back(self):
        """A filter that adds a field: the message goes through the spool, the last ones through a file."""
        self.smtp_source(20, 40, 300 * KIB, """
            limits: {spool_memory: 64KiB}
            filters:
              - regex: {rules: [{name: all, on: body, pattern: dot, action: tag, header: "X-Tag: dot"}]}
            """)
        self.assertTrue(all(b"\nX-Tag: dot\n" in m for m in self.postfix.messages()))

    def test_msmtp(self):
        proxy = self.postern(self.postfix.port)
        content, path = self.sample("msmtp", 3 * KIB, octets=SEVEN_BIT)
        with open(path, "rb") as message:
            sent = lab.run("msmtp", "--host", lab.HOST, "--port", proxy.port, "--tls=off", "--auth=off", "--from",
                           "ann@example.org", "bob@example.com", stdin=message)
        self.assertEqual((sent.returncode, sent.stderr), (0, ""))
        self.arrived(content)

    def test_smtplib(self):
        proxy = self.postern(self.postfix.port)
        contents = [letter("smtplib", size, size) for size in (500, 70 * KIB, 5 * MIB)]
        with smtplib.SMTP(lab.HOST, proxy.port, "client.example", timeout=60) as client:
            for content in contents:
                refused = client.sendmail("ann@example.org", ["bob@example.com"], content,
                                          ["BODY=8BITMIME"])
                self.assertEqual(refused, {})
        self.arrived(*contents)

    # --- by hand ---------------------------------------------------------------------------------------------

    def test_null_reverse_path_and_several_recipients(self):
        proxy = self.postern(self.postfix.port)
        content = letter("bounce", 2 * KIB)
        with Client(proxy.port) as client:
            self.assertEqual(client.message(content, "a@example.com", "b@example.com", sender="").code, 250)
            self.assertEqual(client.quit().code, 221)
        self.arrived(content, content)

    def test_empty_message(self):
        proxy = self.postern(self.postfix.port)
        with Client(proxy.port) as client:
            self.assertEqual(client.message(b"").code, 250)
        self.postfix.await_messages(1)

    def test_a_refused_recipient_hears_what_postfix_says(self):
        proxy = self.postern(self.postfix.port)
        content = letter("one of two", KIB)
        replies = []
        for port in (self.postfix.port, proxy.port):
            with Client(port) as client:
                client.ehlo()
                client.envelope("bob@example.com")
                replies.append(str(client.say("RCPT TO:<bob@elsewhere.example>")))
                if port == proxy.port:
                    self.assertEqual(client.data(content).code, 250)
        self.assertEqual(replies[0], replies[1])
        self.assertEqual(replies[0][:2], "55")
        self.arrived(content)

    def test_bdat(self):
        proxy = self.postern(self.postfix.port)
        content = letter("pieces", 200 * KIB)
        cuts = [content[:1], content[1:1000], b"", content[1000:100000], content[100000:]]
        with Client(proxy.port) as client:
            client.ehlo()
            self.assertIn("CHUNKING", client.keywords)
            for pieces in ([content], cuts, [content, b""]):
                client.envelope()
                self.assertEqual([reply.code for reply in client.bdat(*pieces)], [250] * len(pieces))
        self.arrived(content, content, content)

    def test_bdat_pipelined(self):
        proxy = self.postern(self.postfix.port)
        content = letter("pieces at once", 50 * KIB)
        with Client(proxy.port) as client:
            client.ehlo()
            client.send(b"MAIL FROM:<ann@example.org> BODY=8BITMIME\r\nRCPT TO:<bob@example.com>\r\n"
                        b"BDAT 30000\r\n" + content[:30000] +
                        b"BDAT %d LAST\r\n" % (len(content) - 30000) + content[30000:] + b"QUIT\r\n")
            self.assertEqual([client.reply().code for _ in range(6)], [250, 250, 250, 250, 221, 0])
        self.arrived(content)

    def test_chunking_where_the_upstream_has_none(self):
        plain = Postfix(smtpd_discard_ehlo_keywords="chunking")
        self.addCleanup(plain.close)
        content = letter("converted", 100 * KIB)
        proxy = self.postern(plain.port, "chunking: always\n")
        with Client(proxy.port) as client:
            client.ehlo()
            client.envelope()
            self.assertEqual([reply.code for reply in client.bdat(content[:777], content[777:])], [250, 250])
        self.assertTrue(plain.await_messages(1)[0].endswith(stored(content)))

    def test_pipelined(self):
        proxy = self.postern(self.postfix.port)
        first, second = letter("first", 3 * KIB), letter("second", 3 * KIB, 1)
        envelope = b"MAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n"
        with Client(proxy.port) as client:
            client.ehlo()
            client.send(envelope)
            self.assertEqual([client.reply().code for _ in range(3)], [250, 250, 354])
            client.send(re.sub(rb"(?m)^\.", b"..", first) + b".\r\n" + envelope)
            self.assertEqual([client.reply().code for _ in range(4)], [250, 250, 250, 354])
            client.send(re.sub(rb"(?m)^\.", b"..", second) + b".\r\nQUIT\r\n")
            self.assertEqual([client.reply().code for _ in range(3)], [250, 221, 0])
        self.arrived(first, second)

    def test_smtputf8(self):
        proxy = self.postern(self.postfix.port)
        content = "From: ünn@example.org\r\nSubject: grüße\r\nDate: x\r\nMessage-ID: <x@y>\r\n\r\nbody\r\n".encode()
        with Client(proxy.port) as client:
            client.ehlo()
            self.assertIn("SMTPUTF8", client.keywords)
            client.envelope("böb@example.com", sender="ünn@example.org", parameters="SMTPUTF8 BODY=8BITMIME")
            self.assertEqual(client.data(content).code, 250)
            self.assertEqual(client.say("MAIL FROM:<ünn@example.org>").code // 100, 5)
        self.arrived(content)
        self.assertIn("Delivered-To: böb@example.com".encode(), self.postfix.messages()[0])

    def test_helo(self):
        proxy = self.postern(self.postfix.port)
        content = letter("old", KIB, octets=SEVEN_BIT)
        with Client(proxy.port) as client:
            self.assertEqual(client.say("HELO client.example").code, 250)
            client.envelope()
            self.assertEqual(client.data(content).code, 250)
        self.arrived(content)

    def test_size_is_the_upstreams(self):
        small = Postfix(message_size_limit="20000")
        self.addCleanup(small.close)
        proxy = self.postern(small.port)
        with Client(proxy.port) as client:
            client.ehlo()
            self.assertEqual(client.keywords["SIZE"], ["20000"])
            self.assertEqual(client.say("MAIL FROM:<ann@example.org> SIZE=30000").code, 552)
            client.envelope()
            self.assertEqual(client.data(letter("big", 30000)).code, 552)
            client.envelope()
            self.assertEqual(client.data(letter("fits", 10000)).code, 250)
        self.assertIn(b"Subject: fits\n", small.await_messages(1)[0])

    def test_trace(self):
        proxy = self.postern(self.postfix.port, "trace: received\n")
        content = letter("traced", KIB)
        with Client(proxy.port) as client:
            self.assertEqual(client.message(content).code, 250)
        self.arrived(content)
        fields = re.findall(rb"(?m)^Received: (.*(?:\n[ \t].*)*)", self.postfix.messages()[0])
        self.assertEqual(len(fields), 2)
        self.assertRegex(fields[0], rb"by postfix\.example")
        self.assertRegex(fields[1],
                         rb"\Afrom client\.example \(\[127\.0\.0\.1\]\)\s+by proxy\.example \(Postern\) with ESMTP id ")

    def test_connect_late_and_rcpt(self):
        for when in ("late", "rcpt"):
            with self.subTest(when):
                proxy = self.postern(self.postfix.port, f"connect: {when}\n")
                content = letter(f"connect {when}", 10 * KIB)
                with Client(proxy.port) as client:
                    self.assertEqual(client.message(content).code, 250)
                self.arrived(content)
                self.postfix.clear()


if __name__ == "__main__":
    lab.main("postfix", "smtp-source", "swaks", "msmtp")
