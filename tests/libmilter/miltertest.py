"""miltertest.py: miltertest, of opendkim's tools, drives the scripted milter on our library over every kind of socket.
  miltertest.py MILTER OUR-LIBRARY'S-DIRECTORY SCRIPTS'-DIRECTORY"""
import shutil
import socket
import subprocess
import sys

import mta

PROGRAM, LIBRARY, SCRIPTS = sys.argv[1:4]
ARGUMENTS = ["-f", "0x1ff", "-r", "eom=3", "-d", "envrcpt#2:setreply|550|5.1.1|nobody", "-r", "envrcpt#2=1",
             "-d", "envrcpt#4:setreply|550|5.1.1|nobody", "-r", "envrcpt#4=1", "-d", "eom:addheader|X-Added|yes",
             "-d", "eom:insheader|0|X-Inserted|on top", "-d", "eom:chgheader|Subject|1|changed", "-d", "eom:chgheader|From|1|NULL",
             "-d", "eom:addrcpt|<c@server.example>", "-d", "eom:delrcpt|<b@server.example>", "-d", "eom:replacebody|another\r\n|1",
             "-d", "eom:progress", "-d", "eom:quarantine|held", "-d", "eom:getsymval|i"]
CALLED = ("negotiate", "connect client.example inet 192.0.2.7", "helo client.example", "unknown FROB",
          "envfrom [<a@client.example>] [SIZE=100]", "envrcpt [<b@server.example>]", "data", "header [From] [a@client.example]",
          "header [Subject] [folded~ value]", "eoh", "body 7 [first~~]", "body 8 [second~~]", "eom", "  i = QUEUEID", "abort",
          "close")


def drive(kind, conn):
    with mta.Milter(PROGRAM, ARGUMENTS, LIBRARY, conn) as milter:
        result = subprocess.run(["miltertest", "-D", f"socket={milter.conn}", "-s", f"{SCRIPTS}/every_callback.lua"],
                                capture_output=True, text=True, timeout=60)
        milter.wait_for("close")
        told = milter.trace()
    missing = [line for line in CALLED if not any(found.startswith(line) for found in told)]
    if result.returncode == 0 and not missing:
        return 0
    print(f"miltertest: {kind}: {result.stdout}{result.stderr}", *missing, *told, sep="\n  ")
    return 1


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main():
    if shutil.which("miltertest") is None:
        print("miltertest: skipped: opendkim-tools are not installed")
        return 77
    failures = drive("unix", None) + drive("inet", f"inet:{free_port()}@127.0.0.1")
    print(f"miltertest: {failures} failures")
    return 1 if failures else 0


sys.exit(main())
