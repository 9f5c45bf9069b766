#!/usr/bin/env -S python3 -B
"""lifecycle.py: the program as an administrator knows it: starting, reloading, draining, rights, certificates, threads,
upstreams that are gone, and what is written to the log. The mail server behind is Postern's own sink; Postfix is not needed."""
import json
import os
import pathlib
import pwd
import re
import signal
import ssl
import time

import lab
from client import Client

LETTER = b"Subject: hello\r\n\r\nSome text\r\n"


class Ending(lab.Case):
    def test_a_transaction_in_progress_finishes(self):
        sink = self.sink()
        proxy = self.postern(sink.port)
        with Client(proxy.port) as idle, Client(proxy.port) as busy:
            idle.ehlo()
            busy.ehlo()
            busy.envelope()
            self.assertEqual(busy.say("DATA").code, 354)
            proxy.signal(signal.SIGTERM)
            self.assertEqual(idle.reply().code, 421)
            self.assertTrue(idle.ended())
            lab.wait_for(lambda: not lab.listens(proxy.port), "no more connections are accepted")
            self.assertTrue(proxy.alive())
            busy.send(LETTER + b".\r\n")
            self.assertEqual(busy.reply().code, 250)
            self.assertEqual(busy.reply().code, 421)
            self.assertTrue(busy.ended())
        self.assertEqual(proxy.wait(), 0)
        self.assertEqual(sink.messages(), [LETTER])
        self.assertEqual([line["event"] for line in proxy.log()][-1], "stop")

    def test_grace_is_limited(self):
        sink = self.sink()
        proxy = self.postern(sink.port, "timeouts: {drain: 500ms}\n")
        with Client(proxy.port) as busy:
            busy.ehlo()
            busy.envelope()
            busy.say("DATA")
            busy.send("Subject: never ends\r\n")
            proxy.signal(signal.SIGTERM)
            started = time.monotonic()
            self.assertEqual(proxy.wait(), 0)
            self.assertLess(time.monotonic() - started, 5)
        self.assertEqual(sink.messages(), [])

    def test_a_second_signal_ends_at_once(self):
        sink = self.sink()
        proxy = lab.Postern(self.folder("postern"), sink.port)
        self.addCleanup(proxy.stop)
        with Client(proxy.port) as busy:
            busy.ehlo()
            busy.envelope()
            busy.say("DATA")
            proxy.signal(signal.SIGTERM)
            proxy.await_events("drain")
            proxy.signal(signal.SIGTERM)
            self.assertEqual(proxy.wait(5), 1)

    def test_pid_file(self):
        sink = self.sink()
        proxy = self.postern(sink.port)
        path = self.root / "pid"
        config = self.folder() / "proxy.yaml"
        config.write_text(f"listeners: '{lab.HOST}:{lab.free_port()}'\nupstreams: '{lab.HOST}:{sink.port}'\n")
        process = self.process(lab.POSTERN, "run", "-c", config, "-p", path)
        lab.wait_for(lambda: "event=ready" in process.complaints(), process.complaints)
        self.assertEqual(int(path.read_text()), process.pid)
        self.assertEqual(process.stop(), 0)
        self.assertFalse(path.exists())
        self.assertTrue(proxy.alive())


