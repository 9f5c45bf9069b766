#!/usr/bin/env -S python3 -B
"""peers.py: Postern in front of Postfix's smtp-sink, a mail server that refuses, delays and disconnects as told, and
behind clients that say too little or too much."""
import os
import socket

import lab
from client import Client

LETTER = b"Subject: hello\r\n\r\nSome text\r\n"
COMMANDS = ("MAIL", "RCPT", "DATA", ".")


class Peers(lab.Case):
    def smtp_sink(self, *arguments):
        port = lab.free_port()
        user = ("-u", "nobody") if os.geteuid() == 0 else ()
        sink = self.process("smtp-sink", *user, *arguments, f"{lab.HOST}:{port}", "100")
        lab.wait_for(lambda: not sink.alive() or lab.listens(port), "smtp-sink listens")
        self.assertTrue(sink.alive(), sink.complaints())
        return port

    def last_reply(self, port):
        """A message as far as it gets."""
        with Client(port) as client:
            client.ehlo()
            for line in ("MAIL FROM:<ann@example.org>", "RCPT TO:<bob@example.com>"):
                reply = client.say(line)
                if reply.code != 250:
                    return reply
            return client.data(LETTER)

    def test_it_refuses(self):
        for option, first in (("-f", 5), ("-r", 4)):
            for command in COMMANDS:
                with self.subTest(option=option, command=command):
                    upstream = self.smtp_sink(option, command)
                    direct = self.last_reply(upstream)
                    self.assertEqual(direct.code // 100, first)
                    self.assertEqual(self.last_reply(self.postern(upstream).port), direct)

    def test_it_disconnects(self):
        for command in COMMANDS:
            with self.subTest(command):
                proxy = self.postern(self.smtp_sink("-q", command))
                self.assertIn(self.last_reply(proxy.port).code, (421, 451))

    def test_it_says_421(self):
        for command in COMMANDS:
            with self.subTest(command):
                upstream = self.smtp_sink("-Q", command)
                direct = self.last_reply(upstream)
                self.assertEqual(direct.code, 421)
                self.assertEqual(self.last_reply(self.postern(upstream).port), direct)

    def test_it_refuses_to_greet(self):
        for option, codes in (("-f", (521, 554, 500, 550)), ("-r", (421, 450, 451))):
            with self.subTest(option):
                upstream = self.smtp_sink(option, "CONNECT")
                with Client(self.postern(upstream).port) as client:
                    self.assertIn(client.greeting.code, codes)

    def test_it_is_slow(self):
        proxy = self.postern(self.smtp_sink("-w", "1"))
        self.assertEqual(self.last_reply(proxy.port).code, 250)

    def test_it_is_too_slow(self):
        proxy = self.postern(self.smtp_sink("-w", "5"), "timeouts: {end_of_data: 300ms, data: 300ms}\n")
        self.assertIn(self.last_reply(proxy.port).code, (421, 451))

    def test_it_knows_no_esmtp(self):
        proxy = self.postern(self.smtp_sink("-e"))
        with Client(proxy.port) as client:
            self.assertEqual(client.ehlo().code, 500)
            self.assertEqual(client.say("HELO client.example").code, 250)
            client.envelope()
            self.assertEqual(client.data(LETTER).code, 250)
            self.assertEqual(client.say("MAIL FROM:<ann@example.org> BODY=8BITMIME").code, 555)

    def test_it_does_not_pipeline(self):
        proxy = self.postern(self.smtp_sink("-p"))
        done = lab.run("swaks", "--server", f"{lab.HOST}:{proxy.port}", "--pipeline", "--timeout", "20",
                       "--from", "ann@example.org", "--to", "bob@example.com")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("PIPELINING", done.stdout)

    def test_load_through_it(self):
        proxy = self.postern(self.smtp_sink())
        for arguments in ("-s 50 -m 500 -l 4096", "-d -s 10 -m 500 -l 100 -r 5"):
            done = lab.run("smtp-source", *arguments.split(), "-t", "bob@example.com", f"{lab.HOST}:{proxy.port}")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        proxy.await_events("transaction", 1000, verdict="relayed")

    # --- clients ---------------------------------------------------------------------------------------------

    def test_it_says_everything_at_once(self):
        """As with nc: the whole dialogue is sent without waiting, and the client ends its direction."""
        sink = self.sink()
        proxy = self.postern(sink.port)
        dialogue = (b"HELO client.example\r\nMAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n" +
                    LETTER + b".\r\nQUIT\r\n")
        with Client(proxy.port) as client:
            client.send(dialogue)
            client.socket.shutdown(socket.SHUT_WR)
            codes = []
            while (reply := client.reply()).code != 0:
                codes.append(reply.code)
        self.assertEqual(codes, [250, 250, 250, 354, 250, 221])
        self.assertEqual(sink.messages(), [LETTER])

    def test_it_leaves_in_mid_message(self):
        sink = self.sink()
        proxy = self.postern(sink.port)
        for end in (b"", b"\r\n", b"\r\n.", b"\r\n.\r"):
            with Client(proxy.port) as client:
                client.ehlo()
                client.envelope()
                client.say("DATA")
                client.send(b"Subject: cut off\r\n\r\ntext" + end)
        proxy.await_events("transaction", 4, verdict="aborted")
        self.assertEqual(sink.messages(), [])

    def test_it_pipelines_twenty_commands(self):
        """Accepted and refused ones in one segment: replies in order, and the upstream's transcript shows one read."""
        transcript = self.root / "transcript"
        sink = self.sink("--log", transcript)
        answers = [("MAIL FROM:<ann@example.org>", 250)]
        answers += [(f"RCPT TO:<bob{n}@example.com>", 250) if n % 3 else (f"RCPT TO:<bob{n}@example.com", 501)
                    for n in range(1, 18)]
        answers += [("TURN", 502), ("DATA", 354)]
        with Client(self.postern(sink.port).port) as client:
            client.ehlo()
            client.send("".join(command + "\r\n" for command, _ in answers))
            self.assertEqual([client.reply().code for _ in answers], [code for _, code in answers])
            client.send(b"Subject: hello\r\n\r\nx\r\n.\r\n")
            self.assertEqual(client.reply().code, 250)
        reads = [line for line in transcript.read_text().splitlines() if "MAIL FROM" in line]
        self.assertEqual(len(reads), 1)
        for command, code in answers:
            self.assertEqual(command in reads[0] and f"{command}>" not in reads[0], code < 400, command)

    def test_it_is_no_smtp_client(self):
        sink = self.sink()
        proxy = self.postern(sink.port)
        for octets in (b"GET / HTTP/1.1\r\nHost: mail.example\r\n\r\n", bytes(range(256)) * 40,
                       b"\x16\x03\x01\x02\x00\x01" + b"\0" * 600, b"x" * 100000 + b"\r\n", b"\r\n" * 500):
            with Client(proxy.port) as client:
                try:
                    client.send(octets)
                    client.socket.shutdown(socket.SHUT_WR)
                except OSError:
                    continue  # closed before all was sent
                while (reply := client.reply()).code != 0:
                    self.assertGreaterEqual(reply.code, 400)
        with Client(proxy.port) as client:
            self.assertEqual(client.message(LETTER).code, 250)
        self.assertEqual(sink.messages(), [LETTER])


if __name__ == "__main__":
    lab.main("smtp-sink", "smtp-source", "swaks")
