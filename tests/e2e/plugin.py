#!/usr/bin/env -S python3 -B
"""plugin.py: filters/README.md is followed to the letter: its first filter is saved, compiled with the command given
there, named in proxy.yaml as shown there, and asked by a running Postern."""
import re
import shlex
import shutil

import lab
from client import Client


def blocks(language):
    """The fenced blocks of that language in filters/README.md."""
    text = (lab.SOURCE / "filters/README.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


class Plugin(lab.Case):
    def setUp(self):
        super().setUp()
        self.build = self.folder("build")
        shutil.copytree(lab.SOURCE / "include", self.build / "include")
        (self.build / "subject_tag.c").write_text(blocks("c")[0])
        self.compile("subject_tag.c", "subject_tag.so")

    def compile(self, source, output):
        command = shlex.split(next(line for line in blocks("sh") if line.startswith("gcc ")))
        command[command.index("subject_tag.c")] = source
        command[command.index("subject_tag.so")] = output
        done = lab.run(*command, cwd=self.build)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_the_example_as_documented(self):
        sink = self.sink()
        yaml = next(block for block in blocks("yaml") if "subject_tag.so" in block)
        proxy = self.postern(sink.port, yaml.replace("subject_tag.so", str(self.build / "subject_tag.so")))
        letters = [b"Subject: [ads] cheap\r\n\r\nx\r\n", b"Subject: dear bob\r\n\r\nx\r\n"]
        with Client(proxy.port) as client:
            client.ehlo()
            for letter in letters:
                client.envelope()
                self.assertEqual(client.data(letter).code, 250)
        self.assertEqual(sorted(sink.messages()), sorted([b"X-Subject-Tag: [ads]\r\n" + letters[0], letters[1]]))

    def test_reloading_loads_the_new_object(self):
        sink = self.sink()
        yaml = "filters:\n  - plugin: {path: %s, word: hello}\n"
        proxy = self.postern(sink.port, yaml % (self.build / "subject_tag.so"))
        source = (self.build / "subject_tag.c").read_text()
        (self.build / "second.c").write_text(source.replace("X-Subject-Tag", "X-Second"))
        self.compile("second.c", "second.so")
        with Client(proxy.port) as old:
            old.ehlo()
            proxy.reload(yaml % (self.build / "second.so"))
            for client in (old, Client(proxy.port)):
                self.assertEqual(client.message(b"Subject: hello\r\n\r\nx\r\n").code, 250)
                client.close()
        self.assertEqual(sorted(message.split(b"\r\n")[0] for message in sink.messages()),
                         [b"X-Second: hello", b"X-Subject-Tag: hello"])

    def check(self, filters):
        path = self.build / "proxy.yaml"
        path.write_text(f"listeners: 2525\nupstreams: mail.example\nfilters:\n{filters}")
        return lab.run(lab.POSTERN, "check", "-c", path)

    def test_check_says_what_is_wrong(self):
        self.assertEqual(self.check("  - plugin: {path: subject_tag.so, word: x}\n").returncode, 0)
        for filters, complaint in (("  - plugin: {path: subject_tag.so}\n", r":4:\d+: .*word"),
                                   ("  - plugin: {path: subject_tag.so, word: x, wrod: y}\n", r":4:\d+: .*wrod"),
                                   ("  - plugin: {path: absent.so, word: x}\n", r":4:\d+: .*absent\.so"),
                                   ("  - plugin: {path: subject_tag.c, word: x}\n", r":4:\d+: .*subject_tag\.c")):
            done = self.check(filters)
            self.assertEqual(done.returncode, 2, filters)
            self.assertRegex(done.stderr, complaint)


if __name__ == "__main__":
    lab.main("gcc")
