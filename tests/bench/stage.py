"""What every measurement needs: a network of its own, the tools, peers that are started and stopped, their use of
CPU and memory. What is measured is left to compare, idle and syscalls."""

import argparse
import contextlib
import os
import pathlib
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RESULTS = HERE / "results"
IN_NETWORK = "POSTERN_BENCH_NETWORK"
TICK = os.sysconf("SC_CLK_TCK")
PATIENCE = 10.0
AT_REST = 0.001  # CPU seconds within a moment
HELD = 1.0  # seconds, before memory is looked at

HAPROXY = """\
global
    nbthread 1
    maxconn {connections}
defaults
    mode tcp
    timeout connect 10s
    timeout client 10m
    timeout server 10m
listen smtp
    bind 127.0.0.1:{port}
    maxconn {connections}
    server sink 127.0.0.1:{upstream}
"""

POSTERN = """\
hostname: bench.example
listeners: ["127.0.0.1:{port}"]
upstreams: ["127.0.0.1:{upstream}"]
workers: 1
connect: {connect}
log: {{level: error, to: stderr}}
filters:{filters}
"""

CHAIN = """
  - commands: {deny: [VRFY, EXPN]}
  - extensions: {deny: [ETRN]}
  - regex:
      rules:
        - {name: eicar, on: raw, pattern: 'X5O!P%@AP\\[4', action: reject}
        - {name: lottery, on: subject, pattern: '(?i)\\byou have won\\b', action: reject}
"""


class Failure(SystemExit):
    """Ends the program with a message, unless what failed can be left out."""


def die(text):
    raise Failure(f"{pathlib.Path(sys.argv[0]).name}: {text}")


# The network


def enter_network():
    """Runs the program again in a network namespace whose loopback routes ask for cubic; where that is not possible
    the host's own loopback is used, and congestion_control() tells."""
    if IN_NETWORK not in os.environ:
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        unshare = ["unshare", *user, "--net"]
        possible = shutil.which("unshare") and shutil.which("ip") and \
            subprocess.run([*unshare, "true"], stderr=subprocess.DEVNULL).returncode == 0
        os.environ[IN_NETWORK] = "own" if possible else "host"
        if possible:
            os.execvp(unshare[0], [*unshare, sys.executable, *sys.argv])
    if os.environ[IN_NETWORK] == "own":
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        for destination in ("127.0.0.0/8", "127.0.0.1"):
            subprocess.run(["ip", "route", "replace", "local", destination, "dev", "lo", "table", "local", "proto",
                            "kernel", "scope", "host", "src", "127.0.0.1", "congctl", "cubic"], check=False)


def congestion_control():
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()) as client:
            return client.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).rstrip(b"\0").decode()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


# The processes


def pin(core):
    """For Popen: keeps the process on one core, when there are two."""
    cores = sorted(os.sched_getaffinity(0))
    chosen = {cores[core]} if len(cores) > core and len(cores) > 1 else set(cores)
    return lambda: os.sched_setaffinity(0, chosen)


PROXY_CORE, PEER_CORE = 0, 1


def raise_files(wanted):
    """Raises the limit of open files for this process and those it starts; how many there may be now."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, hard), max(wanted, hard)))
    except ValueError:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


class Process:
    """A program of ours; leaving the `with` block ends it."""

    def __init__(self, command, core, **options):
        self.command = [str(word) for word in command]
        self.process = subprocess.Popen(self.command, preexec_fn=pin(core), text=True, **options)
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()


def end_group(group, number):
    """What is left of the processes of a session that one of ours began."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        pass


def shown(command):
    """Without the folder of the program, which is of one machine."""
    return " ".join([pathlib.Path(command[0]).name, *command[1:]])


def words(line):
    return dict(word.split("=", 1) for word in line.split())


def wait_for_greeting(process, port):
    """Until the port greets with 220, as the one behind it does through a proxy."""
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        if process.poll() is not None:
            die(f"{process.args[0]} ended with status {process.returncode}")
        try:
            with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
                if client.recv(512).startswith(b"220"):
                    client.sendall(b"QUIT\r\n")
                    client.recv(512)
                    return
        except OSError:
            pass
        time.sleep(0.05)
    die(f"{process.args[0]} does not greet on port {port}")


class Sink(Process):
    def __init__(self, tools, *options):
        super().__init__([tools.sink, *options, "127.0.0.1:0"], PEER_CORE, stdout=subprocess.PIPE)
        self.port = int(words(self.process.stdout.readline())["port"])
        self.counted = {}

    def stop(self):
        super().stop()
        if not self.process.stdout.closed:
            with self.process.stdout as stdout:
                self.counted = words(stdout.read())


class Proxy(Process):
    """A proxy in front of a sink, on a port of its own, with the file it is configured by."""

    def __init__(self, command, configuration):
        self.port = free_port()
        with tempfile.NamedTemporaryFile("w", prefix="bench-", suffix=".conf", delete=False) as file:
            file.write(configuration(self.port))
        self.file = file.name
        super().__init__([*command, file.name], PROXY_CORE)
        wait_for_greeting(self.process, self.port)

    def stop(self):
        super().stop()
        pathlib.Path(self.file).unlink(missing_ok=True)


def haproxy(upstream, connections=5000):
    return Proxy(["haproxy", "-q", "-db", "-f"],
                 lambda port: HAPROXY.format(port=port, upstream=upstream, connections=connections))


