#!/usr/bin/env -S python3 -B
"""tls_upstream.py: Postern as a client of TLS: each way to encrypt toward an upstream delivers to a Postfix that does
its part; toward one that does not, whoever it is, the client hears 4xx, the log says why, and nothing of the mail has
been sent."""
import itertools
import pathlib
import re

import lab
import mail
import tls_lab
from client import Client
from mail import KIB, letter
from tls_lab import KEYS, NAME, VERSIONS, Secure, SecurePostfix, chain_files
from tls_server import Server

CONTENT = letter("upstream", KIB)


class Delivering(tls_lab.Case):
    arrived = mail.Mail.arrived

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        services = {f"{key}-{version}": {"smtpd_tls_chain_files": chain_files(cls.pki, key),
                                         "smtpd_tls_mandatory_protocols": version}
                    for key, version in itertools.product(KEYS, VERSIONS)}
        services |= {
            "implicit": {"smtpd_tls_wrappermode": "yes"},
            "may": {"smtpd_tls_security_level": "may"},
            "none": {"smtpd_tls_security_level": "none"},
            "stranger": {"smtpd_tls_chain_files": chain_files(cls.pki, "stranger")},
            "asks": {"smtpd_tls_req_ccert": "yes"},
        }
        cls.postfix = SecurePostfix(cls.pki, services)
        cls.addClassCleanup(cls.postfix.close)

    def upstreams(self):
        """Service of Postfix, how it is spoken to, how the log calls that (None: unencrypted)."""
        verified, pinned = {"tls": "verified"}, {"tls": "verified", "tls_name": NAME}
        for key, version in itertools.product(KEYS, VERSIONS):
            service, pin = f"{key}-{version}", {"tls_fingerprints": [self.pki.fingerprint(key)]}
            for way in ({"tls": "required"}, verified | self.trusted(), pinned | pin,
                        {"tls": "required", "tls_verify": True} | self.trusted(),
                        verified | self.trusted(name="sub.mail.example.org")):
                yield service, way, {"version": version,
                                     "verified": "yes" if way["tls"] == "verified" or "tls_verify" in way else "no"}
        both = {"tls_fingerprints": ["sha256:" + "0" * 64, self.pki.fingerprint("stranger").upper().replace(
            "SHA256", "sha256")]}
        yield "implicit", {"tls": "implicit"}, {"verified": "no"}
        yield "implicit", {"tls": "implicit", "tls_verify": True} | self.trusted(), {"verified": "yes"}
        yield "stranger", {"tls": "required"}, {"verified": "no"}
        yield "stranger", pinned | both, {"verified": "yes"}
        yield "stranger", {"tls": "opportunistic"}, {"verified": "no"}
        yield "may", {"tls": "opportunistic"}, {"verified": "no"}
        yield "none", {"tls": "opportunistic"}, None
        yield "none", {"tls": "none"}, None
        yield "may", {"tls": "none"}, None
        yield "may", {"tls": "mirror"}, None
        yield "asks", {"tls": "verified", "tls_certificate": self.pki["client.pem"],
                       "tls_key": self.pki["client.key"]} | self.trusted(), {"verified": "yes"}

    def test_every_way_delivers(self):
        for service, way, facts in self.upstreams():
            with self.subTest(service=service, **way):
                self.postfix.clear()
                proxy = self.proxy(["none"], [{"port": self.postfix.ports[service], **way}])
                with Client(proxy.port) as client:
                    self.assertEqual(client.message(CONTENT).code, 250)
                self.arrived(CONTENT)
                proxy.await_events("close")
                lines = proxy.events("encrypted", side="upstream")
                self.assertEqual(len(lines), facts is not None)
                for key, value in (facts or {}).items():
                    self.assertEqual(lines[0][key], value)
        self.assertRegex(self.postfix.maillog(), r"Trusted TLS connection established from \S+: TLSv1\.3")

    def test_mirror_is_what_the_client_is(self):
        proxy = self.proxy(["starttls", "implicit"], [{"port": self.postfix.ports["may"], "tls": "mirror"}])
        for encrypted, arguments in ((False, None), (True, {}), (True, {"implicit": True})):
            with self.subTest(encrypted=encrypted, arguments=arguments):
                self.postfix.clear()
                port = proxy.ports[1 if arguments else 0]
                before = len(proxy.events("encrypted", side="upstream"))
                messages = len(proxy.events("transaction"))
                with Secure(port, self.context(), **arguments) if encrypted else Client(port) as client:
                    self.assertEqual(client.message(CONTENT).code, 250)
                self.arrived(CONTENT)
                proxy.await_events("transaction", messages + 1)
                self.assertEqual(len(proxy.events("encrypted", side="upstream")) - before, encrypted)
        self.postfix.clear()

    def test_sessions_are_resumed(self):
        for version in VERSIONS:
            with self.subTest(version):
                proxy = self.proxy(["none"], [{"port": self.postfix.ports[f"ecdsa-{version}"], "tls": "verified",
                                               **self.trusted()}], workers=1)
                for session in range(3):
                    with Client(proxy.port) as client:
                        self.assertEqual(client.message(CONTENT).code, 250)
                        client.quit()
                    lines = proxy.await_events("encrypted", session + 1, side="upstream")
                    self.assertEqual((lines[session].get("resumed"), lines[session]["verified"]),
                                     ("yes" if session else None, "yes"))
        self.arrived(*[CONTENT] * 6)
        self.postfix.clear()

    def test_a_refused_sender_is_not_tried_in_plaintext(self):
        """Postfix demands STARTTLS: what it says to a proxy that is told not to encrypt is what the client hears."""
        proxy = self.proxy(["none"], [{"port": self.postfix.port, "tls": "none"}])
        with Client(proxy.port) as client:
            client.ehlo()
            self.assertEqual(client.say("MAIL FROM:<ann@example.org>").code, 530)


