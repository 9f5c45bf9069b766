#!/usr/bin/env -S python3 -B
"""sink.py: the embedded mail server under TLS, and told who the client is. What it does with commands and messages is left
to its unit tests."""
import json
import pathlib
import re
import smtplib
import socket
import ssl
import tempfile
import unittest

import lab
from client import Client

LETTER = b"Subject: hello\r\n\r\nSome text\r\n"
BIG = b"Subject: big\r\n\r\n" + b"0123456789" * 7 + b"\r\n"
BIG += b"abcdefghij\r\n" * 100000


class Encrypted(lab.Case):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="postern-")
        cls.addClassCleanup(folder.cleanup)
        cls.keys = pathlib.Path(folder.name)
        done = lab.run(lab.SOURCE / "tests/tools/certificates", cls.keys)
        if done.returncode != 0:
            raise unittest.SkipTest(f"no certificates: {done.stderr}")

    def start(self, *arguments, kind="ecdsa"):
        self.log = self.root / "transcript"
        return self.sink("--tls-chain", self.keys / f"{kind}.pem", "--tls-key", self.keys / f"{kind}.key", "--log",
                         self.log, *arguments)

    def context(self, version=ssl.TLSVersion.TLSv1_3):
        context = ssl.create_default_context(cafile=self.keys / "ca.pem")
        context.minimum_version = context.maximum_version = version
        return context

    def transcript(self, pattern):
        return lab.wait_for(lambda: self.log.exists() and re.search(pattern, self.log.read_text()), f"{pattern} in the "
                            f"transcript")

    def wrap(self, connection, **options):
        return self.context(**options).wrap_socket(connection, server_hostname="mail.example.org")

    def test_starttls(self):
        for kind in ("rsa", "ecdsa"):
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                with self.subTest(kind=kind, version=version.name):
                    sink = self.start(kind=kind)
                    with smtplib.SMTP(lab.HOST, sink.port, timeout=20) as client:
                        client.ehlo("client.example")
                        self.assertTrue(client.has_extn("starttls"))
                        client._host = "mail.example.org"  # the name in the certificate
                        client.starttls(context=self.context(version))
                        client.ehlo("client.example")
                        self.assertFalse(client.has_extn("starttls"))
                        self.assertEqual(client.docmd("STARTTLS")[0], 503)
                        for letter in (LETTER, BIG):
                            client.sendmail("ann@example.org", ["bob@example.com"], letter)
                    self.assertEqual(sink.messages(), [LETTER, BIG])
                    self.transcript(r'\* TLSv1\.[23] with \S+, server name "mail\.example\.org"')

    def test_implicit(self):
        sink = self.start("--tls", "implicit")
        with self.wrap(socket.create_connection((lab.HOST, sink.port), timeout=20)) as client:
            self.assertEqual(client.recv(4), b"220 ")
        self.assertRegex(self.log.read_text(), r'\* TLSv1\.3 with ')
        with socket.create_connection((lab.HOST, sink.port), timeout=20) as plain:
            plain.sendall(b"EHLO client.example\r\n")
            self.assertNotIn(b"250", plain.recv(1000))
        self.transcript(r"\* TLS failed: .")

    def test_behind_a_proxy_header(self):
        sink = self.start("--tls", "implicit", "--proxy")
        connection = socket.create_connection((lab.HOST, sink.port), timeout=20)
        connection.sendall(b"PROXY TCP4 192.0.2.1 198.51.100.2 4660 25\r\n")
        with self.wrap(connection) as client:
            self.assertEqual(client.recv(4), b"220 ")
        self.transcript(r"\* PROXY for 192\.0\.2\.1 port 4660 to 198\.51\.100\.2 port 25")

    def test_nothing_said_before_is_kept(self):
        sink = self.start()
        with Client(sink.port) as client:
            client.ehlo()
            client.say("AUTH PLAIN AGEAYg==")
            self.assertEqual(client.say("STARTTLS").code, 220)
            with self.wrap(client.socket) as inside:
                inside.sendall(b"MAIL FROM:<ann@example.org>\r\n")
                self.assertRegex(inside.recv(1000), rb"^503 ")

    def test_injection(self):
        sink = self.start()
        with Client(sink.port) as client:
            client.ehlo()
            client.send("STARTTLS\r\nMAIL FROM:<mallory@example.org>\r\n")
            self.assertEqual(client.reply().code, 554)
            self.assertTrue(client.ended())

    def test_refused_on_demand(self):
        sink = self.start("--at", "STARTTLS=tempfail:454 4.7.0 Not now")
        with Client(sink.port) as client:
            client.ehlo()
            self.assertEqual(str(client.say("STARTTLS")), "454 4.7.0 Not now")
            self.assertEqual(client.message(LETTER).code, 250)


class Options(lab.Case):
    def test_bad(self):
        for arguments, why in ((["--tls", "implicit"], "needs --tls-chain"), (["--tls", "maybe"], "neither"),
                               (["--tls-key", "/x"], "needs --tls-chain")):
            done = lab.run(lab.POSTERN, "sink", *arguments)
            self.assertEqual(done.returncode, 64)
            self.assertIn(why, done.stderr)
        done = lab.run(lab.POSTERN, "sink", "--tls-chain", self.root / "absent.pem")
        self.assertEqual(done.returncode, 1)
        self.assertIn("absent.pem", done.stderr)

    def test_the_client_in_the_envelope(self):
        sink = self.sink("--xclient")
        with Client(sink.port) as client:
            client.ehlo("proxy.example")
            self.assertEqual(client.keywords["XCLIENT"], "NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT".split())
            self.assertEqual(client.keywords["XFORWARD"], "NAME ADDR PORT PROTO HELO IDENT SOURCE".split())
            self.assertEqual(client.say("XCLIENT ADDR=IPV6:2001:db8::9 NAME=[UNAVAILABLE]").code, 220)
            self.assertEqual(client.message(LETTER).code, 250)
        envelope = json.loads(next((sink.maildir / "envelopes").iterdir()).read_text())
        self.assertEqual((envelope["client"], envelope["helo"]), ("2001:db8::9", "client.example"))


if __name__ == "__main__":
    lab.main("openssl")
