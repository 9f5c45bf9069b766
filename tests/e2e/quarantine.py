#!/usr/bin/env -S python3 -B
"""quarantine.py: messages that filters want kept: what the client hears, what is known of them, and `postern quarantine`:
list, show, release, delete. Who dies meanwhile is left to tests/faults."""
import json
import os
import time

import lab
import tls_lab
from client import Client
from tls_server import Server

RULES = """
quarantine: {directory: kept%s}
filters:
  - regex: {on_reject: quarantine, rules: [{name: no-bad-words, on: raw, pattern: bad, action: reject}]}
"""
BAD = b"From: ann@example.org\r\nSubject: \x1b[31mbad\r\n\r\n.a line\r\n"
GOOD = BAD.replace(b"bad", b"good")


class Case(tls_lab.Case):
    def kept_by(self, upstreams, more="", text=RULES):
        proxy = self.postern(upstreams, text % more)
        proxy.kept = proxy.folder / "kept"
        return proxy

    def send(self, proxy, content=BAD, *recipients, parameters="", sender="ann@example.org"):
        with Client(proxy.port) as client:
            client.ehlo()
            client.envelope(*recipients, parameters=parameters, sender=sender)
            return client.data(content)

    def keep(self, proxy, *arguments, **options):
        reply = self.send(proxy, BAD, *arguments, **options)
        self.assertEqual(reply.code, 250, reply)
        return reply.text.rpartition(" ")[2]

    def quarantine(self, config, *arguments, code=0):
        ran = lab.run(lab.POSTERN, "quarantine", "-c", config, *arguments)
        self.assertEqual(ran.returncode, code, ran.stdout + ran.stderr)
        self.assertIsNone(lab.SANITIZER.search(ran.stderr), ran.stderr)
        return ran

    def listed(self, config):
        return [json.loads(line) for line in self.quarantine(config, "list", "--json").stdout.splitlines()]

    def envelopes(self, sink):
        return [json.loads(path.read_text()) for path in sorted((sink.maildir / "envelopes").iterdir())]

    def config(self, proxy, upstream, text=RULES):
        """Another configuration of the same quarantine."""
        path = self.root / "other.yaml"
        path.write_text(f"hostname: proxy.example\nlisteners: ['{lab.HOST}:{proxy.port}']\n"
                        f"upstreams: {json.dumps([upstream])}\n" + (text % "").replace("directory: kept",
                                                                                      f"directory: {proxy.kept}"))
        return path


