"""read_only.py: a chain of every filter that changes nothing, each of which does look: rules that match, and daemons
that find nothing. What must come of a message behind it is left to the tests."""
import socket
import socketserver
import threading

import lab

# Every scope of regex has a rule that matches what it sees; every anomaly is told; archives are opened and types detected.
CHAIN = """
filters:
  - access:
      deny: {{client: 192.0.2.0/24, helo: mallory.example, from: mallory@example.org, to: nobody@example.com}}
  - commands: {{deny: [EXPN], line_length: 4000, max_errors: 100000, max_recipients: 1000}}
  - extensions: {{deny: [DSN]}}
  - size: {{limit: 1GiB}}
  - structure: {{log: all}}
  - attachments:
      rules:
        - {{name: any name, names: '*', action: log}}
        - {{name: any type, types: '*', action: log}}
        - {{name: detected, detected: '*', action: log}}
      archives:
        {{encrypted_archive: log, unreadable_archive: log, too_large: log, too_deep: log, too_many: log, bomb: log}}
  - regex:
      rules:
        - {{on: helo, pattern: '.', action: log}}
        - {{on: from, pattern: '.', action: log}}
        - {{on: to, pattern: '.', action: log}}
        - {{on: envelope, pattern: '@', action: log}}
        - {{on: 'header:from', pattern: '.', action: log}}
        - {{on: subject, pattern: '.', action: log}}
        - {{on: headers, pattern: '(?i)^x-', action: log}}
        - {{on: filename, pattern: '.', utf: true, action: log}}
        - {{on: text, pattern: '(?i)\\bthe\\b', utf: true, action: log}}
        - {{on: text, pattern: 'no such words as these', action: reject}}
        - {{on: body, pattern: '(?i)\\ba\\b', action: log}}
        - {{on: 'part:*/*', pattern: '(?s).\\z', action: log}}
        - {{on: 'part:application/zip', pattern: '\\APK', action: log}}
        - {{on: raw_body, pattern: '(?i)content-', action: log}}
        - {{on: reply, pattern: '250', action: log}}
        - {{on: raw, pattern: '\\A.', action: log}}
        - {{on: raw, pattern: 'nor these: [0-9]{{40}}z', action: reject}}
  - clamav: {{address: '{host}:{clamd}', max_size: 1GiB, time_limit: 60s}}
  - spamassassin: {{address: '{host}:{spamd}', reject_score: 5, max_size: 1GiB, time_limit: 60s}}
"""


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.settimeout(120)
        try:
            length = self.server.read(self.request)
        except (ConnectionError, socket.timeout, EOFError):  # the message was given up
            return
        with self.server.lock:
            self.server.seen.append(length)


class Daemon(socketserver.ThreadingTCPServer):
    """Reads a message, keeps how long it was, finds nothing."""
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256

    def __init__(self):
        super().__init__((lab.HOST, 0), Handler)
        self.port = self.server_address[1]
        self.seen, self.lock = [], threading.Lock()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()


def exactly(connection, count, window=65536):
    """That many octets, of which only the last few are returned."""
    tail = b""
    while count > 0:
        piece = connection.recv(min(count, window))
        if not piece:
            raise EOFError
        count -= len(piece)
        tail = piece if len(piece) >= 16 else (tail + piece)[-16:]
    return tail


class Clamd(Daemon):
    @staticmethod
    def read(connection):
        """zINSTREAM and chunks up to one of no octets."""
        if exactly(connection, 10) != b"zINSTREAM\0":
            raise EOFError
        total = 0
        while (length := int.from_bytes(exactly(connection, 4), "big")) != 0:
            exactly(connection, length)
            total += length
        connection.sendall(b"stream: OK\0")
        return total


class Spamd(Daemon):
    @staticmethod
    def read(connection):
        """SYMBOLS, an empty line, and the message up to the end of that direction."""
        total, head = 0, b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(65536)
            if not piece:
                raise EOFError
            head += piece
        total = len(head) - head.index(b"\r\n\r\n") - 4
        while piece := connection.recv(65536):
            total += len(piece)
        connection.sendall(b"SPAMD/1.1 0 EX_OK\r\nContent-length: 4\r\nSpam: False ; -1.0 / 5.0\r\n\r\nNONE")
        return total


class Chain:
    """The filters' part of a proxy.yaml, and the daemons it asks."""

    def __init__(self, case):
        self.clamd, self.spamd = Clamd(), Spamd()
        for daemon in (self.clamd, self.spamd):
            case.addCleanup(daemon.close)

    def text(self):
        return CHAIN.format(host=lab.HOST, clamd=self.clamd.port, spamd=self.spamd.port)
