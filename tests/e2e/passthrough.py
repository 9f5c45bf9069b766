#!/usr/bin/env -S python3 -B
"""passthrough.py: with every filter looking that changes nothing, what is stored is what was sent: nasty messages and the
corpus of another mail reader, by DATA and by BDAT, octet for octet but for our own trace field where one is wanted."""
import collections
import pathlib
import re
import unittest

import lab
import nasty
from client import Client
from read_only import Chain

CORPUS = lab.SOURCE.parent / "shared/data/stalwart-mail-parser/resources"
TRACE = re.compile(rb"\AReceived: from client\.example \(\[127\.0\.0\.1\]\)\r\n(?:\t.*\r\n){2}")


def canonical(octets):
    """As a mail client sends a file: lines end with CRLF, the last one too."""
    octets = re.sub(rb"\r?\n", b"\r\n", octets)
    return octets if octets.endswith(b"\r\n") else octets + b"\r\n"


def is_clean(octets):
    return b"\0" not in octets and not re.search(rb"\r(?!\n)|(?<!\r)\n", octets)


def corpus():
    """Every file of it, also those that describe messages and are none."""
    return {str(path.relative_to(CORPUS)): path.read_bytes() for path in sorted(CORPUS.rglob("*")) if path.is_file()}


class PassThrough(lab.Case):
    def setUp(self):
        super().setUp()
        self.chain, self.mail = Chain(self), self.sink()
        self.expected = []

    def proxy(self, text=""):
        return self.postern(self.mail.port, f"{text}\nlimits: {{part_depth: 100, header_size: 8MiB}}\n{self.chain.text()}")

    def client(self, proxy):
        client = Client(proxy.port)
        self.addCleanup(client.close)
        client.ehlo()
        return client

    def by_data(self, client, name, octets):
        client.envelope()
        reply = client.data(octets)
        self.assertEqual(reply.code, 250, f"{name} by DATA: {reply}")
        self.expected.append((name, octets))

    def by_chunks(self, client, name, octets, *cuts):
        client.envelope()
        edges = [0, *sorted(min(cut, len(octets)) for cut in cuts), len(octets)]
        for reply in client.bdat(*(octets[a:b] for a, b in zip(edges, edges[1:]))):
            self.assertEqual(reply.code, 250, f"{name} by BDAT: {reply}")
        self.expected.append((name, octets))

    def refused(self, client, name, octets):
        client.envelope()
        self.assertEqual(str(client.data(octets))[:9], "550 5.6.1", name)

    def arrived(self, trace=None):
        """Each message as often as it was sent, and no other; both daemons have been shown all of each."""
        messages = self.mail.messages()
        if trace is not None:
            self.assertTrue(all(trace.match(message) for message in messages))
            messages = [trace.sub(b"", message, count=1) for message in messages]
        left = collections.Counter(messages)
        for name, octets in self.expected:
            self.assertGreater(left[octets], 0, f"{name} has not arrived as it was sent")
            left[octets] -= 1
        self.assertEqual(sum(left.values()), 0, "something else has arrived")
        if trace is None:
            lengths = [len(octets) for _, octets in self.expected if octets]  # what is empty they are not shown
            self.assertCountEqual(self.chain.clamd.seen, lengths)
            self.assertGreaterEqual(len(self.chain.spamd.seen), len(lengths))
        return len(self.expected)

    # --- messages of our own ---------------------------------------------------------------------------------

    def test_nasty(self):
        client = self.client(self.proxy())
        for name, octets in nasty.MESSAGES.items():
            with self.subTest(name):
                if octets.endswith(b"\r\n"):
                    self.by_data(client, name, octets)
                self.by_chunks(client, name, octets, 1, len(octets) // 2, len(octets) - 1)
        for name, octets in nasty.UNENDED.items():
            self.by_chunks(client, name, octets, 1)
        self.arrived()

    def test_nasty_with_a_trace_field(self):
        client = self.client(self.proxy("trace: received"))
        for name, octets in nasty.MESSAGES.items():
            if octets.endswith(b"\r\n"):
                self.by_data(client, name, octets)
            self.by_chunks(client, name, octets)
        self.arrived(TRACE)

    def test_broken_line_ends(self):
        """Refused in DATA, where who reads them otherwise would see another end of the message; chunks are counted."""
        client = self.client(self.proxy())
        for name, (octets, _) in nasty.BROKEN.items():
            self.refused(client, name, octets)
            self.by_chunks(client, name, octets, 5, len(octets) - 3)
        self.arrived()

    def test_broken_line_ends_made_whole(self):
        client = self.client(self.proxy("line_endings: normalise"))
        for name, (octets, whole) in nasty.BROKEN.items():
            client.envelope()
            client.say("DATA")
            client.send(octets.replace(b"\r\n.", b"\r\n..") + b".\r\n")
            self.assertEqual(client.reply().code, 250, name)
            self.expected.append((name, whole))
            self.by_chunks(client, name, octets)
        messages = collections.Counter(self.mail.messages())
        self.assertEqual(messages, collections.Counter(octets for _, octets in self.expected))

    # --- those of another reader -----------------------------------------------------------------------------

    @unittest.skipUnless(CORPUS.is_dir(), "there is no corpus of another mail reader")
    def test_corpus(self):
        client = self.client(self.proxy())
        files, unclean = corpus(), 0
        for name, stored in files.items():
            octets = canonical(stored)
            if is_clean(octets):
                self.by_data(client, name, octets)
            else:
                unclean += 1
                self.refused(client, name, octets)
            self.by_chunks(client, name, octets, len(octets) // 3)
            if stored != octets:
                self.by_chunks(client, name, stored, len(stored) // 2)
        print(f"{len(files)} files as {self.arrived()} messages, {unclean} refused in DATA", end=" ", flush=True)

    @unittest.skipUnless(CORPUS.is_dir(), "there is no corpus of another mail reader")
    def test_corpus_with_a_trace_field(self):
        client = self.client(self.proxy("trace: received"))
        for name, stored in corpus().items():
            octets = canonical(stored)
            if is_clean(octets):
                self.by_data(client, name, octets)
            self.by_chunks(client, name, stored)
        self.arrived(TRACE)


if __name__ == "__main__":
    lab.main()
