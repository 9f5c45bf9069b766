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
        - {{name: invoices, on: subject, pattern: "(?i)overdue invoice", action: reject, reply: 550 5.7.1 No invoices}}
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


def traces(where):
    """All that the kernel says of rules and routes, where something of ours is in it."""
    text = where.must("nft", "list", "ruleset") + where.must("iptables-save") + where.must("ip6tables-save")
    for family in FAMILIES:
        text += where.must("ip", f"-{family}", "rule") + where.must("ip", f"-{family}", "route", "show", "table", "all")
    return re.findall(r".*(?:postern|10025|0x0*[12]00\b|zone).*", text)


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

    @contextlib.contextmanager
    def rules(self, *arguments, **options):
        """add(), for as long as the block."""
        self.add(*arguments, **options)
        try:
            yield
        finally:
            self.remove()

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


class Diverted(Case):
    """Mail from the client's side."""

    def seen(self, mode, place, identity, family):
        if identity != "none":
            return CLIENT[family]
        return SERVER[family] if place == "server" else GATEWAY[family]

    def test_every_way(self):
        for tool, mode, place in combinations():
            for identity in ("none", "xclient", "source-address")[:3 if mode == "tproxy" else 2]:
                with self.rules(tool, mode, place), self.proxy(mode, place, identity) as proxy:
                    for count, family in enumerate(FAMILIES, 1):
                        with self.subTest(tool=tool, mode=mode, place=place, identity=identity, family=family):
                            codes, clients = self.deliver(world.client, SERVER[family])
                            self.assertEqual(codes, FILTERED)
                            self.assertEqual(set(clients), {self.seen(mode, place, identity, family)})
                            connect = proxy.await_events("connect", count)
                            self.assertEqual(len(connect), count)
                            self.assertIn(SERVER[family], connect[-1]["original"])

    def test_nothing_changes_on_either_side(self):
        settings = {path: path.read_bytes() for path in (server.root / "etc").iterdir()}
        for tool, mode, place in combinations():
            with self.subTest(tool=tool, mode=mode, place=place):
                self.assertEqual((self.swaks(BAD), self.swaks(GOOD)), (0, 0))
                with self.rules(tool, mode, place), self.proxy(mode, place):
                    self.assertEqual((self.swaks(BAD), self.swaks(GOOD)), (26, 0))
                    self.assertEqual(traces(world.client), [])
                    self.assertEqual(traces(world.gateway if place == "server" else world.server), [])
                self.assertEqual((self.swaks(BAD), self.swaks(GOOD)), (0, 0))
        self.assertEqual(settings, {path: path.read_bytes() for path in settings})

    def swaks(self, message):
        """How another stock client ends: 26 when the message was refused."""
        done = world.client.run("swaks", "--server", SERVER[4], "--from", "ann@example.org", "--to", "bob@example.com",
                                "--timeout", "20", "--data", message)
        server.settle()
        return done.returncode

    # Those that began before the rules are left alone, but for those through a gateway that uses tproxy.
    def test_sessions_under_way_go_on(self):
        for tool, mode, place in combinations():
            if (mode, place) == ("tproxy", "gateway"):
                continue
            with self.subTest(tool=tool, mode=mode, place=place), world.client:
                with smtplib.SMTP(SERVER[4], 25, timeout=20) as old:
                    with self.rules(tool, mode, place), self.proxy(mode, place):
                        self.assertEqual(old.verify("bob@example.com")[0], DIRECT[1])
                        self.assertEqual(session(world.client, SERVER[4]), FILTERED)
                        self.assertEqual(old.noop()[0], 250)

    def test_sessions_survive_a_second_add(self):
        for tool, mode, place in combinations():
            identity = "source-address" if mode == "tproxy" else "none"
            with self.rules(tool, mode, place), self.proxy(mode, place, identity), world.client:
                with self.subTest(tool=tool, mode=mode, place=place):
                    with smtplib.SMTP(SERVER[4], 25, timeout=20) as client:
                        client.ehlo()
                        self.add(tool, mode, place)
                        self.assertEqual(client.mail("ann@example.org")[0], 250)
                        self.assertEqual(client.verify("bob@example.com")[0], FILTERED[1])

    # Postern, in the client's name, happens to use the client's own port, and a strict firewall looks on:
    # to it they are two connections all the same.
    def test_the_same_port_on_both_sides(self):
        usual = " ".join(world.gateway.switch("ipv4/ip_local_port_range"))
        self.addCleanup(world.gateway.switch, "ipv4/ip_local_port_range", usual)
        strict = "ct state invalid drop; tcp flags & (syn | ack) == syn ct state != new drop"
        port = 40000
        for tool in ("nft", "iptables"):
            for family in FAMILIES:
                port += 1
                world.gateway.switch("ipv4/ip_local_port_range", f"{port} {port}")
                with self.subTest(tool=tool, family=family), self.firewall(world.gateway, strict, strict):
                    with self.rules(tool, "tproxy", "gateway"), self.proxy("tproxy", "gateway", "source-address"):
                        codes, clients = self.deliver(world.client, SERVER[family], (CLIENT[family], port))
                        self.assertEqual((codes, set(clients)), (FILTERED, {CLIENT[family]}))

    # The rules that README.md gives for a firewall that lets nothing in by itself.
    def test_behind_a_firewall(self):
        rules = {"redirect": "tcp dport 10025 ct status dnat accept",
                 "tproxy": "tcp dport 25 meta mark & 0x100 != 0 accept"}
        usual = 'iif "lo" accept; ct state established,related accept; meta l4proto icmpv6 accept'
        for tool, mode, place in combinations():
            where = self.at(place)
            identity = "source-address" if mode == "tproxy" else "none"
            with self.firewall(where, f"{usual}; {rules[mode]}; counter drop"), self.rules(tool, mode, place):
                with self.proxy(mode, place, identity):
                    for family in FAMILIES:
                        with self.subTest(tool=tool, mode=mode, place=place, family=family):
                            self.assertEqual(session(world.client, SERVER[family]), FILTERED)
                            self.assertEqual(session(where, SERVER[family]), FILTERED)

    @contextlib.contextmanager
    def firewall(self, where, *rules):
        """A firewall of somebody else there, for as long as the block: rules for what enters, and for what leaves."""
        for hook, rule in zip(("input", "output"), rules):
            chain = f"chain {hook} {{ type filter hook {hook} priority 0; {rule}; }}"
            where.must("nft", f"table inet firewall {{ {chain}; }}")
        try:
            yield
        finally:
            where.must("nft", "delete table inet firewall")