class Keeping(Case):
    def test_accept_reject(self):
        sink = self.sink()
        for more, code, text in (("", 250, "Held for review: "), (", reply: reject", 550, "Refused by local policy: "),
                                 (", reply: reject, text: No", 550, "No: ")):
            proxy = self.kept_by(sink.port, more)
            reply = self.send(proxy)
            self.assertEqual(reply.code, code)
            self.assertIn(text, reply.text)
            ident = reply.text.rpartition(" ")[2]
            self.assertEqual((proxy.kept / f"{ident}.eml").read_bytes(), BAD)
            proxy.await_events("transaction", verdict="quarantined", id=ident)
            self.assertEqual(self.send(proxy, GOOD).code, 250)
        self.assertEqual(sink.messages(), [GOOD] * 3)

    def test_rights(self):
        os.umask(0)
        self.addCleanup(os.umask, 0o022)
        proxy = self.kept_by(self.sink().port)
        ident = self.keep(proxy)
        for path, mode in ((proxy.kept, 0o40700), (proxy.kept / "tmp", 0o40700), (proxy.kept / f"{ident}.eml", 0o100600),
                           (proxy.kept / f"{ident}.json", 0o100600)):
            self.assertEqual(path.stat().st_mode, mode, path)

    def test_facts(self):
        proxy = self.kept_by(self.sink().port)
        ident = self.keep(proxy, "bob@example.com", "eve@example.com", parameters="BODY=8BITMIME", sender="")
        facts, = self.listed(proxy.config)
        self.assertEqual(facts | {"id": ident, "reverse_path": "", "parameters": "BODY=8BITMIME", "filter": "regex",
                                  "reason": "no-bad-words", "helo": "client.example", "size": len(BAD),
                                  "recipients": [{"address": "bob@example.com"}, {"address": "eve@example.com"}],
                                  "upstream": {"address": f"{lab.HOST}:{proxy.upstreams[0]}"}}, facts)
        self.assertEqual(facts["client"]["address"], lab.HOST)
        self.assertEqual(facts["session"], proxy.await_events("transaction", id=ident)[0]["session"])

    def test_trace_and_limits(self):
        """What is kept is what the upstream would have got; it is larger than what stays in memory."""
        sink = self.sink()
        proxy = self.kept_by(sink.port, text=RULES + "trace: received\nlimits: {spool_memory: 4KiB}\n")
        content = BAD + b"x" * 70 + b"\r\n" + (b"y" * 76 + b"\r\n") * 20000
        with Client(proxy.port) as client:
            client.ehlo()
            client.envelope()
            ident = client.data(content).text.rpartition(" ")[2]
        octets = (proxy.kept / f"{ident}.eml").read_bytes()
        self.assertTrue(octets.startswith(b"Received: from client.example") and octets.endswith(content))
        self.quarantine(proxy.config, "release", ident)
        self.assertEqual(sink.messages(), [octets])

    def test_retention(self):
        proxy = self.kept_by(self.sink().port, ", retention: 1h")
        old, new = self.keep(proxy), self.keep(proxy)
        past = time.time() - 3700
        os.utime(proxy.kept / f"{old}.eml", (past, past))
        self.assertEqual([facts["id"] for facts in self.listed(proxy.config)], [new])
        self.assertEqual(sorted(path.suffix for path in proxy.kept.iterdir()), ["", ".eml", ".json"])

    def test_reload(self):
        """A quarantine comes and goes with the configuration; one that cannot be used is refused."""
        proxy = self.kept_by(self.sink().port, text="%s")
        self.assertEqual(self.send(proxy).code, 250)
        proxy.reload(RULES % "")
        self.keep(proxy)
        (proxy.folder / "taken").write_text("")
        proxy.write((RULES % "").replace("kept", "taken"))
        proxy.signal(1)
        proxy.await_events("reload_refused")
        self.keep(proxy)
        proxy.reload(RULES.replace("quarantine: {directory: kept%s}", ""))
        reply = self.send(proxy)
        self.assertEqual(reply.code, 451)
        self.assertEqual(len(self.listed(self.config(proxy, f"{lab.HOST}:{proxy.upstreams[0]}"))), 2)

    def test_check(self):
        folder = self.folder("check")
        (folder / "file").write_text("")
        (folder / "open").mkdir(mode=0o755)
        for directory, why in (("file", "is no directory"), ("open", "open to others"), ("no/such", "there is no"),
                               ("fine", None)):
            config = folder / "proxy.yaml"
            config.write_text("hostname: a.example\nlisteners: ['127.0.0.1:2525']\nupstreams: ['127.0.0.1:2526']\n" +
                              (RULES % "").replace("kept", directory))
            ran = lab.run(lab.POSTERN, "check", "-c", config)
            self.assertEqual(ran.returncode, 2 if why else 0, ran.stderr)
            self.assertIn(why or "", ran.stderr)
        self.assertFalse((folder / "fine").exists())
        config.write_text(config.read_text().replace("quarantine: {directory: fine}", ""))
        ran = lab.run(lab.POSTERN, "check", "-c", config)
        self.assertEqual(ran.returncode, 0)
        self.assertIn("warning: there is no quarantine.directory", ran.stderr)

    def test_scan_keeps_nothing(self):
        proxy = self.kept_by(self.sink().port)
        (self.root / "bad.eml").write_bytes(BAD)
        ran = lab.run(lab.POSTERN, "scan", "-c", proxy.config, "--json", self.root / "bad.eml")
        self.assertEqual(json.loads(ran.stdout)["verdict"], "quarantined", ran.stdout + ran.stderr)
        self.assertEqual(self.listed(proxy.config), [])


