#!/usr/bin/env -S python3 -B
"""tls_certificates.py: which certificate a client is shown, by name and by what it understands; what `postern check`
says of bad ones; new files are taken up while connections go on; clients that show a certificate of their own."""
import itertools
import shutil
import signal
import ssl
import time

import lab
import tls_lab
from client import Client
from tls_lab import NAME, VERSIONS, Secure

LETTER = b"Subject: hello\r\n\r\nSome text\r\n"


class Choosing(tls_lab.Case):
    def test_the_name_chooses(self):
        proxy = self.proxy(["starttls"], [self.sink().port], certificates=["rsa", "proxy", "ecdsa"])
        for version, (name, subject) in itertools.product(("-tls1_2", "-tls1_3"), (
                (NAME, NAME), ("PROXY.example", "proxy.example"), ("a.mail.example.org", NAME), ("", NAME),
                ("proxy.example.org", NAME), ("a.b.mail.example.org", NAME), ("localhost", NAME))):
            with self.subTest(version=version, name=name):
                asked = ("-servername", name) if name else ("-noservername",)
                said = self.s_client(proxy.port, version, *asked)
                self.assertIn(f"\nsubject=CN = {subject}\n", said)
                self.assertIn("Verification: OK", said)

    def test_names_of_the_configuration_choose(self):
        rows = ["rsa", self.pki.row("proxy", names=["other.example.org", "*.example.net"])]
        proxy = self.proxy(["implicit"], [self.sink().port], certificates=rows)
        for name, subject in (("other.example.org", "proxy.example"), ("a.example.net", "proxy.example"),
                              ("example.net", NAME), ("proxy.example", NAME), (NAME, NAME)):
            with self.subTest(name):
                said = self.s_client(proxy.port, "-servername", name, starttls=False)
                self.assertIn(f"\nsubject=CN = {subject}\n", said)

    def test_the_algorithms_choose(self):
        """Both certificates are for the same name, whichever is listed first."""
        offers = (
            ("-tls1_3", "-sigalgs", "rsa_pss_rsae_sha256:RSA+SHA256", "RSA-PSS"),
            ("-tls1_3", "-sigalgs", "ecdsa_secp256r1_sha256:RSA+SHA256", "ECDSA"),
            ("-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256", "RSA"),
            ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDSA"),
            ("-tls1_2", "-sigalgs", "RSA+SHA256", "RSA"),
        )
        for rows in (["rsa", "ecdsa"], ["ecdsa", "rsa"]):
            proxy = self.proxy(["starttls"], [self.sink().port], certificates=rows)
            for *offer, signed in offers:
                for name in ("-servername", NAME), ("-noservername",):
                    with self.subTest(rows=rows, offer=offer, name=name):
                        said = self.s_client(proxy.port, *offer, *name)
                        self.assertIn(f"\nPeer signature type: {signed}\n", said)
                        self.assertIn("Verification: OK", said)


