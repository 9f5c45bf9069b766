#!/usr/bin/env -S python3 -B
"""log.py: a log that cannot be written, because the disk is full, nobody reads the pipe, or the file is gone, never holds up
mail, and is written again once it can be."""
import os
import re
import subprocess
import time
import unittest

import rig
from rig import Client, lab

SESSIONS = 200
PATIENCE = 2.0  # seconds that a session may take


class Redirected(lab.Process):
    """Its standard error goes to self.target."""

    def __init__(self, folder, *arguments):
        super().__init__(folder, "sh", "-c", 'exec "$@" 2>"$0"', self.target, *arguments)


class ToStderr(rig.Silent, Redirected):
    def __init__(self, folder, upstreams, text, target):
        self.target = target
        super().__init__(folder, upstreams, text)


class Log(lab.Case):
    def setUp(self):
        super().setUp()
        self.upstream = self.sink()

    def proxy(self, to, make=rig.Silent, *more):
        proxy = make(self.folder("postern"), self.upstream.port, f"log: {{to: {to}, format: json}}", *more)
        self.addCleanup(self.end_well, proxy)
        return proxy

    def mail_flows(self, proxy, sessions=SESSIONS):
        before = len(self.upstream.messages())
        slowest = 0.0
        for _ in range(sessions):
            begun = time.monotonic()
            with Client(proxy.port, seconds=PATIENCE) as client:
                self.assertEqual(client.message(b"Subject: x\r\n\r\nx\r\n").code, 250)
                client.quit()
            slowest = max(slowest, time.monotonic() - begun)
        self.assertEqual(len(self.upstream.messages()) - before, sessions)
        rig.tell(sessions=sessions, slowest_s=slowest)

    def pipe(self):
        path = self.root / "pipe"
        os.mkfifo(path)
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        return path, reader

    def drain(self, reader):
        octets = b""
        while True:
            try:
                piece = os.read(reader, 1 << 16)
            except BlockingIOError:
                return octets
            if not piece:
                return octets
            octets += piece

    def test_device_full(self):
        self.mail_flows(self.proxy("/dev/full"))

    def test_standard_error_full(self):
        self.mail_flows(self.proxy("stderr", ToStderr, "/dev/full"))

    def test_disk_full_and_free_again(self):
        disk = self.root / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "none", disk], capture_output=True).returncode != 0:
            self.skipTest("no rights to mount a small disk")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=True)
        proxy = self.proxy(disk / "log")
        (disk / "ballast").write_bytes(b"x" * 480000)
        self.mail_flows(proxy, 400)
        self.assertEqual(os.statvfs(disk).f_bfree, 0, "the disk is not full")
        (disk / "ballast").unlink()
        self.mail_flows(proxy, 50)
        lab.wait_for(lambda: "log_dropped" in (disk / "log").read_text(), "what was dropped is told")
        lost = sum(int(n) for n in re.findall(r'"log_dropped".*?"lines":(\d+)', (disk / "log").read_text()))
        rig.tell(lines_dropped_while_full=lost)

    def test_pipe_that_nobody_reads_then_closed(self):
        path, reader = self.pipe()
        proxy = self.proxy("stderr", ToStderr, path)
        self.mail_flows(proxy, 400)  # more than the pipe and our 64 KiB hold
        self.drain(reader)
        self.mail_flows(proxy, 5)
        lab.wait_for(lambda: b"log_dropped" in self.drain(reader), "what was dropped is told")
        os.close(reader)
        self.mail_flows(proxy)

    def test_file_that_is_a_pipe(self):
        path, reader = self.pipe()
        proxy = self.proxy(path)
        self.mail_flows(proxy, 400)
        self.assertIn(b'"event":"connect"', self.drain(reader))
        os.close(reader)
        self.mail_flows(proxy)

    def test_file_removed_and_opened_anew(self):
        path = self.root / "log"
        proxy = self.proxy(path)
        self.mail_flows(proxy, 20)
        path.unlink()
        self.mail_flows(proxy)
        proxy.signal(lab.signal.SIGHUP)
        lab.wait_for(path.exists, "the log is opened anew")
        self.mail_flows(proxy, 20)
        lab.wait_for(lambda: '"event":"connect"' in path.read_text(), "it is written")


if __name__ == "__main__":
    lab.main()
