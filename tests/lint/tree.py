"""tree.py: what the checks here share: the files of the project, the layers and who may include whom (proxy/README.md)."""
import os
import pathlib
import re

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ("proxy", "filters", "config", "include")  # the rest of the C code is tests and tools

# Each layer: its folder and the layers beneath that it may include besides itself and include/postern.
LAYERS = {
    "base": ("proxy/base", ()),
    "smtp": ("proxy/smtp", ("base",)),
    "mail": ("proxy/mail", ("base",)),
    "chain": ("proxy/chain", ("smtp", "mail", "base")),
    "quarantine": ("proxy/quarantine", ("base",)),
    "net": ("proxy/net", ("quarantine", "base")),
    "tls": ("proxy/tls", ("base",)),
    "session": ("proxy/session", ("quarantine", "chain", "smtp", "mail", "tls", "base")),
    "sink": ("proxy/sink", ("smtp", "tls", "base")),
    "scan": ("proxy/scan", ("session", "quarantine", "sink", "chain", "smtp", "mail", "tls", "base")),
    "release": ("proxy/release", ("scan", "session", "quarantine", "sink", "chain", "smtp", "mail", "tls", "base")),
    "filters": ("filters", ()),
    "config": ("config", ("session", "quarantine", "chain", "smtp", "mail", "tls", "base")),
}


def files(*suffixes):
    """Every file of the project with one of these suffixes (all without), what is built or generated left out."""
    for folder, folders, names in os.walk(SOURCE):
        folders[:] = sorted(name for name in folders if name not in (".git", "build", "results", "__pycache__"))
        for name in sorted(names):
            if not suffixes or name.endswith(suffixes):
                yield pathlib.Path(folder, name)


def name(path):
    return path.relative_to(SOURCE).as_posix()


def in_program(path):
    return name(path).split("/")[0] in PROGRAM


def layer(path):
    """The layer that the file is in; None: above all of them."""
    for key, (folder, _) in LAYERS.items():
        if name(path).startswith(folder + "/"):
            return key
    return None


def code(text):
    """The C text without comments and without what is in quotes; lines stay where they are."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, lambda match: "\n" * match[0].count("\n") or " ", text, flags=re.S)


class Report:
    """Complaints with their places; the exit status says whether there was one."""

    def __init__(self):
        self.count = 0

    def complain(self, path, line, what):
        self.count += 1
        print(f"{name(path)}:{line}: {what}")

    def end(self, looked_at):
        print(f"{looked_at}: {self.count or 'no'} complaint{'s' if self.count != 1 else ''}")
        return 1 if self.count else 0