class Checking(tls_lab.Case):
    def check(self, certificate, **keys):
        """What postern check prints and ends with; the row's chain is on line 8 from column 14, its key on line 9."""
        file = self.folder("check") / "proxy.yaml"
        lines = ["hostname: " + keys.pop("hostname", NAME),
                 'listeners: [{address: "127.0.0.1:2525", tls: required}]', 'upstreams: "127.0.0.1:2526"',
                 "tls:", "  min_version: 1.2", "  tickets: true", "  certificates:",
                 f"    - chain: {self.pki[certificate + '.pem']}"]
        if "key" in keys:
            lines.append(f"      key: {self.pki[keys['key'] + '.key']}")
        lines += keys.get("more", [])
        file.write_text("\n".join(lines) + "\n")
        done = lab.run(lab.POSTERN, "check", "-c", file)
        self.assertEqual(done.stdout, f"{file}: ok\n" if done.returncode == 0 else "")
        return done.returncode, done.stderr.replace(str(file), "FILE").replace(str(self.pki.folder), "PKI")

    def test_what_is_wrong(self):
        chain, key = "FILE:8:14: tls.certificates[0].chain: ", "FILE:9:12: tls.certificates[0].key: "
        rows = (
            ("mismatched", {"key": "mismatched"}, 2, key + "is not the key of the certificate\n"),
            ("unrelated", {"key": "rsa"}, 2, chain + "certificate 2 in the file did not issue the one before it; "
             "allowed: the server's own, then its issuers in order\n"),
            ("garbage", {"key": "rsa"}, 2, chain + "PKI/garbage.pem holds no certificate; "
             "allowed: PEM, the certificate first\n"),
            ("nowhere", {"key": "rsa"}, 2, chain + "PKI/nowhere.pem cannot be read: No such file or directory\n"),
            ("ecdsa", {"key": "sealed"}, 2, key + "PKI/sealed.key is behind a password; "
             "allowed: a key without one\n"),
            ("expired", {"key": "expired"}, 0, chain + "warning: expired on 2021-01-01\n"),
            ("early", {"key": "early"}, 0, chain + "warning: is not valid before 2090-01-01\n"),
            ("ecdsa", {"key": "open"}, 0, key + "warning: PKI/open.key can be read by others than its owner and "
             "group\n"),
            ("ecdsa", {"key": "ecdsa", "more": [f"      names: [{NAME}, other.example.org]"]}, 0,
             "FILE:10:14: tls.certificates[0].names: warning: the certificate is not for other.example.org\n"),
            ("proxy", {"key": "proxy"}, 0, chain + f"warning: the certificate is for proxy.example, not for {NAME}\n"),
            ("joint", {}, 0, ""),
            ("rsa", {"key": "rsa"}, 0, ""),
        )
        for certificate, keys, status, said in rows:
            with self.subTest(certificate=certificate, **keys):
                code, text = self.check(certificate, **dict(keys))
                self.assertEqual((code, text), (status, said))

    def test_soon(self):
        code, text = self.check("soon", key="soon")
        self.assertEqual(code, 0)
        self.assertRegex(text, r"\AFILE:8:14: tls\.certificates\[0\]\.chain: warning: expires on \d{4}-\d\d-\d\d, "
                               r"in less than [45] days\n\Z")

    def test_wrong_order(self):
        code, text = self.check("disordered", key="rsa")
        self.assertEqual(code, 2)
        self.assertIn("FILE:8:14: tls.certificates[0].chain: certificate 2 in the file did not issue the one before it",
                      text)
        self.assertIn("FILE:9:12: tls.certificates[0].key: is not the key of the certificate\n", text)

    def test_warnings_do_not_keep_it_from_running(self):
        proxy = self.proxy(["required"], [self.sink().port], certificates=["expired"])
        with Secure(proxy.port, self.careless()) as client:
            self.assertEqual(client.message(LETTER).code, 250)