class Reloading(lab.Case):
    DENY = "filters: [{access: {deny: {from: ['%s@example.org']}}}]\n"

    def refused(self, client, who):
        reply = client.say(f"MAIL FROM:<{who}@example.org>")
        client.say("RSET")
        return reply.code == 550

    def test_new_sessions_use_the_new_file(self):
        proxy = self.postern(self.sink().port, self.DENY % "ann")
        with Client(proxy.port) as old:
            old.ehlo()
            self.assertTrue(self.refused(old, "ann"))
            proxy.reload(self.DENY % "joe")
            with Client(proxy.port) as new:
                new.ehlo()
                self.assertTrue(self.refused(new, "joe"))
                self.assertFalse(self.refused(new, "ann"))
            self.assertTrue(self.refused(old, "ann"))
            self.assertFalse(self.refused(old, "joe"))

    def test_a_broken_file_changes_nothing(self):
        proxy = self.postern(self.sink().port, self.DENY % "ann")
        for text, complaint in (
                ("filters: [{access: {denny: {}}}]\n", r'proxy\.yaml:5:\d+: filters\[0\]\.access\.denny: .*"deny"'),
                ("filters:\n  - access: {\n", r"proxy\.yaml:\d+:\d+: "),
                ("upstreams: []\n", r"proxy\.yaml:\d+:\d+: upstreams: ")):
            with self.subTest(text):
                before = len(proxy.events("reload_refused"))
                proxy.write(text)
                proxy.signal(signal.SIGHUP)
                lines = proxy.await_events("reload_refused", before + 1)[before:]
                self.assertRegex(json.dumps(lines).replace("\\", ""), complaint)
                with Client(proxy.port) as client:
                    client.ehlo()
                    self.assertTrue(self.refused(client, "ann"))
        self.assertEqual(proxy.events("reload"), [])

    def test_listeners_come_and_go(self):
        proxy = self.postern(self.sink().port)
        more = lab.free_port()
        proxy.reload(f"listeners: ['{lab.HOST}:{proxy.port}', '{lab.HOST}:{more}']\n")
        lab.wait_for(lambda: lab.listens(more), "the new address")
        with Client(more) as client:
            client.ehlo()
            proxy.reload("")
            lab.wait_for(lambda: not lab.listens(more), "the old address is gone")
            self.assertTrue(lab.listens(proxy.port))
            self.assertEqual(client.message(LETTER).code, 250)

    def test_reloading_under_load_loses_no_session(self):
        sink = self.sink()
        proxy = self.postern(sink.port)
        load = self.process("smtp-source", "-s", "8", "-m", "300", "-l", "2000", "-t", "bob@example.com",
                            f"{lab.HOST}:{proxy.port}")
        reloads = 0
        while load.alive():
            reloads += 1
            proxy.reload(self.DENY % f"nobody{reloads}")
        self.assertEqual((load.wait(), load.complaints()), (0, ""))
        self.assertGreater(reloads, 2)
        self.assertEqual(len(sink.messages()), 300)