class Refused(Case):
    """Connections that Postern must not take, or that must not pass by it."""

    def test_a_connection_to_the_proxy_itself(self):
        for tool, mode, place in combinations():
            since = len(server.maillog())
            with self.rules(tool, mode, place), self.proxy(mode, place) as proxy:
                outside = SERVER if place == "server" else GATEWAY_OUTSIDE
                visits = [(world.client, outside), (self.at(place), outside), (self.at(place), LOOPBACK)]
                for count, (origin, address, family) in enumerate(
                        [(*visit, family) for visit in visits for family in FAMILIES], 1):
                    with self.subTest(tool=tool, mode=mode, place=place, address=address[family]), origin:
                        with socket.create_connection((address[family], LISTENER), timeout=20) as direct:
                            self.assertEqual(direct.recv(100), b"")
                        self.assertEqual(len(proxy.await_events("turned-away", count)), count)
                self.assertEqual(proxy.events("connect"), [])
            self.assertEqual(server.visitors(since), [])

    def test_nobody_passes_by_while_the_proxy_is_down(self):
        since = len(server.maillog())
        for tool, mode, place in combinations():
            with self.rules(tool, mode, place), world.client:
                for family in FAMILIES:
                    with self.subTest(tool=tool, mode=mode, place=place, family=family):
                        with self.assertRaises(ConnectionRefusedError if mode == "redirect" else TimeoutError):
                            socket.create_connection((SERVER[family], 25), timeout=1.2).close()
        self.assertEqual(server.visitors(since), [])

    def test_other_ports_and_addresses(self):
        self.add("nft", "redirect", "gateway", "--server", f"203.0.113.0/24,{SERVER[6]}")
        with self.proxy("redirect", "gateway"):
            self.assertEqual(session(world.client, SERVER[4]), DIRECT)
            self.assertEqual(session(world.client, SERVER[6]), FILTERED)
        self.add("iptables", "tproxy", "gateway", "--port", "2500,465=2465")
        self.assertEqual(session(world.client, SERVER[4]), DIRECT)
        self.assertEqual(session(world.client, SERVER[6]), DIRECT)


