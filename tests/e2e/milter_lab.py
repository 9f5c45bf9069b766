"""milter_lab.py: real milters as Debian ships them, each with a folder, a configuration and a socket of its own, none
of which the system's services share. Those that ask the DNS live in namespaces of their own with a server that knows
only what a test tells it. What is done with them is left to milters.py."""
import base64
import os
import pathlib
import pwd
import subprocess

import lab

DOMAIN = "example.org"
SELECTOR = "postern"


class Names:
    """A network namespace whose only name server is dnsmasq with the records given; programs run inside see it as
    theirs. Sockets in the file system are reached from outside."""

    def __init__(self, folder, **texts):
        """texts: TXT records by name."""
        folder = pathlib.Path(folder)
        (folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:2 attempts:1\n")
        records = "".join(f"txt-record={name},{self.quoted(text)}\n" for name, text in texts.items())
        (folder / "dnsmasq.conf").write_text(
            "no-resolv\nno-hosts\nno-daemon\nlisten-address=127.0.0.1\nbind-interfaces\nuser=root\n"
            f"local=/#/\nlog-queries\nlog-facility={folder}/queries\n"
            f"host-record={DOMAIN},192.0.2.1\nhost-record=client.{DOMAIN},127.0.0.1\n{records}")
        self.prefix = ["unshare", "--net", "--mount", "sh", "-c",
                       f"ip link set lo up && mount --bind {folder}/resolv.conf /etc/resolv.conf && "
                       f"dnsmasq -C {folder}/dnsmasq.conf & "
                       "trap 'kill $program $server' TERM; server=$!; sleep 0.3; \"$@\" & program=$!; "
                       "wait $program; wait $program; kill $server", "names"]

    @staticmethod
    def quoted(text):
        """A TXT record holds strings of up to 255 octets."""
        return ",".join(f'"{text[at:at + 250]}"' for at in range(0, len(text), 250))


class Milter(lab.Process):
    """One milter; `address` is how it is named in proxy.yaml, `postfix` how in main.cf."""

    def __init__(self, folder, command, names=None, library=None):
        self.socket = pathlib.Path(folder) / "milter"
        environment = dict(os.environ)
        if library is not None:
            environment["LD_LIBRARY_PATH"] = str(library)
        prefix = names.prefix if names is not None else []
        super().__init__(folder, *prefix, *command, env=environment)
        lab.wait_for(lambda: not self.alive() or self.listens(), f"{command[0]} listens", 60)
        if not self.alive():
            raise RuntimeError(f"{command[0]} did not start: {(self.folder / 'stdout').read_text()}{self.complaints()}")
        self.socket.chmod(0o777)

    def listens(self):
        return self.socket.exists()

    @property
    def address(self):
        return f"unix:{self.socket}"

    @property
    def postfix(self):
        return f"unix:{self.socket}"

    def libraries(self):
        """The shared objects of the program and what it has started, by the kernel's account."""
        found = set()
        for pid in self.processes():
            maps = pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines()
            found |= {line.split(maxsplit=5)[-1] for line in maps if "libmilter" in line}
        return found

    def uses(self, library):
        return self.libraries() == {str(library)}

    def processes(self):
        found = [self.pid]
        for pid in found:
            found += map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return found


class Key:
    """A DKIM key; made once for all."""

    def __init__(self, folder):
        self.private = pathlib.Path(folder) / "key"
        made = lab.run("openssl", "genrsa", "-traditional", "-out", self.private, "2048")
        if made.returncode != 0:
            raise RuntimeError(made.stderr)
        self.private.chmod(0o600)
        public = subprocess.run(["openssl", "rsa", "-in", self.private, "-pubout", "-outform", "DER"],
                                capture_output=True, check=True).stdout
        self.record = "v=DKIM1; k=rsa; p=" + base64.b64encode(public).decode()
        self.name = f"{SELECTOR}._domainkey.{DOMAIN}"


def opendkim(folder, key, mode, library=None):
    """mode: s, v or sv."""
    root = pathlib.Path(folder)
    (root / "keys").write_text(f"{key.name} {key.record}\n")
    (root / "inside").write_text("127.0.0.1\n" if "s" in mode else "192.0.2.200\n")
    (root / "conf").write_text(
        f"Mode {mode}\nSocket local:{root}/milter\nDomain {DOMAIN}\nSelector {SELECTOR}\nKeyFile {key.private}\n"
        f"TestPublicKeys {root}/keys\nInternalHosts {root}/inside\nSyslog no\nBackground no\nAuthservID mx.example.com\n"
        "AlwaysAddARHeader yes\nCanonicalization relaxed/simple\nRequireSafeKeys no\nLogWhy yes\n")
    return Milter(root, ["opendkim", "-f", "-x", root / "conf"], library=library)


def opendmarc(folder, policy="reject", library=None):
    """Believes what mx.example.com has found out of SPF and DKIM."""
    root = pathlib.Path(folder)
    names = Names(root, **{f"_dmarc.{DOMAIN}": f"v=DMARC1; p={policy}"})
    (root / "conf").write_text(
        f"Socket local:{root}/milter\nAuthservID mx.example.com\nTrustedAuthservIDs mx.example.com\nSyslog no\n"
        f"Background no\nRejectFailures true\nPidFile {root}/pid\nIgnoreHosts {root}/none\n"
        "PublicSuffixList /usr/share/publicsuffix/public_suffix_list.dat\n")
    (root / "none").write_text("192.0.2.200\n")
    return Milter(root, ["opendmarc", "-f", "-c", root / "conf"], names, library)


def pyspf(folder):
    root = pathlib.Path(folder)
    names = Names(root, **{DOMAIN: "v=spf1 ip4:127.0.0.0/8 -all", "forged.example": "v=spf1 ip4:192.0.2.9 -all"})
    (root / "conf").write_text(
        "debugLevel = 1\nTestOnly = 1\nHELO_reject = Fail\nMail_From_reject = Fail\nPermError_reject = False\n"
        "TempError_Defer = False\nskip_addresses = 192.0.2.200\n"
        f"Socket = local:{root}/milter\nPidFile = {root}/pid\nUserID = root\nInternalHosts = 192.0.2.200\n")
    return Milter(root, ["pyspf-milter", root / "conf"], names)


def clamav_milter(folder, clamd, library=None, infected="Reject"):
    root = pathlib.Path(folder)
    (root / "conf").write_text(
        f"MilterSocket unix:{root}/milter\nClamdSocket unix:{clamd.socket}\nOnInfected {infected}\nOnFail Defer\n"
        f"RejectMsg Infected with %v\nAddHeader Replace\nForeground yes\nTemporaryDirectory {root}\nLogFile {root}/log\n"
        "MilterSocketMode 666\n")
    return Milter(root, ["clamav-milter", "-c", root / "conf"], library=library)


def spamass_milter(folder, spamd, library=None):
    """Hands the message to spamc, which finds the spamd at its socket; refuses from 100 points on."""
    root = pathlib.Path(folder)
    return Milter(root, ["spamass-milter", "-p", root / "milter", "-r", "100", "--", "-U", spamd.socket], library=library)


def rspamd(folder):
    """Rspamd in one process that scans by itself: what is compiled in (GTUBE), DKIM, and two rules of ours; no network."""
    root = pathlib.Path(folder)
    (root / "tlds").write_text("com\norg\nexample\n")
    (root / "conf").write_text(
        f'options {{ pidfile = "{root}/pid"; url_tld = "{root}/tlds"; disable_hyperscan = true; filters = "regexp";\n'
        f'  cache_file = "{root}/cache"; hs_cache_dir = "{root}"; history_file = ""; tempdir = "{root}"; local_addrs = [];\n'
        '  dns { nameserver = ["127.0.0.1:9"]; timeout = 0.05s; retransmits = 1; } }\n'
        f'logging {{ type = "file"; filename = "{root}/log"; level = "info"; }}\n'
        f'worker "rspamd_proxy" {{ bind_socket = "{root}/milter mode=0777"; milter = yes; timeout = 30s; count = 1;\n'
        '  upstream "local" { default = yes; self_scan = yes; } }\n'
        'actions { reject = 100; add_header = 6; }\n'
        'metric { name = "default"; actions { reject = 100; add_header = 6; } }\n'
        'modules { path = "/usr/share/rspamd/plugins/milter_headers.lua"; }\n'
        'milter_headers { use = ["x-spamd-bar", "x-rspamd-queue-id", "authentication-results"]; skip_local = false;\n'
        '  skip_authenticated = false; }\n'
        'group "postern" { symbols = { "POSTERN_RULE" { weight = 7.0; } } }\n'
        "regexp { \"POSTERN_RULE\" { re = '/buy these pills/i{sa_body}'; score = 7.0; } }\n")
    if os.geteuid() == 0:
        owner = pwd.getpwnam("_rspamd")
        for path in (root, *root.rglob("*")):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    user = ["-u", "_rspamd", "-g", "_rspamd"] if os.geteuid() == 0 else []
    return Milter(root, ["unshare", "--net", "rspamd", "-f", "-c", root / "conf", *user])
