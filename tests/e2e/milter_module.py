#!/usr/bin/env -S python3 -B
"""milter_module.py: a milter that is loaded into Postern (filter milter-module) does as it does behind a socket (filter
milter); what it waits for nobody else waits for; what is wrong with one is said; reloads keep it."""
import collections
import concurrent.futures
import contextlib
import os
import pathlib
import re
import time

import lab
from client import Client

MODULE = pathlib.Path(os.environ.get("MILTER_MODULE", ""))
PROGRAM = pathlib.Path(os.environ.get("MILTER_PROGRAM", ""))
LIBRARY = pathlib.Path(os.environ.get("LIBMILTER", ""))
BY_SOCKET, BY_CALL = "127.0.0.2", "127.0.0.3"  # the client's address says which of the two it is shown to

FIELDS = b"From: Ann <ann@example.org>\r\nTo: bob@example.com,\r\n carol@example.com\r\nX-A: one\r\nSubject:no space\r\nX-A:  two\r\n"
LETTER = FIELDS + b"\r\nDear Bob,\r\n..dots\r\nlast\r\n"
LARGE = FIELDS + b"\r\n" + b"0123456789012345678901234567890123456789012345678901234567890123456789\r\n" * 4000
MANY = b"".join(b"X-Field-%d: %s\r\n" % (n, b"v" * 900) for n in range(150)) + LETTER
LINES = ("EHLO client.example", "MAIL FROM:<ann@example.org> BODY=8BITMIME", "RCPT TO:<bob@example.com>",
         "RCPT TO:<carol@example.com>", "NONSENSE with words", "DATA")

STAGES = ("connect", "helo", "envfrom", "envrcpt", "data", "unknown", "header", "eoh", "body", "eom")
REJECT, DISCARD, ACCEPT, TEMPFAIL, SKIP = 1, 2, 3, 4, 8
ANSWERS = [(f"{stage}={answer}",) for stage in STAGES for answer in (REJECT, DISCARD, ACCEPT, TEMPFAIL)]
ANSWERS += [("envrcpt#2=1",), ("header#3=1",), ("header#5=3",), ("header=8",), ("header#2=8",), ("header#2=8", "body=4"),
            ("body=8",), ("header=8", "body=8", "eom=1"), ("body#2=8",), ("body#2=1",)]
EDITS = [("addheader|X-New|value",), ("insheader|0|X-New|value",), ("chgheader|X-A|2|new",), ("chgheader|X-A|1|NULL",),
         ("replacebody|another body~",), ("chgfrom|<eve@example.net>|NULL",), ("addrcpt|<erin@example.com>",),
         ("delrcpt|<carol@example.com>",), ("quarantine|why not",), ("progress", "addheader|X-New|1", "replacebody|new"),
         ("setreply|550|5.7.9|not like this",)]
STEPS = [f"0x1ff,{steps:#x}" for steps in (0x1ffbff & 0x7f | 0x400, 0x80, 0x40080, 0xc0080, 0xff480, 0x100400, 0x20, 0x10, 0x40)]