class Own(Case):
    """Connections that the machine makes on which Postern runs."""

    def addresses(self, place, family):
        return [SERVER[family], LOOPBACK[family]] if place == "server" else [SERVER[family]]

    def test_submitters(self):
        for tool, mode, place in combinations():
            for own, mark in ((("--user", USER), 0), (("--mark", "0x7"), 7)):
                identity = "source-address" if mode == "tproxy" else "none"
                with self.rules(tool, mode, place, own=own), self.proxy(mode, place, identity, mark) as proxy:
                    visits = [(family, address) for family in FAMILIES for address in self.addresses(place, family)]
                    for count, (family, address) in enumerate(visits, 1):
                        with self.subTest(tool=tool, mode=mode, place=place, own=own[0], address=address):
                            codes, clients = self.deliver(self.at(place), address)
                            self.assertEqual(codes, FILTERED)
                            if address == SERVER[family]:
                                self.assertEqual(set(clients), {(SERVER if place == "server" else GATEWAY)[family]})
                            self.assertEqual(len(proxy.await_events("connect", count)), count)

    def test_submitters_are_left_alone(self):
        for tool, mode, place in combinations():
            with self.rules(tool, mode, place, own=()), self.proxy(mode, place) as proxy:
                for family in FAMILIES:
                    for address in self.addresses(place, family):
                        with self.subTest(tool=tool, mode=mode, place=place, address=address):
                            self.assertEqual(session(self.at(place), address), DIRECT)
                self.assertEqual(proxy.events("connect"), [])
                self.assertEqual(session(world.client, SERVER[4]), FILTERED)

    # What the kernel sends for a connection that Postern has closed already has to reach the server, too.
    def test_the_other_end_is_closed(self):
        def open_at_server():
            return world.server.must("ss", "-Htn", "sport = 25")

        for tool in ("nft", "iptables"):
            place = ("tproxy", "gateway")
            with self.subTest(tool=tool), self.rules(tool, *place), self.proxy(*place) as proxy:
                with world.client, smtplib.SMTP(SERVER[4], 25, timeout=20) as client:
                    client.ehlo()
                    self.assertNotEqual(open_at_server(), "")
                    client.close()  # without QUIT: Postern is the first to close
                proxy.await_events("close")
                lab.wait_for(lambda: open_at_server() == "", open_at_server, 5)


