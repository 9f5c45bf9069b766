"""layers.py: who includes whom, which headers of the system are for whom, and which functions nobody calls."""
import re
import sys

import tree

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
NETWORK = {"sys/socket.h", "netdb.h", "netinet/in.h", "netinet/tcp.h", "sys/un.h"}
IO = NETWORK | {"unistd.h", "fcntl.h", "sys/stat.h", "pthread.h", "poll.h", "sys/epoll.h"}

# Headers of libraries, or folders of them, and the folders that alone may include them.
ONLY = {"uv.h": ("proxy/net/", "filters/libmilter/"), "yaml.h": "config/", "pcre2.h": "filters/regex/", "dlfcn.h": ("proxy/chain/", "filters/libmilter/"),
        "archive.h": "filters/attachments/", "archive_entry.h": "filters/attachments/", "magic.h": "filters/attachments/",
        "jansson.h": "proxy/quarantine/", "mbedtls/": "proxy/tls/", "psa/": "proxy/tls/", "systemd/": "proxy/notify.c"}
# Headers of the system that a layer does without: parsers and the session do no I/O.
WITHOUT = {
    "smtp": IO | {"stdio.h", "stdlib.h", "errno.h", "time.h"},
    "mail": IO | {"stdio.h", "stdlib.h", "time.h"},
    "chain": IO,
    "session": IO,
    "tls": NETWORK,
    "sink": NETWORK,
    "scan": NETWORK,
    "quarantine": NETWORK,
    "release": NETWORK,
    "config": NETWORK,
}
UNSAFE = r"(?:strcpy|strcat|stpcpy|sprintf|vsprintf|gets|strtok)"
ALLOCATES = r"(?:malloc|calloc|realloc|reallocarray|aligned_alloc|free|strdup|strndup|asprintf|vasprintf)"
CALL = r"(?<![\w.>])%s\s*\("
# Where proxy/ may call the C library's allocation: mem.c is its one door; run.c frees what open_memstream() made.
ALLOCATION = {"proxy/base/mem.c": ALLOCATES, "proxy/run.c": "free"}


def check_quoted(report, path, number, header):
    layer, folder = tree.layer(path), header.split("/")[0]
    if ".." in header:
        report.complain(path, number, f'"{header}" leaves its folder')
    elif folder == "postern" or header in ("libmilter/mfapi.h", "libmilter/mfdef.h"):
        return
    elif tree.name(path).startswith("include/"):
        report.complain(path, number, f'"{header}": a public header includes public headers only')
    elif layer is None:
        return
    elif folder not in (layer, *tree.LAYERS[layer][1]):
        report.complain(path, number, f'"{header}": {layer} does not include {folder}')


def check_system(report, path, number, header):
    only = ONLY.get(header, ONLY.get(header.split("/")[0] + "/"))
    if only is not None and not tree.name(path).startswith(only):
        report.complain(path, number, f"<{header}> belongs to {only}")
    if header in WITHOUT.get(tree.layer(path), ()):
        report.complain(path, number, f"<{header}>: {tree.layer(path)} does without")


def check_includes(report, path, text):
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match is not None:
            (check_quoted if match[1] == '"' else check_system)(report, path, number, match[2])


def check_calls(report, path, text):
    for number, line in enumerate(tree.code(text).splitlines(), 1):
        for match in re.finditer(CALL % UNSAFE, line):
            report.complain(path, number, f"{match[0]}...): its result may not fit")
        if not tree.name(path).startswith("proxy/"):
            continue
        for match in re.finditer(CALL % ALLOCATES, line):
            if not re.match(ALLOCATION.get(tree.name(path), "$") + r"\b", match[0]):
                report.complain(path, number, f"{match[0]}...): memory comes from base/mem.h")


def main():
    report = tree.Report()
    paths = [path for path in tree.files(".c", ".h") if tree.in_program(path)]
    for path in paths:
        text = path.read_text()
        check_includes(report, path, text)
        check_calls(report, path, text)
    return report.end(f"{len(paths)} files of the program")


sys.exit(main())
