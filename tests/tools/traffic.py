#!/usr/bin/env -S python3 -B
"""traffic.py: a day of a mail server in seconds: mail of every kind, through DATA and BDAT, what filters and limits refuse,
clients that leave, reloads meanwhile, SIGTERM at the end. The tools here run it around a program that is being watched, which
must answer as it should and end with status 0. The mail server behind is Postern's own sink.

    POSTERN=PROGRAM traffic.py [--no-jit] [MESSAGES]
"""
import pathlib
import random
import signal
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import lab
from client import Client

CLIENTS = 4
JIT = "--no-jit" not in sys.argv
MESSAGES = int(next((word for word in sys.argv[1:] if word.isdigit()), 400))
SEED = 1

# Each filter has something to do, one of the rules changes with every reload, and both kinds of sinks are used.
CONFIG = """
workers: 2
trace: received
limits: {{message_size: 2MiB, spool_memory: 64KiB, recipients: 100}}
timeouts: {{drain: 5s}}
filters:
  - commands: {{deny: [EXPN], max_errors: 50}}
  - extensions: {{deny: [DSN]}}
  - access: {{deny: {{from: ["bad@example.org", "gone{n}@example.org"], to: [refused.example]}}}}
  - banner: {{greeting: "generation {n}"}}
  - regex:
      jit: {jit}
      rules:
        - {{on: subject, pattern: "(?i)refuse", action: reject, reply: "550 5.7.1 No"}}
        - {{on: body, pattern: "later|nothing{n}", action: tempfail, reply: "451 4.7.1 Later"}}
        - {{on: header:X-Lose, pattern: ".", action: discard}}
        - {{on: body, pattern: "needle", action: tag, header: "X-Found: {n}"}}
"""


def config(n):
    return CONFIG.format(n=n, jit=str(JIT).lower())


def letter(subject="hello", body=b"Some text\r\n..\r\n.\r\nand more\r\n", fields=b""):
    return b"From: ann@example.org\r\nSubject: %s\r\n%s\r\n%s" % (subject.encode(), fields, body)


def pieces(content, dice):
    cuts = sorted(dice.randrange(len(content)) for _ in range(3))
    return [content[a:b] for a, b in zip([0, *cuts], [*cuts, len(content)])]


# --- what a client may do in a session that has said EHLO: each is a function of the client and its dice ----------


def plain(client, dice):
    client.envelope("bob@example.com", "joe@example.com")
    return client.data(letter(body=b"line of text\r\n" * dice.choice([1, 100, 20000]))).code == 250


def chunks(client, dice):
    client.envelope()
    content = letter(body=b"line of text\r\n" * dice.choice([1, 300, 9000]))
    return [reply.code for reply in client.bdat(*pieces(content, dice))] == [250] * 4


def found(client, dice):
    client.envelope(parameters="BODY=8BITMIME")
    return client.data(letter(body=b"hay\r\n" * dice.randrange(40000) + b"a needle\r\n")).code == 250


def pipelined(client, _):
    client.send("MAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.com>\r\nRCPT TO:<bob@refused.example>\r\nDATA\r\n")
    codes = [client.reply().code for _ in range(4)]
    client.send(letter(body=b"Some text\r\n") + b".\r\n")
    return codes == [250, 250, 550, 354] and client.reply().code == 250


def discarded(client, _):
    client.envelope()
    return client.data(letter(fields=b"X-Lose: yes\r\n")).code == 250


def refused_subject(client, _):
    client.envelope()
    return client.data(letter("please refuse")).code == 550


def refused_text(client, _):
    client.envelope()
    return client.data(letter(body=b"try later\r\n" * 2000)).code == 451


def refused_chunks(client, dice):
    client.envelope()
    return client.bdat(*pieces(letter("refuse me", b"x" * 70000), dice))[-1].code == 550


def refused_sender(client, _):
    lines = ("MAIL FROM:<bad@example.org>", "RCPT TO:<bob@example.com>")
    return [client.say(line).code for line in lines] == [550, 503]


def refused_size(client, _):
    return client.say("MAIL FROM:<ann@example.org> SIZE=9999999").code == 552


def refused_line_end(client, _):
    client.envelope()
    client.say("DATA")
    client.send(b"Subject: bare\r\n\r\nbare\nLF\r\n.\r\n")
    return client.reply().code // 100 == 5


def nonsense(client, _):
    lines = ("EXPN all", "FOO", "MAIL FROM:<ann", "RCPT TO:<bob@example.com>", "NOOP x")
    return [client.say(line).code for line in lines] == [502, 500, 501, 503, 250]


def again(client, _):
    client.envelope()
    return client.say("RSET").code == 250 and client.ehlo().code == 250


DEEDS = (plain, chunks, found, pipelined, discarded, refused_subject, refused_text, refused_chunks, refused_sender,
         refused_size, refused_line_end, nonsense, again)


def leave(port, dice):
    """Clients that go without a word: anywhere in a session."""
    with Client(port) as client:
        client.ehlo()
        if dice.random() < 0.7:
            client.envelope()
            client.send(dice.choice([b"DATA\r\n", b"DATA\r\nSubject: half", b"BDAT 5000\r\nxyz", b"BDAT 9 LAST\r\nxyz"]))


class Traffic(lab.Case):
    def work(self, number, proxy):
        """One client after the other, a few deeds in each session."""
        dice = random.Random(SEED * 100 + number)
        while self.left > 0 and not self.wrong:
            if dice.random() < 0.1:
                leave(proxy.port, dice)
            with Client(proxy.port, seconds=60) as client:
                client.ehlo()
                for _ in range(dice.randrange(1, 6)):
                    deed = DEEDS[self.left % len(DEEDS)]
                    self.left -= 1
                    if not deed(client, dice):
                        self.wrong.append(deed.__name__)
                        break
                    self.done[deed.__name__] = self.done.get(deed.__name__, 0) + 1
                    client.say("RSET")
                client.quit()

    def client(self, number, proxy):
        try:
            self.work(number, proxy)
        except Exception as error:  # a thread's end is not seen otherwise
            self.wrong.append(repr(error))

    def change(self, proxy, n):
        """A reload; every third is of a file that is refused."""
        if n % 3 != 0:
            proxy.reload(config(n))
            return
        proxy.write(config(n) + "no_such_key: 1\n")
        proxy.signal(signal.SIGHUP)
        proxy.await_events("reload_refused", n // 3)

    def test_a_day(self):
        self.left, self.wrong, self.done = MESSAGES, [], {}
        sink = self.sink()
        proxy = self.postern([1, sink.port], config(0))
        clients = [threading.Thread(target=self.client, args=(n, proxy)) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        reloads = 0
        while any(client.is_alive() for client in clients):
            reloads += 1
            self.change(proxy, reloads)
            time.sleep(0.05)
        with Client(proxy.port) as busy, Client(proxy.port) as idle:
            busy.ehlo()
            busy.envelope()
            idle.ehlo()
            proxy.signal(signal.SIGTERM)
            self.assertEqual(idle.reply().code, 421)
            self.assertEqual(busy.data(letter()).code, 250)
        self.assertEqual(self.wrong, [])
        self.assertEqual(set(self.done), {deed.__name__ for deed in DEEDS})
        print(f"{sum(self.done.values())} deeds, {reloads} reloads, {len(sink.messages())} messages stored")


del sys.argv[1:]  # they are not for unittest
lab.main()
