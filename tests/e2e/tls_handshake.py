#!/usr/bin/env -S python3 -B
"""tls_handshake.py: handshakes on the client's side: which are refused, which are resumed, which never come to an end,
what a client may not say around them, and what hundreds at once do to somebody else's session."""
import itertools
import os
import pathlib
import re
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

import lab
import tls_lab
from client import Client
from tls_lab import NAME, VERSIONS, Secure

LETTER = b"Subject: hello\r\n\r\nSome text\r\n"
ANY_VERSION = ("-cipher", "ALL:@SECLEVEL=0")  # openssl refuses old ones itself otherwise


class Policy(tls_lab.Case):
    def test_versions(self):
        rows = ((None, ("-tls1", "-tls1_1"), ("-tls1_2", "-tls1_3")),
                ("1.3", ("-tls1", "-tls1_1", "-tls1_2"), ("-tls1_3",)))
        for least, refused, accepted in rows:
            proxy = self.proxy(["starttls", "implicit"], [self.sink().port], tls=least and {"min_version": least})
            for starttls, version in itertools.product((True, False), refused + accepted):
                with self.subTest(least=least, version=version, starttls=starttls):
                    said = self.s_client(proxy.ports[0 if starttls else 1], version, *ANY_VERSION, starttls=starttls)
                    self.assertEqual("\n221 " in said, version in accepted, said)
                    if version in refused:
                        self.assertRegex(said, "alert protocol version|unsupported protocol|no protocols")

    def test_ciphers_and_curves(self):
        """What is not Mozilla's intermediate list has nothing in common with us."""
        proxy = self.proxy(["implicit"], [self.sink().port])
        for version, kind, offer, welcome in (
                ("-tls1_2", "-cipher", "ECDHE+AESGCM", True), ("-tls1_2", "-cipher", "ECDHE+CHACHA20", True),
                ("-tls1_2", "-cipher", "ECDHE+SHA256", False), ("-tls1_2", "-cipher", "AES128-GCM-SHA256", False),
                ("-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256", False),
                ("-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256", True),
                ("-tls1_3", "-groups", "X25519", True), ("-tls1_3", "-groups", "P-256", True),
                ("-tls1_3", "-groups", "P-384", True), ("-tls1_3", "-groups", "P-521:P-384", True),
                ("-tls1_3", "-groups", "P-521", False), ("-tls1_2", "-groups", "P-521", False)):
            with self.subTest(version=version, offer=offer):
                said = self.s_client(proxy.port, version, kind, offer, starttls=False)
                self.assertEqual("\n221 " in said, welcome, said)
                if not welcome:
                    self.assertIn("handshake failure", said)

    def test_extended_master_secret(self):
        """RFC 7627; TLS 1.3 needs none."""
        proxy = self.proxy(["starttls", "implicit"], [self.sink().port])
        for starttls, port in zip((True, False), proxy.ports):
            said = self.s_client(port, "-tls1_2", starttls=starttls)
            self.assertIn("Extended master secret: yes\n", said)
            self.assertIn("Secure Renegotiation IS supported\n", said)

    def test_alpn(self):
        proxy = self.proxy(["starttls", "implicit"], [self.sink().port])
        for starttls, version, (offer, chosen) in itertools.product((True, False), ("-tls1_2", "-tls1_3"), (
                (None, None), ("smtp", "smtp"), ("http/1.1,smtp", "smtp"), ("http/1.1", ""), ("h2,http/1.1", ""))):
            with self.subTest(starttls=starttls, version=version, offer=offer):
                said = self.s_client(proxy.ports[0 if starttls else 1], version, *(("-alpn", offer) if offer else ()),
                                     starttls=starttls)
                self.assertEqual("\n221 " in said, chosen != "", said)
                if chosen:
                    self.assertIn(f"ALPN protocol: {chosen}\n", said)
                elif chosen == "":
                    self.assertIn("no application protocol", said)


