#!/usr/bin/env -S python3 -B
"""balancer.py: Postern behind haproxy, which says in a PROXY header who the client is; and behind hosts that lie,
stammer or say nothing. Everybody has an address of 127.0.0.0/8 of his own."""
import socket
import struct

import lab
import tls_lab
from client import Client

CLIENT = "127.0.0.2"
BALANCER = "127.0.0.3"
STRANGER = "127.0.0.4"
CLAIMED = "192.0.2.1"  # who headers by hand speak for

LETTER = b"Subject: hello\r\n\r\nSome text\r\n"
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
ADDRESSES = socket.inet_aton(CLAIMED) + socket.inet_aton("198.51.100.25") + struct.pack("!HH", 56224, 25)
V1 = f"PROXY TCP4 {CLAIMED} 198.51.100.25 56224 25\r\n".encode()


def v2(block=ADDRESSES, first=0x21, family=0x11, length=None):
    return SIGNATURE + struct.pack("!BBH", first, family, len(block) if length is None else length) + block


def tlv(kind, value):
    return struct.pack("!BH", kind, len(value)) + value


TLVS = tlv(0x02, b"mail.example.org") + tlv(0x20, b"\1\0\0\0\0" + tlv(0x21, b"TLSv1.3")) + tlv(0x04, b"\0" * 7)

GOOD = {
    "version 1": V1,
    "version 1, IPv6": b"PROXY TCP6 2001:db8::1 2001:db8::2 56224 25\r\n",
    "version 2": v2(),
    "version 2, TLVs": v2(ADDRESSES + TLVS),
    "version 2, 4096 octets": v2(ADDRESSES + tlv(0x04, bytes(4096 - 16 - len(ADDRESSES) - 3))),
}

LOCAL = {
    "UNKNOWN": b"PROXY UNKNOWN\r\n",
    "UNKNOWN with more": b"PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n",
    "LOCAL": v2(b"", first=0x20, family=0),
    "LOCAL with addresses": v2(first=0x20),
    "UNSPEC": v2(b"", family=0),
    "UNIX": v2(bytes(216), family=0x31),
    "UDP": v2(family=0x12),
}

BAD = {
    "SMTP": b"EHLO client.example\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "HTTP": b"GET / HTTP/1.1\r\n\r\n",
    "version 1 in lower case": V1.lower(),
    "version 1 that never ends": V1[:-2] + b" " * 100,
    "UNKNOWN that never ends": b"PROXY UNKNOWN " + b"x" * 93,
    "bare LF": V1[:-2] + b"\n",
    "two spaces": V1.replace(b"4 1", b"4  1", 1),
    "a tab": V1.replace(b" ", b"\t"),
    "port 65536": V1.replace(b"56224", b"65536"),
    "port with a zero": V1.replace(b"56224", b"05622"),
    "address with a zero": V1.replace(b"192.0.2.1", b"192.0.2.01"),
    "zone": b"PROXY TCP6 fe80::1%eth0 fe80::2 56224 25\r\n",
    "another family": V1.replace(b"TCP4", b"TCP6"),
    "protocol": V1.replace(b"TCP4", b"UDP4"),
    "version 3": v2(first=0x31),
    "command 2": v2(first=0x22),
    "family 4": v2(family=0x41),
    "protocol 3": v2(family=0x13),
    "addresses cut short": v2(ADDRESSES[:-1]),
    "4097 octets": v2(ADDRESSES, length=4081),
    "65535 octets": v2(ADDRESSES, length=0xffff),
    "TLV beyond the header": v2(ADDRESSES + b"\x04\x00\x01"),
    "half a TLV": v2(ADDRESSES + b"\x04\x00"),
    "TLV beyond that of TLS": v2(ADDRESSES + tlv(0x20, b"\1\0\0\0\0\x21\0\7TLSv1")),
    "checksum": v2(ADDRESSES + tlv(0x03, b"\0\0\0\0")),
}