class Renewing(tls_lab.Case):
    """The certificate's files are replaced while Postern runs."""

    def setUp(self):
        super().setUp()
        self.live = {kind: self.root / f"live.{kind}" for kind in ("pem", "key")}
        self.install("rsa")

    def install(self, name, kinds=("key", "pem")):
        """As those who renew certificates do: written beside, then renamed."""
        for kind in kinds:
            beside = self.root / f"beside.{kind}"
            shutil.copy(self.pki[f"{name}.{kind}"], beside)
            beside.replace(self.live[kind])

    def start(self, tls="starttls", **keys):
        return self.proxy([tls], [self.sink().port], [{"chain": str(self.live["pem"]), "key": str(self.live["key"])}],
                          **keys)

    def test_by_signal(self):
        proxy = self.start()
        self.assertIn(f"CN = {NAME}\n", self.shown(proxy.port))
        with Secure(proxy.port, self.context()) as before:
            self.install("proxy")
            before.ehlo()
            proxy.signal(signal.SIGHUP)
            proxy.await_events("reload")
            self.assertIn("CN = proxy.example\n", self.shown(proxy.port))
            self.assertEqual(before.message(LETTER).code, 250)

    def test_by_themselves(self):
        """Within seconds, without a signal. Half of a pair is not used, and complained about."""
        proxy = self.start()
        with Secure(proxy.port, self.context()) as before:
            before.ehlo()
            before.envelope()
            before.say("DATA")
            self.install("ecdsa", ["key"])
            lines = proxy.await_events("certificates", 2, level="error")  # the other: it is not for our hostname
            self.assertIn("tls.certificates[0].key: is not the key of the certificate", lines[1]["text"])
            self.assertIn(f"CN = {NAME}\n", self.shown(proxy.port))
            self.install("proxy")
            started = time.monotonic()
            lab.wait_for(lambda: "CN = proxy.example\n" in self.shown(proxy.port), "the new certificate", 20)
            print(f"the new certificate was in use after {time.monotonic() - started:.1f} s ", end="")
            proxy.await_events("certificates", level="info")
            before.send(LETTER + b".\r\n")
            self.assertEqual(before.reply().code, 250)
            self.assertEqual(before.message(LETTER).code, 250)
        self.assertEqual(proxy.events("reload"), [])

    def test_authorities_of_upstreams_by_themselves(self):
        """Nor does a session that can be resumed outlive the trust it was made in."""
        ca = self.root / "ca.pem"
        shutil.copy(self.pki["ca.pem"], ca)
        behind = self.start("implicit")
        proxy = self.proxy(["none"], [{"port": behind.port, "tls": "implicit", "tls_verify": True, "tls_name": NAME,
                                       "tls_ca": str(ca)}], workers=1)
        for _ in range(2):
            with Client(proxy.port) as client:
                self.assertEqual(client.message(LETTER).code, 250)
                client.quit()
        proxy.await_events("encrypted", side="upstream", resumed="yes")
        shutil.copy(self.pki["stranger.pem"], ca)
        proxy.await_events("certificates", level="info")
        with Client(proxy.port) as client:
            self.assertEqual(client.greeting.code, 421)
        line, = proxy.await_events("upstream-unfit")
        self.assertIn("no authority that is trusted", line["text"])


class Showing(tls_lab.Case):
    """Clients with a certificate of their own."""

    def listeners(self):
        return [{"tls": tls, "client_certificates": ask} for tls, ask in
                itertools.product(("required", "implicit"), ("request", "require"))]

    def test_what_is_shown_is_known(self):
        for version in VERSIONS:
            proxy = self.proxy(self.listeners(), [self.sink().port], tls={"client_ca": self.pki["ca.pem"]})
            for row, port in zip(self.listeners(), proxy.ports):
                for own, subject, verified in (("client", "client.example.org", "yes"),
                                               ("stranger", NAME, "no"), (None, None, None)):
                    with self.subTest(version=version, own=own, **row):
                        before = len(proxy.events("close"))
                        welcome = verified == "yes" or row["client_certificates"] == "request"
                        self.assertEqual(self.delivers(port, row, version, own), welcome)
                        proxy.await_events("close", before + 1)
                        lines = proxy.events("encrypted", side="client")[-1:]
                        if welcome:
                            self.assertEqual(lines[0].get("verified"), verified)
                            self.assertEqual(lines[0].get("subject"), subject and f"CN={subject}")

    def delivers(self, port, row, version, own):
        """In TLS 1.3 a client hears only after its handshake that it was not good enough."""
        try:
            with Secure(port, self.context(version, own), implicit=row["tls"] == "implicit") as client:
                return client.message(LETTER).code == 250
        except (ssl.SSLError, ConnectionError, AssertionError) as error:
            self.assertRegex(str(error), "alert|reset|pipe|: 0 |EOF")
            return False

    def test_an_expired_one_is_not_verified(self):
        """With `request` it is known that it was shown, and that it is no good."""
        proxy = self.proxy(self.listeners()[:1], [self.sink().port], tls={"client_ca": self.pki["ca.pem"]})
        with Secure(proxy.port, self.context(own="expired")) as client:
            self.assertEqual(client.message(LETTER).code, 250)
        self.assertEqual(proxy.await_events("encrypted", side="client")[0]["verified"], "no")


if __name__ == "__main__":
    lab.main("openssl")
