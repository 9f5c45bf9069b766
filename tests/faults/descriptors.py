#!/usr/bin/env -S python3 -B
"""descriptors.py: when descriptors run out Postern does not spin, sessions under way finish, and clients are served as soon as
others leave; beyond limits.sessions a client hears 421."""
import select
import time

import rig
from rig import Client, lab

FILES = 64
CLIENTS = 120
WATCHED = 2.0   # seconds of exhaustion
SPINNING = 0.5  # share of a core


class Prepared(lab.Process):
    """Has few descriptors."""

    def __init__(self, folder, *arguments):
        super().__init__(folder, "prlimit", f"--nofile={FILES}:{FILES}", *arguments)


class Few(rig.Proxy, Prepared):
    pass


class Descriptors(lab.Case):
    def setUp(self):
        super().setUp()
        self.upstream = self.sink()

    def few(self, text):
        proxy = Few(self.folder("postern"), self.upstream.port, "workers: 1\n" + text)
        self.addCleanup(self.end_well, proxy)
        return proxy

    def crowd(self, proxy, count):
        """So many clients at once; those that are greeted, those that are turned away, those that wait."""
        clients = [Client(proxy.port, greet=False) for _ in range(count)]
        for client in clients:
            self.addCleanup(client.close)
        time.sleep(1)
        ready = set(select.select([client.socket for client in clients], [], [], 0)[0])
        waiting = [client for client in clients if client.socket not in ready]
        answered = [(client, client.reply().code) for client in clients if client.socket in ready]
        self.assertLessEqual({code for _, code in answered}, {220, 421})
        return ([client for client, code in answered if code == 220], [client for client, code in answered if code == 421],
                waiting)

    def exhaust(self, way):
        proxy = self.few(f"connect: {way}\n")
        first = [Client(proxy.port) for _ in range(5)]
        for client in first:
            self.addCleanup(client.close)
            client.ehlo()
            client.envelope()
            self.assertEqual(client.say("DATA").code, 354)
        served, refused, waiting = self.crowd(proxy, CLIENTS)
        self.assertGreater(len(refused) + len(waiting), 0, "descriptors did not run out")
        before = rig.cpu_seconds(proxy.pid)
        time.sleep(WATCHED)
        share = (rig.cpu_seconds(proxy.pid) - before) / WATCHED
        for client in first:
            client.send("Subject: x\r\n\r\nx\r\n.\r\n")
            self.assertEqual(client.reply().code, 250, "a session under way must finish")
        begun = time.monotonic()
        for client in served + refused:
            client.close()
        for client in waiting[:10]:
            self.assertIn(client.reply().code, (220, 421))
        for client in waiting:
            client.close()
        lab.wait_for(lambda: rig.greets(proxy.port), "clients are served again", 5)
        rig.tell(connect=way, served=len(served), turned_away=len(refused), waiting=len(waiting), share_of_a_core=share,
                 served_again_after_s=time.monotonic() - begun)
        self.assertLess(share, SPINNING)
        self.assertEqual(len(self.upstream.messages()), len(first))

    def test_connected_early(self):
        self.exhaust("early")

    def test_connected_late(self):
        self.exhaust("late")

    def test_sessions_are_limited(self):
        proxy = self.postern(self.upstream.port, "workers: 1\nlimits: {sessions: 5}\n")
        served, refused, waiting = self.crowd(proxy, 20)
        self.assertEqual((len(served), len(waiting)), (5, 0))
        for client in refused:
            self.assertTrue(client.ended())
        for client in served:
            self.assertEqual(client.message(b"Subject: x\r\n\r\nx\r\n").code, 250)
        self.assertEqual(served[0].quit().code, 221)
        lab.wait_for(lambda: rig.greets(proxy.port), "the next one is served", 1)


if __name__ == "__main__":
    lab.main("prlimit")