class Looking(Case):
    def test_list_show_delete(self):
        proxy = self.kept_by(self.sink().port)
        self.assertEqual(self.quarantine(proxy.config, "list").stdout, "")
        first, second = self.keep(proxy), self.keep(proxy, "bob@example.com", "eve@example.com")
        lines = self.quarantine(proxy.config, "list").stdout.splitlines()
        self.assertEqual([line.split()[0] for line in lines], ["ID", first, second])
        self.assertIn("<ann@example.org> -> bob@example.com and 1 more  regex: no-bad-words", lines[2])
        shown = self.quarantine(proxy.config, "show", second).stdout
        self.assertIn("Subject: ?[31mbad\n", shown)  # no message speaks to the terminal
        self.assertNotIn("a line", shown)
        raw = self.quarantine(proxy.config, "show", "--raw", first).stdout
        self.assertEqual(raw.encode(), BAD.replace(b"\r\n", b"\n"))  # as text=True reads it
        self.assertEqual(self.quarantine(proxy.config, "delete", first, "NONE", "../kept/" + second, code=1).stdout,
                         f"{first}: deleted\n")
        self.assertEqual([facts["id"] for facts in self.listed(proxy.config)], [second])
        self.quarantine(proxy.config, "show", first, code=1)
        for wrong in ((), ("show",), ("show", first, second), ("list", first), ("keep",), ("--no-such", "list")):
            self.quarantine(proxy.config, *wrong, code=64)

    def test_no_quarantine(self):
        proxy = self.kept_by(self.sink().port, text="%s")
        self.quarantine(proxy.config, "list", code=2)

    def test_damaged(self):
        proxy = self.kept_by(self.sink().port)
        ident, good = self.keep(proxy), self.keep(proxy)
        (proxy.kept / f"{ident}.json").write_text("{")
        ran = self.quarantine(proxy.config, "list", code=1)
        self.assertIn(good, ran.stdout)
        self.assertIn("cannot be read", ran.stderr)
        self.quarantine(proxy.config, "release", ident, code=1)
        self.assertEqual(len(list(proxy.kept.glob("*.eml"))), 2)


