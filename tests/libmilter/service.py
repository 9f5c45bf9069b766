"""service.py: the service around the callbacks: sockets of every kind, time limits, how it begins and how it ends.
  service.py MILTER OUR-LIBRARY'S-DIRECTORY"""
import os
import pathlib
import resource
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

import mta
from mta import Milter, Quiet, connect, helo, mail, message, optneg, quit_session, rcpt

PROGRAM, LIBRARY = sys.argv[1:3]
failures = []


def check(what, holds):
    if not holds:
        failures.append(what)
        print(f"service: {what}: failed")


def free_port(family, host):
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def served(milter):
    """One whole session."""
    peer = milter.connect()
    answers = [answer for step in [optneg(), connect(), helo()] + message() + [quit_session()] for answer in peer.ask(step)]
    peer.end()
    return len(answers) == 11 and all(answer == b"c" for answer in answers[1:])


def sockets():
    for kind, family, host in (("inet", socket.AF_INET, "127.0.0.1"), ("inet6", socket.AF_INET6, "::1")):
        for spelled in (host, "localhost", f"[{host}]"):
            try:
                socket.getaddrinfo(spelled.strip("[]"), 0, family)
                port = free_port(family, host)
            except OSError:
                print(f"service: there is no {kind} address {spelled}")
                continue
            milter = Milter(PROGRAM, [], LIBRARY, f"{kind}:{port}@{spelled}")
            milter.conn = f"{kind}:{port}@{host}"
            with milter:
                check(f"{kind} at {spelled}", served(milter))
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/s"
        for conn in (f"unix:{path}", f"local:{path}", f"LOCAL:{path}", path, f":{path}"):
            with Milter(PROGRAM, [], LIBRARY, conn) as milter:
                milter.path = path
                check(f"{conn} is served", served(milter))
                check("it is a socket", stat.S_ISSOCK(os.stat(path).st_mode))
                check("SIGTERM ends it well", milter.terminate() == 0)
                check("smfi_main() returns", "main = 0" in milter.trace())
                check("its socket is gone", not os.path.exists(path))


def no_sockets():
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "file").write_text("kept")
        for conn in ("frob:x", "inet:", "inet:70000@127.0.0.1", "inet:x-no-service@127.0.0.1", "inet:25@[x]", "inet:1@",
                     "inet:0@host.invalid", "inet6:0@[127.0.0.1]", "unix:", f"unix:{folder}/no/such", "unix:" + "p" * 120, "fd:x",
                     "fd:999", f"unix:{folder}/file"):
            with Milter(PROGRAM, [], LIBRARY, conn) as milter:
                milter.process.wait(mta.PATIENCE)
                check(f"{conn[:40]} is refused", "opensocket = -1" in milter.trace())
        check("a file in the way stays", pathlib.Path(folder, "file").read_text() == "kept")


def socket_in_the_way():
    with tempfile.TemporaryDirectory() as folder:
        stale = socket.socket(socket.AF_UNIX)
        stale.bind(f"{folder}/s")
        stale.close()
        with Milter(PROGRAM, [], LIBRARY, f"unix:{folder}/s") as milter:
            milter.path = f"{folder}/s"
            check("a stale socket is replaced", served(milter))
            os.unlink(milter.path)
            pathlib.Path(milter.path).write_text("another's")
            milter.terminate()
            check("what has taken the socket's place stays", pathlib.Path(milter.path).exists())


def inherited():
    with tempfile.TemporaryDirectory() as folder:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(f"{folder}/s")
        os.set_inheritable(listener.fileno(), True)
        number = os.dup2(listener.fileno(), 111)
        with open(f"{folder}/trace", "w") as trace:
            process = subprocess.Popen([PROGRAM, "-p", f"fd:{number}"], env=dict(os.environ, LD_LIBRARY_PATH=LIBRARY),
                                       pass_fds=[number], stdout=trace)
        os.close(number)
        listener.close()
        end = time.monotonic() + mta.PATIENCE
        while "opensocket = 0" not in pathlib.Path(f"{folder}/trace").read_text() and time.monotonic() < end:
            time.sleep(0.01)
        peer = mta.Peer(socket.AF_UNIX, f"{folder}/s")
        check("an inherited socket is served", peer.ask(optneg())[0][:1] == b"O")
        process.terminate()
        check("and ends well", process.wait(mta.PATIENCE) == 0)


