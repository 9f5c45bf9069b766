#!/usr/bin/env -S python3 -B
"""filters.py: what the built-in filters promise, seen from both ends of real connections: the client hears the
refusal, and Postfix neither heard the command nor queued the message."""
import lab
from client import Client
from postfix import Postfix

LETTER = b"From: ann@example.org\r\nSubject: %s\r\nDate: x\r\nMessage-ID: <1@example.org>\r\n\r\nSome text\r\n"


def letter(subject="hello"):
    return LETTER % subject.encode()


class Filters(lab.Case):
    @classmethod
    def setUpClass(cls):
        cls.postfix = Postfix()
        cls.addClassCleanup(cls.postfix.close)

    def setUp(self):
        super().setUp()
        self.addCleanup(self.postfix.clear)
        self.logged = len(self.postfix.maillog())

    def maillog(self):
        """What Postfix has logged in this test."""
        return self.postfix.maillog()[self.logged:]

    def client(self, proxy):
        client = Client(proxy.port)
        self.addCleanup(client.close)
        client.ehlo()
        return client

    def nothing_was_queued(self):
        """Postfix has seen the session end and has kept nothing of it."""
        lab.wait_for(lambda: "disconnect from" in self.maillog(), self.maillog)
        self.postfix.await_messages(0)
        self.assertNotIn("qmgr", self.maillog())
        self.assertNotIn("status=", self.maillog())

    # --- commands and extensions -----------------------------------------------------------------------------

    def test_denied_commands_do_not_reach_postfix(self):
        with Client(self.postfix.port) as direct:  # by itself, Postfix answers
            direct.ehlo()
            self.assertEqual(direct.say("VRFY bob@example.com").code, 252)
        proxy = self.postern(self.postfix.port,
                             "filters: [{commands: {deny: [VRFY, EXPN], reply: 502 5.5.1 Not here}}]\n")
        client = self.client(proxy)
        self.assertNotIn("VRFY", client.keywords)
        for line in ("VRFY bob@example.com", "EXPN staff", "vrfy bob@example.com"):
            self.assertEqual(str(client.say(line)), "502 5.5.1 Not here")
        self.assertEqual(client.say("NOOP").code, 250)
        client.quit()
        lab.wait_for(lambda: self.maillog().count("disconnect from") == 2, self.maillog)
        self.assertRegex(self.maillog().splitlines()[-1], r" ehlo=1 noop=1 quit=1 commands=3$")

    def test_too_many_errors(self):
        proxy = self.postern(self.postfix.port, "filters: [{commands: {max_errors: 3}}]\n")
        client = self.client(proxy)
        self.assertEqual([client.say("FOO").code for _ in range(3)], [500, 500, 500])
        self.assertEqual(client.say("NOOP").code, 421)
        self.assertTrue(client.ended())

    def test_a_hidden_extension_is_refused_too(self):
        denied = ("DSN", "SMTPUTF8", "CHUNKING", "8BITMIME", "SIZE", "ETRN")
        proxy = self.postern(self.postfix.port, f"filters: [{{extensions: {{deny: [{', '.join(denied)}]}}}}]\n")
        client = self.client(proxy)
        self.assertIn("PIPELINING", client.keywords)
        for keyword in denied:
            self.assertNotIn(keyword, client.keywords)
        for parameter in ("RET=HDRS", "ENVID=x", "SMTPUTF8", "BODY=8BITMIME", "SIZE=100"):
            self.assertEqual(client.say(f"MAIL FROM:<ann@example.org> {parameter}").code, 555, parameter)
        client.say("MAIL FROM:<ann@example.org>")
        self.assertEqual(client.say("RCPT TO:<bob@example.com> NOTIFY=NEVER").code, 555)
        client.say("RCPT TO:<bob@example.com>")
        client.send("BDAT 7 LAST\r\nNOOP\r\n\r")
        self.assertIn(client.reply().code, (500, 502, 503))
        client.close()
        self.nothing_was_queued()

    def test_only_these_extensions(self):
        proxy = self.postern(self.postfix.port, "filters: [{extensions: {only: [PIPELINING, SIZE], size: 1MB}}]\n")
        client = self.client(proxy)
        self.assertEqual(client.keywords, {"PIPELINING": [], "SIZE": ["1000000"]})

    def test_banner(self):
        proxy = self.postern(self.postfix.port, """
            filters:
              - banner:
                  greeting: Welcome
                  rules: [{verb: RCPT, code: 550, text: Unknown here}]
            """)
        client = self.client(proxy)
        self.assertEqual(str(client.greeting), "220 proxy.example Welcome")
        client.say("MAIL FROM:<ann@example.org>")
        self.assertEqual(str(client.say("RCPT TO:<x@elsewhere.example>")), "550 5.1.1 Unknown here")

    # --- access ----------------------------------------------------------------------------------------------

    def test_access(self):
        (self.root / "senders").write_text("# refused\nspam.example\n\n.spam.example\n")
        proxy = self.postern(self.postfix.port, f"""
            filters:
              - access:
                  deny: {{from: "file:{self.root}/senders", to: [root@example.com], helo: [bad.example]}}
                  reply: 550 5.7.1 Go away
            """)
        client = self.client(proxy)
        for sender in ("joe@spam.example", "joe@mail.spam.example", "joe@SPAM.example"):
            self.assertEqual(str(client.say(f"MAIL FROM:<{sender}>")), "550 5.7.1 Go away")
        self.assertEqual(client.say("MAIL FROM:<joe@notspam.example>").code, 250)
        self.assertEqual(str(client.say("RCPT TO:<root@example.com>")), "550 5.7.1 Go away")
        self.assertEqual(client.say("RCPT TO:<bob@example.com>").code, 250)
        self.assertEqual(client.data(letter()).code, 250)
        self.assertIn(b"Delivered-To: bob@example.com\n", self.postfix.await_messages(1)[0])
        with Client(proxy.port) as other:
            self.assertIn("Go away", str(other.say("EHLO bad.example")) + str(other.say("MAIL FROM:<>")))
            self.assertEqual(other.say("RCPT TO:<bob@example.com>").code // 100, 5)

    def test_access_by_client(self):
        proxy = self.postern(self.postfix.port, "filters: [{access: {deny: {client: [127.0.0.0/8]}}}]\n")
        with Client(proxy.port) as client:
            replies = [client.greeting, client.say("EHLO client.example"), client.say("MAIL FROM:<ann@example.org>")]
        self.assertEqual(replies[-1].code, 550, replies)
        self.assertNotIn("client=", self.maillog())
        proxy = self.postern(self.postfix.port, "filters: [{access: {default: deny, allow: {client: [127.0.0.1]}}}]\n")
        with Client(proxy.port) as client:
            self.assertEqual(client.message(letter()).code, 250)

    # --- regex -----------------------------------------------------------------------------------------------

    def rules(self, *rules):
        return "filters: [{regex: {rules: [" + ", ".join(rules) + "]}}]\n"

    def test_refused_at_the_end_of_data(self):
        proxy = self.postern(self.postfix.port, self.rules(
            '{name: word, on: body, pattern: "(?i)forbidden", action: reject, reply: 554 5.7.1 Not with this text}'))
        client = self.client(proxy)
        client.envelope()
        reply = client.data(letter() + b"x" * 70 + b"\r\n" + b"all that is ForBidden\r\n" + 3000 * b"and more\r\n")
        self.assertEqual(str(reply), "554 5.7.1 Not with this text")
        self.nothing_was_queued()
        self.assertIn("lost connection after DATA", self.maillog())
        proxy.await_events("transaction", verdict="rejected", filter="regex", reason="word", code=554)
        # The session goes on over a new connection to Postfix.
        client.envelope()
        self.assertEqual(client.data(letter("allowed")).code, 250)
        self.assertIn(b"Subject: allowed\n", self.postfix.await_messages(1)[0])

    def test_refused_across_pieces(self):
        proxy = self.postern(self.postfix.port, self.rules(
            '{name: word, on: raw, pattern: forbidden, action: tempfail}'))
        client = self.client(proxy)
        client.envelope()
        client.say("DATA")
        for octet in letter() + b"forbidden\r\n.\r\n":
            client.send(bytes([octet]))
        self.assertEqual(client.reply().code, 451)
        self.nothing_was_queued()

    def test_refused_in_bdat(self):
        proxy = self.postern(self.postfix.port, self.rules('{on: body, pattern: forbidden, action: reject}'))
        client = self.client(proxy)
        client.envelope()
        replies = client.bdat(letter(), b"forb", b"idden\r\n")
        self.assertEqual(replies[-1].code, 550)
        self.assertEqual(client.say("NOOP").code, 250)
        self.nothing_was_queued()

    def test_refused_by_subject(self):
        proxy = self.postern(self.postfix.port, self.rules(
            '{on: subject, pattern: "(?i)overdue", action: reject, reply: 550 5.7.1 We pay}'))
        client = self.client(proxy)
        client.envelope()
        self.assertEqual(str(client.data(letter("an =?utf-8?q?x?= Overdue invoice"))), "550 5.7.1 We pay")
        self.nothing_was_queued()

    def test_refused_recipient_only(self):
        proxy = self.postern(self.postfix.port, self.rules('{on: to, pattern: "^root@", action: reject}'))
        client = self.client(proxy)
        client.say("MAIL FROM:<ann@example.org>")
        self.assertEqual(client.say("RCPT TO:<root@example.com>").code, 550)
        self.assertEqual(client.say("RCPT TO:<bob@example.com>").code, 250)
        self.assertEqual(client.data(letter()).code, 250)
        self.assertNotIn("root@example.com", self.maillog())
        self.postfix.await_messages(1)

    def test_tag(self):
        proxy = self.postern(self.postfix.port, self.rules(
            '{on: body, pattern: Some, action: tag, header: "X-Tag: some"}',
            '{on: subject, pattern: hello, action: tag, header: "X-Tag: greeting"}',
            '{on: body, pattern: absent, action: tag, header: "X-Tag: absent"}'))
        client = self.client(proxy)
        client.envelope()
        self.assertEqual(client.data(letter()).code, 250)
        message = self.postfix.await_messages(1)[0]
        self.assertTrue(message.endswith(letter().replace(b"\r\n", b"\n")))
        self.assertEqual(sorted(line for line in message.split(b"\n") if line.startswith(b"X-Tag")),
                         [b"X-Tag: greeting", b"X-Tag: some"])

    def test_discard(self):
        proxy = self.postern(self.postfix.port, self.rules('{on: body, pattern: Some, action: discard}'))
        client = self.client(proxy)
        client.envelope()
        self.assertEqual(client.data(letter()).code, 250)
        client.quit()
        self.nothing_was_queued()
        proxy.await_events("transaction", verdict="discarded", filter="regex")

    def test_observe(self):
        proxy = self.postern(self.postfix.port, """
            filters:
              - commands: {deny: [NOOP], mode: observe}
              - regex: {mode: observe, rules: [{name: word, on: body, pattern: Some, action: reject}]}
            """)
        client = self.client(proxy)
        self.assertEqual(client.say("NOOP").code, 250)
        client.envelope()
        self.assertEqual(client.data(letter()).code, 250)
        self.postfix.await_messages(1)
        lab.wait_for(lambda: "word" in proxy.complaints(), proxy.complaints)

    def test_the_first_decisive_filter_decides(self):
        rule = '{{on: body, pattern: Some, action: {}, reply: {}}}'
        proxy = self.postern(self.postfix.port, f"""
            filters:
              - regex: {{name: first, rules: [{rule.format("tempfail", "451 4.7.1 First")}]}}
              - regex: {{name: second, rules: [{rule.format("reject", "550 5.7.1 Second")}]}}
            """)
        client = self.client(proxy)
        client.envelope()
        self.assertEqual(str(client.data(letter())), "451 4.7.1 First")
        proxy.await_events("transaction", filter="first")
        self.nothing_was_queued()


if __name__ == "__main__":
    lab.main("postfix")
