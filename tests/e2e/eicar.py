#!/usr/bin/env -S python3 -B
"""eicar.py: the EICAR test file in base64, in a zip, in a message in a message: refused by clamav (a real clamd), by attachments
and by regex, each by itself; what each does with other mail is left to its own tests."""
import base64
import io
import zipfile

import lab
from clamav import EICAR, LETTER, NAME, Clamd, attached, letter
from client import Client

FILTERS = {
    "clamav": ("clamav: {{address: 'unix:{socket}'}}", f"550 5.7.1 Infected with {NAME}", NAME),
    "attachments, by what is in the archive": (
        "attachments: {{rules: [{{name: tests, names: '*.com', action: reject, reply: 550 5.7.1 No programs}}]}}",
        "550 5.7.1 No programs", "tests: "),
    "attachments, by what the message is": (
        "attachments: {{rules: [{{name: archives, detected: application/zip, action: reject, reply: 550 5.7.1 No archives}}]}}",
        "550 5.7.1 No archives", "archives: "),
    "regex, by the name": (
        "regex: {{rules: [{{name: zips, on: filename, pattern: '(?i)\\.zip$', action: reject, reply: 550 5.7.1 No zips}}]}}",
        "550 5.7.1 No zips", "zips"),
    "regex, by what is encoded": (
        "regex: {{rules: [{{name: test, on: 'part:application/*', pattern: '-STANDARD-ANTI(VIRUS)-TEST', action: reject,"
        " reply: 550 5.7.1 A test}}]}}", "550 5.7.1 A test", "test"),
    "regex, by the octets": (
        "regex: {{rules: [{{name: marked, on: raw, pattern: '{encoded}', action: reject, reply: 550 5.7.1 Marked}}]}}",
        "550 5.7.1 Marked", "marked"),
}


def zipped(name, octets):
    """Stored, not deflated, so that its octets are in those of the archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(name, octets)
    return out.getvalue()


def forwarded(message):
    return LETTER % b"forwarded" + (b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="f"\r\n\r\n'
                                    b"--f\r\nContent-Type: message/rfc822\r\n\r\n" + message + b"--f--\r\n")


class Eicar(lab.Case):
    def test_each_alone(self):
        clamd = Clamd(self.folder("clamd"))
        self.addCleanup(clamd.stop)
        archive = zipped("eicar.com", EICAR)
        infected = forwarded(attached(archive, "file.zip"))
        harmless = forwarded(attached(b"nothing wrong", "note.txt"))
        encoded = base64.b64encode(archive)[:60].decode().replace("+", "\\+")
        self.assertNotIn(EICAR, infected)
        for name, (config, reply, reason) in FILTERS.items():
            with self.subTest(name):
                mail = self.sink()
                proxy = self.postern(mail.port, "filters:\n  - " + config.format(socket=clamd.socket, encoded=encoded) + "\n")
                with Client(proxy.port) as client:
                    self.assertEqual(str(client.message(infected)), reply)
                    client.envelope()
                    self.assertEqual(str(client.bdat(infected[:300], infected[300:])[-1]), reply)
                    for content in (harmless, letter()):
                        client.envelope()
                        self.assertEqual(client.data(content).code, 250)
                found = proxy.await_events("transaction", 2, verdict="rejected", filter=name.split(",")[0])
                self.assertTrue(all(event["reason"].startswith(reason) for event in found), found)
                self.assertCountEqual(mail.messages(), [harmless, letter()])


if __name__ == "__main__":
    lab.main("clamd")
