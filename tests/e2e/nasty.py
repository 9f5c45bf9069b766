"""nasty.py: messages on which mail software has stumbled, one habit each, with CRLF as a client sends them; what other octets
stand for line ends is in BROKEN. What is to become of them is left to the tests."""
import base64
import gzip
import io
import tarfile
import zipfile

HEAD = b"From: ann@example.org\r\nTo: bob@example.com\r\nSubject: nasty\r\n"
MIXED = HEAD + b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'


def part(fields, body=b"text\r\n"):
    return b"--b\r\n" + fields + b"\r\n" + body


def attached(octets, name):
    return MIXED + part(b"Content-Type: application/octet-stream; name=" + name + b"\r\n"
                        b"Content-Transfer-Encoding: base64\r\n",
                        base64.encodebytes(octets).replace(b"\n", b"\r\n")) + b"--b--\r\n"


def zipped(members, nested=0):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in members:
            archive.writestr(name, octets)
    return zipped([("inner.zip", out.getvalue())], nested - 1) if nested else out.getvalue()


def tarred(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, octets in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(octets)
            archive.addfile(entry, io.BytesIO(octets))
    return out.getvalue()


def encrypted(archive):
    """Says of its members that they are encrypted, in both headers."""
    octets = bytearray(archive)
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        octets[octets.index(signature) + at] |= 1
    return bytes(octets)


def nested(depth):
    message = HEAD + b"\r\ninnermost\r\n"
    for _ in range(depth):
        message = HEAD + b"Content-Type: message/rfc822\r\n\r\n" + message
    return message


def multiparts(depth):
    lines = [HEAD + b"Content-Type: multipart/mixed; boundary=b0\r\n\r\n"]
    for n in range(depth):
        lines.append(b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1))
    return b"".join(lines) + b"--b%d\r\n\r\ndeep\r\n" % depth


