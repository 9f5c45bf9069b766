#!/usr/bin/env -S python3 -B
"""tls_mail.py: mail from real clients over TLS, through Postern, to a Postfix that demands STARTTLS: every client with
STARTTLS and implicit TLS, TLS 1.2 and 1.3, an RSA and an ECDSA certificate, arrives octet for octet. The client
verifies Postern, Postern verifies Postfix."""
import concurrent.futures
import itertools
import smtplib

import lab
import mail
import tls_lab
from mail import EIGHT_BIT, KIB, MIB, PLAIN, SEVEN_BIT, letter, stored
from tls_lab import KEYS, NAME, VERSIONS, Piped, Secure, SecurePostfix, as_options

MODES = ("required", "implicit")
LEVELS = ("encrypt", "verify", "secure")  # of smtp(8)
SENDER, RECIPIENT = "ann@example.org", "bob@example.com"


def name(row):
    return "-".join(row).lower().replace(".", "")


def relay_options(mode, version, level):
    """What smtp(8) is told."""
    return {"smtp_tls_security_level": level, "smtp_tls_wrappermode": "yes" if mode == "implicit" else "no",
            "smtp_tls_mandatory_protocols": version, "smtp_tls_verify_cert_match": NAME,
            "smtp_tls_secure_cert_match": NAME}


class Relay(SecurePostfix):
    """Takes mail without TLS and passes it on: ways are name → (port, options of smtp(8)), chosen by local part."""

    def __init__(self, pki, ways):
        self.ways = ways
        routes = ", ".join(f"{{{way}@example.com = {way}:[{lab.HOST}]:{port}}}" for way, (port, _) in ways.items())
        super().__init__(pki, smtpd_tls_security_level="none", virtual_mailbox_domains="", relay_domains="example.com",
                         transport_maps=f"inline:{{{routes}}}", myhostname="relay.example",
                         smtp_tls_note_starttls_offer="no", smtp_dns_support_level="disabled")

    def _configure(self, parameters):
        super()._configure(parameters)
        with open(self.root / "etc/master.cf", "a") as file:
            for way, (_, options) in self.ways.items():
                file.write(f"{way} unix - - n - - smtp -o syslog_name=postfix/{way}{as_options(options)}\n")


class Loopback(smtplib.SMTP):
    """Whatever the server's name, it is on loopback."""

    def _get_socket(self, host, port, timeout):
        return super()._get_socket(lab.HOST, port, timeout)


class SecureLoopback(smtplib.SMTP_SSL, Loopback):
    pass


