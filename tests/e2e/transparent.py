#!/usr/bin/env -S python3 -B
"""transparent.py: Postern in the path of connections that were meant for the mail server: diverted by
contrib/netfilter, on the server and on a gateway; neither client nor server is told that it is there."""
import contextlib
import os
import re
import smtplib
import socket
import sys
import unittest

import lab
from transparent_world import CLIENT, GATEWAY, GATEWAY_OUTSIDE, LOOPBACK, SERVER, Server, World

COMMAND = lab.SOURCE / "contrib/netfilter/postern-netfilter"
LISTENER = 10025
FAMILIES = (4, 6)
USER = "nobody"

GOOD = "Subject: hello\r\n\r\nSome text\r\n"
BAD = "Subject: Overdue invoice\r\n\r\nSome text\r\n"

CONFIG = """
listeners:
  - {{address: "0.0.0.0:10025", transparent: {mode}}}
  - {{address: "[::]:10025", transparent: {mode}}}
upstreams:
  - {{address: original-destination, identity: {identity}, mark: {mark}}}
user: nobody
filters:
  - commands: {{deny: [VRFY, EXPN]}}
  - regex:
      rules:
        - {{name: invoices, on: subject, pattern: "(?i)overdue invoice", action: reject, reply: "550 5.7.1 No invoices"}}
"""

world = None
server = None


def setUpModule():
    global world, server
    world = World()
    with world.server:
        server = Server()
    unittest.addModuleCleanup(server.close)


def combinations():
    for tool in ("nft", "iptables"):
        for mode in ("redirect", "tproxy"):
            for place in ("server", "gateway"):
                yield tool, mode, place


def session(place, address, source=None):
    """What a stock client is answered: the greeting, VRFY, and a bad and a good message."""
    with place, smtplib.SMTP(timeout=20, source_address=source) as client:
        codes = [client.connect(address, 25)[0]]
        client.ehlo("client.example")
        codes.append(client.verify("bob@example.com")[0])
        for message in (BAD, GOOD):
            client.mail("ann@example.org")
            client.rcpt("bob@example.com")
            codes.append(client.data(message)[0])
        return codes


DIRECT = [220, 252, 250, 250]
FILTERED = [220, 502, 550, 250]


class Case(lab.Case):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.remove)

    def at(self, place):
        return getattr(world, place)

    def command(self, place, *arguments):
        return self.at(place).run(COMMAND, *arguments)

    def add(self, tool, mode, place, *more, own=("--user", USER)):
        done = self.command(place, "add", f"--{tool}", "--mode", mode, "--place", place, *own, *more)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def remove(self):
        for place in ("server", "gateway"):
            done = self.command(place, "remove")
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    @contextlib.contextmanager
    def proxy(self, mode, place, identity="none", mark=0):
        """Postern there, for as long as the block."""
        with self.at(place):
            proxy = lab.Postern(self.folder("postern"), [], CONFIG.format(mode=mode, identity=identity, mark=mark))
        try:
            yield proxy
        finally:
            self.end_well(proxy)

    def deliver(self, place, address, source=None):
        """A session, and the addresses that Postfix has seen mail from meanwhile."""
        since = len(server.maillog())
        codes = session(place, address, source)
        server.settle()
        return codes, server.clients(since)

    def traces(self, place):
        """All that the kernel says of rules and routes, where something of ours is in it."""
        where = self.at(place)
        text = where.must("nft", "list", "ruleset")
        for family in FAMILIES:
            text += where.must("ip", f"-{family}", "rule") + where.must("ip", f"-{family}", "route", "show", "table", "all")
        return re.findall(r".*(?:postern|10025|0x0*[12]00\b|zone).*", text)


class Diverted(Case):
    def seen(self, mode, place, identity, family):
        if identity != "none":
            return CLIENT[family]
        return SERVER[family] if place == "server" else GATEWAY[family]

    def test_every_way(self):
        for tool, mode, place in combinations():
            self.add(tool, mode, place)
            for identity in ("none", "xclient", "source-address")[:3 if mode == "tproxy" else 2]:
                with self.proxy(mode, place, identity) as proxy:
                    for family in FAMILIES:
                        with self.subTest(tool=tool, mode=mode, place=place, identity=identity, family=family):
                            codes, clients = self.deliver(world.client, SERVER[family])
                            self.assertEqual(codes, FILTERED)
                            self.assertEqual(set(clients), {self.seen(mode, place, identity, family)})
                            self.assertEqual(len(proxy.events("close")), len(proxy.events("open")))
            self.remove()


def privileged():
    """Why this cannot be tested here, or None."""
    if os.geteuid() != 0:
        return "network namespaces need the rights of root"
    try:
        World()
    except (OSError, AssertionError) as error:
        return f"no network namespaces with cables can be made here: {error}"
    return None


if __name__ == "__main__":
    reason = privileged()
    if reason is not None:
        print(f"skipped: {reason}")
        sys.exit(lab.SKIPPED)
    lab.main("postfix", "ip", "nft", "iptables", "ip6tables")