MESSAGES = {
    "no body": HEAD,
    "no header section": b"\r\nonly a body\r\n",
    "not a field": b"this is no field\r\n\r\nbody\r\n",
    "one empty line": b"\r\n",
    "one dot": b".\r\n",
    "nothing": b"",
    "dots": HEAD + b"\r\n.\r\n..\r\n...\r\n. \r\n.a\r\n..a\r\n",
    "dots in the header": b".From: x\r\n.\r\nSubject: x\r\n\r\n.\r\n",
    "commands": HEAD + b"\r\n.\r\nQUIT\r\nRSET\r\n.\r\nMAIL FROM:<>\r\nBDAT 5 LAST\r\n",
    "mbox": b"From ann Mon Jan  5 10:00:00 2026\r\n" + HEAD + b"\r\nFrom here\r\n>From there\r\n",
    "space before colon": b"From : ann@example.org\r\nSubject\t: x\r\n\r\nbody\r\n",
    "odd folding": HEAD + b"X-Fold: a\r\n \r\n\t\r\n b\r\n  \tc\r\nX-Empty:\r\nX-Space: \r\n\r\nbody\r\n",
    "folded at the top": b" folded\r\n" + HEAD + b"\r\nbody\r\n",
    "white space at the ends": HEAD + b"X-End: a \t \r\n\r\nline \r\n\t\r\n \r\n",
    "no blank line end": HEAD + b"X: y\r\n",
    "duplicates": HEAD * 3 + b"Date: a\r\nDate: b\r\n\r\nbody\r\n",
    "trace fields": b"Received: from a by b; x\r\n" * 60 + HEAD + b"\r\nbody\r\n",
    "signed": b"DKIM-Signature: v=1; a=rsa-sha256;\r\n  c=simple/simple;  \t b=AAAA\r\n\t=\r\n" + HEAD + b"\r\n\r\n\r\n\r\n",
    "empty lines at the end": HEAD + b"\r\nbody" + b"\r\n" * 100,
    "long header line": HEAD + b"X-Long: " + b"x" * 60000 + b"\r\n\r\nbody\r\n",
    "long line": HEAD + b"\r\n" + b"y" * 200000 + b"\r\n." + b"z" * 200000 + b"\r\n",
    "many fields": b"".join(b"X-%d: %d\r\n" % (n, n) for n in range(5000)) + b"\r\nbody\r\n",
    "addresses": b"To: " + b",\r\n ".join([b"<a@example.com>"] * 5000) + b"\r\n\r\nbody\r\n",
    "brackets": b"To: " + b"<" * 10000 + b"(" * 10000 + b'"' + b"\r\n\r\nbody\r\n",
    "controls": HEAD + b"X: " + bytes(c for c in range(1, 32) if c not in b"\r\n") + b"\x7f\r\n\r\n"
                + bytes(c for c in range(1, 256) if c not in b"\r\n") + b"\r\n",
    "eight bits in the header": HEAD + b"X-8: \xe4\xf6\xfc \xff\xfe\r\nX-UTF-8: \xc3\xa4\xf0\x9f\x92\xa9\r\n\r\n\xa0\r\n",
    "encoded words": HEAD + b"X: =?utf-8?q?=C3?= =?utf-8?q?=A4?= =?bogus?b?====?= =?utf-8?b?" + b"QUJD" * 500
                     + b"?=\r\nSubject: =?UTF-16?B?/v8AQQ==?=\r\n\r\nbody\r\n",
    "two types": HEAD + b"Content-Type: text/plain\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n.\r\n--b--\r\n",
    "two boundaries": HEAD + b"Content-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n--a\r\n\r\n1\r\n--b\r\n\r\n2\r\n",
    "no boundary": HEAD + b"Content-Type: multipart/mixed\r\n\r\n--\r\n\r\n1\r\n----\r\n",
    "nested boundary prefix": MIXED + part(b"Content-Type: multipart/mixed; boundary=bb\r\n", b"--bb\r\n\r\nx\r\n--b--\r\n"),
    "no close": MIXED + part(b"") + part(b"", b"no end of line"),
    "preamble and epilogue": MIXED[:-2] + b"\r\nbefore\r\n.\r\n" + part(b"") + b"--b--\r\nafter\r\n--b\r\n\r\nghost\r\n",
    "white space behind delimiters": MIXED + b"--b \t\r\n\r\nx\r\n--b-- \r\n",
    "bad base64": MIXED + part(b"Content-Transfer-Encoding: base64\r\n", b"QUJ\r\nD=QUI=\r\n!!!!\r\n=\r\nQ\r\n") + b"--b--\r\n",
    "base64 in one line": MIXED + part(b"Content-Transfer-Encoding: base64\r\n", b"QUJD" * 50000 + b"\r\n") + b"--b--\r\n",
    "bad quoted-printable": MIXED + part(b"Content-Transfer-Encoding: quoted-printable\r\n",
                                         b"=\r\n=3\r\n=XX\r\n=3d=\r\nend= \r\n=") + b"\r\n--b--\r\n",
    "encoded multipart": HEAD + b"Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                         + base64.encodebytes(part(b"")).replace(b"\n", b"\r\n"),
    "uuencoded": HEAD + b"\r\nbegin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\n",
    "unknown charset": HEAD + b"Content-Type: text/plain; charset=klingon\r\n\r\n\x80\x81\xff\r\n",
    "utf-16": HEAD + b"Content-Type: text/plain; charset=utf-16\r\n\r\n\xff\xfea\x01b\x01\r\n",
    "utf-7": HEAD + b"Content-Type: text/plain; charset=utf-7\r\n\r\n+ADw-script+AD4-\r\n",
    "names": MIXED + part(b"Content-Disposition: attachment; filename=\"../../etc/passwd\"; filename*=utf-8''%2e%2e%2fx%00.exe;\r\n"
                          b" filename*0=a; filename*2=c\r\n") + b"--b--\r\n",
    "html": HEAD + b"Content-Type: text/html\r\n\r\n<p>a<!-- <b --><script>//</p></script>&#x110000;&nosuch;" + b"<div " * 3000
            + b"\r\n",
    "partial": HEAD + b"Content-Type: message/partial; id=x; number=1; total=2\r\n\r\n" + HEAD + b"\r\npiece\r\n",
    "external": HEAD + b"Content-Type: message/external-body; access-type=URL; URL=\"http://x\"\r\n\r\nContent-ID: <a>\r\n\r\n",
    "message in message": nested(60),
    "part in part": multiparts(200),
    "many parts": MIXED + part(b"") * 12000 + b"--b--\r\n",
    "zip": attached(zipped([("a.txt", b"text"), ("../b.exe", b"MZ" + b"\0" * 100)], 7), b"a.zip"),
    "bomb": attached(zipped([("zeros", b"\0" * 20000000)]), b"bomb.zip"),
    "encrypted zip": attached(encrypted(zipped([("a", b"secret" * 20)])), b"a.zip"),
    "broken zip": attached(zipped([("a.txt", b"text" * 100)])[:-30], b"a.zip"),
    "tar": attached(tarred([("a", b"x" * 1000), ("/etc/passwd", b"y")]), b"a.tgz"),
    "gzip in gzip": attached(gzip.compress(gzip.compress(gzip.compress(b"x" * 100000))), b"a.gz"),
}

# By DATA these are refused, or made the second of the two; as chunks they are what they are.
BROKEN = {
    "bare LF": (HEAD + b"\r\na\nb\n.\nc\r\n", HEAD + b"\r\na\r\nb\r\n.\r\nc\r\n"),
    "bare CR": (HEAD + b"\r\na\rb\r.\rc\r\n", HEAD + b"\r\na\r\nb\r\n.\r\nc\r\n"),
    "CR CR LF": (HEAD + b"\r\na\r\r\nb\r\n", HEAD + b"\r\na\r\n\r\nb\r\n"),
    "LF CR": (HEAD + b"\r\na\n\rb\r\n", HEAD + b"\r\na\r\n\r\nb\r\n"),
    "LF in the header": (b"From: a\nSubject: b\n\nbody\n\r\n", b"From: a\r\nSubject: b\r\n\r\nbody\r\n\r\n"),
    "CR in the header": (b"From: a\rBcc: c\r\nSubject: b\r\n\r\nbody\r\n", b"From: a\r\nBcc: c\r\nSubject: b\r\n\r\nbody\r\n"),
    "NUL": (HEAD + b"X: a\0b\r\n\r\nc\0d\r\n\0\r\n", HEAD + b"X: ab\r\n\r\ncd\r\n\r\n"),
}

# Without a line end at the end: only chunks can carry them.
UNENDED = {
    "no line end": HEAD + b"\r\nbody without an end",
    "CR at the end": HEAD + b"\r\nbody\r",
    "in the header": b"Subject: x",
    "one octet": b"x",
}