class Clients(tls_lab.Case):
    """Each delivers one message in each of the eight ways."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.postfix = SecurePostfix(cls.pki)
        cls.addClassCleanup(cls.postfix.close)

    arrived = mail.Mail.arrived

    def matrix(self, deliver, octets=EIGHT_BIT):
        """deliver(port, implicit, version, content, path) is called for each way."""
        upstream = {"port": self.postfix.port, "tls": "verified", **self.trusted()}
        for key in KEYS:
            proxy = self.proxy(MODES, [upstream], certificates=[key])
            self.looked_at = set()
            for (mode, port), version in itertools.product(zip(MODES, proxy.ports), VERSIONS):
                with self.subTest(key=key, mode=mode, version=version):
                    self.postfix.clear()
                    content = letter(f"{key} {mode} {version}", 3 * KIB, octets=octets)
                    path = self.root / "letter"
                    path.write_bytes(content)
                    deliver(port, mode == "implicit", version, content, path)
                    self.arrived(content)
                    self.encrypted(proxy, key, version)
        self.postfix.clear()

    def encrypted(self, proxy, key, version):
        """Both sides of the only session that has not been looked at were, in the way that was meant."""
        logged = {line["session"] for line in proxy.await_events("transaction", len(self.looked_at) + 1)}
        session, = logged - self.looked_at
        self.looked_at = logged
        client, = proxy.await_events("encrypted", side="client", session=session)
        upstream, = proxy.await_events("encrypted", side="upstream", session=session)
        self.assertEqual((client["version"], upstream["verified"]), (version, "yes"))
        if version == "TLSv1.2":
            self.assertIn(f"_{key.upper()}_", client["cipher"])

    def ran(self, *arguments, **options):
        done = lab.run(*arguments, **options)
        self.assertEqual(done.returncode, 0, f"{done.stdout}\n{done.stderr}")

    def test_swaks(self):
        def deliver(port, implicit, version, content, path):
            path.write_bytes(stored(content)[:-1])  # swaks ends the lines itself, the last one too
            self.ran("swaks", "--server", f"{lab.HOST}:{port}", "--from", SENDER, "--to", RECIPIENT,
                     "--data", f"@{path}", "--tls-on-connect" if implicit else "--tls",
                     "--tls-protocol", version.lower().replace(".", "_"), "--tls-sni", NAME,
                     "--tls-verify", "--tls-ca-path", self.pki["ca.pem"], "--timeout", "20")
        self.matrix(deliver, octets=PLAIN)

    def test_smtplib(self):
        def deliver(port, implicit, version, content, _):
            context = self.context(version)
            with (SecureLoopback(NAME, port, "client.example", timeout=20, context=context) if implicit else
                  Loopback(NAME, port, "client.example", timeout=20)) as client:
                if not implicit:
                    client.starttls(context=context)
                self.assertEqual(client.sendmail(SENDER, [RECIPIENT], content, ["BODY=8BITMIME"]), {})
        self.matrix(deliver)

    def test_curl(self):
        def deliver(port, implicit, version, _, path):
            number = version[-3:]
            self.ran("curl", "--silent", "--show-error", "--resolve", f"{NAME}:{port}:{lab.HOST}", "--noproxy", "*",
                     f"{'smtps' if implicit else 'smtp'}://{NAME}:{port}/client.example", "--ssl-reqd",
                     f"--tlsv{number}", "--tls-max", number, "--cacert", self.pki["ca.pem"],
                     "--mail-from", SENDER, "--mail-rcpt", RECIPIENT, "--upload-file", path, "--max-time", "20")
        self.matrix(deliver)

    def test_msmtp(self):
        def deliver(port, implicit, version, content, path):
            path.write_bytes(stored(content)[:-1])
            with open(path, "rb") as message:
                self.ran("msmtp", "--host", lab.HOST, "--port", port, "--auth=off", "--from", SENDER, "--tls=on",
                         f"--tls-starttls={'off' if implicit else 'on'}", f"--tls-host-override={NAME}",
                         f"--tls-trust-file={self.pki['ca.pem']}",
                         f"--tls-priorities=NORMAL:-VERS-ALL:+VERS-{version.replace('v', '')}", RECIPIENT,
                         stdin=message)
        self.matrix(deliver, octets=SEVEN_BIT)

    def test_openssl(self):
        def deliver(port, implicit, version, content, _):
            with Piped("openssl", "s_client", "-connect", f"{lab.HOST}:{port}", "-quiet", "-servername", NAME,
                       "-verify_hostname", NAME, "-verify_return_error", "-CAfile", self.pki["ca.pem"],
                       "-" + version.lower().replace("v", "").replace(".", "_"),
                       *(() if implicit else ("-starttls", "smtp")), greet=implicit) as client:
                client.ehlo()
                client.envelope(parameters="BODY=8BITMIME")
                self.assertEqual(client.data(content).code, 250, client.complaints())
                self.assertEqual(client.say("QUIT").code, 221)
        self.matrix(deliver)

    def both(self, **keys):
        """Postern, encrypted on either side."""
        return self.proxy(MODES, [{"port": self.postfix.port, "tls": "verified", **self.trusted()}], **keys)

    def test_large_messages_at_once(self):
        """Sixteen sessions with 2 MiB each; the second time held back by a filter, in files."""
        tag = {"rules": [{"name": "all", "on": "body", "pattern": "dot", "action": "tag", "header": "X-Tag: dot"}]}
        for keys in {}, {"limits": {"spool_memory": "64KiB"}, "filters": [{"regex": tag}]}:
            proxy = self.both(**keys)
            contents = [letter(f"large {n}", 2 * MIB, n) for n in range(4)] * 4

            def deliver(n, ports=proxy.ports, contents=contents):
                version = list(VERSIONS)[n // 2 % 2]
                with Secure(ports[n % 2], self.context(version), implicit=n % 2 == 1) as client:
                    return client.message(contents[n], parameters="BODY=8BITMIME").code

            with self.subTest(**keys), concurrent.futures.ThreadPoolExecutor(len(contents)) as pool:
                codes = pool.map(deliver, range(len(contents)))
                self.assertEqual(set(codes), {250})
                self.arrived(*contents)
            self.postfix.clear()

    def test_trace(self):
        """RFC 3848; and how it was encrypted, for those who read it."""
        content = letter("traced", KIB)
        with Secure(self.both(trace="received").port, self.context("TLSv1.3")) as client:
            self.assertEqual(client.message(content).code, 250)
        self.arrived(content)
        self.assertRegex(self.postfix.messages()[0],
                         rb"(?m)^Received: from client\.example \(\[127\.0\.0\.1\]\)\n"
                         rb"\t\(using TLSv1\.3 with cipher \S+\)\n\tby proxy\.example \(Postern\) with ESMTPS id ")
        self.postfix.clear()

    def test_postfix(self):
        """The smtp(8) of another Postfix, at each of the levels at which it demands TLS: all at once."""
        upstream = {"port": self.postfix.port, "tls": "verified", **self.trusted()}
        rows = list(itertools.product(KEYS, MODES, VERSIONS, LEVELS))
        proxies = {key: self.proxy(MODES, [upstream], certificates=[key]) for key in KEYS}
        ports = {(key, mode): port for key in KEYS for mode, port in zip(MODES, proxies[key].ports)}
        relay = Relay(self.pki, {name(row): (ports[row[:2]], relay_options(*row[1:])) for row in rows})
        self.addCleanup(relay.close)
        letters = {name(row): letter(name(row), 3 * KIB, seed) for seed, row in enumerate(rows)}
        with smtplib.SMTP(lab.HOST, relay.port, "client.example", timeout=20) as client:
            for way, content in letters.items():
                client.sendmail(SENDER, [f"{way}@example.com"], content, ["BODY=8BITMIME"])
        self.arrived(*letters.values())
        log = relay.maillog()
        for row in rows:
            with self.subTest(name(row)):
                said = "Untrusted|Trusted" if row[3] == "encrypt" else "Verified"
                self.assertRegex(log, rf"postfix/{name(row)}/smtp.*: (?:{said}) TLS connection established to "
                                      rf"\S+:{ports[row[:2]]}: {row[2]} with cipher ")


if __name__ == "__main__":
    lab.main("postfix", "openssl", "swaks", "msmtp", "curl")
