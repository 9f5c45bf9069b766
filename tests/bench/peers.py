"""The SMTP proxies of others that Postern is compared with: what each needs installed, how it is configured and
started, and what it cannot be asked for. Each forwards to one upstream on loopback and filters nothing. Measuring them
is left to score."""

import dataclasses
import pathlib
import re
import shutil
import signal
import string
import subprocess
import sys
import tempfile

import stage

NGINX = """\
load_module /usr/lib/nginx/modules/ngx_mail_module.so;
daemon off;
pid $folder/nginx.pid;
error_log stderr crit;
worker_processes 1;
worker_rlimit_nofile 20000;
events { worker_connections 19900; }
mail {
    server_name bench.example;
    auth_http 127.0.0.1:$auth/;
    proxy on;
    smtp_auth none;
    xclient off;
    smtp_capabilities PIPELINING "SIZE 52428800" 8BITMIME;
    server { listen 127.0.0.1:$port backlog=4096; protocol smtp; }
}
"""

POSTFIX_MAIN = """\
compatibility_level = 3.6
queue_directory = $folder/queue
data_directory = $folder/data
maillog_file = $folder/maillog
maillog_file_prefixes = $folder
myhostname = bench.example
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
mydestination =
local_recipient_maps =
alias_maps =
relay_domains = server.example
default_transport = error:nothing leaves this machine
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtpd_tls_security_level = none
smtpd_client_connection_count_limit = 0
default_process_limit = 600
message_size_limit = 52428800
smtpd_proxy_filter = 127.0.0.1:$upstream
"""

