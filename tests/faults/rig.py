"""rig.py: what the fault tests share beyond tests/e2e: a Postern and a sink that may be killed and started again, the use of
CPU and memory, options of the command line. What is broken, and what must hold, is left to the tests."""
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import lab  # noqa: E402 (the folder above has to be known first)
from client import Client  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")
KIB, MIB = 1024, 1024 * 1024


class Mortal:
    """For a lab.Process on a port: may be killed, and started again in its folder and on its port."""

    def again(self):
        """Returns the seconds until it greets."""
        begun = time.monotonic()
        lab.Process.__init__(self, self.folder, *self.child.args)
        lab.wait_for(lambda: not self.alive() or greets(self.port), "it greets again")
        if not self.alive():
            raise AssertionError(f"it ended at once with {self.wait()}: {self.complaints()}")
        return time.monotonic() - begun

    def kill(self):
        self.child.kill()
        self.wait()


class Proxy(Mortal, lab.Postern):
    pass


class Silent(Proxy):
    """Its log goes elsewhere: it is ready when it greets."""

    def events(self, event, **fields):
        return [{"event": event}] if event == "ready" and greets(self.port) else super().events(event, **fields)


class Upstream(Mortal, lab.Sink):
    pass


def greets(port):
    """The port says 220, which a proxy may do only once its upstream has."""
    try:
        with Client(port, seconds=2) as client:
            return client.greeting.code == 220
    except OSError:
        return False


def sound(proxy):
    """Fails if a sanitizer or an assertion has spoken."""
    text = proxy.complaints()
    if lab.SANITIZER.search(text):
        raise AssertionError(text)


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def resident(pid):
    """Octets of memory in use."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * KIB
    return 0


def option(name, default):
    """The number behind an option of the command line, which is taken away from it."""
    if name not in sys.argv:
        return default
    at = sys.argv.index(name)
    value = int(sys.argv[at + 1])
    del sys.argv[at:at + 2]
    return value


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def tell(**figures):
    print("   ".join(f"{name.replace('_', ' ')} {value:.3g}" if isinstance(value, float)
                     else f"{name.replace('_', ' ')} {value}" for name, value in figures.items()), flush=True)
