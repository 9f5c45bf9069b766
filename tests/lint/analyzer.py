"""analyzer.py: gcc -fanalyzer has nothing to say about the program; tests, which go on after a failed check, are not asked.
Only the release of gcc whose complaints have been answered is run; without it the check is skipped.

    analyzer.py BUILD-DIRECTORY
"""
import concurrent.futures
import json
import pathlib
import shlex
import subprocess
import sys

import tree

SKIPPED = 77
RELEASE = "12"
GCC = ["gcc", "-std=c17", "-O2", "-c", "-o", "/dev/null", "-fanalyzer", "-Werror", "-fdiagnostics-path-format=separate-events"]

# What it does not follow, and why that is no defect: the warning is not asked for in that file.
LEAK, NULL = "malloc-leak", "null-argument"
ANSWERED = {
    "filters/disclaimer/wording.c": (LEAK, "iconv_open() says (iconv_t)-1, and iconv_close() is called behind it"),
    "filters/regex/lanes.c": (LEAK, "what a lane is given is the lane's, which lanes_free() frees, after failures too"),
    "filters/regex/rules.c": (LEAK, "the list of compiled patterns is the rule's, freed with the configuration"),
    "filters/regex/template.c": (NULL, "a piece that has octets has somewhere to have them"),
    "filters/regex/trigger_table.c": (LEAK, "a run is handed out as the struct it begins with, and freed by table_end()"),
}


def compiler_fits():
    try:
        return subprocess.run(["gcc", "-dumpversion"], capture_output=True, text=True, check=True).stdout.strip() == RELEASE
    except (OSError, subprocess.CalledProcessError):
        return False


def analyse(entry):
    """What gcc says about one file, with the definitions and folders it is built with."""
    words = shlex.split(entry["command"])
    given = [word for word in words if word.startswith(("-D", "-I"))]
    given += [part for at, word in enumerate(words) if word == "-isystem" for part in words[at:at + 2]]
    warning, _ = ANSWERED.get(tree.name(pathlib.Path(entry["file"])), (None, None))
    given += [f"-Wno-analyzer-{warning}"] if warning else []
    done = subprocess.run([*GCC, *given, entry["file"]], cwd=entry["directory"], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def main():
    database = pathlib.Path(sys.argv[1], "compile_commands.json")
    missing = not database.exists() and str(database) or not compiler_fits() and f"gcc of release {RELEASE} (Debian 12 has it)"
    if missing:
        print(f"analyzer: skipped: there is no {missing}")
        return SKIPPED
    entries = [entry for entry in json.loads(database.read_text()) if tree.in_program(pathlib.Path(entry["file"]))]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        complaints = [text for code, text in pool.map(analyse, entries) if code != 0]
    print("".join(complaints) + f"analyzer: {len(entries)} files, {len(complaints)} with complaints")
    return 1 if complaints or not entries else 0


sys.exit(main())