class Secure(tls_lab.Secure):
    """A client of TLS from the first octet, with an address of its own."""

    def __init__(self, port, context, source):
        Client.__init__(self, port, greet=False, source=source)
        self.encrypt(context)
        self.greeting = self.reply()


class Case(tls_lab.Case):
    def setUp(self):
        super().setUp()
        self.server = self.sink()

    def behind(self, *networks, handshake="30s", **listener):
        """Postern that believes the balancer, or those networks."""
        return self.proxy([{"proxy_from": list(networks or (BALANCER,)), **listener}], [self.server.port],
                          timeouts={"handshake": handshake}, trace="received")

    def connected(self, proxy, client, via=BALANCER, count=1, **fields):
        """The log has connections of the client; via: whom they came through, None for nobody."""
        for line in proxy.await_events("connect", count, client=client, **fields):
            self.assertEqual(line.get("via"), via)

    def relayed(self, client):
        self.assertEqual(client.greeting.code, 220)
        self.assertEqual(client.message(LETTER).code, 250)
        self.assertEqual(client.quit().code, 221)


class Haproxy(Case):
    def haproxy(self, upstream, send, bind="", more=""):
        """A balancer before that port; the port it listens on."""
        port = lab.free_port()
        config = self.folder() / "haproxy.cfg"
        config.write_text(f"""
defaults
    mode tcp
    timeout connect 10s
    timeout client 60s
    timeout server 60s
listen smtp
    bind {lab.HOST}:{port} {bind}
    source {BALANCER}
    {more}
    server postern {lab.HOST}:{upstream} {send}
""")
        process = self.process("haproxy", "-db", "-f", config)
        lab.wait_for(lambda: not process.alive() or lab.listens(port), "haproxy listens")
        self.assertTrue(process.alive(), process.complaints())
        return port

    def through(self, proxy, port, context=None):
        """A message of the client's; the log knows it by its address and port."""
        with Client(port, source=CLIENT) if context is None else Secure(port, context, CLIENT) as client:
            ours = client.socket.getsockname()[1]
            self.relayed(client)
        self.connected(proxy, CLIENT, port=ours)

    def test_the_client_is_known(self):
        for send in ("send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c",
                     "send-proxy-v2 proxy-v2-options unique-id,crc32c,authority"):
            for required in (False, True):
                with self.subTest(send=send, required=required):
                    proxy = self.behind(proxy_required=required)
                    self.through(proxy, self.haproxy(proxy.port, send, more="unique-id-format %[uuid()]"))
                    [done] = proxy.await_events("transaction")
                    self.assertEqual((done["client"], done["verdict"]), (CLIENT, "relayed"))
                    self.assertIn(f"[{CLIENT}]".encode(), self.server.messages()[-1])

    def test_each_client_is_its_own(self):
        proxy = self.behind()
        port = self.haproxy(proxy.port, "send-proxy-v2")
        clients = [Client(port, source=f"127.0.1.{n}") for n in range(1, 51)]
        for n, client in enumerate(clients, 1):
            self.assertEqual(client.ehlo(f"n{n}.example").code, 250)
        for client in clients:
            client.quit()
        for n in range(1, 51):
            [closed] = proxy.await_events("close", helo=f"n{n}.example")
            self.assertEqual(closed["client"], f"127.0.1.{n}")

    def test_filters_see_the_client(self):
        refuse = [{"access": {"deny": {"client": [CLIENT]}, "reply": "554 5.7.1 Not you"}}]
        proxy = self.proxy([{"proxy_from": [BALANCER]}], [self.server.port], filters=refuse)
        port = self.haproxy(proxy.port, "send-proxy")
        for source, code in ((CLIENT, 554), (STRANGER, 250)):
            with Client(port, source=source) as client:
                client.ehlo()
                self.assertEqual(client.say("MAIL FROM:<ann@example.org>").code, code)

    def test_addresses_of_both_families_in_one_socket(self):
        """haproxy then writes ::ffff:127.0.0.2."""
        for send in ("send-proxy", "send-proxy-v2"):
            with self.subTest(send):
                proxy = self.behind()
                port = lab.free_port()
                self.haproxy(proxy.port, send, more=f"bind :::{port} v4v6")
                lab.wait_for(lambda port=port: lab.listens(port), "the second socket")
                self.through(proxy, port)

    def test_tls_ends_at_the_balancer(self):
        joint = self.pki["joint.pem"]
        for send in ("send-proxy-v2-ssl", "send-proxy-v2-ssl-cn",
                     "send-proxy-v2 proxy-v2-options ssl,cert-cn,ssl-cipher,cert-sig,cert-key,authority,crc32c"):
            with self.subTest(send):
                proxy = self.behind()
                port = self.haproxy(proxy.port, send, bind=f"ssl crt {joint}")
                self.through(proxy, port, self.context())

    def test_tls_ends_here(self):
        proxy = self.behind(tls="implicit")
        for send in ("send-proxy", "send-proxy-v2"):
            with self.subTest(send):
                self.through(proxy, self.haproxy(proxy.port, send), self.context())

    def test_health_checks_are_the_balancers_own(self):
        proxy = self.behind(proxy_required=True)
        self.haproxy(proxy.port, "send-proxy-v2 check-send-proxy check inter 200ms",
                     more="option smtpchk EHLO check.example")
        closed = proxy.await_events("close", 2, client=BALANCER)
        self.assertEqual(proxy.events("turned-away"), [])
        self.assertEqual(closed[-1]["helo"], "check.example")
        self.connected(proxy, BALANCER, via=None)

    def test_one_proxy_tells_the_next(self):
        """What is printed here is read by haproxy, and by Postern."""
        for identity in ("proxy-v1", "proxy-v2"):
            with self.subTest(identity):
                last = self.behind(BALANCER, lab.HOST, proxy_required=True)
                hop = self.haproxy(last.port, "send-proxy", bind="accept-proxy")
                first = self.proxy([{"proxy_from": [BALANCER]}], [{"port": hop, "identity": identity}])
                self.through(first, self.haproxy(first.port, "send-proxy-v2"))
                self.connected(last, CLIENT)
                direct = self.proxy([{}], [{"port": last.port, "identity": identity}])
                with Client(direct.port, source=STRANGER) as client:
                    self.relayed(client)
                self.connected(last, STRANGER, via=lab.HOST)


