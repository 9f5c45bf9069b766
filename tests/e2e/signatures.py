#!/usr/bin/env -S python3 -B
"""signatures.py: what dkimpy and opendkim have signed still verifies, by both, behind every filter that changes nothing and
behind those that add fields; not where a filter edits what is signed. Keys are made here, nobody is asked for them."""
import base64
import re
import sys

import lab
import nasty
from client import Client
from read_only import Chain

sys.path.append("/usr/lib/python3/dist-packages")  # where Debian keeps dkimpy, whichever Python this is
try:
    import dkim
except ImportError:
    dkim = None

DOMAIN, SELECTOR = b"signed.example", b"test"
NAME = f"{SELECTOR.decode()}._domainkey.{DOMAIN.decode()}"
HEAD = (b"From: Ann <ann@signed.example>\r\nTo: bob@example.com,\r\n\tcy@example.com\r\nSubject: the  minutes\r\n of our\r\n\tmeeting \r\n"
        b"Date: Mon, 16 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@signed.example>\r\n")
LETTERS = {
    "plain": HEAD + b"\r\nDear Bob,\r\n\r\nyou find them below.\r\n",
    "white space": HEAD + b"X-Odd:  \r\n\t a \r\n\r\n line \t \r\n\r\n.\r\n..\r\n \r\n\r\n\r\n",
    "no body": HEAD + b"\r\n",
    "eight bits": HEAD + b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa4\xff\r\n" * 50,
    "long": HEAD + b"\r\n" + b"A line like many others.\r\n" * 40000,
    "attachment": HEAD + nasty.attached(nasty.zipped([("a.txt", b"text" * 1000)]), b"a.zip")[len(nasty.HEAD):],
    "letter in a letter": HEAD + b"Content-Type: message/rfc822\r\n\r\n" + HEAD + b"\r\nForwarded\r\n",
}
ADDING = """
  - headers:
      rules:
        - {action: add, name: X-Above, value: at the top}
        - {action: append, name: X-Below, value: behind the last}
        - {action: insert, position: 2, name: X-Between, value: between two that are signed}
        - {action: replace, name: X-Unsigned, value: another}
"""
UNSIGNED = b"X-Unsigned: one\r\nAuthentication-Results: proxy.example; dkim=fail\r\n"


class Signer:
    """A key, both programs that sign by it, both that verify."""

    def __init__(self, folder):
        self.folder = folder
        self.key = folder / "key"
        self.made("genrsa", "-out", self.key, "2048")
        self.made("rsa", "-in", self.key, "-pubout", "-outform", "DER", "-out", folder / "public")
        self.record = "v=DKIM1; k=rsa; p=" + base64.b64encode((folder / "public").read_bytes()).decode()
        (folder / "keys").write_text(f"{NAME} {self.record}\n")
        (folder / "conf").write_text(f"TestPublicKeys {folder}/keys\nMode v\nSyslog no\n")

    @staticmethod
    def made(*arguments):
        done = lab.run("openssl", *arguments)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)

    def by_dkimpy(self, message, how, leave=()):
        """how: canonicalisation of header and body; leave: fields that are not signed."""
        names = [name.lower() for name in re.findall(rb"(?m)^([A-Za-z-]+):", message.partition(b"\r\n\r\n")[0])]
        signed = [name for name in dict.fromkeys(names) if name not in leave]
        ways = [word.encode() for word in how.split("/")]
        return dkim.sign(message, SELECTOR, DOMAIN, self.key.read_bytes(), canonicalize=tuple(ways),
                         include_headers=signed) + message

    def by_opendkim(self, message):
        path = self.folder / "message"
        path.write_bytes(message)
        with open(path, "rb") as stdin:
            done = lab.run("opendkim-testmsg", "-C", "-d", DOMAIN.decode(), "-s", SELECTOR.decode(), "-k", self.key,
                           stdin=stdin, errors="surrogateescape")
        if done.returncode != 0 or not done.stdout.startswith("DKIM-Signature:"):
            raise RuntimeError(f"opendkim-testmsg: {done.stdout}{done.stderr}")
        field = re.match(r"(.*\n)([ \t].*\n)*", done.stdout)[0]
        return re.sub(rb"\r?\n", b"\r\n", field.encode()) + message

    def verifies(self, message):
        """What dkimpy and opendkim say."""
        path = self.folder / "stored"
        path.write_bytes(message)
        done = lab.run("opendkim", "-x", self.folder / "conf", "-t", path, "-v", "-v")
        passed = re.search(r"\bdkim=(\w+)", done.stdout + done.stderr)
        return (dkim.verify(message, dnsfunc=lambda name, timeout=5: self.record.encode()),
                passed[1] == "pass" if passed else None)