class Resuming(tls_lab.Case):
    def reused(self, port, *arguments, **how):
        said = self.s_client(port, *arguments, **how)
        self.assertIn("\n221 ", said)
        return re.findall(r"(?m)^(New|Reused), TLSv1\.\d, Cipher", said)[-1] == "Reused"

    def test_by_tickets(self):
        for starttls, version, tickets in itertools.product((True, False), ("-tls1_2", "-tls1_3"), (True, False)):
            with self.subTest(starttls=starttls, version=version, tickets=tickets):
                listeners = ["starttls" if starttls else "implicit"] * 2
                proxy = self.proxy(listeners, [self.sink().port], tls={"tickets": tickets})
                session = self.folder("session") / "pem"
                known, other = proxy.ports
                self.assertFalse(self.reused(known, version, "-sess_out", session, starttls=starttls))
                self.assertEqual(session.exists(), tickets or version == "-tls1_2")
                if session.exists():
                    self.assertEqual(self.reused(known, version, "-sess_in", session, starttls=starttls), tickets)
                    self.assertFalse(self.reused(other, version, "-sess_in", session, starttls=starttls))
                    proxy.await_events("close", 3)
                self.assertEqual(len(proxy.events("encrypted", side="client", resumed="yes")), tickets)

    def test_reconnecting(self):
        """Five times in a row."""
        proxy = self.proxy(["implicit"], [self.sink().port])
        said = self.s_client(proxy.port, "-tls1_2", "-reconnect", starttls=False)
        self.assertEqual(re.findall(r"(?m)^(New|Reused), TLSv1.2, Cipher", said), ["New"] + ["Reused"] * 5)
        self.assertEqual(len(proxy.await_events("encrypted", 5, side="client", resumed="yes")), 5)

    def test_mail_in_resumed_sessions(self):
        for version in VERSIONS:
            with self.subTest(version):
                sink = self.sink()
                proxy = self.proxy(["required"], [sink.port])
                context, session = self.context(version), None
                for n in range(3):
                    with Secure(proxy.port, context, session=session) as client:
                        self.assertEqual(client.message(LETTER).code, 250)
                        self.assertEqual(client.socket.session_reused, n > 0)
                        session = client.socket.session
                self.assertEqual(sink.messages(), [LETTER] * 3)


