"""tls_server.py: a mail server by hand, as an upstream: it offers, refuses or forgets STARTTLS as told, and keeps what
it was sent with and without encryption."""
import contextlib
import socket
import ssl
import threading

from lab import HOST


class Server:
    """Serves one connection after the other until closed. certificate: a pair of files, None: no TLS at all.
    starttls: "offer"; "hide"; "refuse": offered, and answered with 454; "inject": something behind the 220; "stall":
    nothing behind the 220. implicit: encrypted from the first octet."""

    def __init__(self, certificate=None, starttls="offer", implicit=False):
        self.starttls, self.implicit = starttls, implicit
        self.plain, self.secret = bytearray(), bytearray()  # what came without, and with encryption
        self.resumed = []  # of each handshake
        self.connections = 0
        self.context = None
        if certificate is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*certificate)
        self.listener = socket.create_server((HOST, 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(20)

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.settimeout(15)
            with contextlib.suppress(OSError):
                self._serve(connection)

    def _encrypt(self, connection):
        connection = self.context.wrap_socket(connection, server_side=True)
        self.resumed.append(connection.session_reused)
        return connection

    def _serve(self, connection):
        if self.implicit:
            with connection:
                connection = self._encrypt(connection)
        greeting = b"220 upstream.example ESMTP\r\n"
        while connection is not None:
            with connection:
                connection.sendall(greeting)
                connection, greeting = self._talk(connection), b""

    def _talk(self, connection):
        """Until the end, or to the connection that it becomes by STARTTLS."""
        encrypted = isinstance(connection, ssl.SSLSocket)
        said = self.secret if encrypted else self.plain
        in_message = False
        with connection.makefile("rb") as lines:
            for line in lines:
                said += line
                if in_message:
                    in_message = line != b".\r\n"
                    reply = b"" if in_message else b"250 2.0.0 Taken\r\n"
                elif line.upper() == b"STARTTLS\r\n" and self.starttls != "refuse":
                    return self._start(connection)
                else:
                    reply = self._reply(line, encrypted)
                    in_message = reply.startswith(b"354")
                connection.sendall(reply)
                if reply.startswith(b"221"):
                    break
        return None

    def _reply(self, line, encrypted):
        verb = line[:4].upper()
        if verb == b"EHLO":
            offer = b"250-STARTTLS\r\n" if self.starttls != "hide" and not encrypted else b""
            return b"250-upstream.example\r\n" + offer + b"250-8BITMIME\r\n250 PIPELINING\r\n"
        return {b"DATA": b"354 Go on\r\n", b"QUIT": b"221 2.0.0 Bye\r\n",
                b"STAR": b"454 4.7.0 Not now\r\n"}.get(verb, b"250 2.0.0 Ok\r\n")

    def _start(self, connection):
        connection.sendall(b"220 2.0.0 Ready\r\n" + (b"250-forged.example\r\n" if self.starttls == "inject" else b""))
        if self.starttls in ("stall", "inject"):
            while octets := connection.recv(4096):
                self.plain += octets
            return None
        return self._encrypt(connection)