POSTFIX_MASTER = """\
127.0.0.1:$port inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
rewrite unix - - n - - trivial-rewrite
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""

PROXSMTP = """\
OutAddress: 127.0.0.1:$upstream
Listen: 127.0.0.1:$port
MaxConnections: 400
TempDirectory: $folder
"""

HARAKA_SMTP = """\
listen=127.0.0.1:$port
nodes=0
"""

HARAKA_UPSTREAM = """\
host=127.0.0.1
port=$upstream
max_connections=1000
"""

HARAKA_CONNECTION = """\
[haproxy]
hosts[]=
[headers]
max_lines=1000
max_received=100
[max]
bytes=52428800
mime_parts=1000
line_length=512
data_line_length=992
[message]
helo=at your service
close=closing
[uuid]
banner_chars=6
deny_chars=0
"""

# Haraka refuses recipients that nothing has taken responsibility for; and it asks DNS for the client's name
HARAKA_RELAY = """\
exports.hook_connect = (next, connection) => { connection.relaying = true; next(); };
exports.hook_lookup_rdns = (next) => next(OK, 'client.example');
"""

HARAKA = stage.ROOT / "build/bench/haraka/node_modules/Haraka"


@dataclasses.dataclass
class Recipe:
    """How one peer is had. In texts and arguments, $folder is its own folder, $port where it listens, $upstream where
    it forwards to, $auth where the HTTP server of auth_http listens."""

    about: str
    needs: list  # programs and files
    install: str
    version: list  # the command that prints it
    command: list
    files: dict  # {path in its folder: text}; a path that ends with / is a folder
    auth: bool = False
    without: dict = dataclasses.field(default_factory=dict)  # {case: why it is left out}
    at_once: int = 100000  # sessions it is asked to serve
    idle: int = 10000  # sessions it is asked to hold
    owners: dict = dataclasses.field(default_factory=dict)  # {folder: user}


RECIPES = {
    "nginx": Recipe(
        about="nginx mail module, smtp_auth none, its auth_http answered by another process that is not counted",
        needs=["nginx", "/usr/lib/nginx/modules/ngx_mail_module.so"],
        install="apt install nginx libnginx-mod-mail",
        version=["nginx", "-v"],
        command=["nginx", "-e", "stderr", "-p", "$folder", "-c", "$folder/nginx.conf"],
        files={"nginx.conf": NGINX},
        auth=True,
    ),
    "postfix": Recipe(
        about="Postfix smtpd with smtpd_proxy_filter; its log included, it cannot do without",
        needs=["postconf", "/usr/lib/postfix/sbin/smtpd"],
        install="apt install postfix",
        version=["postconf", "-d", "mail_version"],
        command=["/usr/lib/postfix/sbin/master", "-d", "-c", "$folder/etc"],
        files={"queue/public/": "", "queue/private/": "", "queue/pid/": "", "data/": "",
               "etc/main.cf": POSTFIX_MAIN, "etc/master.cf": POSTFIX_MASTER},
        idle=100,  # a process each
        owners={"queue/private": "postfix", "queue/public": "postfix", "data": "postfix"},
    ),
    "proxsmtp": Recipe(
        about="proxsmtp without a filter command, 5 sessions at once: its backlog loses more",
        needs=["proxsmtpd"],
        install="apt install proxsmtp",
        version=["proxsmtpd", "-v"],
        command=["proxsmtpd", "-d", "0", "-f", "$folder/proxsmtpd.conf", "-p", "$folder/pid"],
        files={"proxsmtpd.conf": PROXSMTP},
        without={"pipelined": "does not offer PIPELINING", "parallel": "a backlog of 5"},
        at_once=5,
        idle=100,  # it waits with select()
    ),
    "haraka": Recipe(
        about="Haraka, one process, queue/smtp_proxy",
        needs=["node", HARAKA / "bin/haraka"],
        install="apt install npm; npm install --prefix build/bench/haraka Haraka",
        version=["node", HARAKA / "bin/haraka", "--version"],
        command=["node", HARAKA / "bin/haraka", "-c", "$folder"],
        files={"config/smtp.ini": HARAKA_SMTP, "config/smtp_proxy.ini": HARAKA_UPSTREAM, "config/me": "bench.example\n",
               "config/plugins": "relay\nqueue/smtp_proxy\n", "config/loglevel": "EMERG\n",
               "config/connection.ini": HARAKA_CONNECTION,
               "plugins/relay.js": HARAKA_RELAY},
        without={"pipelined": "queue/smtp_proxy of 3.1.1 acknowledges all messages and hands on every second one"},
        idle=1000,  # accepting more takes it longer than the measurement
    ),
}


def missing(name):
    """Why the peer cannot be measured here, or None."""
    recipe = RECIPES[name]
    absent = [str(need) for need in recipe.needs if shutil.which(need) is None and not pathlib.Path(need).exists()]
    return f"{pathlib.Path(absent[0]).name} is not installed: {recipe.install}" if absent else None


def version(command):
    """The first number with a dot that the program says of itself."""
    said = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    number = re.search(r"\d+\.\d[\w.+~-]*", said.stdout)
    return number[0] if number else "of unknown version"


class AuthServer(stage.Process):
    """What nginx asks where to forward to; on the core of load generator and sink."""

    def __init__(self, upstream):
        super().__init__([sys.executable, stage.HERE / "auth_http", upstream], stage.PEER_CORE, stdout=subprocess.PIPE)
        self.port = int(stage.words(self.process.stdout.readline())["port"])

    def stop(self):
        super().stop()
        self.process.stdout.close()


class Peer(stage.Process):
    """One of RECIPES, or another recipe with further values for its texts, in front of a sink, with a folder of its
    own; stage.Failure when it does not come up."""

    def __init__(self, name, upstream, recipe=None, **values):
        recipe = recipe or RECIPES[name]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"bench-{name}-"))
        self.port = stage.free_port()
        self.auth = AuthServer(upstream) if recipe.auth else None
        self.values = {"folder": self.folder, "port": self.port, "upstream": upstream,
                       "auth": self.auth.port if self.auth else "", **values}
        self.furnish(recipe)
        with open(self.folder / "said", "wb") as said:
            super().__init__([self.filled(str(word)) for word in recipe.command], stage.PROXY_CORE,
                             stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True)
        try:
            stage.wait_for_greeting(self.process, self.port)
        except stage.Failure as failure:
            said = (self.folder / "said").read_text(errors="replace").strip()[-300:]
            self.stop()
            raise stage.Failure(f"{failure} {said}") from None

    def filled(self, text):
        return string.Template(text).substitute(self.values)

    def furnish(self, recipe):
        self.folder.chmod(0o755)
        for path, text in recipe.files.items():
            place = self.folder / path
            if path.endswith("/"):
                place.mkdir(parents=True)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(self.filled(text))
        for path, user in recipe.owners.items():
            shutil.chown(self.folder / path, user)

    def stop(self):
        """Its children end with it: they are of the session it began."""
        super().stop()
        stage.end_group(self.pid, signal.SIGKILL)
        if self.auth:
            self.auth.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
