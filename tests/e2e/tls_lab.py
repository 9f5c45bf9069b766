"""tls_lab.py: what the tests of TLS share: certificates made anew, Postern with its listeners and upstreams as tables,
a Postfix with several TLS services, clients by hand. The server that misbehaves is left to tls_server.py."""
import contextlib
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading

import lab
from client import Client
from postfix import Postfix

NAME = "mail.example.org"  # that rsa.pem and ecdsa.pem are for
KEYS = ("rsa", "ecdsa")
VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


class Certificates:
    """What tests/tools/certificates makes, in a folder of its own."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="certificates-"))
        made = lab.run(lab.SOURCE / "tests/tools/certificates", self.folder)
        if made.returncode != 0:
            raise RuntimeError(made.stderr)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def __getitem__(self, file):
        return str(self.folder / file)

    def row(self, name, **more):
        """One of tls.certificates in proxy.yaml."""
        return {"chain": self[f"{name}.pem"], "key": self[f"{name}.key"], **more}

    def fingerprint(self, name):
        said = lab.run("openssl", "x509", "-in", self[f"{name}.pem"], "-noout", "-fingerprint", "-sha256")
        return "sha256:" + said.stdout.strip().split("=")[1].replace(":", "").lower()


class Case(lab.Case):
    @classmethod
    def setUpClass(cls):
        cls.pki = Certificates()
        cls.addClassCleanup(cls.pki.close)

    def proxy(self, listeners, upstreams, certificates=("rsa", "ecdsa"), tls=None, **keys):
        """Postern with .ports, one per listener. Listeners are the words of their `tls`, or rows; upstreams are
        ports, or rows with their port as "port"; certificates are names, or rows."""
        listeners = [row if isinstance(row, dict) else {"tls": row} for row in listeners]
        upstreams = [row if isinstance(row, dict) else {"port": row} for row in upstreams]
        rows = [row if isinstance(row, dict) else self.pki.row(row) for row in certificates]
        ports = [lab.free_port() for _ in listeners]
        keys = {
            "listeners": [{"address": f"{lab.HOST}:{port}", **row} for port, row in zip(ports, listeners)],
            "upstreams": [{"address": f"{lab.HOST}:{row['port']}"} |
                          {key: value for key, value in row.items() if key != "port"} for row in upstreams],
            "tls": {"certificates": rows, **(tls or {})},
            **keys,
        }
        proxy = self.postern([], "".join(f"{key}: {json.dumps(value)}\n" for key, value in keys.items()))
        proxy.ports = ports
        proxy.port = ports[0]
        return proxy

    def trusted(self, name=NAME, **options):
        """What an upstream must be told to be `verified`."""
        return {"tls_name": name, "tls_ca": self.pki["ca.pem"], **options}

    def context(self, version=None, own=None):
        """A client that verifies the server; own: the certificate it shows."""
        context = ssl.create_default_context(cafile=self.pki["ca.pem"])
        if version is not None:
            context.minimum_version = context.maximum_version = VERSIONS[version]
        if own is not None:
            context.load_cert_chain(self.pki[f"{own}.pem"], self.pki[f"{own}.key"])
        return context

    def careless(self, version=None):
        """A client to which any certificate is good."""
        context = self.context(version)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    def shown(self, port, name=NAME, **how):
        """The common name of the certificate that a client is shown."""
        with Secure(port, self.careless(), name=name, **how) as client:
            der = client.socket.getpeercert(binary_form=True)
        said = subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-subject", "-serial"], input=der,
                              capture_output=True, check=True)
        return said.stdout.decode()

    def s_client(self, port, *arguments, starttls=True):
        """What openssl s_client prints, its complaints among it, until the server was said QUIT and has closed. With
        STARTTLS it keeps the greeting to itself."""
        command = ["openssl", "s_client", "-connect", f"{lab.HOST}:{port}", "-CAfile", self.pki["ca.pem"], "-ign_eof",
                   *(("-starttls", "smtp") if starttls else ()), *map(str, arguments)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True) as child:
            watch = threading.Timer(20, child.kill)
            watch.start()
            said, greeted = "", starttls and self.quit(child)
            for line in child.stdout:
                said += line
                greeted = greeted or (line.startswith("220 ") and self.quit(child))
            watch.cancel()
        return said

    @staticmethod
    def quit(child):
        with contextlib.suppress(BrokenPipeError):
            os.write(child.stdin.fileno(), b"QUIT\r\n")
        return True


class Secure(Client):
    """A client of TLS by hand: STARTTLS, or encrypted from the first octet."""

    def __init__(self, port, context, implicit=False, name=NAME, session=None):
        super().__init__(port, greet=not implicit)
        try:
            if not implicit:
                self.invite()
            self.encrypt(context, name, session)
            if implicit:
                self.greeting = self.reply()
        except BaseException:
            self.close()
            raise

    def invite(self):
        """STARTTLS, up to the reply that invites a handshake."""
        self.ehlo()
        reply = self.say("STARTTLS")
        if reply.code != 220:
            raise AssertionError(f"STARTTLS: {reply}")

    def encrypt(self, context, name=NAME, session=None):
        self.input.close()
        self.socket = context.wrap_socket(self.socket, server_hostname=name, session=session)
        self.input = self.socket.makefile("rb")


class Piped(Client):
    """A client that speaks through the standard input and output of a program."""

    def __init__(self, *arguments, greet=True, seconds=20):
        self.socket, theirs = socket.socketpair()
        self.errors = tempfile.TemporaryFile()
        self.child = subprocess.Popen([str(a) for a in arguments], stdin=theirs, stdout=theirs, stderr=self.errors)
        theirs.close()
        self.socket.settimeout(seconds)
        self.input = self.socket.makefile("rb")
        self.keywords = {}
        self.greeting = self.reply() if greet else None

    def close(self):
        super().close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.child.wait(5)
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        self.errors.close()

    def complaints(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")


class SecurePostfix(Postfix):
    """A Postfix that demands STARTTLS; services: more of its smtpd, name → options; their ports are in .ports."""

    def __init__(self, pki, services=None, **parameters):
        self.services = services or {}
        self.ports = {}
        super().__init__(**{
            "smtpd_tls_security_level": "encrypt",
            "smtpd_tls_chain_files": ", ".join(chain_files(pki, name) for name in KEYS),
            "smtpd_tls_CAfile": pki["ca.pem"],
            "smtpd_tls_loglevel": 1,
            "smtp_tls_CAfile": pki["ca.pem"],
            "smtp_tls_loglevel": 1,
            **parameters,
        })
        lab.wait_for(lambda: all(map(lab.listens, self.ports.values())), "Postfix listens everywhere")

    def _configure(self, parameters):
        super()._configure(parameters)
        lines = ["tlsmgr unix - - n 1000? 1 tlsmgr"]
        for name, options in self.services.items():
            self.ports[name] = lab.free_port()
            lines.append(f"{lab.HOST}:{self.ports[name]} inet n - n - - smtpd" + as_options(options))
        with open(self.root / "etc/master.cf", "a") as file:
            file.write("\n".join(lines) + "\n")


def as_options(options):
    """As master.cf has them, behind a command."""
    return "".join(f" -o {{ {key} = {value} }}" for key, value in options.items())


def chain_files(pki, name):
    """A certificate as smtpd_tls_chain_files wants it: the key first."""
    return f"{pki[name + '.key']}, {pki[name + '.pem']}"