class Manners(tls_lab.Case):
    def test_what_may_be_said_when(self):
        proxy = self.proxy(["required"], [self.sink().port])
        with Client(proxy.port) as client:
            self.assertIn("STARTTLS", client.ehlo() and client.keywords)
            self.assertEqual(client.say("MAIL FROM:<ann@example.org>").code, 530)
            self.assertEqual(client.say("STARTTLS now").code, 501)
        with Secure(proxy.port, self.context()) as client:
            self.assertEqual(client.say("MAIL FROM:<ann@example.org>").code, 503)
            self.assertNotIn("STARTTLS", client.ehlo() and client.keywords)
            self.assertEqual(client.say("STARTTLS").code, 503)
            self.assertEqual(client.message(LETTER).code, 250)

    def test_injection(self):
        sink = self.sink()
        proxy = self.proxy(["starttls"], [sink.port])
        for behind in (b"EHLO evil.example\r\n", b"E", b"\r\n", b"RSET\r\nMAIL FROM:<evil@example.org>\r\n",
                       self.hello(NAME)):
            with self.subTest(behind):
                with Client(proxy.port) as client:
                    client.ehlo()
                    client.send(b"STARTTLS\r\n" + behind)
                    self.assertEqual(client.reply().code, 554)
                    self.assertTrue(client.ended())
        proxy.await_events("injection", 5)

    def test_something_between_the_reply_and_the_handshake(self):
        proxy = self.proxy(["starttls"], [self.sink().port])
        for between in (b"NOOP\r\n", b"\0", b"\x15\x03\x01\0\2\2\x28"):
            with self.subTest(between), Client(proxy.port) as client:
                Secure.invite(client)
                client.send(between + self.hello(NAME))
                while octets := self.received(client):
                    self.assertNotIn(b"\r\n", octets)
        self.assertTrue(all(line["tls_error"] for line in proxy.await_events("close", 3)))

    def hello(self, name):
        """A ClientHello."""
        out = ssl.MemoryBIO()
        client = self.context().wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
        with self.assertRaises(ssl.SSLWantReadError):
            client.do_handshake()
        return out.read()

    def received(self, client):
        try:
            return client.socket.recv(65536)
        except ConnectionResetError:
            return b""

    def test_stalls(self):
        """However far the client got, and however slowly it goes on: its time is limited from the beginning."""
        hello = self.hello(NAME)
        proxy = self.proxy(["starttls", "implicit"], [self.sink().port], timeouts={"handshake": "600ms"})
        for port, (what, octets, pause) in itertools.product(proxy.ports, (
                ("nothing", b"", 0), ("one octet", hello[:1], 0), ("half", hello[:len(hello) // 2], 0),
                ("all but one", hello[:-1], 0), ("a whole ClientHello, and no answer to ours", hello, 0),
                ("ten octets per second", hello[:100], 0.1))):
            with self.subTest(what, starttls=port == proxy.port):
                with Client(port, greet=port == proxy.port) as client:
                    started = time.monotonic()
                    if client.greeting is not None:
                        Secure.invite(client)
                    for piece in [octets[i:i + 1] for i in range(len(octets))] if pause else [octets]:
                        try:
                            client.send(piece)
                        except OSError:
                            break
                        time.sleep(pause)
                    while self.received(client):
                        pass
                    elapsed = time.monotonic() - started
                self.assertTrue(0.5 < elapsed < 10, elapsed)
        with Secure(proxy.port, self.context()) as client:
            self.assertEqual(client.message(LETTER).code, 250)

    def test_a_message_cut_off_is_none(self):
        """By close_notify, by a FIN without one, and by a reset."""
        for version, end in itertools.product(VERSIONS, ("close_notify", "fin", "reset")):
            with self.subTest(version=version, end=end):
                sink = self.sink()
                proxy = self.proxy(["implicit"], [sink.port])
                with Secure(proxy.port, self.context(version), implicit=True) as client:
                    client.ehlo()
                    client.envelope()
                    client.say("DATA")
                    client.send(LETTER + b".\r")
                    if end == "close_notify":
                        client.input.close()
                        client.socket.settimeout(1)
                        try:
                            client.socket.unwrap()
                        except OSError:
                            pass  # ours has been sent, and that counts
                    elif end == "fin":
                        client.socket.shutdown(socket.SHUT_RDWR)
                    else:
                        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                proxy.await_events("transaction", verdict="aborted")
                self.assertEqual(sink.messages(), [])


class Later(tls_lab.Case):
    """What openssl s_client does to a connection in use, by its one-letter commands."""

    def talk(self, port, version, *lines):
        """What it prints until it ends. Each line is written once what was expected before begins a line of its own."""
        command = ["openssl", "s_client", "-connect", f"{lab.HOST}:{port}", version]
        said, expected, lines = "", "220 ", iter(lines)
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True) as child:
            watch = threading.Timer(20, child.kill)
            watch.start()
            for printed in child.stdout:
                said += printed
                if printed.startswith(expected):
                    line, expected = next(lines)
                    os.write(child.stdin.fileno(), line)
            watch.cancel()
        return said

    def test_key_updates(self):
        """mbedTLS 3.6 knows none: such a peer, if there is one, hears so."""
        proxy = self.proxy(["implicit"], [self.sink().port])
        said = self.talk(proxy.port, "-tls1_3", (b"NOOP\r\n", "250 "), (b"K\n", "nothing"))
        self.assertIn("KEYUPDATE\n", said)
        self.assertIn("alert unexpected message", said)
        self.assertTrue(proxy.await_events("close")[0]["tls_error"])

    def test_renegotiation(self):
        proxy = self.proxy(["implicit"], [self.sink().port])
        said = self.talk(proxy.port, "-tls1_2", (b"NOOP\r\n", "250 "), (b"R\n", "nothing"))
        self.assertIn("RENEGOTIATING\n", said)
        self.assertIn(":no renegotiation:", said)
        proxy.await_events("close")


class Storm(tls_lab.Case):
    COUNT = 300

    def commands(self, client, going_on):
        """What commands take that are answered here, in milliseconds: half of them less, 99 of 100 less, the longest.
        NOOP would ask the upstream, who has to do with the storm as well."""
        took = []
        while going_on() or not took:
            started = time.monotonic()
            self.assertEqual(client.say("PING").code, 500)
            took.append((time.monotonic() - started) * 1000)
        took.sort()
        return " / ".join(f"{took[int(part * (len(took) - 1))]:.1f}" for part in (0.5, 0.99, 1))

    def test_somebody_elses_session(self):
        """Three hundred full handshakes on its worker: it goes on meanwhile. How well is printed (median, 99 %, longest),
        not judged."""
        program = pathlib.Path(__file__).with_name("tls_storm.py")
        for certificate in ("ecdsa", "rsa"):
            proxy = self.proxy(["none", "implicit"], [self.sink().port], certificates=[certificate], workers=1,
                               limits={"sessions": 0, "sessions_per_client": 0})
            with Client(proxy.port) as client:
                client.ehlo()
                until = time.monotonic() + 1
                quiet = self.commands(client, lambda: time.monotonic() < until)
                storm = self.process(sys.executable, "-B", program, proxy.ports[1], self.COUNT)
                loud = self.commands(client, storm.alive)
            self.assertEqual((storm.folder / "stdout").read_text(), f"{self.COUNT}\n", storm.complaints())
            print(f"{certificate}: commands took {loud} ms, {quiet} ms before; ", end="", flush=True)


if __name__ == "__main__":
    lab.main("openssl")