def patience():
    for seconds, begin in ((1, [optneg()]), (1, [optneg(), connect(), mail()]), (0, [])):
        with Milter(PROGRAM, ["-t", str(seconds)], LIBRARY) as milter:
            peer = milter.connect()
            for step in begin:
                peer.ask(step)
            since = time.monotonic()
            peer.send(rcpt()[:7] if len(begin) > 2 else b"")
            check(f"silence of {seconds} s ends a session", peer.read() is None)
            check("not before its time", time.monotonic() - since >= seconds - 0.1)
            check("xxfi_close is called", milter.wait_for("close"))
            check("xxfi_abort, in a message", ("abort" in milter.trace()) == (len(begin) > 2))
    with Milter(PROGRAM, ["-t", "-1"], LIBRARY) as milter:
        peer = milter.connect()
        time.sleep(0.3)
        check("without a limit it is served", peer.ask(optneg())[0][:1] == b"O")


def endings():
    for how in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        with Milter(PROGRAM, ["-d", "helo:sleep|300"], LIBRARY) as milter:
            idle, working, between = milter.connect(), milter.connect(), milter.connect()
            for peer, steps in ((idle, [optneg()]), (working, [optneg(), connect()]), (between, [optneg(), connect(), mail()])):
                for step in steps:
                    peer.ask(step)
            working.ask(Quiet(helo()))
            check("a callback has begun", milter.wait_for("helo client.example"))
            check(f"{how.name} ends it", milter.terminate(how) == 0)
            check("every session is closed", milter.trace().count("close") == 3)
            check("a message is aborted", milter.trace().count("abort") == 1)
            check("smfi_main() returns last", milter.trace()[-1] == "main = 0")
            check("a callback's answer is sent", working.read() == b"c")
    with Milter(PROGRAM, ["-d", "eom:stop"], LIBRARY) as milter:
        check("smfi_stop() in a callback lets it be answered", served(milter) or "eom" in milter.trace())
        check("and ends the service", milter.process.wait(mta.PATIENCE) == 0 and milter.trace()[-1] == "main = 0")
    with Milter(PROGRAM, ["-d", "helo:sleep|60000"], LIBRARY) as milter:
        peer = milter.connect()
        for step in (optneg(), connect(), Quiet(helo())):
            peer.ask(step)
        milter.wait_for("helo client.example")
        since = time.monotonic()
        check("a callback that does not return does not keep it", milter.terminate() == 0)
        check("for longer than its grace", time.monotonic() - since < 15)


def no_room():
    """Without a descriptor left for a connection those that are there are served, and later ones again."""
    with Milter(PROGRAM, [], LIBRARY) as milter:
        first = milter.connect()
        first.ask(optneg())
        resource.prlimit(milter.process.pid, resource.RLIMIT_NOFILE, (24, 24))
        peers = [milter.connect() for _ in range(40)]
        check("a session that is there goes on", first.ask(connect()) == [b"c"])
        for peer in peers:
            peer.socket.close()
        check("later ones are served again", served(milter))


def held_back():
    """A mail server that does not read holds up its own session only."""
    with Milter(PROGRAM, ["-f", "0x1ff", "-d", "eom:replacebody|0123456789|1000000"], LIBRARY, environment={
            "LIBMILTER_THREADS": "2"}) as milter:
        deaf = milter.connect()
        for step in [optneg(), connect(), helo()] + message()[:-1] + [Quiet(message()[-1])]:
            deaf.ask(step)
        milter.wait_for("eom")
        other = milter.connect()
        answers = []
        for step in [optneg(), connect(), helo()] + message():
            answers += other.ask(step)
        check("another session is served", len(b"".join(a[1:] for a in answers if a[:1] == b"b")) == 10000000)
        rest = deaf.end()
        check("and it gets everything in the end", len(b"".join(a[1:] for a in rest if a[:1] == b"b")) == 10000000)


for part in (sockets, no_sockets, socket_in_the_way, inherited, patience, endings, no_room, held_back):
    part()
print(f"service: {len(failures)} failures")
sys.exit(1 if failures else 0)
