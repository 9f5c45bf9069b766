"""crowd.py: many sessions at once on a milter whose callbacks wait: all are served, on no more threads than are allowed.
  crowd.py MILTER OUR-LIBRARY'S-DIRECTORY"""
import pathlib
import re
import sys
import threading
import time

import mta
from mta import Milter, Quiet, connect, helo, mail, message, optneg, packet, quit_session

PROGRAM, LIBRARY = sys.argv[1:3]
SESSIONS = 200
failures = []


def check(what, holds):
    if not holds:
        failures.append(what)
        print(f"crowd: {what}: failed")


def threads(milter):
    status = pathlib.Path(f"/proc/{milter.process.pid}/status").read_text()
    return int(re.search(r"(?m)^Threads:\s*(\d+)", status)[1])


class Watch(threading.Thread):
    """The most threads that the milter has had."""

    def __init__(self, milter):
        super().__init__()
        self.milter, self.most, self.over = milter, 0, False
        self.start()

    def run(self):
        while not self.over:
            self.most = max(self.most, threads(self.milter))
            time.sleep(0.01)

    def end(self):
        self.over = True
        self.join()
        return self.most


def session(milter, results, number):
    peer = milter.connect()
    answers = []
    for step in [optneg(), connect(), helo(f"client{number}.example")] + message() * 2 + [quit_session()]:
        answers += peer.ask(step)
    answers += peer.end()
    results[number] = [answer[:1] for answer in answers if answer] == [b"O"] + [b"c"] * 2 + ([b"c"] * 7 + [b"h", b"c"]) * 2


def waiting(limit):
    """Each HELO takes 200 ms."""
    environment = {"LIBMILTER_THREADS": str(limit)} if limit is not None else {}
    allowed = (limit or 64) + 2  # the loop's, and one that a sanitizer has
    rules = ["-f", "1", "-d", "helo:sleep|200", "-d", "eom:addheader|X|1"]
    with Milter(PROGRAM, rules, LIBRARY, environment=environment) as milter:
        watch, results = Watch(milter), {}
        crowd = [threading.Thread(target=session, args=(milter, results, number)) for number in range(SESSIONS)]
        since = time.monotonic()
        for one in crowd:
            one.start()
        for one in crowd:
            one.join()
        took = time.monotonic() - since
        most = watch.end()
        check(f"all sessions are served on {limit} threads", len(results) == SESSIONS and all(results.values()))
        check(f"there are {most} threads, {allowed} at most", 1 < most <= allowed)
        check("callbacks run beside each other", took < SESSIONS * 0.2)
        check("every session is closed", milter.wait_for("close", SESSIONS))
        check("never two callbacks of a session at once", "two callbacks at once" not in milter.trace())
        check("SIGTERM ends it well", milter.terminate() == 0)
        print(f"crowd: {SESSIONS} sessions, {most} threads, {took:.1f} s")


def idle():
    """Sessions that wait for their mail server hold no thread."""
    with Milter(PROGRAM, [], LIBRARY) as milter:
        peers = [milter.connect() for _ in range(SESSIONS)]
        for peer in peers:
            for step in (optneg(), connect()):
                peer.ask(step)
        time.sleep(0.1)
        few = threads(milter)
        check(f"{few} threads for idle sessions", few < 20)
        check("the first one is still served", peers[0].ask(helo()) == [b"c"])
        for peer in peers:
            peer.ask(Quiet(mail()))
        for peer in peers:
            peer.socket.close()
        check("every session is closed", milter.wait_for("close", SESSIONS))
        check("every message is aborted", milter.trace().count("abort") == SESSIONS)


def garbage():
    """Each session ends in something else that is wrong; the next ones do not notice."""
    wrong = (b"\0\0\0\0", b"\xff" * 64, packet(b"Z"), packet(b"C"), packet(b"R", b"x\0"), packet(b"O", b"1"), packet(b"L", b"\0\0"),
             b"\0\0\0\5Mabc", b"GET / HTTP/1.1\r\n\r\n", packet(b"E"), packet(b"B", b"x" * 65535), b"\0")
    with Milter(PROGRAM, [], LIBRARY, environment={"LIBMILTER_THREADS": "4"}) as milter:
        for steps in ([], [optneg()], [optneg(), connect(), helo(), mail()]):
            for octets in wrong:
                peer = milter.connect()
                for step in steps:
                    peer.ask(step)
                peer.send(octets)
                peer.end()
        results = {}
        session(milter, results, 0)
        check("a session after them", milter.process.poll() is None)
        check("all of them are closed", milter.wait_for("close", 3 * len(wrong) + 1))


for part in (lambda: waiting(8), lambda: waiting(None), idle, garbage):
    part()
print(f"crowd: {len(failures)} failures")
sys.exit(1 if failures else 0)
