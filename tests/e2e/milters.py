#!/usr/bin/env -S python3 -B
"""milters.py: milters as Debian ships them behind the filter milter, in front of a real Postfix that has none; those
that are linked to libmilter once with sendmail's and once with ours in its place."""
import os
import pathlib
import re
import sys

import clamav
import lab
import milter_lab
import spamassassin
from client import Client
from postfix import Postfix

sys.path.append("/usr/lib/python3/dist-packages")  # where Debian keeps dkimpy, whichever Python this is
try:
    import dkim
except ImportError:
    dkim = None

LETTER = (b"From: Ann <ann@example.org>\r\nTo: bob@example.com\r\nSubject: the minutes of our\r\n meeting\r\n"
          b"Date: Mon, 16 Nov 2026 10:00:00 +0000\r\nMessage-ID: <20261116100000.1234@example.org>\r\n\r\n"
          b"Dear Bob,\r\n\r\n.you find the minutes of our last meeting below.\r\n\r\n\r\n")
OURS = pathlib.Path(os.environ["LIBMILTER"]).resolve() if os.environ.get("LIBMILTER") else None
LIBRARIES = [None, OURS.parent] if OURS else [None]


class Milters(lab.Case):
    @classmethod
    def setUpClass(cls):
        cls.mail = Postfix()
        cls.addClassCleanup(cls.mail.close)

    def setUp(self):
        super().setUp()
        self.mail.clear()

    def run_milter(self, start, *arguments, **options):
        milter = start(self.folder(start.__name__), *arguments, **options)
        self.addCleanup(milter.stop)
        if options.get("library") is not None:
            self.assertTrue(milter.uses(OURS), milter.libraries())
        return milter

    def front(self, *milters, options="", more=""):
        rows = "".join(f"  - milter: {{address: '{milter.address}', edits: all{options}}}\n" for milter in milters)
        return self.postern(self.mail.port, f"filters:\n{rows}{more}")

    def send(self, proxy, content, *recipients, **envelope):
        with Client(proxy.port) as client:
            reply = client.message(content, *recipients, **envelope)
            client.quit()
            return reply

    def delivered(self, proxy, content, **envelope):
        """The message as it came out behind Postfix, its own trace fields taken off."""
        self.mail.clear()
        self.assertEqual(self.send(proxy, content, **envelope).code, 250, proxy.complaints())
        message = self.mail.await_messages(1)[0].replace(b"\n", b"\r\n").replace(b"\r\r", b"\r")
        return re.sub(rb"(?m)^(Return-Path|X-Original-To|Delivered-To): .*\r\n", b"", message, count=3)

    def with_each_library(self, test):
        for library in LIBRARIES:
            with self.subTest(library=library or "sendmail's"):
                test(library)

    def test_opendkim(self):
        """What one signs is found good by the other, and by an implementation of another make."""
        self.with_each_library(self.sign_and_verify)

    def sign_and_verify(self, library):
        key = milter_lab.Key(self.folder("key"))
        signer = self.front(self.run_milter(milter_lab.opendkim, key, "s", library=library))
        signed = self.delivered(signer, LETTER)
        self.assertIn(b"\r\nDKIM-Signature: ", b"\r\n" + signed)
        self.assertTrue(signed.endswith(LETTER))
        if dkim is not None:
            self.assertTrue(dkim.verify(signed, dnsfunc=lambda *_, **__: key.record.encode()))
        verifier = self.front(self.run_milter(milter_lab.opendkim, key, "v", library=library))
        self.assertRegex(self.delivered(verifier, signed), rb"Authentication-Results: mx\.example\.com;\s+dkim=pass")
        broken = signed.replace(b"the minutes of our last", b"the minutes of your last")
        self.assertRegex(self.delivered(verifier, broken), rb"Authentication-Results: mx\.example\.com;\s+dkim=fail")

    def test_opendmarc(self):
        """It believes the field that opendkim before it has just added: later milters see earlier edits."""
        self.with_each_library(self.judge)

    def judge(self, library):
        key = milter_lab.Key(self.folder("key"))
        signed = self.delivered(self.front(self.run_milter(milter_lab.opendkim, key, "s")), LETTER)
        chain = self.front(self.run_milter(milter_lab.opendkim, key, "v", library=library),
                           self.run_milter(milter_lab.opendmarc, library=library))
        self.assertRegex(self.delivered(chain, signed), rb"Authentication-Results: mx\.example\.com; dmarc=pass")
        reply = self.send(chain, LETTER)
        self.assertEqual(str(reply), "550 5.7.1 rejected by DMARC policy for example.org")

    def test_pyspf(self):
        proxy = self.front(self.run_milter(milter_lab.pyspf))
        self.assertRegex(self.delivered(proxy, LETTER), rb"Authentication-Results: \S+; spf=pass")
        with Client(proxy.port) as client:
            client.ehlo()
            reply = client.say("MAIL FROM:<ann@forged.example>")
            if reply.code == 250:
                reply = client.say("RCPT TO:<bob@example.com>")
            self.assertEqual((reply.code, reply.lines[0][:6]), (550, "5.7.23"), reply)

    def test_clamav_milter(self):
        self.clamd = clamav.Clamd(self.folder("clamd"))
        self.addCleanup(self.clamd.stop)
        self.with_each_library(self.scan)

    def scan(self, library):
        proxy = self.front(self.run_milter(milter_lab.clamav_milter, self.clamd, library=library))
        for content in (LETTER + clamav.EICAR + b"\r\n", clamav.attached(clamav.zipped(clamav.EICAR), "file.zip")):
            self.assertEqual(str(self.send(proxy, content)), f"550 5.7.1 Infected with {clamav.NAME}")
        large = LETTER + b"nothing wrong here\r\n" * 100000
        clean = self.delivered(proxy, large)
        self.assertIn(b"\r\nX-Virus-Status: Clean\r\n", clean)
        self.assertTrue(clean.endswith(large.partition(b"\r\n\r\n")[2]))

    def test_spamass_milter(self):
        self.spamd = spamassassin.Spamd(self.folder("spamd"))
        self.addCleanup(self.spamd.stop)
        self.with_each_library(self.rate)

    def rate(self, library):
        proxy = self.front(self.run_milter(milter_lab.spamass_milter, self.spamd, library=library))
        self.assertEqual(str(self.send(proxy, LETTER + spamassassin.GTUBE + b"\r\n")), "550 5.7.1 Blocked by SpamAssassin")
        self.assertRegex(self.delivered(proxy, LETTER), rb"\r\nX-Spam-Status: No, score=")

    def test_rspamd(self):
        proxy = self.front(self.run_milter(milter_lab.rspamd))
        reply = self.send(proxy, LETTER + spamassassin.GTUBE + b"\r\n")
        self.assertEqual(str(reply), "554 5.7.1 Gtube pattern")
        plain = self.delivered(proxy, LETTER)
        self.assertIn(b"\r\nX-Spamd-Bar: /\r\n", plain)
        event = proxy.await_events("transaction", verdict="relayed")[-1]
        self.assertIn(b"\r\nX-Rspamd-Queue-Id: " + event["id"].encode() + b"\r\n", plain)
        spam = self.delivered(proxy, LETTER + b"buy these pills\r\n")
        self.assertIn(b"\r\nX-Spam: Yes\r\n", spam)


if __name__ == "__main__":
    lab.main("postfix", "opendkim", "opendmarc", "clamav-milter", "spamass-milter", "pyspf-milter", "rspamd", "dnsmasq",
             "clamd", "spamd", "unshare")
