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