class Configuration(lab.Case):
    def check(self, text):
        path = self.root / "proxy.yaml"
        path.write_text(text)
        return [lab.run(lab.POSTERN, command, "-c", path) for command in ("check", "run")]

    def test_complaints(self):
        text = ("listeners: 2525\nupstreams: 127.0.0.1:25\nlimits:\n  recipient: 3\nworkers: many\n"
                "filters:\n  - comands\n")
        places = (r"4:3: limits\.recipient: .*recipients", "5:10: workers: ", "7:5: .*comands.*commands")
        for done in self.check(text):
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            lines = done.stderr.splitlines()
            self.assertEqual(len(lines), 3, done.stderr)
            for line, place in zip(lines, places):
                self.assertRegex(line, rf"^{re.escape(str(self.root))}/proxy\.yaml:{place}")

    def test_a_good_file(self):
        path = self.root / "proxy.yaml"
        path.write_text("listeners: 2525\nupstreams: mail.example\n")
        done = lab.run(lab.POSTERN, "check", "-c", path)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, f"{path}: ok\n", ""))

    def test_no_file(self):
        done = lab.run(lab.POSTERN, "run", "-c", self.root / "absent.yaml")
        self.assertEqual(done.returncode, 2)
        self.assertIn("absent.yaml", done.stderr)

    def test_usage(self):
        for arguments in ([], ["walk"], ["run", "--fast"], ["run", "extra"], ["check", "-x"]):
            self.assertEqual(lab.run(lab.POSTERN, *arguments).returncode, 64, arguments)
        self.assertEqual(lab.run(lab.POSTERN, "--help").returncode, 0)
        self.assertRegex(lab.run(lab.POSTERN, "--version").stdout, r"^postern \d+\.\d+\.\d+\n$")

    def test_an_address_of_another_machine(self):
        path = self.root / "proxy.yaml"
        path.write_text("listeners: 203.0.113.1:2525\nupstreams: mail.example\n")
        done = lab.run(lab.POSTERN, "run", "-c", path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("203.0.113.1:2525", done.stderr)


class Rights(lab.Case):
    def status(self, proxy, key):
        text = pathlib.Path(f"/proc/{proxy.pid}/status").read_text()
        return re.search(rf"^{key}:\s+(.*)$", text, re.M)[1].split()

    def test_root_is_given_up(self):
        if os.geteuid() != 0:
            self.skipTest("needs the rights of root")
        nobody = pwd.getpwnam("nobody")
        sink = self.sink()
        proxy = self.postern(sink.port, "user: nobody\n")
        self.assertEqual(self.status(proxy, "Uid"), [str(nobody.pw_uid)] * 4)
        self.assertEqual(self.status(proxy, "Gid"), [str(nobody.pw_gid)] * 4)
        self.assertEqual(self.status(proxy, "CapEff"), ["0000000000000000"])
        self.assertNotIn("0", self.status(proxy, "Groups"))
        with Client(proxy.port) as client:
            self.assertEqual(client.message(LETTER).code, 250)
        proxy.reload("user: nobody\ngreeting: again\n")
        with Client(proxy.port) as client:
            self.assertEqual(str(client.greeting), "220 proxy.example again")

    def test_an_unknown_user(self):
        if os.geteuid() != 0:
            self.skipTest("needs the rights of root")
        path = self.root / "proxy.yaml"
        path.write_text(f"listeners: '{lab.HOST}:{lab.free_port()}'\nupstreams: mail.example\nuser: nosuchuser\n")
        done = lab.run(lab.POSTERN, "run", "-c", path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("nosuchuser", done.stderr)


class Capabilities(lab.Case):
    """What stays when root is given up, and what is said when something is missing."""
    NET_BIND_SERVICE, NET_ADMIN = 1 << 10, 1 << 12

    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("needs the rights of root")

    def kept(self, proxy):
        """The same for every thread; nothing to inherit, and nothing to gain."""
        masks = set()
        for task in pathlib.Path(f"/proc/{proxy.pid}/task").iterdir():
            status = dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines())
            self.assertEqual((status["CapInh"], status["CapAmb"]), ("0" * 16, "0" * 16))
            self.assertEqual(status["NoNewPrivs"], "1")
            self.assertEqual(status["CapEff"], status["CapPrm"])
            masks.add(int(status["CapEff"], 16))
        self.assertEqual(len(masks), 1)
        return masks.pop()

    def start(self, port, listener="", upstream=""):
        sink = self.sink()
        proxy = self.postern(sink.port, f"""
            user: nobody
            listeners: [{{address: '{lab.HOST}:{port}'{listener}}}]
            upstreams: [{{address: '{lab.HOST}:{sink.port}'{upstream}}}]
            """)
        return proxy

    def test_only_what_is_needed(self):
        for listener, upstream in ((", transparent: tproxy", ""), ("", ", identity: source-address"), ("", ", mark: 7")):
            with self.subTest(listener + upstream):
                self.assertEqual(self.kept(self.start(lab.free_port(), listener, upstream)), self.NET_ADMIN)
        self.assertEqual(self.kept(self.start(lab.free_port(), ", transparent: redirect")), 0)

    def test_a_low_port_by_a_reload(self):
        low = [port for port in range(600, 1000) if not lab.listens(port)][:2]
        proxy = self.start(low[0])
        self.assertEqual(self.kept(proxy), self.NET_BIND_SERVICE)
        proxy.reload(f"user: nobody\nlisteners: ['{lab.HOST}:{low[1]}']\n")
        with Client(low[1]) as client:
            self.assertEqual(client.message(LETTER).code, 250)

    def test_transparent_by_a_reload(self):
        """The right is there from the start; the socket stays."""
        port = lab.free_port()
        proxy = self.start(port, "", ", mark: 7")
        for listener in (", transparent: tproxy", ""):
            proxy.reload(f"""
                user: nobody
                listeners: [{{address: '{lab.HOST}:{port}'{listener}}}]
                upstreams: [{{address: '{lab.HOST}:{proxy.upstreams[0]}', mark: 7}}]
                """)
            self.assertEqual(proxy.events("listen"), [])
        with Client(port) as client:
            self.assertEqual(client.message(LETTER).code, 250)

    def test_missing(self):
        path = self.root / "proxy.yaml"
        for listener, upstream in ((", transparent: tproxy", ""), ("", ", identity: source-address"), ("", ", mark: 7")):
            path.write_text(f"listeners: [{{address: '{lab.HOST}:{lab.free_port()}'{listener}}}]\n"
                            f"upstreams: [{{address: 'mail.example:25'{upstream}}}]\n")
            done = lab.run(lab.POSTERN, "run", "-c", path, user="nobody")
            self.assertEqual(done.returncode, 1)
            self.assertIn("CAP_NET_ADMIN", done.stderr)

    def test_missing_by_a_reload(self):
        port = lab.free_port()
        proxy = self.start(port)
        proxy.reload(f"user: nobody\nlisteners: [{{address: '{lab.HOST}:{port}', transparent: tproxy}}]\n")
        self.assertRegex(str(proxy.events("listen", level="error")), f"{port}.*CAP_NET_ADMIN")
        self.assertEqual(len(proxy.events("rights", level="error")), 1)


class Certificates(lab.Case):
    def issued_now(self, folder):
        done = lab.run(lab.SOURCE / "tests/tools/certificates", folder)
        self.assertEqual(done.returncode, 0, done.stderr)

    def shown(self, port):
        """The certificate that a client is shown, after STARTTLS."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with Client(port) as client:
            client.ehlo()
            self.assertEqual(client.say("STARTTLS").code, 220)
            with context.wrap_socket(client.socket) as inside:
                return inside.getpeercert(binary_form=True)

    def test_changed_files_are_used_without_a_reload(self):
        keys = self.root / "keys"
        self.issued_now(keys)
        port = lab.free_port()
        proxy = self.postern(self.sink().port, f"""
            listeners: [{{address: '{lab.HOST}:{port}', tls: starttls}}]
            tls: {{certificates: [{{chain: '{keys}/ecdsa.pem', key: '{keys}/ecdsa.key'}}]}}
            """)
        before = self.shown(port)
        self.assertEqual(self.shown(port), before)
        (keys / "ecdsa.pem").write_text("no certificate\n")
        proxy.await_events("certificates", level="error")
        self.assertEqual(self.shown(port), before)
        self.issued_now(keys)
        proxy.await_events("certificates", level="info")
        self.assertNotEqual(self.shown(port), before)
        self.assertEqual(proxy.events("reload"), [])


class Workers(lab.Case):
    def switches(self, proxy):
        """How often each thread has waited: an idle one never does."""
        counts = {}
        for task in pathlib.Path(f"/proc/{proxy.pid}/task").iterdir():
            text = (task / "status").read_text()
            counts[task.name] = int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.M)[1])
        return counts

    def test_each_worker_gets_connections(self):
        sink = self.sink()
        proxy = self.postern(sink.port, "workers: 2\n")
        before = self.switches(proxy)
        self.assertGreaterEqual(len(before), 3)  # the main thread and two workers
        for _ in range(40):
            with Client(proxy.port) as client:
                self.assertEqual(client.message(LETTER).code, 250)
        after = self.switches(proxy)
        self.assertEqual(len([task for task in before if after[task] - before[task] >= 10]), 2, (before, after))
        self.assertEqual(len(sink.messages()), 40)


class Upstreams(lab.Case):
    def test_the_first_is_gone(self):
        sink = self.sink()
        proxy = self.postern([lab.free_port(), sink.port])
        with Client(proxy.port) as client:
            self.assertEqual(client.message(LETTER).code, 250)
        self.assertEqual(sink.messages(), [LETTER])

    def test_all_are_gone(self):
        proxy = self.postern([lab.free_port(), lab.free_port()])
        with Client(proxy.port) as client:
            self.assertEqual(client.greeting.code, 421)
            self.assertTrue(client.ended())

    def test_all_are_gone_when_connecting_late(self):
        for when in ("late", "rcpt"):
            with self.subTest(when):
                proxy = self.postern(lab.free_port(), f"connect: {when}\n")
                with Client(proxy.port) as client:
                    codes = [client.greeting.code, client.ehlo().code]
                    if when == "rcpt":
                        codes.append(client.say("MAIL FROM:<ann@example.org>").code)
                        codes.append(client.say("RCPT TO:<bob@example.com>").code)
                refused = [code for code in codes if code >= 400]
                self.assertEqual(codes[0], 220)
                self.assertIn(refused[0], (421, 451), codes)

    def test_it_comes_back(self):
        port = lab.free_port()
        proxy = self.postern(port)
        with Client(proxy.port) as client:
            self.assertEqual(client.greeting.code, 421)
        sink = self.process(lab.POSTERN, "sink", "--listen", f"{lab.HOST}:{port}", "--maildir", self.root / "mail")
        lab.wait_for(lambda: lab.listens(port), sink.complaints)
        with Client(proxy.port) as client:
            self.assertEqual(client.message(LETTER).code, 250)

    def test_it_dies_in_mid_message(self):
        for when in ("MAIL=reset", "RCPT=drop", "DATA=drop", "BODY#5=drop", "BODY#5=reset", "EOM=drop"):
            with self.subTest(when):
                sink = self.sink("--at", when)
                proxy = self.postern(sink.port)
                with Client(proxy.port) as client:
                    client.ehlo()
                    replies = [client.say("MAIL FROM:<ann@example.org>")]
                    if replies[-1].code == 250:
                        replies.append(client.say("RCPT TO:<bob@example.com>"))
                    if replies[-1].code == 250:
                        replies.append(client.data(LETTER))
                    self.assertIn(replies[-1].code, (421, 451), replies)
                self.assertEqual(sink.messages(), [])


class Log(lab.Case):
    EVIL = 'x\x1b[31m" level=fake \x7f\\'

    def mail(self, proxy):
        with Client(proxy.port) as client:
            client.send(f"EHLO {self.EVIL}\r\n")
            client.reply()
            client.say('MAIL FROM:<"evil\\" event=fake"@example.org>')
            client.say("RSET")
            client.message(LETTER, sender='"evil event=fake"@example.org')
        proxy.await_events("close")

    def test_json(self):
        sink = self.sink("--at", 'STORED=reject:550 no "thanks" \\ here')
        proxy = self.postern(sink.port, "log: {format: json, level: debug}\n")
        self.mail(proxy)
        lines = proxy.complaints().splitlines()
        parsed = [json.loads(line) for line in lines]  # every line by itself
        for line, entry in zip(lines, parsed):
            self.assertTrue(line.isascii() and line.isprintable(), line)
            self.assertRegex(entry["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertIn(entry["level"], ("error", "warn", "info", "debug"))
        self.assertNotIn("fake", [entry["event"] for entry in parsed])
        refused = proxy.events("transaction", code=550)[0]
        self.assertEqual(refused["from"], '"evil event=fake"@example.org')
        self.assertIn('no "thanks" \\ here', refused["reply"])

    def test_key_value(self):
        sink = self.sink()
        proxy = self.postern(sink.port, "log: {format: kv, level: debug}\n")
        self.mail(proxy)
        pair = r'[a-z_]+=(?:[!#-<>-\[\]-~]+|"(?:[ !#-\[\]-~]|\\["\\]|\\x[0-9a-f]{2})*")'
        for line in proxy.complaints().splitlines():
            self.assertRegex(line, rf"^time=\S+ level=\w+ event=\w+(?: {pair})*$")
            self.assertNotIn("event=fake", re.sub(r'"(?:[^"\\]|\\.)*"', "", line))

    def test_level(self):
        proxy = self.postern(self.sink().port)
        with Client(proxy.port) as client:
            client.message(LETTER)
        proxy.await_events("close")
        proxy.write("log: {format: json, level: error}\n")
        proxy.signal(signal.SIGHUP)
        time.sleep(0.3)
        before = len(proxy.log())
        with Client(proxy.port) as client:
            self.assertEqual(client.message(LETTER).code, 250)
        time.sleep(0.1)
        self.assertEqual(len(proxy.log()), before)

    def test_rotation(self):
        sink = self.sink()
        folder = self.folder()
        log = folder / "log"
        config = folder / "proxy.yaml"
        port = lab.free_port()
        config.write_text(f"listeners: '{lab.HOST}:{port}'\nupstreams: '{lab.HOST}:{sink.port}'\n"
                          f"log: {{to: '{log}'}}\n")
        process = self.process(lab.POSTERN, "run", "-c", config)
        lab.wait_for(lambda: log.exists() and "event=ready" in log.read_text(), process.complaints)
        with Client(port) as client:
            client.ehlo("before.example")
            client.quit()
        lab.wait_for(lambda: "helo=before.example" in log.read_text(), "the first session is logged")
        log.rename(folder / "log.1")
        process.signal(signal.SIGHUP)
        lab.wait_for(lambda: log.exists() and "event=reload" in log.read_text(), "a new log")
        with Client(port) as client:
            client.ehlo("after.example")
            client.quit()
        lab.wait_for(lambda: "helo=after.example" in log.read_text(), "the second session is logged")
        self.assertNotIn("after.example", (folder / "log.1").read_text())
        self.assertEqual(process.complaints(), "")

    def test_a_log_that_cannot_be_opened(self):
        path = self.root / "proxy.yaml"
        path.write_text(f"listeners: '{lab.HOST}:{lab.free_port()}'\nupstreams: mail.example\n"
                        f"log: {{to: {self.root}/no/log}}\n")
        done = lab.run(lab.POSTERN, "run", "-c", path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/no/log", done.stderr)

    def test_credentials_are_not_logged(self):
        sink = self.sink()
        proxy = self.postern(sink.port, "log: {format: json, level: debug}\n")
        secret = "AGFubgBzZWNyZXQtcGFzc3dvcmQ="
        with Client(proxy.port) as client:
            client.ehlo()
            client.say(f"AUTH PLAIN {secret}")
            client.quit()
        proxy.await_events("close")
        self.assertNotIn(secret, proxy.complaints())


if __name__ == "__main__":
    lab.main("smtp-source")
