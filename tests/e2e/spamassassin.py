#!/usr/bin/env -S python3 -B
"""spamassassin.py: the filter spamassassin with a real spamd, which asks nobody on the network, and with spamds
that are gone, die and hang."""
import os
import pathlib
import re
import shutil
import signal
import tempfile

import lab
from client import Client

# Not in one piece, so that no filter takes this file for what it tests with.
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*" + b"GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
LETTER = (b"From: Ann <ann@example.org>\r\nTo: bob@example.com\r\nSubject: the minutes of our meeting\r\n"
          b"Date: Mon, 16 Nov 2026 10:00:00 +0000\r\nMessage-ID: <20261116100000.1234@example.org>\r\n\r\n"
          b"Dear Bob,\r\n\r\nyou find the minutes of our last meeting below. Please tell me what is missing.\r\n")


class Spamd(lab.Process):
    """A spamd of the test's own: local tests only, no preferences of users, two children."""

    def __init__(self, folder):
        root = pathlib.Path(folder)
        root.chmod(0o755)
        self.socket = root / "socket"
        self.log_file = root / "log"
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        super().__init__(root, "spamd", "--local", "--nouser-config", "--socketpath", self.socket, "--socketmode",
                         "0777", "--max-children", "2", "--syslog", self.log_file, "--helper-home-dir", root, *user)
        lab.wait_for(lambda: not self.alive() or "server started" in self.said(), "spamd listens", 60)
        if not self.alive():
            raise RuntimeError(f"spamd did not start: {self.said()}{self.complaints()}")

    def said(self):
        try:
            return self.log_file.read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def processes(self):
        """Its own id, then those of its children."""
        children = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [self.pid, *map(int, children)]


class SpamAssassin(lab.Case):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp(prefix="spamd-")
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.spamd = Spamd(folder)
        cls.addClassCleanup(cls.spamd.stop)

    def scanned(self, options, address=None):
        """A proxy whose messages are shown to spamd, before a sink."""
        self.mail = self.sink()
        address = address or f"unix:{self.spamd.socket}"
        return self.postern(self.mail.port, f"filters: [{{spamassassin: {{address: '{address}', {options}}}}}]\n")

    def send(self, proxy, content):
        with Client(proxy.port) as client:
            return client.message(content)

    def test_spam_is_refused(self):
        proxy = self.scanned("reject_score: 100, reply: 550 5.7.1 Spam of score %s")
        reply = self.send(proxy, LETTER + GTUBE + b"\r\n")
        self.assertRegex(str(reply), r"^550 5\.7\.1 Spam of score (99\d|100\d)\.\d$")
        event = proxy.await_events("transaction", verdict="rejected", filter="spamassassin")[0]
        self.assertRegex(event["reason"], r"^score \d+\.\d: (.*,)?GTUBE\b")
        self.assertEqual(self.send(proxy, LETTER).code, 250)
        self.assertEqual(len(self.mail.messages()), 1)
        self.assertTrue(self.mail.messages()[0].endswith(LETTER))

    def test_tag(self):
        proxy = self.scanned("tag_score: 5")
        for content, spam in ((LETTER + GTUBE + b"\r\n", True), (LETTER, False)):
            before = set(self.mail.messages())
            self.assertEqual(self.send(proxy, content).code, 250)
            message = (set(self.mail.messages()) - before).pop()
            head = message[:message.index(content)].decode()
            self.assertEqual("X-Spam-Flag: YES\r\n" in head, spam, head)
            self.assertRegex(head, r"X-Spam-Status: %s, score=-?\d+\.\d required=5\.0 tests=" %
                             ("Yes" if spam else "No"))
            self.assertEqual("GTUBE" in head, spam)

    def test_spamd_knows_the_client(self):
        """From what stands before the message it takes who has sent it: our address is inside, so it is trusted."""
        proxy = self.scanned("tag_score: 1000")
        self.assertEqual(self.send(proxy, LETTER).code, 250)
        self.assertIn(b"tests=ALL_TRUSTED", re.sub(rb"\r\n ", b" ", self.mail.messages()[0]))
        self.assertNotIn(b"NO_RELAYS", self.mail.messages()[0])

    def test_pieces_and_size(self):
        proxy = self.scanned("reject_score: 100, max_size: 200KB, too_large: pass")
        with Client(proxy.port) as client:
            client.ehlo()
            client.envelope()
            client.say("DATA")
            content = LETTER + b"An ordinary line of text.\r\n" * 1000 + GTUBE + b"\r\n.\r\n"
            for at in range(0, len(content), 997):
                client.send(content[at:at + 997])
            self.assertEqual(client.reply().code, 550)
            client.envelope()
            self.assertEqual(client.data(LETTER + b"An ordinary line of text.\r\n" * 20000 + GTUBE + b"\r\n").code, 250)
        proxy.await_events("filter", text="too large to be scanned: passes unscanned")

    def test_nobody_there(self):
        for choice, code in (("tempfail", 451), ("reject", 550), ("pass", 250)):
            proxy = self.scanned(f"tag_score: 5, on_failure: {choice}", f"unix:{self.root}/nowhere")
            self.assertEqual(self.send(proxy, LETTER).code, code)
            self.assertEqual(len(self.mail.messages()), code == 250)

    def test_stopped_and_killed(self):
        spamd = Spamd(self.folder("spamd"))
        self.addCleanup(lambda: spamd.alive() and spamd.stop())
        lab.wait_for(lambda: len(spamd.processes()) > 1, spamd.said)
        proxy = self.scanned("reject_score: 100, time_limit: 2s", f"unix:{spamd.socket}")
        for number in (signal.SIGSTOP, signal.SIGCONT):
            for pid in spamd.processes():
                os.kill(pid, number)
            if number == signal.SIGSTOP:
                self.assertEqual(self.send(proxy, LETTER).code, 451)
        proxy.await_events("filter_failed", reason="time limit")
        lab.wait_for(lambda: self.send(proxy, LETTER).code == 250, spamd.said)
        with Client(proxy.port) as client:
            client.ehlo()
            client.envelope()
            client.say("DATA")
            client.send(LETTER)
            lab.wait_for(lambda: len(re.findall("got connection", spamd.said())) == 3, spamd.said)
            for pid in spamd.processes():
                os.kill(pid, signal.SIGKILL)
            spamd.wait()
            client.send(b"more\r\n.\r\n")
            self.assertEqual(client.reply().code, 451)
        self.assertEqual(len(self.mail.messages()), 1)


if __name__ == "__main__":
    lab.main("spamd")