class Modules(lab.Case):
    def milter(self, arguments):
        """The program behind a socket; what its trace says, and its address."""
        folder = self.folder("program")
        process = lab.Process(folder, PROGRAM, "-p", f"unix:{folder}/socket", "-o", folder / "trace", *arguments,
                              env={**os.environ, "LD_LIBRARY_PATH": str(LIBRARY.parent)})
        self.addCleanup(process.stop)
        lab.wait_for((folder / "socket").exists, "the milter listens")
        return folder / "trace", f"unix:{folder}/socket"

    @staticmethod
    def module(trace, arguments, options=""):
        given = ["-p", "unix:/nowhere/at/all", "-o", str(trace), *arguments]
        return f"  - milter-module: {{path: '{MODULE}', args: {given!r}, {options}}}\n"

    def both(self, *arguments, options="edits: all, envelope: edit"):
        trace, address = self.milter(arguments)
        other = self.folder("module") / "trace"
        sink = self.sink()
        proxy = self.postern(sink.port, f"filters:\n  - milter: {{address: '{address}', networks: [{BY_SOCKET}], {options}}}\n" +
                             self.module(other, arguments, f"networks: [{BY_CALL}], {options}"))
        return proxy, sink, {BY_SOCKET: trace, BY_CALL: other}

    def play(self, proxy, source, letters):
        replies = []
        with Client(proxy.port, source=source) as client:
            replies.append(client.greeting)
            for letter in letters:
                for line in LINES:
                    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                        client.send(line + "\r\n")
                    replies.append(client.reply())
                    if line == "DATA" and replies[-1].code == 354:
                        client.send(letter + b".\r\n")
                        replies.append(client.reply())
                client.send("RSET\r\n") if replies[-1].code else None
                replies.append(client.reply())
            replies.append(client.say("QUIT") if replies[-1].code else replies[-1])
        return [re.sub("Ok: [0-9A-Z]{12,}$", "Ok: an id", str(reply)) for reply in replies]

    def compare(self, *arguments, letters=(LETTER, MANY, LARGE), **options):
        proxy, sink, traces = self.both(*arguments, **options)
        results = []
        for source, trace in traces.items():
            known = collections.Counter(sink.messages())
            replies = self.play(proxy, source, letters)
            lab.wait_for(lambda trace=trace: "close" in trace.read_text().split("\n"), "the session is closed")
            delivered = sorted(map(self.plain, (collections.Counter(sink.messages()) - known).elements()))
            callbacks = [self.plain(line.encode()) for line in trace.read_text().splitlines()]
            results.append((replies, delivered, callbacks))
        for one, other in zip(*results, strict=True):
            self.assertEqual(one, other)
        self.assertGreater(len(results[0][2]), 1)

    @staticmethod
    def plain(octets):
        """Without what tells two sessions apart: addresses, ports, ids, times."""
        octets = re.sub(rb"(?m)^Received:.*\n(?:[ \t].*\n)*", b"", octets)
        return re.sub(rb"127\.0\.0\.[23](?:[]:\[ ]*\d+)?|port = \d+", b"client", octets)

    def test_answers(self):
        for rules in ANSWERS:
            with self.subTest(rules=rules):
                self.compare(*(word for rule in rules for word in ("-r", rule)))

    def test_edits(self):
        for deeds in EDITS:
            with self.subTest(deeds=deeds):
                self.compare("-f", "0x1ff", *(word for deed in deeds for word in ("-d", f"eom:{deed}")),
                             *(("-r", "eom=1") if deeds[0].startswith("setreply") else ()), letters=(LETTER,))

    def test_steps(self):
        for steps in STEPS:
            with self.subTest(steps=steps):
                self.compare("-w", steps, "-r", "header#2=0")

    def send(self, port, source=lab.HOST, lines=LETTER):
        begin = time.monotonic()
        with Client(port, source=source, seconds=60) as client:
            client.ehlo()
            client.envelope()
            code = client.data(lines).code
            client.quit()
        return code, time.monotonic() - begin

    def test_in_parallel(self):
        """Twenty sessions at a time, each with a callback that waits: together they take as long as one."""
        trace = self.folder("trace") / "trace"
        sink = self.sink()
        proxy = self.postern(sink.port, "filters:\n" + self.module(trace, ["-d", "envfrom:sleep|1000", "-f", "1", "-d",
                                                                         "eom:addheader|X-Seen|yes"]))
        begin = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(20) as threads:
            codes = [code for code, _ in threads.map(lambda _: self.send(proxy.port), range(20))]
        self.assertEqual(codes, [250] * 20)
        self.assertLess(time.monotonic() - begin, 15)
        self.assertEqual(sum(b"X-Seen: yes" in message for message in sink.messages()), 20)
        text = trace.read_text().splitlines()
        self.assertEqual(text.count("two callbacks at once"), 0)
        lab.wait_for(lambda: trace.read_text().splitlines().count("close") == 20, "all are closed")

    def test_nobody_waits(self):
        """A callback that does not return: others are served meanwhile, its own session is answered in time, and so is the
        client that goes away."""
        trace = self.folder("trace") / "trace"
        sink = self.sink()
        proxy = self.postern(sink.port, "filters:\n" + self.module(trace, ["-d", "helo:sleep|4000"],
                                                                 f"networks: [{BY_CALL}], command_timeout: 1s, on_failure: tempfail"))
        with concurrent.futures.ThreadPoolExecutor(2) as threads:
            late = threads.submit(self.helo, proxy.port)
            gone = Client(proxy.port, source=BY_CALL)
            gone.send("EHLO client.example\r\n")
            time.sleep(0.2)
            gone.close()
            for _ in range(5):
                code, seconds = self.send(proxy.port)
                self.assertEqual(code, 250)
                self.assertLess(seconds, 3)
            self.assertEqual(late.result(), 451)
        lab.wait_for(lambda: trace.read_text().splitlines().count("close") == 2, "both are closed, once")

    @staticmethod
    def helo(port):
        with Client(port, source=BY_CALL) as client:
            client.send("EHLO client.example\r\n")
            return next(code for code in (client.reply().code, client.say("MAIL FROM:<ann@example.org>").code) if code != 250)

    def test_reload(self):
        """One that is configured alike goes on; another takes its place, and main() of the first returns."""
        first, second = (self.folder("trace") / "trace" for _ in range(2))
        proxy = self.postern(self.sink().port, "filters:\n" + self.module(first, []))
        self.assertEqual(self.send(proxy.port)[0], 250)
        proxy.reload("filters:\n" + self.module(first, [], "edits: none"))
        self.assertEqual(self.send(proxy.port)[0], 250)
        self.assertNotIn("main =", first.read_text())
        proxy.reload("filters:\n" + self.module(second, ["-r", "envfrom=1"]))
        with self.assertRaisesRegex(AssertionError, "MAIL FROM"):
            self.send(proxy.port)
        lab.wait_for(lambda: "main = 0" in first.read_text(), "the first has ended")
        self.assertEqual(first.read_text().splitlines().count("close"), 2)

    def test_side_by_side(self):
        """The same file twice."""
        first, second = (self.folder("trace") / "trace" for _ in range(2))
        sink = self.sink()
        proxy = self.postern(sink.port, "filters:\n" + self.module(first, ["-f", "1", "-d", "eom:addheader|X-First|1"]) +
                             self.module(second, ["-f", "1", "-d", "eom:addheader|X-Second|2"]))
        self.assertEqual(self.send(proxy.port)[0], 250)
        self.assertRegex(sink.messages()[0], rb"(?s)X-First: 1.*X-Second: 2")

    def test_check(self):
        folder = self.folder("check")
        (folder / "no.so").write_text("no shared object")
        for path, words in (("/nowhere/milter.so", "No such file"), (folder / "no.so", "invalid ELF|too short"),
                            ("milter.so", "no absolute path"), (MODULE, "smfi_register|returned")):
            (folder / "proxy.yaml").write_text(f"listeners: ['127.0.0.1:0']\nupstreams: ['127.0.0.1:25']\nfilters:\n"
                                               f"  - milter-module: {{path: '{path}'}}\n")
            with self.subTest(path=path):
                checked = lab.run(lab.POSTERN, "check", "-c", folder / "proxy.yaml")
                self.assertNotEqual(checked.returncode, 0)
                self.assertRegex(checked.stderr, rf"proxy.yaml:4:\d+: .*({words})")


if __name__ == "__main__":
    lab.main()
