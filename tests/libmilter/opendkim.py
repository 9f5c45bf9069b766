"""opendkim.py: Debian's opendkim, as it was built for sendmail's libmilter, signs and verifies on ours.
  opendkim.py OUR-LIBRARY'S-DIRECTORY"""
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

import mta
from mta import Quiet, body, connect, data, eoh, eom, helo, macros, mail, optneg, quit_session, rcpt, strings, packet

LIBRARY = sys.argv[1]
OPENDKIM = shutil.which("opendkim", path="/usr/sbin:" + os.environ["PATH"])
FIELDS = [("From", " Someone <someone@example.com>"), ("To", " b@server.example"), ("Subject", " a\n folded subject"),
          ("Date", " Sat, 21 Nov 2026 12:00:00 +0000"), ("Message-ID", " <1@example.com>")]
TEXT = b"Hello,\r\nworld.\r\n"
failures = []


def check(what, holds):
    if not holds:
        failures.append(what)
        print(f"opendkim: {what}: failed")


def make_keys(folder):
    key = f"{folder}/key"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    public = subprocess.run(["openssl", "rsa", "-in", key, "-pubout"], check=True, capture_output=True, text=True).stdout
    record = "v=DKIM1; k=rsa; p=" + "".join(public.splitlines()[1:-1])
    pathlib.Path(folder, "keys").write_text(f"test._domainkey.example.com {record}\n")


def start(folder):
    make_keys(folder)
    pathlib.Path(folder, "opendkim.conf").write_text(f"""
Socket local:{folder}/socket
Domain example.com
Selector test
KeyFile {folder}/key
RequireSafeKeys no
Mode sv
Background no
AuthservID mx.example
AlwaysAddARHeader yes
InternalHosts 127.0.0.1
TestPublicKeys {folder}/keys
""")
    environment = dict(os.environ, LD_LIBRARY_PATH=LIBRARY)
    return subprocess.Popen([OPENDKIM, "-f", "-x", f"{folder}/opendkim.conf"], env=environment)


def dial(folder, process):
    end = time.monotonic() + mta.PATIENCE
    while True:
        try:
            return mta.Peer(socket.AF_UNIX, f"{folder}/socket")
        except (FileNotFoundError, ConnectionRefusedError):
            if time.monotonic() > end or process.poll() is not None:
                raise
            time.sleep(0.02)


def session(folder, process, client, fields):
    """What opendkim says to a message of this client: steps that it wants, edits, last answer."""
    peer = dial(folder, process)
    terms = peer.ask(optneg())[0]
    steps = struct.unpack(">I", terms[9:13])[0]
    lead = steps & 0x100000 != 0
    said = []
    dialogue = [(connect(client, address=client), 0x1, 0x1000), (helo(), 0x2, 0x2000), (mail(), 0x4, 0x4000), (rcpt(), 0x8, 0x8000),
                (data(), 0x200, 0x10000)]
    dialogue += [(packet(b"L", strings(name, value if lead else value[1:])), 0x20, 0x80) for name, value in fields]
    dialogue += [(eoh(), 0x40, 0x40000), (body(TEXT), 0x10, 0x80000), (eom(), 0, 0)]
    peer.send(macros(b"C", "j", "mx.example"))
    for step, left_out, unanswered in dialogue:
        if step[4:5] == b"M":
            peer.send(macros(b"M", "i", "QUEUEID"))
        if not steps & left_out:
            said += peer.ask(Quiet(step) if steps & unanswered else step)
    peer.ask(quit_session())
    peer.end()
    return said


def added(said, name):
    """The value of a field that was added or inserted."""
    for answer in said:
        kind, rest = answer[:1], answer[5:] if answer[:1] == b"i" else answer[1:]
        found = rest.split(b"\0")
        if kind in (b"i", b"h") and found[0].decode() == name:
            return found[1].decode()
    return None


def main():
    if OPENDKIM is None or shutil.which("openssl") is None:
        print("opendkim: skipped: opendkim or openssl is not installed")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        process = start(folder)
        try:
            signed = session(folder, process, "127.0.0.1", FIELDS)
            maps = pathlib.Path(f"/proc/{process.pid}/maps").read_text()
            check("it runs on our library", f"{LIBRARY}/libmilter.so.1.0.1" in maps)
            signature = added(signed, "DKIM-Signature")
            check("it signs", signature is not None and "d=example.com" in signature and signed[-1] in (b"c", b"a"))
            fields = [("DKIM-Signature", " " + (signature or "").lstrip())] + FIELDS
            for _ in range(3):
                verified = added(session(folder, process, "192.0.2.7", fields), "Authentication-Results")
                check(f"it verifies: {verified}", verified is not None and "dkim=pass" in verified)
            spoilt = [(name, value + "!" if name == "Subject" else value) for name, value in fields]
            verified = added(session(folder, process, "192.0.2.7", spoilt), "Authentication-Results")
            check(f"it sees what was changed: {verified}", verified is not None and "dkim=pass" not in verified)
            process.terminate()
            check("SIGTERM ends it well", process.wait(mta.PATIENCE) == 0)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
    print(f"opendkim: {len(failures)} failures")
    return 1 if failures else 0


sys.exit(main())