class Releasing(Case):
    def test_envelope(self):
        """The same envelope, with the parameters that the upstream offers."""
        sink = self.sink()
        proxy = self.kept_by(sink.port)
        ident = self.keep(proxy, "bob@example.com", "eve@example.com", parameters="BODY=8BITMIME SIZE=9")
        ran = self.quarantine(proxy.config, "release", ident)
        self.assertIn(f"{ident}: delivered to 2 of 2", ran.stdout)
        self.assertEqual(sink.messages(), [BAD])
        envelope, = self.envelopes(sink)
        self.assertEqual(envelope["reverse_path"], "ann@example.org")
        self.assertIn("BODY=8BITMIME", envelope["parameters"])
        self.assertNotIn("SIZE=9", envelope["parameters"])
        self.assertEqual([to["address"] for to in envelope["recipients"]], ["bob@example.com", "eve@example.com"])
        self.assertEqual(self.listed(proxy.config), [])

    def test_binary(self):
        """By chunks, octet for octet; a server that takes none does not get it."""
        sink = self.sink()
        proxy = self.kept_by(sink.port)
        content = b"bad\0\r\n.\r\n\rx\n"
        with Client(proxy.port) as client:
            client.ehlo()
            client.envelope(parameters="BODY=BINARYMIME")
            client.send(b"BDAT %d LAST\r\n" % len(content) + content)
            ident = client.reply().text.rpartition(" ")[2]
        poor = self.sink("--without", "CHUNKING")
        config = self.config(proxy, f"{lab.HOST}:{poor.port}")
        ran = self.quarantine(config, "release", "--upstream", f"{lab.HOST}:{poor.port}", ident, code=1)
        self.assertIn("does not offer what the message needs", ran.stdout)
        self.quarantine(proxy.config, "release", ident)
        self.assertEqual((sink.messages(), poor.messages()), ([content], []))

    def test_dots(self):
        """By DATA where there are no chunks."""
        sink = self.sink("--without", "CHUNKING")
        proxy = self.kept_by(sink.port)
        self.quarantine(proxy.config, "release", self.keep(proxy))
        self.assertEqual(sink.messages(), [BAD])

    def test_some_recipients_refused(self):
        """Those that have it are not delivered to again."""
        sink = self.sink()
        proxy = self.kept_by(sink.port)
        ident = self.keep(proxy, "a@example.com", "b@example.com", "c@example.com")
        picky = self.sink("--at", "RCPT#2=reject:550 no b here")
        config = self.config(proxy, f"{lab.HOST}:{picky.port}")
        ran = self.quarantine(config, "release", "--upstream", f"{lab.HOST}:{picky.port}", ident, code=1)
        self.assertIn("delivered to 2 of 3", ran.stdout)
        self.assertIn("not to <b@example.com>: 550", ran.stdout)
        self.assertEqual([to["address"] for to in self.envelopes(picky)[0]["recipients"]], ["a@example.com", "c@example.com"])
        self.assertEqual(self.listed(proxy.config)[0]["recipients"], [{"address": "b@example.com"}])
        self.quarantine(proxy.config, "release", ident)
        self.assertEqual([to["address"] for to in self.envelopes(sink)[0]["recipients"]], ["b@example.com"])
        self.assertEqual(self.listed(proxy.config), [])

    def test_refused(self):
        proxy = self.kept_by(self.sink().port)
        ident = self.keep(proxy)
        for point, said in (("CONNECT", "connecting"), ("MAIL", "MAIL"), ("RCPT", "RCPT"), ("EOM", "the message")):
            sink = self.sink("--at", f"{point}=reject")
            address = f"{lab.HOST}:{sink.port}"
            ran = self.quarantine(self.config(proxy, address), "release", "--upstream", address, ident, code=1)
            self.assertIn(f"{ident}: not delivered, {said}", ran.stdout)
            self.assertEqual(sink.messages(), [])
        ran = self.quarantine(self.config(proxy, f"{lab.HOST}:1"), "release", ident, code=1)
        self.assertIn("is no upstream of", ran.stderr)
        ran = self.quarantine(self.config(proxy, f"{lab.HOST}:1"), "release", "--upstream", f"{lab.HOST}:1", ident, code=1)
        self.assertIn("not delivered, connecting: 4", ran.stdout)
        self.assertEqual((proxy.kept / f"{ident}.eml").read_bytes(), BAD)

    def test_in_doubt(self):
        proxy = self.kept_by(self.sink().port)
        ident = self.keep(proxy)
        sink = self.sink("--at", "STORED=drop")
        address = f"{lab.HOST}:{sink.port}"
        self.quarantine(self.config(proxy, address), "release", "--upstream", address, ident, code=1)
        self.assertEqual(len(sink.messages()), 1)
        self.assertEqual(len(self.listed(proxy.config)), 1)

    def test_identity(self):
        """An upstream that believes us hears who the client was."""
        sink = self.sink("--xclient")
        proxy = self.postern([], f"upstreams: [{{address: '{lab.HOST}:{sink.port}', identity: xclient}}]\n" + RULES % "")
        with Client(proxy.port, source="127.0.0.9") as client:
            client.ehlo("far.example")
            client.envelope()
            ident = client.data(BAD).text.rpartition(" ")[2]
        self.quarantine(proxy.config, "release", ident)
        envelope, = self.envelopes(sink)
        self.assertEqual((envelope["client"], envelope["helo"]), ("127.0.0.9", "far.example"))

    def test_tls(self):
        """The upstream's settings hold: what must be encrypted is not sent otherwise."""
        sink = self.sink("--tls-chain", self.pki["ecdsa.pem"], "--tls-key", self.pki["ecdsa.key"])
        proxy = self.kept_by(sink.port)
        for way, good in (({"tls": "required"}, True), ({"tls": "verified"} | self.trusted(), True),
                          ({"tls": "verified"} | self.trusted("other.example"), False),
                          ({"tls": "opportunistic"}, True)):
            with self.subTest(**way):
                before = len(sink.messages())
                ident = self.keep(proxy)
                config = self.config(proxy, {"address": f"{lab.HOST}:{sink.port}", **way})
                self.quarantine(config, "release", ident, code=0 if good else 1)
                self.assertEqual(len(sink.messages()) - before, good)
                if not good:
                    self.quarantine(proxy.config, "delete", ident)

    def test_never_in_plaintext(self):
        proxy = self.kept_by(self.sink().port)
        ident = self.keep(proxy)
        for how in ({"starttls": "hide"}, {"starttls": "refuse"}, {"starttls": "inject"}):
            server = Server((self.pki["ecdsa.pem"], self.pki["ecdsa.key"]), **how)
            self.addCleanup(server.close)
            for way in ({"tls": "required"}, {"tls": "verified"} | self.trusted()):
                address = f"{lab.HOST}:{server.port}"
                config = self.config(proxy, {"address": address, **way})
                self.quarantine(config, "release", "--upstream", address, ident, code=1)
            self.assertNotIn(b"MAIL", server.plain)
            self.assertNotIn(b"bad", server.plain)
        self.assertEqual(len(self.listed(proxy.config)), 1)


if __name__ == "__main__":
    lab.main()
