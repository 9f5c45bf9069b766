#!/usr/bin/env -S python3 -B
"""scan.py: `postern scan` says of stored messages what the proxy would do with them, whatever they are kept in."""
import json
import os
import pathlib
import pty
import re
import select
import socket
import subprocess
import sys
import threading
import time
import unittest

import lab

CORPUS = lab.SOURCE.parent / "shared/data/stalwart-mail-parser/resources/eml"
HEAD = "hostname: mx.example.org\nlisteners: ['127.0.0.1:2525']\nupstreams: ['127.0.0.1:10025']\n"
RULE = """filters:
  - regex:
      mode: %s
      rules:
        - {name: no-invoices, on: subject, pattern: '(?i)overdue invoice', action: %s}
"""
ACCESS = "filters:\n  - access: {deny: %s}\n"
# Runs its arguments; the last line is the most memory that one of them had, in KiB.
PEAK = ("import resource, subprocess, sys\ncode = subprocess.call(sys.argv[1:])\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\nsys.exit(code)")
LETTER = "From: Ann <ann@example.org>\nTo: Bob <bob@example.com>\nSubject: %s\n\n.A line\nFrom here on\nno end"
GOOD, BAD = LETTER % "hello", LETTER % "your overdue invoice"


class Clamd(threading.Thread):
    """Answers INSTREAM on connections of its own, a while after the end; finds "overdue"."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.create_server((lab.HOST, 0))
        self.port = self.socket.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                connection = self.socket.accept()[0]
            except OSError:  # closed
                return
            with connection:
                connection.settimeout(20)
                got = b""
                while not got.endswith(b"\0\0\0\0") and (piece := connection.recv(65536)):
                    got += piece
                time.sleep(0.05)
                connection.sendall(b"stream: Test.Overdue FOUND\0" if b"overdue" in got else b"stream: OK\0")


class Scan(lab.Case):
    def config(self, text="", name="proxy.yaml"):
        path = self.root / name
        path.write_text(HEAD + text)
        return path

    def put(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def scan(self, *arguments, code, **options):
        done = lab.run(lab.POSTERN, "scan", *arguments, **options)
        self.assertIsNone(lab.SANITIZER.search(done.stderr), done.stderr)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def objects(self, *arguments, code, **options):
        """What --json tells: an object for each message."""
        done = self.scan("--json", *arguments, code=code, **options)
        return [json.loads(line) for line in done.stdout.splitlines()]

    # --- one message -----------------------------------------------------------------------------------------

    def test_verdicts(self):
        config = self.config(RULE % ("enforce", "reject"))
        good, bad = self.put("good.eml", GOOD), self.put("bad.eml", BAD)
        self.assertRegex(self.scan("-c", config, good, code=0).stdout,
                         rf"^accepted +\d+\.\d\d ms  {re.escape(str(good))}\n1 message, .*: 1 accepted\n$")
        self.assertRegex(self.scan("-c", config, bad, code=1).stdout,
                         rf"^rejected +\d+\.\d\d ms  {re.escape(str(bad))}  regex: no-invoices in field Subject  550 5\.7\.1 .*\n")
        self.assertRegex(self.scan("-c", config, "-q", bad, good, code=1).stdout,
                         r"^rejected.*\n2 messages, .*: 1 accepted, 1 rejected\n$")

    def test_json(self):
        config = self.config(RULE % ("enforce", "tempfail"))
        found = self.objects("-c", config, self.put("a \"b\"\n\xe4.eml", BAD), code=1)
        self.assertEqual(len(found), 1)
        self.assertGreater(found[0].pop("ms"), 0)
        self.assertRegex(found[0].pop("reply"), "^4.7.1 .")
        self.assertEqual(found[0], {
            "message": str(self.root / "a \"b\"\n\xe4.eml"), "size": len(BAD), "verdict": "tempfailed", "code": 451,
            "filter": "regex", "reason": "no-invoices", "where": "field Subject", "at": "message", "recipients": 1,
            "recipients_refused": 0,
            "observed": [], "failed": []})

    def test_what_a_terminal_is_shown_is_harmless(self):
        config = self.config(RULE % ("enforce", "reject"))
        done = self.scan("-c", config, self.put("a\x1b[31m\n.eml", BAD), code=1)
        self.assertNotIn("\x1b", done.stdout)
        self.assertEqual(len(done.stdout.splitlines()), 2)

    def test_standard_input(self):
        config = self.config(RULE % ("enforce", "reject"))
        for names in ([], ["-"]):
            with open(self.put("bad.eml", BAD), "rb") as stdin:
                found = self.objects("-c", config, *names, code=1, stdin=stdin)
            self.assertEqual([(row["message"], row["verdict"]) for row in found], [("-", "rejected")])

    def test_discarded(self):
        config = self.config(RULE % ("enforce", "discard"))
        found = self.objects("-c", config, self.put("bad.eml", BAD), code=1)
        self.assertEqual((found[0]["verdict"], found[0]["filter"]), ("discarded", "regex"))

    def test_matched_part(self):
        rules = ("  - regex: {mode: observe, rules: [{name: words, on: text, pattern: overdue, action: reject}]}\n"
                 "  - attachments: {rules: [{name: programs, names: '*.exe', action: reject}]}\n")
        letter = self.put("a.eml", GOOD.partition("\n\n")[0] + "\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\n"
                          "Content-Type: text/html; name=bill.html\n\n<p>overdue</p>\n--b\n"
                          "Content-Type: application/x-y; name=a.exe\n\nMZ\n--b--\n")
        config = self.config("filters:\n" + rules)
        done = self.scan("-c", config, letter, code=1)
        self.assertRegex(done.stdout, r"attachments: programs: \S+ a\.exe in part 3 application/x-y a\.exe  550 ")
        self.assertRegex(done.stdout, r"observed regex: reject at part \(words\) in part 2 text/html bill\.html\n")
        found = self.objects("-c", config, letter, code=1)[0]
        self.assertEqual((found["where"], found["observed"][0]["where"]),
                         ("part 3 application/x-y a.exe", "part 2 text/html bill.html"))

    def test_observed(self):
        config = self.config(RULE % ("observe", "reject"))
        bad = self.put("bad.eml", BAD)
        found = self.objects("-c", config, bad, code=0)
        self.assertEqual(found[0]["verdict"], "accepted")
        self.assertEqual(found[0]["observed"],
                         [{"filter": "regex", "verdict": "reject", "at": "header", "reason": "no-invoices",
                           "where": "field Subject"}])
        self.assertRegex(self.scan("-c", config, "-q", bad, code=0).stdout,
                         r"^accepted .*\n +observed regex: reject at header \(no-invoices\) in field Subject\n1 message")

    def test_envelope(self):
        letter = self.put("a.eml", "Return-Path: <r@example.org>\nDelivered-To: d@example.com\nTo: t@example.com\n\n")
        for denied, arguments, at in (
                ("{client: [192.0.2.0/24]}", ["--client", "192.0.2.7"], "CONNECT"),
                ("{helo: [bad.example]}", ["--helo", "bad.example"], "EHLO"),
                ("{from: [r@example.org]}", [], "MAIL"),
                ("{from: [s@example.org]}", ["--from", "s@example.org"], "MAIL"),
                ("{to: [d@example.com]}", [], "RCPT"),
                ("{to: [x@example.com]}", ["--to", "x@example.com"], "RCPT")):
            with self.subTest(denied):
                config = self.config(ACCESS % denied)
                found = self.objects("-c", config, *arguments, letter, code=1)
                self.assertEqual((found[0]["verdict"], found[0]["filter"], found[0]["at"]), ("rejected", "access", at))
                if not arguments:
                    self.objects("-c", config, "--from", "", "--to", "y@example.com", letter, code=0)

    def test_some_recipients(self):
        letter = self.put("a.eml", "To: a@example.com, b@example.com, c@example.com\n\n")
        found = self.objects("-c", self.config(ACCESS % "{to: [b@example.com]}"), letter, code=1)
        self.assertEqual((found[0]["verdict"], found[0]["filter"], found[0]["recipients"],
                          found[0]["recipients_refused"]), ("partly", "access", 3, 1))

    def test_filters_that_wait(self):
        clamd = Clamd()
        self.addCleanup(clamd.socket.close)
        letters = [self.put(f"{n}.eml", BAD if n % 2 else GOOD) for n in range(6)]
        config = self.config(f"filters: [{{clamav: {{address: '{lab.HOST}:{clamd.port}'}}}}]\n")
        found = self.objects("-c", config, *letters, code=1)
        self.assertEqual([(row["verdict"], "Test.Overdue" in row.get("reason", "")) for row in found],
                         [("accepted", False), ("rejected", True)] * 3)
        self.assertTrue(all(50 <= row["ms"] < 5000 for row in found), found)

    def test_filters_that_fail(self):
        letter = self.put("a.eml", GOOD)
        for then, verdict, code in (("tempfail", "tempfailed", 1), ("pass", "accepted", 0)):
            with self.subTest(then):
                config = self.config("filters:\n"
                                     f"  - clamav: {{address: 'unix:{self.root}/none', on_failure: {then}}}\n")
                found = self.objects("-c", config, letter, code=code)
                self.assertEqual(found[0]["verdict"], verdict)
                self.assertEqual([(row["filter"], row["on_failure"]) for row in found[0]["failed"]], [("clamav", then)])

    # --- two configurations ----------------------------------------------------------------------------------

    def test_against(self):
        old = self.config(RULE % ("enforce", "reject"), "old.yaml")
        letters = [self.put("a.eml", GOOD), self.put("b.eml", BAD), self.put("c.eml", GOOD)]
        for rule, code, now in (("reject", 0, None), ("tempfail", 1, "tempfailed"), ("discard", 1, "discarded")):
            with self.subTest(rule):
                new = self.config(RULE % ("enforce", rule))
                found = self.objects("-c", new, "--against", old, *letters, code=code)
                self.assertEqual([(row["message"], row["verdict"], row["against"]["verdict"]) for row in found],
                                 [(str(letters[1]), now, "rejected")] if now else [])
        done = self.scan("-c", self.config(), "--against", old, *letters, code=1)
        self.assertRegex(done.stdout, r"^rejected -> accepted .*b\.eml.*\n3 messages, .*; 1 changed\n$")

    # --- many ------------------------------------------------------------------------------------------------

    def maildir(self, count):
        for n in range(count):
            self.put(f"Maildir/{'cur' if n % 2 else 'new'}/{n:05}", (BAD if n % 10 == 3 else GOOD) + "\nx" * (n % 300))
        return self.root / "Maildir"

    def test_maildir(self):
        config, maildir = self.config(RULE % ("enforce", "reject")), self.maildir(1000)
        found = self.objects("-c", config, maildir, code=1)
        self.assertEqual(len(found), 1000)
        self.assertEqual({pathlib.Path(row["message"]).name for row in found if row["verdict"] == "rejected"},
                         {f"{n:05}" for n in range(3, 1000, 10)})
        self.assertTrue(all(row["verdict"] == "accepted" or row["reason"] == "no-invoices" for row in found))

    def test_mbox(self):
        text = "".join(f"From someone {n}\n{(BAD if n % 10 == 3 else GOOD).replace('From here', '>From here')}\n\n"
                       for n in range(100))
        box = self.put("box", text)
        config = self.config(RULE.replace("subject", "body").replace("(?i)overdue invoice", "(?m)^From here on") %
                             ("enforce", "reject"))
        found = self.objects("-c", config, box, code=1)
        self.assertEqual([row["message"] for row in found], [f"{box}:{n}" for n in range(1, 101)])
        self.assertEqual({row["verdict"] for row in found}, {"rejected"})  # unquoted, and in every one of them
        config = self.config(RULE % ("enforce", "reject"))
        found = self.objects("-c", config, box, code=1)
        self.assertEqual([n for n, row in enumerate(found) if row["verdict"] != "accepted"], list(range(3, 100, 10)))

    def test_broken_messages(self):
        line = b"x" * 1000000
        letters = [self.put(f"{n:02}.eml", text) for n, text in enumerate((
            b"", b"\n", b".", b"\r\n.\r\n", b"\0", b"a\rb\n", line, b"Subject: " + line, b"A: b\n" * 100000,
            bytes(range(256)) * 100, b"To: " + b"<" * 100000, b"To: " + b"(" * 100000, b"From: \"" + line,
            b"Content-Type: multipart/mixed; boundary=a\n\n--a\n" * 1000))]
        found = self.objects("-c", self.config(RULE % ("enforce", "reject")), self.root, code=1)
        self.assertEqual([row["message"] for row in found], [str(letter) for letter in letters])
        self.assertEqual([row["verdict"] for row in found][:6], ["accepted"] * 4 + ["rejected"] * 2)
        self.assertNotIn("lost", {row["verdict"] for row in found})

    @unittest.skipUnless(CORPUS.is_dir(), "there is no corpus of another mail reader")
    def test_corpus(self):
        letters = sorted(CORPUS.rglob("*.eml"))
        found = self.objects("-c", self.config(RULE % ("enforce", "reject")), *letters, code=1)
        self.assertEqual([row["message"] for row in found], [str(letter) for letter in letters])
        for row in found:
            text = pathlib.Path(row["message"]).read_bytes()
            clean = b"\0" not in text and b"\r" not in text.replace(b"\r\n", b"")
            self.assertEqual(row["verdict"], "accepted" if clean else "rejected", row)

    def test_memory(self):
        """A mailbox and a message need no more memory when they are large, from a file or a pipe."""
        config, line = self.config(RULE % ("enforce", "reject")), b"A line like many others in this message.\n"
        big = self.put("big.eml", GOOD.encode() + b"\n" + line * 800000)
        box = self.put("box", b"".join(b"From x\n%s\n%s\n" % (GOOD.encode(), line * 20) for _ in range(10000)) +
                       b"From x\n" + big.read_bytes())
        pipe = f"cat {box} | exec {lab.POSTERN} scan -q -c {config} -"
        for arguments in ([lab.POSTERN, "scan", "-q", "-c", config, big], [lab.POSTERN, "scan", "-q", "-c", config, box],
                          ["sh", "-c", pipe]):
            with self.subTest(arguments[-1]):
                done = lab.run(sys.executable, "-c", PEAK, *arguments, seconds=200,
                               env={**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=0:thread_local_quarantine_size_kb=0"})
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertRegex(done.stdout, "^10001 messages|^1 message")
                peak = int(done.stdout.splitlines()[-1]) / 1024
                self.assertLess(peak, 60 if lab.sanitized() else 16, "MiB")
                print(f"{peak:.0f} MiB", end=" ", flush=True)

    def test_progress(self):
        """A bar on a terminal, gone at the end; none elsewhere."""
        config = self.config(RULE % ("enforce", "reject"))
        self.assertEqual(self.scan("-q", "-c", config, self.put("a.eml", BAD), code=1).stderr, "")
        maildir = self.maildir(10000)
        primary, secondary = pty.openpty()
        with open(self.root / "said", "wb") as said:
            child = subprocess.Popen([lab.POSTERN, "scan", "-q", "-c", config, maildir], stdin=subprocess.DEVNULL, stdout=said,
                                     stderr=secondary)
        os.close(secondary)
        drawn, end = b"", time.monotonic() + 60
        while time.monotonic() < end:
            if not select.select([primary], [], [], 1)[0]:
                continue
            try:
                piece = os.read(primary, 65536)
            except OSError:  # the other side has closed
                break
            drawn += piece
        child.wait(60)
        os.close(primary)
        self.assertEqual(child.returncode, 1, drawn[-500:])
        shares = [int(share) for share in re.findall(r"\r\x1b\[K\[#*\.*\] +(\d+) %  \d+ messages, \d+ not accepted",
                                                     drawn.decode())]
        self.assertEqual(shares, sorted(shares))
        self.assertGreater(len(shares), 3)
        self.assertRegex(drawn.decode()[-200:], r"\[#{30}\] 100 %  10000 messages, 1000 not accepted\r\x1b\[K$")
        self.assertRegex((self.root / "said").read_text(), r"\n10000 messages, .*: 9000 accepted, 1000 rejected\n$")

    # --- trouble ---------------------------------------------------------------------------------------------

    def test_bad_configuration(self):
        letter = self.put("a.eml", GOOD)
        bad = self.config("nonsense: 1\n", "bad.yaml")
        for arguments in (["-c", bad], ["-c", self.config(), "--against", bad], ["-c", self.root / "none.yaml"]):
            self.assertRegex(self.scan(*arguments, letter, code=2).stderr, "(bad|none).yaml")

    def test_trouble(self):
        config, good = self.config(), self.put("a.eml", GOOD)
        done = self.scan("-c", config, self.root / "none", good, code=3)
        self.assertIn("none: No such file or directory", done.stderr)
        self.assertRegex(done.stdout, r"^accepted.*\n1 message, .*: 1 accepted; trouble with 1\n$")

    def test_usage(self):
        for arguments in (["--client", "x"], ["--helo", "a b"], ["--from", "x"], ["--to", ""], ["--nonsense"]):
            with self.subTest(arguments):
                self.assertNotEqual(self.scan(*arguments, code=64).stderr, "")
        self.assertIn("--against OLD", self.scan("--help", code=0).stdout)

    def test_log(self):
        done = self.scan("-v", "-c", self.config(), self.put("a.eml", GOOD), code=0)
        self.assertRegex(done.stderr, r"event=transaction .* from=ann@example.org to=\S*bob@example.com")


if __name__ == "__main__":
    lab.main()