class Signatures(lab.Case):
    def setUp(self):
        super().setUp()
        self.signer = Signer(self.folder("keys"))
        self.chain, self.mail = Chain(self), self.sink()

    def signed(self, letters, leave=(), above=b""):
        """Each letter signed in each way; `above` is put on top afterwards."""
        for name, letter in letters.items():
            for how in ("simple/simple", "relaxed/relaxed", "relaxed/simple"):
                yield f"{name}, {how}", above + self.signer.by_dkimpy(letter, how, leave)
            if not leave:  # opendkim signs everything
                yield f"{name}, opendkim", above + self.signer.by_opendkim(letter)

    def passes(self, proxy, message, by_chunks=False):
        """How it is stored."""
        before = set(self.mail.messages())
        with Client(proxy.port) as client:
            client.ehlo()
            client.envelope()
            reply = client.bdat(message[:100], message[100:])[-1] if by_chunks else client.data(message)
            self.assertEqual(reply.code, 250, reply)
        return (set(self.mail.messages()) - before).pop()

    def all_verify(self, config, check, **how):
        """And check(message, stored) of each."""
        proxy = self.postern(self.mail.port, config)
        for n, (name, message) in enumerate(self.signed(LETTERS, **how)):
            with self.subTest(name):
                # Reading files, opendkim folds white space of its own.
                good = (True, name != "white space, simple/simple")
                self.assertEqual(self.signer.verifies(message), good, "before")
                stored = self.passes(proxy, message, by_chunks=n % 2 == 1)
                self.assertEqual(self.signer.verifies(stored), good, stored[:1500])
                check(message, stored)

    def test_filters_that_look(self):
        self.all_verify(self.chain.text(), lambda message, stored: self.assertEqual(stored, message))

    def test_trace_field(self):
        def check(message, stored):
            self.assertTrue(stored.startswith(b"Received: ") and stored.endswith(message))
        self.all_verify("trace: received" + self.chain.text(), check)

    def test_added_fields(self):
        tags = (f"  - clamav: {{address: '{lab.HOST}:{self.chain.clamd.port}', on_infected: tag}}\n"
                f"  - spamassassin: {{address: '{lab.HOST}:{self.chain.spamd.port}', tag_score: 5, max_size: 2MiB}}\n"
                "  - regex: {rules: [{on: 'header:from', pattern: ., action: tag, header: 'X-From: yes'}]}\n"
                "  - attachments: {rules: [{names: '*', action: tag}]}\n")

        def check(message, stored):
            for field in (b"X-Above: at the top", b"X-Below: behind the last", b"X-Between:", b"X-Unsigned: another",
                          b"X-Virus-Status: Clean", b"X-Spam-Status: No", b"X-From: yes"):
                self.assertIn(b"\r\n" + field, stored)
            self.assertNotIn(b"Authentication-Results: proxy.example", stored)
            self.assertEqual(b"X-Attachment" in stored, b"a.zip" in message)
        self.all_verify("trace: received" + self.chain.text() + ADDING + tags, check, above=UNSIGNED)

    def test_unsigned_subject(self):
        def check(_, stored):
            self.assertIn(b"\r\nSubject: [EXTERNAL] the  minutes", stored)
        self.all_verify(self.chain.text() + "  - subject: {tag: '[EXTERNAL]'}\n", check, leave=(b"subject",))

    def test_what_is_signed_is_edited(self):
        """That it can fail: otherwise the others say nothing."""
        for edit in ("subject: {tag: '[EXTERNAL]'}", "headers: {rules: [{action: replace, name: Subject, value: x}]}",
                     "headers: {rules: [{action: remove, name: Date}]}",
                     "headers: {rules: [{action: append, name: From, value: mallory@example.org}]}"):
            proxy = self.postern(self.mail.port, f"filters:\n  - {edit}\n")
            for name, message in self.signed({"plain": LETTERS["plain"]}):
                with self.subTest(f"{edit}, {name}"):
                    self.assertEqual(self.signer.verifies(self.passes(proxy, message)), (False, False))


if __name__ == "__main__":
    if dkim is None:
        print("skipped: there is no dkimpy (python3-dkim); contrib/deps test installs what the tests need")
        sys.exit(lab.SKIPPED)
    lab.main("openssl", "opendkim", "opendkim-testmsg")