class ByHand(Case):
    def dial(self, proxy, octets=b"", source=BALANCER):
        client = Client(proxy.port, greet=False, source=source)
        self.addCleanup(client.close)
        client.send(octets)
        return client

    def turned_away(self, proxy, client, why):
        """Not a word was said to it."""
        self.assertTrue(client.ended())
        proxy.await_events("turned-away", text=why)

    def test_good_headers(self):
        proxy = self.behind()
        for name, header in GOOD.items():
            with self.subTest(name), self.dial(proxy, header) as client:
                self.assertEqual(client.reply().code, 220)
                self.assertEqual(client.message(LETTER).code, 250)
        self.connected(proxy, CLAIMED, count=4)
        self.connected(proxy, "2001:db8::1")
        self.assertEqual(len(self.server.messages()), len(GOOD))

    def test_octet_by_octet(self):
        proxy = self.behind()
        for name in ("version 1", "version 1, IPv6", "version 2", "version 2, TLVs"):
            with self.subTest(name), self.dial(proxy) as client:
                for octet in GOOD[name]:
                    client.send(bytes([octet]))
                self.assertEqual(client.reply().code, 220)
                self.assertEqual(client.message(LETTER).code, 250)

    def test_they_speak_for_the_balancer(self):
        proxy = self.behind()
        for count, (name, header) in enumerate(LOCAL.items(), 1):
            with self.subTest(name), self.dial(proxy, header) as client:
                self.assertEqual(client.reply().code, 220)
                self.connected(proxy, BALANCER, via=None, count=count)

    def test_bad_headers(self):
        proxy = self.behind()
        for name, header in BAD.items():
            for octets in (header, header + b"EHLO client.example\r\n"):
                with self.subTest(name):
                    absent = name in ("SMTP", "TLS", "HTTP", "version 1 in lower case")
                    client = self.dial(proxy, octets)
                    self.turned_away(proxy, client, "no PROXY header" if absent else "malformed PROXY header")
        proxy.await_events("turned-away", 2 * len(BAD))
        self.assertEqual(proxy.events("connect"), [])

    def test_a_header_that_never_ends(self):
        proxy = self.behind(handshake="300ms")
        for octets in (b"", b"P", V1[:-1], SIGNATURE, v2()[:-1], v2(ADDRESSES, length=4080)):
            with self.subTest(octets):
                self.assertTrue(self.dial(proxy, octets).ended())
        self.assertEqual(proxy.events("connect"), [])

    def test_a_header_cut_off(self):
        proxy = self.behind()
        for header in (V1, v2(ADDRESSES + TLVS)):
            for end in range(1, len(header)):
                client = self.dial(proxy, header[:end])
                client.socket.shutdown(socket.SHUT_WR)
                self.turned_away(proxy, client, "PROXY header cut short")
        self.assertEqual(proxy.events("connect"), [])

    def test_strangers_are_not_believed(self):
        proxy = self.behind()
        for header in (V1, v2()):
            with self.subTest(header), self.dial(proxy, header, source=STRANGER) as client:
                reply = client.reply()
                if reply.code == 220:  # it was greeted before the header came
                    reply = client.reply()
                self.assertIn(reply.code, (500, 554))
        self.connected(proxy, STRANGER, via=None, count=2)
        self.assertEqual(proxy.events("connect", client=CLAIMED), [])

    def test_strangers_may_mail(self):
        proxy = self.behind()
        with Client(proxy.port, source=STRANGER) as client:
            self.relayed(client)
        self.connected(proxy, STRANGER, via=None)

    def test_nobody_else_where_it_is_required(self):
        proxy = self.behind(proxy_required=True)
        for octets in (b"", V1, v2(), b"EHLO client.example\r\n"):
            with self.subTest(octets):
                client = self.dial(proxy, octets, source=STRANGER)
                self.turned_away(proxy, client, "not a balancer of proxy_from")
        self.assertEqual(proxy.events("connect"), [])

    def test_one_header_is_enough(self):
        """What comes behind it came too early, be it another one; once greeted, it is no command."""
        proxy = self.behind()
        for more in (b"EHLO client.example\r\n", V1, v2()):
            with self.subTest(more), self.dial(proxy, V1.replace(b"192.0.2.1", b"192.0.2.7") + more) as client:
                self.assertEqual(client.reply().code, 554)
        with self.dial(proxy, V1) as client:
            self.assertEqual(client.reply().code, 220)
            client.send(V1.replace(b"192.0.2.1", b"192.0.2.7"))
            self.assertEqual(client.reply().code, 500)
            client.quit()
        proxy.await_events("close", client=CLAIMED)
        self.connected(proxy, "192.0.2.7", count=3)

    def test_a_header_before_tls(self):
        """The header is in the clear; the first octet behind it begins the handshake."""
        proxy = self.behind(tls="implicit")
        for header in (V1, v2(ADDRESSES + TLVS)):
            with self.subTest(header):
                plain = socket.create_connection((lab.HOST, proxy.port), timeout=20, source_address=(BALANCER, 0))
                plain.sendall(header)
                with self.context().wrap_socket(plain, server_hostname=tls_lab.NAME) as secure:
                    self.assertEqual(secure.recv(4), b"220 ")
        self.connected(proxy, CLAIMED, count=2)
        plain = socket.create_connection((lab.HOST, proxy.port), timeout=20, source_address=(BALANCER, 0))
        with self.assertRaises(OSError):
            self.context().wrap_socket(plain, server_hostname=tls_lab.NAME)
        plain.close()


if __name__ == "__main__":
    lab.main("haproxy", "openssl")
