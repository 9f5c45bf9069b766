#!/usr/bin/env -S python3 -B
"""identity.py: a real Postfix is told who the client is, in each of the ways of `identity`, and believes it; or it is
not, and what then."""
import json
import re

import lab
from client import Client
from postfix import Postfix

CLIENT = "127.0.0.2"
ANOTHER = "127.0.0.9"
HELO = "first.example"
LETTER = b"Subject: hello\r\n\r\nSome text\r\n"

BELIEVING = {
    "xclient": {"smtpd_authorized_xclient_hosts": "127.0.0.1"},
    "xforward": {"smtpd_authorized_xforward_hosts": "127.0.0.1"},
    "proxy-v1": {"smtpd_upstream_proxy_protocol": "haproxy"},
    "proxy-v2": {"smtpd_upstream_proxy_protocol": "haproxy"},
}
OVERRIDING = ("xclient", "proxy-v1", "proxy-v2")  # Postfix takes the client for its own


class Identity(lab.Case):
    def postfix(self, **parameters):
        postfix = Postfix(smtpd_client_port_logging="yes", **parameters)
        self.addCleanup(postfix.close)
        return postfix

    def telling(self, postfix, identity, **upstream):
        row = {"address": f"{lab.HOST}:{postfix.port}", "identity": identity, **upstream}
        return self.postern([], f"upstreams: {json.dumps([row])}\n")

    def clients(self, postfix, count):
        """What Postfix logged of as many messages' clients: address and port, and those of the original client."""
        found = lab.wait_for(lambda: len(lines := re.findall(r" client=.*", postfix.maillog())) >= count and lines,
                             postfix.maillog)
        return [re.findall(r"client=\S+\[([0-9.]+)\]:(\d+)", line) for line in found]

    def mail(self, port, source=CLIENT, messages=1, helo=HELO):
        with Client(port, source=source) as client:
            ours = str(client.socket.getsockname()[1])
            self.assertEqual(client.ehlo(helo).code, 250)
            for _ in range(messages):
                client.envelope()
                reply = client.data(LETTER)
                self.assertEqual(reply.code, 250, reply)
            client.quit()
        return source, ours

    def test_it_believes(self):
        for identity, parameters in BELIEVING.items():
            with self.subTest(identity):
                postfix = self.postfix(**parameters)
                proxy = self.telling(postfix, identity, identity_required=identity.startswith("x"))
                expected = [self.mail(proxy.port, messages=2)] * 2 + [self.mail(proxy.port, messages=2)] * 2
                expected.append(self.mail(proxy.port, ANOTHER))
                index = 0 if identity in OVERRIDING else 1
                self.assertEqual([found[index] for found in self.clients(postfix, 5)], expected)
                messages = postfix.await_messages(5)
                received = [re.search(rb"Received: from (\S+) \((\S+) \[(\S+)\]\)", m) for m in messages]
                told = sorted(match[3].decode() for match in received)
                self.assertEqual(told, [CLIENT] * 4 + [ANOTHER] if index == 0 else [lab.HOST] * 5)
                self.assertEqual({match[1] for match in received}, {HELO.encode()})

    def test_its_rules_hold_for_the_client(self):
        for identity in OVERRIDING:
            with self.subTest(identity):
                postfix = self.postfix(**BELIEVING[identity], smtpd_client_restrictions=(
                    f"check_client_access inline:{{{{ {CLIENT} = reject not you }}}}"))
                proxy = self.telling(postfix, identity)
                for source, code in ((CLIENT, 554), (ANOTHER, 250)):
                    with Client(proxy.port, source=source) as client:
                        client.ehlo()
                        client.say("MAIL FROM:<ann@example.org>")
                        self.assertEqual(client.say("RCPT TO:<bob@example.com>").code, code)

    def test_whom_it_relays_for(self):
        """A client that Postfix does not know of gets what Postern is allowed."""
        for identity in ("none", *BELIEVING):
            with self.subTest(identity):
                postfix = self.postfix(**BELIEVING.get(identity, {}), mynetworks="127.0.0.1")
                with Client(self.telling(postfix, identity).port, source=CLIENT) as client:
                    client.ehlo()
                    client.say("MAIL FROM:<ann@example.org>")
                    reply = client.say("RCPT TO:<bob@elsewhere.example>")
                self.assertEqual("Relay access denied" in reply.text, identity in OVERRIDING, reply)

    def test_another_helo_is_told_anew(self):
        postfix = self.postfix(**BELIEVING["xclient"])
        proxy = self.telling(postfix, "xclient")
        with Client(proxy.port, source=CLIENT) as client:
            for name in ("one.example", "two.example"):
                client.message(LETTER)
                self.assertEqual(client.ehlo(name).code, 250)
            client.envelope()
            self.assertEqual(client.data(LETTER).code, 250)
        self.assertEqual([found[0][0] for found in self.clients(postfix, 3)], [CLIENT] * 3)

    def test_it_does_not_trust_us(self):
        """XCLIENT and XFORWARD are then not offered: mail passes under our name, or not at all."""
        postfix = self.postfix()
        for identity in ("xclient", "xforward"):
            with self.subTest(identity):
                proxy = self.telling(postfix, identity)
                self.mail(proxy.port)
                proxy.await_events("identity-not-told")
                proxy = self.telling(postfix, identity, identity_required=True)
                with Client(proxy.port, source=CLIENT) as client:
                    replies = [client.ehlo(), client.say("MAIL FROM:<ann@example.org>")]
                    self.assertIn(451, [reply.code for reply in replies])
                    self.assertNotEqual(client.say("RCPT TO:<bob@example.com>").code, 250)

    def test_it_expects_no_header(self):
        """It takes the header for a command; its answer belongs to none of the client's, and ends the session."""
        for identity in ("proxy-v1", "proxy-v2"):
            with self.subTest(identity):
                postfix = self.postfix()
                with Client(self.telling(postfix, identity).port) as client:
                    replies = [client.greeting]
                    for line in ("EHLO client.example", "MAIL FROM:<ann@example.org>", "RCPT TO:<bob@example.com>"):
                        if replies[-1].code // 100 == 2:
                            replies.append(client.say(line))
                    self.assertEqual(replies[-1].code, 421, replies)
                postfix.await_messages(0)

    def test_it_expects_a_header(self):
        postfix = self.postfix(**BELIEVING["proxy-v1"], smtpd_upstream_proxy_timeout="1s")
        with Client(self.telling(postfix, "none").port) as client:
            self.assertEqual(client.greeting.code, 421)


if __name__ == "__main__":
    lab.main("postfix")
