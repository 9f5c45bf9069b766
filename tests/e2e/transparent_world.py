"""transparent_world.py: a client, a gateway and a mail server in network namespaces of their own, joined by cables:

    client 192.0.2.2 ---- 192.0.2.1 gateway 198.51.100.1 ---- 198.51.100.2 server
           2001:db8:1::2  2001:db8:1::1     2001:db8:2::1     2001:db8:2::2

The namespaces have no names and end with the process, however that ends. What runs in them is left to the tests."""
import ctypes
import os
import pathlib
import re

import lab
from postfix import Postfix

CLIENT = {4: "192.0.2.2", 6: "2001:db8:1::2"}
GATEWAY = {4: "198.51.100.1", 6: "2001:db8:2::1"}  # towards the server
GATEWAY_OUTSIDE = {4: "192.0.2.1", 6: "2001:db8:1::1"}
SERVER = {4: "198.51.100.2", 6: "2001:db8:2::2"}
LOOPBACK = {4: "127.0.0.1", 6: "::1"}

NEW_NETWORK = 0x40000000  # CLONE_NEWNET of <sched.h>
LIBC = ctypes.CDLL(None, use_errno=True)


def must(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class Namespace:
    """A network of its own. In a `with` block, sockets that are opened and programs that are started are in it."""

    outer = []  # where the blocks that have been entered were entered from

    def __init__(self):
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        must(LIBC.unshare(NEW_NETWORK))
        try:
            self.here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        finally:
            must(LIBC.setns(home, NEW_NETWORK))
            os.close(home)
        self.path = f"/proc/{os.getpid()}/fd/{self.here}"
        self.ip("link set lo up")

    def __enter__(self):
        self.outer.append(os.open("/proc/thread-self/ns/net", os.O_RDONLY))
        must(LIBC.setns(self.here, NEW_NETWORK))
        return self

    def __exit__(self, *_):
        outer = self.outer.pop()
        must(LIBC.setns(outer, NEW_NETWORK))
        os.close(outer)

    def run(self, *arguments, **options):
        with self:
            return lab.run(*arguments, **options)

    def must(self, *arguments, **options):
        done = self.run(*arguments, **options)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, arguments))}: {done.stdout}{done.stderr}")
        return done.stdout

    def ip(self, *commands):
        for command in commands:
            self.must("ip", *command.split())

    def switch(self, key, value=None):
        """A switch of the kernel below net/: what it is, or has to be."""
        with self:
            path = pathlib.Path("/proc/sys/net") / key
            if value is not None:
                path.write_text(f"{value}\n")
            return path.read_text().split()

    def connect(self, other, here, there):
        """A cable to another namespace, with addresses ending in /24 or /64 on both ends."""
        name = f"to{other.here}"
        back = f"to{self.here}"
        self.ip(f"link add {name} type veth peer name {back} netns {other.path}")
        for end, link, addresses in ((self, name, here), (other, back, there)):
            end.ip(f"link set {link} up", f"addr add {addresses[4]}/24 dev {link}",
                   f"addr add {addresses[6]}/64 dev {link} nodad")


class World:
    def __init__(self):
        self.client, self.gateway, self.server = Namespace(), Namespace(), Namespace()
        self.client.connect(self.gateway, CLIENT, GATEWAY_OUTSIDE)
        self.server.connect(self.gateway, SERVER, GATEWAY)
        for family in (4, 6):
            self.client.ip(f"-{family} route add default via {GATEWAY_OUTSIDE[family]}")
            self.server.ip(f"-{family} route add default via {GATEWAY[family]}")
        self.gateway.switch("ipv4/ip_forward", 1)
        self.gateway.switch("ipv6/conf/all/forwarding", 1)
        for place in (self.gateway, self.server):  # the strictest there is
            place.switch("ipv4/conf/all/rp_filter", 1)


class Server(Postfix):
    """A Postfix on port 25 of every address; lets the machines that Postern may run on tell the client's address."""

    def __init__(self):
        inside = [f"[{address}]" for side in (GATEWAY, SERVER, LOOPBACK) for address in side.values()]
        super().__init__(inet_interfaces="all", inet_protocols="all", default_process_limit="20",
                         smtpd_authorized_xclient_hosts=" ".join(inside))

    def _configure(self, parameters):
        super()._configure(parameters)
        self.port = 25
        master = self.root / "etc/master.cf"
        master.write_text(re.sub(r"^\S+ inet", "25 inet", master.read_text(), flags=re.M))

    def clients(self, since):
        """The addresses that have sent mail, as it has logged them behind its first `since` octets."""
        return re.findall(r"client=\S*\[(?:IPv6:)?([0-9a-f.:]+)\]", self.maillog()[since:])

    def visitors(self, since):
        return re.findall(r": connect from \S*\[(?:IPv6:)?([0-9a-f.:]+)\]", self.maillog()[since:])
