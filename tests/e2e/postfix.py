"""postfix.py: a Postfix of the test's own: its queue, configuration, log and maildir in one folder, on a port of
loopback. It sends nothing anywhere, asks no DNS, and a Postfix of the system is neither used nor disturbed."""
import pathlib
import pwd
import shutil
import tempfile

from lab import HOST, Process, free_port, listens, run, wait_for

PARAMETERS = """
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/maillog
maillog_file_prefixes = {root}
mail_owner = postfix
setgid_group = postdrop
myhostname = postfix.example
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
local_header_rewrite_clients =
relay_domains =
default_transport = error:nothing leaves this machine
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtpd_tls_security_level = none
smtpd_error_sleep_time = 0
smtpd_hard_error_limit = 1000
smtpd_junk_command_limit = 1000
default_process_limit = 230
in_flow_delay = 0
message_size_limit = 52428800
virtual_mailbox_domains = example.com
virtual_mailbox_base = {root}/mail
virtual_mailbox_maps = static:box/
virtual_mailbox_limit = 0
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_destination_concurrency_limit = 50
"""

SERVICES = """
{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""

QUEUES = ("maildrop", "incoming", "active", "deferred", "hold", "corrupt")


class Postfix(Process):
    """Accepts mail for example.com from loopback; parameters override what stands above."""

    def __init__(self, **parameters):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="postfix-"))
        self.port = free_port()
        self.box = self.root / "mail/box/new"
        self._configure(parameters)
        checked = run("postfix", "-c", self.root / "etc", "check")
        if checked.returncode != 0:
            raise RuntimeError(f"postfix check: {checked.stderr}")
        sbin = run("postconf", "-c", self.root / "etc", "-h", "daemon_directory").stdout.strip()
        super().__init__(self.root, f"{sbin}/master", "-d", "-c", self.root / "etc")
        wait_for(lambda: not self.alive() or listens(self.port), "Postfix listens")
        if not self.alive():
            raise RuntimeError(f"Postfix did not start: {self.complaints()}{self.maillog()}")

    def _configure(self, parameters):
        self.root.chmod(0o755)
        for name in ("etc", "data", "mail", "queue"):
            (self.root / name).mkdir()
        nobody = pwd.getpwnam("nobody")
        shutil.chown(self.root / "mail", nobody.pw_uid, nobody.pw_gid)
        shutil.chown(self.root / "data", "postfix")
        values = {"root": self.root, "uid": nobody.pw_uid, "gid": nobody.pw_gid, "port": f"{HOST}:{self.port}"}
        # No key twice: with enough warnings of that, postlogd waits for itself to read the queue that they fill.
        lines = [line.partition(" =") for line in PARAMETERS.format(**values).strip().splitlines()]
        settings = {key: value.strip() for key, _, value in lines} | parameters
        (self.root / "etc/main.cf").write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))
        (self.root / "etc/master.cf").write_text(SERVICES.format(**values))

    def close(self):
        """Ends it and removes everything of it."""
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    def maillog(self):
        try:
            return (self.root / "maillog").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def queued(self):
        """The files of all queues."""
        return [path for queue in QUEUES for path in (self.root / "queue" / queue).rglob("*") if path.is_file()]

    def clear(self):
        """Forgets what has been delivered so far."""
        self.settle()
        for path in self.box.glob("*"):
            path.unlink()

    def messages(self):
        """What has been delivered."""
        return [path.read_bytes() for path in sorted(self.box.glob("*"))]

    def settle(self, seconds=60):
        """Waits until the queue is empty: all that was accepted has been delivered."""
        wait_for(lambda: not self.queued(), lambda: f"an empty queue: {self.queued()}\n{self.maillog()}", seconds)

    def await_messages(self, count, seconds=60):
        """Exactly so many messages, delivered, with nothing on its way."""
        wait_for(lambda: self.box.is_dir() and len(list(self.box.iterdir())) >= count or count == 0,
                 lambda: f"{count} messages: {len(self.messages())}\n{self.maillog()[-5000:]}", seconds)
        self.settle(seconds)
        messages = self.messages()
        if len(messages) != count:
            raise AssertionError(f"{len(messages)} messages were delivered, expected {count}")
        return messages