class Command(Case):
    """postern-netfilter itself."""

    def test_adding_twice_is_adding_once(self):
        for tool, mode, place in combinations():
            with self.subTest(tool=tool, mode=mode, place=place):
                self.add(tool, mode, place)
                once = self.command(place, "show")
                self.assertEqual((once.returncode, once.stderr), (0, ""))
                self.add(tool, mode, place)
                self.assertEqual(self.command(place, "show").stdout, once.stdout)

    def test_the_last_one_counts(self):
        self.add("iptables", "redirect", "gateway")
        self.add("nft", "tproxy", "gateway", "-6")
        text = self.command("gateway", "show").stdout
        self.assertRegex(text, "tproxy ip6 to :10025")
        self.assertNotRegex(text, "iptables|ip6tables|ipv4|ip -4")
        self.add("iptables", "redirect", "gateway", "-4")
        text = self.command("gateway", "show").stdout
        self.assertRegex(text, "REDIRECT --to-ports 10025")
        self.assertNotRegex(text, "table inet|ip6tables|ip -")

    def test_removal_leaves_no_trace(self):
        for tool, mode, place in combinations():
            with self.subTest(tool=tool, mode=mode, place=place):
                self.add(tool, mode, place)
                self.assertNotEqual(traces(self.at(place)), [])
                self.remove()
                self.assertEqual(traces(self.at(place)), [])
                shown = self.command(place, "show")
                self.assertEqual((shown.returncode, shown.stdout), (1, ""))
                self.remove()

    def test_rules_of_others_stay(self):
        gateway = world.gateway
        gateway.must("nft", "table inet firewall { chain prerouting { type nat hook prerouting priority dstnat; }; }")
        self.addCleanup(gateway.must, "nft", "delete table inet firewall")
        rule = ("PREROUTING", "-t", "nat", "-p", "tcp", "--dport", "25", "-j", "ACCEPT")
        gateway.must("iptables", "-A", *rule)
        self.addCleanup(gateway.must, "iptables", "-D", *rule)
        for tool, mode in (("nft", "redirect"), ("iptables", "redirect"), ("iptables", "tproxy")):
            with self.subTest(tool=tool, mode=mode):
                with self.rules(tool, mode, "gateway"), self.proxy(mode, "gateway"):
                    gateway.must("iptables", "-C", *rule)
                    self.assertEqual(session(world.client, SERVER[4]), FILTERED)
                gateway.must("iptables", "-C", *rule)
                gateway.must("nft", "list table inet firewall")

    def test_printed_rules_are_those_loaded(self):
        for mode in ("redirect", "tproxy"):
            printed = self.command("gateway", "print", "--nft", "--mode", mode, "--place", "gateway", "--user", USER)
            self.assertEqual(printed.returncode, 0)
            self.add("nft", mode, "gateway")
            loaded = self.command("gateway", "show").stdout
            world.gateway.must("nft", "-f", "-", stdin=None, input=printed.stdout)
            self.assertEqual(self.command("gateway", "show").stdout, loaded)

    def test_switches(self):
        world.server.switch("ipv4/tcp_fwmark_accept", 1)
        self.addCleanup(world.server.switch, "ipv4/tcp_fwmark_accept", 0)
        told = self.add("nft", "tproxy", "gateway")
        self.assertEqual(told, "")
        told = self.add("nft", "tproxy", "server")
        self.assertRegex(told, "net/ipv4/tcp_fwmark_accept is 1, must be 0: ")
        self.assertEqual(world.server.switch("ipv4/tcp_fwmark_accept"), ["1"])
        told = self.add("nft", "tproxy", "server", "--sysctl")
        self.assertRegex(told, "net/ipv4/tcp_fwmark_accept was 1, is now 0: ")
        self.assertEqual(world.server.switch("ipv4/tcp_fwmark_accept"), ["0"])
        self.assertEqual(self.add("nft", "tproxy", "server"), "")

    def test_misuse(self):
        good = ["add", "--mode", "redirect", "--place", "server"]
        for arguments in ([], ["fetch"], ["add"], good[:3], [*good, "--port", "0"], [*good, "--port", "25,70000"],
                          [*good, "--port", "10025"], [*good, "--to", "25;"], [*good, "--server", "mail.example"],
                          [*good, "--server", "2001:db8::1", "-4"], [*good, "--mark", "0x100"], [*good, "--mark"],
                          [*good, "--user", USER, "--mark", "1"], [*good, "--slowly"]):
            with self.subTest(arguments):
                done = self.command("server", *arguments)
                self.assertEqual((done.returncode, done.stdout), (64, ""))
                self.assertIn("--help", done.stderr)
        self.assertEqual(self.command("server", *good, "--user", "nosuchuser").returncode, 1)
        self.assertEqual(self.command("server", "--help").returncode, 0)
        self.assertEqual(traces(world.server), [])


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
    lab.main("postfix", "swaks", "ip", "ss", "nft", "iptables", "ip6tables")
