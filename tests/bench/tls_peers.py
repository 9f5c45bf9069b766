"""Postern, haproxy and Postfix with TLS on either side of them: how each is configured, and where it listens. Measuring
them is left to tls."""

import dataclasses
import pathlib
import subprocess
import tempfile

import peers
import stage

KEYS = {"ecdsa": "ECDSA P-256", "rsa": "RSA-2048"}
WAYS = ["starttls", "implicit"]

POSTERN = """\
hostname: mail.example.org
listeners:
  - {{address: "127.0.0.1:{port}", name: plain}}
  - {{address: "127.0.0.1:{starttls}", name: starttls, tls: starttls}}
  - {{address: "127.0.0.1:{implicit}", name: implicit, tls: implicit}}
upstreams: [{{address: "127.0.0.1:{upstream}", tls: {upstream_tls}}}]
workers: 1
log: {{level: error, to: stderr}}
filters: []
tls: {{certificates: [{{chain: {folder}/{key}.pem, key: {folder}/{key}.key}}]}}
"""

HAPROXY = """\
global
    nbthread 1
    maxconn {connections}
defaults
    mode tcp
    timeout connect 10s
    timeout client 10m
    timeout server 10m
listen plain
    bind 127.0.0.1:{port}
    maxconn {connections}
    server sink 127.0.0.1:{upstream} {upstream_tls}
listen implicit
    bind 127.0.0.1:{implicit} ssl crt {folder}/{key}.joint
    maxconn {connections}
    server sink 127.0.0.1:{upstream} {upstream_tls}
"""

POSTFIX_MAIN = """\
smtpd_tls_security_level = may
smtpd_tls_cert_file = $certificates/$key.pem
smtpd_tls_key_file = $certificates/$key.key
"""

POSTFIX_MASTER = """\
127.0.0.1:$implicit inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
tlsmgr unix - - n 1000? 1 tlsmgr
"""


class Certificates:
    """A folder with a certificate and its key of each kind, new ones."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="bench-certificates-")
        subprocess.run([stage.ROOT / "tests/tools/certificates", self.folder.name], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for key in KEYS:
            chain, secret = (pathlib.Path(self.folder.name, f"{key}.{end}").read_text() for end in ("pem", "key"))
            self.joint(key).write_text(chain + secret)
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def joint(self, key):
        return pathlib.Path(self.folder.name, f"{key}.joint")


def proxy(command, text, key, upstream, certificates, **values):
    """One with a file of its own, and where it listens in proxy.ports."""
    ports = {way: stage.free_port() for way in WAYS}
    made = stage.Proxy(command, lambda port: text.format(port=port, key=key, upstream=upstream, **ports, **values,
                                                         folder=certificates.folder.name))
    made.ports = {"plain": made.port, **ports}
    return made


def postern(tools, key, upstream, certificates, encrypted=False):
    return proxy([tools.postern, "run", "-c"], POSTERN, key, upstream, certificates,
                 upstream_tls="implicit" if encrypted else "none")


def haproxy(tools, key, upstream, certificates, encrypted=False):
    return proxy(["haproxy", "-q", "-db", "-f"], HAPROXY, key, upstream, certificates, connections=9000,
                 upstream_tls="ssl verify none" if encrypted else "")


def postfix(tools, key, upstream, certificates, encrypted=False):
    plain = peers.RECIPES["postfix"]
    files = {**plain.files, "etc/main.cf": plain.files["etc/main.cf"] + POSTFIX_MAIN,
             "etc/master.cf": plain.files["etc/master.cf"] + POSTFIX_MASTER}
    implicit = stage.free_port()
    made = peers.Peer("postfix", upstream, dataclasses.replace(plain, files=files), key=key, implicit=implicit,
                      certificates=certificates.folder.name)
    made.ports = {"plain": made.port, "starttls": made.port, "implicit": implicit}
    return made


@dataclasses.dataclass
class Kind:
    about: str
    start: object
    ways: list
    both_legs: bool  # it can encrypt towards the upstream while it forwards


KINDS = {
    "postern": Kind("connect: early, no filters", postern, ["implicit", "starttls"], True),
    "haproxy": Kind("TCP mode, bind ... ssl: it knows no SMTP, hence no STARTTLS", haproxy, ["implicit"], True),
    "postfix": Kind("Postfix smtpd with smtpd_proxy_filter", postfix, ["implicit", "starttls"], False),
}