class Failing(tls_lab.Case):
    """Servers that are not what they should be."""

    def server(self, certificate="ecdsa", **how):
        pair = (self.pki[f"{certificate}.pem"], self.pki[f"{certificate}.key"])
        server = Server(pair, **how)
        self.addCleanup(server.close)
        return server

    def rows(self):
        """How the server is, how it is spoken to, why that fails."""
        trusted = self.trusted()
        verified, checked = {"tls": "verified", **trusted}, {"tls": "required", "tls_verify": True, **trusted}
        for way in ({"tls": "required"}, verified):
            yield {"starttls": "hide"}, way, "does not offer STARTTLS"
            yield {"starttls": "refuse"}, way, "refuses STARTTLS"
            yield {"starttls": "inject"}, way, "sent something behind its reply to STARTTLS"
            yield {"starttls": "stall"}, way, "time limit"
        for way in (verified, checked):
            yield {"certificate": "expired"}, way, "expired on 2021-01-01"
            yield {"certificate": "early"}, way, "not valid before 2090-01-01"
            yield {"certificate": "stranger"}, way, "signed by itself, not by an authority"
            yield {"certificate": "proxy"}, way, r"is for proxy\.example, not mail\.example\.org"
        yield {"certificate": "client"}, verified | {"tls_name": "client.example.org"}, "not meant for a server"
        yield {"certificate": "expired", "implicit": True}, checked | {"tls": "implicit"}, "expired on"
        yield {}, verified | {"tls_ca": self.pki["stranger.pem"]}, "no authority that is trusted"
        yield {}, verified | {"tls_name": "a.b.mail.example.org"}, r"not a\.b\.mail\.example\.org"
        yield {}, {"tls": "verified", "tls_fingerprints": [self.pki.fingerprint("rsa")]}, (
            f"fingerprint {self.pki.fingerprint('ecdsa')} is not among those allowed")

    def refusal(self, port):
        """The first reply that is none of success."""
        with Client(port) as client:
            if client.greeting.code != 220:
                return client.greeting
            for line in ("EHLO client.example", "MAIL FROM:<ann@example.org>", "RCPT TO:<bob@example.com>", "DATA"):
                reply = client.say(line)
                if reply.code // 100 not in (2, 3):
                    return reply
        return reply

    def test_nothing_is_sent(self):
        for connect, (how, way, why) in itertools.product(("early", "late"), self.rows()):
            with self.subTest(connect=connect, how=how, way=way):
                server = self.server(**how)
                proxy = self.proxy(["none"], [{"port": server.port, **way}], connect=connect,
                                   timeouts={"handshake": "500ms"})
                self.assertEqual(self.refusal(proxy.port).code // 100, 4)
                lines = proxy.await_events("upstream-unfit")
                self.assertRegex(lines[0]["text"], why)
                self.assertEqual(re.findall(rb"MAIL|RCPT|DATA", server.plain + server.secret), [])

    def test_the_next_upstream_is_tried(self):
        bad, good = self.server(starttls="hide"), self.server()
        proxy = self.proxy(["none"], [{"port": bad.port, "tls": "verified", **self.trusted()},
                                      {"port": good.port, "tls": "verified", **self.trusted()}])
        with Client(proxy.port) as client:
            self.assertEqual(client.message(CONTENT).code, 250)
        self.assertNotIn(b"MAIL", bad.plain)
        self.assertNotIn(b"MAIL", good.plain)
        self.assertIn(b"\r\nSubject: upstream\r\n", good.secret)

    def test_opportunistic_delivers(self):
        for how, encrypted in (({"starttls": "hide"}, False), ({"starttls": "refuse"}, False), ({}, True),
                               ({"certificate": "expired"}, True), ({"certificate": "stranger"}, True)):
            with self.subTest(how):
                server = self.server(**how)
                proxy = self.proxy(["none"], [{"port": server.port, "tls": "opportunistic"}])
                with Client(proxy.port) as client:
                    self.assertEqual(client.message(CONTENT).code, 250)
                self.assertIn(b"Subject: upstream\r\n", server.secret if encrypted else server.plain)

    def test_opportunistic_after_a_failed_handshake(self):
        """A server that speaks no version of ours: once more, in plaintext."""
        server = self.server()
        server.context.maximum_version = tls_lab.VERSIONS["TLSv1.2"]
        proxy = self.proxy(["none"], [{"port": server.port, "tls": "opportunistic"}], tls={"min_version": "1.3"})
        with Client(proxy.port) as client:
            self.assertEqual(client.message(CONTENT).code, 250)
        self.assertEqual(server.connections, 2)
        self.assertIn(b"Subject: upstream\r\n", server.plain)
        proxy.await_events("upstream-plaintext")

    def test_sessions_are_resumed_in_the_server_s_eyes(self):
        for version, implicit in itertools.product(VERSIONS, (False, True)):
            with self.subTest(version=version, implicit=implicit):
                server = self.server(implicit=implicit)
                server.context.minimum_version = server.context.maximum_version = VERSIONS[version]
                way = {"tls": "implicit", "tls_verify": True} if implicit else {"tls": "verified"}
                proxy = self.proxy(["none"], [{"port": server.port, **way, **self.trusted()}], workers=1)
                for _ in range(3):
                    with Client(proxy.port) as client:
                        self.assertEqual(client.message(CONTENT).code, 250)
                        client.quit()
                self.assertEqual(server.resumed, [False, True, True])

    def test_a_session_does_not_outlive_trust(self):
        """What is resumed has been verified against the authorities of then; new ones begin anew."""
        server = self.server()
        ca = self.root / "ca.pem"
        ca.write_text(pathlib.Path(self.pki["ca.pem"]).read_text())
        proxy = self.proxy(["none"], [{"port": server.port, "tls": "verified", "tls_name": NAME, "tls_ca": str(ca)}],
                           workers=1)
        with Client(proxy.port) as client:
            self.assertEqual(client.message(CONTENT).code, 250)
            client.quit()
        ca.write_text(pathlib.Path(self.pki["stranger.pem"]).read_text())
        proxy.reload(proxy.config.read_text())
        self.assertEqual(self.refusal(proxy.port).code // 100, 4)


if __name__ == "__main__":
    lab.main("postfix", "openssl")