def postern(tools, upstream, filters=" []", connect="early"):
    return Proxy([tools.postern, "run", "-c"],
                 lambda port: POSTERN.format(port=port, upstream=upstream, filters=filters, connect=connect))


def postern_with_chain(tools, upstream):
    return postern(tools, upstream, filters=CHAIN)


# Their use of the machine


def family(pid):
    """The process and its descendants; one of them may be gone a moment later."""
    found = [pid]
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += family(int(child))
    return found


def cpu_clock(pid):
    """The clock of what all threads of a process have spent, in nanoseconds: clock_getcpuclockid(3)."""
    return ~pid << 3 | 2


def cpu_seconds(pid):
    """User and system time of the process, its threads and its children, those that ended included. Only these are
    counted in ticks: of a process that lives for a few milliseconds, /proc/PID/stat knows nothing."""
    total = 0.0
    for member in family(pid):
        with contextlib.suppress(OSError):
            total += time.clock_gettime(cpu_clock(member))
            fields = pathlib.Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
            total += sum(int(ticks) for ticks in fields[13:15]) / TICK
    return total


def settle(pid):
    """Waits until its processes have been at rest for a moment: closing belongs to a session too."""
    limit, before = time.monotonic() + PATIENCE, -1.0
    while time.monotonic() < limit and cpu_seconds(pid) > before + AT_REST:
        before = cpu_seconds(pid)
        time.sleep(0.1)


def resident_bytes(pid):
    total = 0
    for member in family(pid):
        for line in pathlib.Path(f"/proc/{member}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1]) * 1024
    return total


# The tools


def add_choice(parser, option, known):
    """An option for some of the known names, separated by commas; all of them unless given."""

    def some(text):
        unknown = set(text.split(",")) - set(known)
        if unknown:
            raise argparse.ArgumentTypeError(f"{','.join(unknown)} is none of {','.join(known)}")
        return text.split(",")

    parser.add_argument(option, type=some, default=list(known), help=f"some of {','.join(known)}")


def arguments(description, variants):
    """The options that every measurement has."""
    parser = argparse.ArgumentParser(description=description)
    add_choice(parser, "--only", variants)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/bench", help="build directory")
    parser.add_argument("--no-build", action="store_true", help="measure what is built there already")
    return parser


class Tools:
    """The programs that are measured and measured with, in a build directory of their own."""

    def __init__(self, chosen):
        self.load = chosen.build / "tests/bench/bench_load"
        self.sink = chosen.build / "tests/bench/bench_sink"
        self.bare = chosen.build / "tests/bench/bench_tls_bare"
        self.postern = chosen.build / "postern"
        if not chosen.no_build:
            self.make(chosen.build, any(name.startswith("postern") for name in chosen.only))

    @staticmethod
    def make(build, with_postern):
        targets = ["bench_load", "bench_sink", "bench_tls_bare"] + (["postern"] if with_postern else [])
        configure = ["cmake", "-S", ROOT, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
                     "-DPOSTERN_TESTS=ON", "-DPOSTERN_SANITIZE=", "-DPOSTERN_FUZZ=OFF"]
        for command in (configure, ["cmake", "--build", build, "--target", *targets]):
            made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if made.returncode != 0:
                die(f"cannot build in {build}:\n{made.stdout}")

    def run_load(self, port, *options):
        """One run; ends the measurement when there was any error."""
        command = [str(word) for word in (self.load, *options, f"127.0.0.1:{port}")]
        done = subprocess.run(command, preexec_fn=pin(PEER_CORE), stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            die(f"{shown(command)}: {done.stdout.strip()}")
        return {key: value if key in ("tls", "cipher") else float(value)
                for key, value in words(done.stdout).items()}


def held(tools, proxy, port, sessions, *options):
    """Octets by which the proxy grows while so many sessions are open and silent after EHLO."""
    tools.run_load(port, *options, "--sessions", 100, "--concurrency", 1)  # what is paged in once is no session's
    before = resident_bytes(proxy.pid)
    command = [str(word) for word in (tools.load, *options, "--hold", sessions, f"127.0.0.1:{port}")]
    with Process(command, PEER_CORE, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        said = words(holder.process.stdout.readline())
        if said != {"held": str(sessions), "errors": "0"}:
            die(f"{shown(command)}: {said}")
        time.sleep(HELD)
        grown = resident_bytes(proxy.pid) - before
        holder.process.communicate(timeout=PATIENCE)  # closes its standard input
    if holder.process.returncode != 0:
        die("a session ended while it was held")
    return grown


def machine():
    model = next((line.partition(":")[2].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
                 "unknown processor")
    network = "a network of its own" if os.environ[IN_NETWORK] == "own" else "the host's loopback"
    return (f"{model}, {len(os.sched_getaffinity(0))} cores, Linux {os.uname().release}; "
            f"{network}, congestion control {congestion_control()}")


class Report:
    """Lines to the terminal and, at the end, to a file in results/."""

    def __init__(self, name):
        self.file = RESULTS / name
        self.lines = []

    def __call__(self, line=""):
        print(line, flush=True)
        self.lines.append(line)

    def save(self):
        RESULTS.mkdir(exist_ok=True)
        self.file.write_text("\n".join(self.lines) + "\n")
