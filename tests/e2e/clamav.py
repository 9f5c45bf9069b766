#!/usr/bin/env -S python3 -B
"""clamav.py: the filter clamav with a real clamd, whose only signature is that of the EICAR test file, and with
clamds that are gone, die, hang and are told too much."""
import base64
import io
import os
import pathlib
import pwd
import signal
import socket
import zipfile

import lab
from client import Client

# Not in one piece, so that no scanner takes this file for what it tests with.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
NAME = "Postern.Test.EICAR.UNOFFICIAL"  # what a signature of one's own is called
LETTER = b"From: ann@example.org\r\nSubject: %s\r\nDate: x\r\nMessage-ID: <1@example.org>\r\n"

CONFIGURATION = """
Foreground yes
LocalSocket {root}/socket
TCPSocket {port}
TCPAddr 127.0.0.1
DatabaseDirectory {root}/database
LogFile {root}/log
TemporaryDirectory {root}/temporary
MaxThreads 4
StreamMaxLength 2M
"""


def letter(subject="hello", text=b"Some text\r\n"):
    return LETTER % subject.encode() + b"\r\n" + text


def attached(octets, name="file.bin"):
    """A message with the octets attached in base64."""
    return LETTER % b"with a file" + (
        b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nSee there\r\n--b\r\n'
        b"Content-Type: application/octet-stream; name=" + name.encode() + b"\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(octets).replace(b"\n", b"\r\n") + b"--b--\r\n")


def zipped(octets):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.txt", octets)
    return out.getvalue()


class Clamd(lab.Process):
    """A clamd of the test's own, in a folder of its own; the system's is neither used nor disturbed."""

    def __init__(self, folder):
        root = pathlib.Path(folder)
        self.port = lab.free_port()
        for name in ("database", "temporary"):
            (root / name).mkdir()
        signature = f"{NAME.removesuffix('.UNOFFICIAL')}:0:*:{EICAR.hex()}\n"
        (root / "database/test.ndb").write_text(signature)
        (root / "clamd.conf").write_text(CONFIGURATION.format(root=root, port=self.port))
        if os.geteuid() == 0:  # clamd gives up the rights of root for those of the owner of its database
            with open(root / "clamd.conf", "a", encoding="ascii") as out:
                out.write("User nobody\n")
            nobody = pwd.getpwnam("nobody")
            for path in (root, *root.rglob("*")):
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
        self.socket = root / "socket"
        super().__init__(root, "clamd", "-F", "-c", root / "clamd.conf")
        lab.wait_for(lambda: not self.alive() or self.socket.exists(), "clamd listens", 60)
        if not self.alive():
            raise RuntimeError(f"clamd did not start: {(root / 'stdout').read_text()}{self.complaints()}")


class ClamAV(lab.Case):
    def clamd(self):
        clamd = Clamd(self.folder("clamd"))
        self.addCleanup(lambda: clamd.alive() and clamd.stop())
        return clamd

    def scanned(self, address, options=""):
        """A proxy whose messages are shown to the clamd, before a sink."""
        self.mail = self.sink()
        return self.postern(self.mail.port, f"filters: [{{clamav: {{address: {address}{options}}}}}]\n")

    def send(self, proxy, content):
        with Client(proxy.port) as client:
            return client.message(content)

    def test_what_is_found_is_refused(self):
        proxy = self.scanned(f"'unix:{self.clamd().socket}'")
        for content in (letter(text=EICAR + b"\r\n"), attached(EICAR), attached(zipped(EICAR), "file.zip"),
                        attached(attached(zipped(EICAR)), "letter.eml"), letter(text=b"line\r\n" * 100000 + EICAR + b"\r\n")):
            self.assertEqual(str(self.send(proxy, content)), f"550 5.7.1 Infected with {NAME}")
        proxy.await_events("transaction", 5, verdict="rejected", filter="clamav", reason=NAME)
        clean = attached(zipped(b"nothing wrong here" * 1000), "file.zip")
        self.assertEqual(self.send(proxy, clean).code, 250)
        self.assertEqual(len(self.mail.messages()), 1)
        self.assertTrue(self.mail.messages()[0].endswith(clean))

    def test_one_session(self):
        """Refused and accepted messages in turn, some in pieces, over one connection to the proxy."""
        proxy = self.scanned(f"'unix:{self.clamd().socket}'")
        with Client(proxy.port) as client:
            client.ehlo()
            for _ in range(3):
                client.envelope()
                self.assertEqual(client.data(letter(text=EICAR + b"\r\n")).code, 550)
                client.envelope()
                self.assertEqual(client.data(letter()).code, 250)
                client.envelope()
                replies = client.bdat(letter(), EICAR[:30], EICAR[30:])
                self.assertEqual(replies[-1].text, f"5.7.1 Infected with {NAME}")
                client.envelope()
                self.assertEqual(client.data(letter(text=b"line\r\n" * 200000)).code, 250)
        self.assertEqual(len(self.mail.messages()), 6)

    def test_over_tcp(self):
        proxy = self.scanned(f"'inet:localhost:{self.clamd().port}'")
        self.assertEqual(self.send(proxy, attached(EICAR)).code, 550)
        self.assertEqual(self.send(proxy, letter(text=b"line\r\n" * 200000)).code, 250)
        # What clamd says last may be lost with the connection, but the message does not pass.
        reply = self.send(proxy, letter(text=b"line\r\n" * 1000000))
        self.assertIn(reply.code, (451, 552))
        self.assertEqual(len(self.mail.messages()), 1)

    def test_other_answers(self):
        clamd = self.clamd()
        for options, code, delivered in ((", on_infected: tempfail", 451, 0), (", on_infected: discard", 250, 0),
                                         (", reply: '554 5.7.1 %s is not for us'", 554, 0),
                                         (", mode: observe", 250, 1)):
            proxy = self.scanned(f"'unix:{clamd.socket}'", options)
            reply = self.send(proxy, attached(EICAR))
            self.assertEqual(reply.code, code, options)
            self.assertEqual(len(self.mail.messages()), delivered, options)
        proxy.await_events("observed", reason=NAME)

    def test_tag(self):
        proxy = self.scanned(f"'unix:{self.clamd().socket}'", ", on_infected: tag, max_size: 1MiB, too_large: pass")
        for content, status in ((attached(EICAR), f"Infected ({NAME})".encode()), (letter(), b"Clean"),
                                (letter(text=b"line\r\n" * 200000), b"Not scanned (too large)")):
            before = set(self.mail.messages())
            self.assertEqual(self.send(proxy, content).code, 250)
            new = set(self.mail.messages()) - before
            self.assertIn(b"X-Virus-Status: " + status + b"\r\n" + content, new.pop())

    def test_too_large(self):
        """By our limit, and by clamd's, which says so and closes in the middle of the message."""
        clamd = self.clamd()
        for limit, address in (("1MiB", f"127.0.0.1:{clamd.port}"), ("100MiB", f"unix:{clamd.socket}")):
            for choice, code in (("reject", 552), ("tempfail", 452), ("pass", 250)):
                proxy = self.scanned(f"'{address}'", f", max_size: {limit}, too_large: {choice}")
                reply = self.send(proxy, letter(text=b"0123456789abcdef\r\n" * 300000))
                self.assertEqual(reply.code, code, f"{limit} {choice} {proxy.complaints()}")
                self.assertEqual(len(self.mail.messages()), code == 250)

    def test_nobody_there(self):
        nowhere = self.root / "nowhere"
        for choice, code in (("tempfail", 451), ("reject", 550), ("pass", 250)):
            for address in (f"'unix:{nowhere}'", f"'127.0.0.1:{lab.free_port()}'"):
                proxy = self.scanned(address, f", on_failure: {choice}")
                self.assertEqual(self.send(proxy, letter()).code, code)
                self.assertEqual(len(self.mail.messages()), code == 250)
                proxy.await_events("filter_failed", on_failure=choice)

    def test_the_next_address(self):
        proxy = self.scanned(f"['unix:{self.root}/nowhere', '127.0.0.1:{lab.free_port()}', "
                             f"'unix:{self.clamd().socket}']")
        self.assertEqual(self.send(proxy, attached(EICAR)).code, 550)
        self.assertEqual(self.send(proxy, letter()).code, 250)

    def test_killed_in_the_message(self):
        clamd = self.clamd()
        proxy = self.scanned(f"'unix:{clamd.socket}'")
        with Client(proxy.port) as client:
            client.ehlo()
            client.envelope()
            self.assertEqual(client.say("DATA").code, 354)
            client.send(letter(text=b"line\r\n" * 100000))
            lab.wait_for(lambda: list((clamd.folder / "temporary").rglob("*")), "clamd has some of the message")
            clamd.signal(signal.SIGKILL)
            clamd.wait()
            client.send(b"line\r\n" * 100000 + b".\r\n")
            self.assertEqual(client.reply().code, 451)
            client.envelope()
            self.assertEqual(client.data(letter()).code, 451)
        proxy.await_events("filter_failed", 2)
        self.assertEqual(self.mail.messages(), [])

    def test_stopped(self):
        """A clamd that does not go on: at the end of the message, and before it has taken the whole of it."""
        clamd = self.clamd()
        proxy = self.scanned(f"'unix:{clamd.socket}'", ", time_limit: 1s")
        clamd.signal(signal.SIGSTOP)
        try:
            for content in (letter(), letter(text=b"line\r\n" * 1000000)):
                self.assertEqual(self.send(proxy, content).code, 451)
        finally:
            clamd.signal(signal.SIGCONT)
        proxy.await_events("filter_failed", 2, reason="time limit")
        self.assertEqual(self.send(proxy, letter()).code, 250)
        self.assertEqual(len(self.mail.messages()), 1)

    def test_client_leaves(self):
        """What was asked of clamd for a message without an end is given up."""
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(str(self.root / "fake"))
        os.chmod(self.root / "fake", 0o777)
        listener.listen()
        listener.settimeout(20)
        proxy = self.scanned(f"'unix:{self.root}/fake'")
        client = Client(proxy.port)
        client.ehlo()
        client.envelope()
        client.say("DATA")
        client.send(letter())
        clamd, _ = listener.accept()
        clamd.settimeout(20)
        heard = b""
        while b"Some text" not in heard:
            heard += clamd.recv(65536)
        self.assertTrue(heard.startswith(b"zINSTREAM\0\0\0"), heard)
        client.close()
        self.assertEqual(clamd.recv(65536), b"")
        clamd.close()

    def test_many_at_once(self):
        proxy = self.scanned(f"'unix:{self.clamd().socket}'", ", time_limit: 60s")
        clients = [Client(proxy.port) for _ in range(30)]
        for client in clients:
            client.ehlo()
            client.envelope()
            client.say("DATA")
        for n, client in enumerate(clients):
            client.send(letter(text=b"line\r\n" * 10000 + (EICAR if n % 2 else b"") + b"\r\n") + b".\r\n")
        for n, client in enumerate(clients):
            self.assertEqual(client.reply().code, 550 if n % 2 else 250)
            client.close()
        self.assertEqual(len(self.mail.messages()), 15)


if __name__ == "__main__":
    lab.main("clamd")
