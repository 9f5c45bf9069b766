"""abi.py: our libmilter has what sendmail's offers to programs: the same names, sizes and numbers in the headers, every
function, and what the mail filters that are installed here ask for.
  abi.py COMPILER OUR-INCLUDE-DIRECTORY OUR-LIBRARY SYSTEM-INCLUDE-DIRECTORY"""
import pathlib
import re
import subprocess
import sys
import tempfile

SONAME = "libmilter.so.1.0.1"
FILTERS = ("opendkim", "opendmarc", "openarc", "clamav-milter", "spamass-milter", "amavisd-milter", "milter-greylist",
           "milter-regex")
HERE = pathlib.Path(__file__).parent


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def names(*paths):
    """Every macro of the headers that has a value."""
    text = "".join(path.read_text() for path in paths)
    text = re.sub(r"(?m)^\s*# *if +_FFR.*?^\s*# *endif", "", text, flags=re.S)
    return sorted(set(re.findall(r"(?m)^# *define\s+((?:SMF|MI_|MILTER_)\w+)[ \t]+\S", text)))


def printed(compiler, include, library, macros, folder):
    pathlib.Path(folder, "abi_numbers.h").write_text("".join(f"NUMBER({name});\n" for name in macros))
    program = f"{folder}/abi"
    subprocess.run([compiler, "-std=gnu17", "-Werror", f"-I{folder}", f"-I{include}", HERE / "abi.c", library, "-o", program],
                   check=True)
    return subprocess.run([program], check=True, capture_output=True, text=True,
                          env={"LD_LIBRARY_PATH": str(pathlib.Path(library).parent)}).stdout


def headers(compiler, ours, library, theirs):
    complaints = 0
    found = [theirs / "libmilter" / name for name in ("mfapi.h", "mfdef.h")]
    if not all(path.exists() for path in found):
        print("abi: sendmail's headers are not installed")
        return 0
    macros = names(*found)
    with tempfile.TemporaryDirectory() as folder:
        own = printed(compiler, ours, library, macros, folder)
        other = printed(compiler, theirs, library, macros, folder)
    for a, b in zip(own.splitlines(), other.splitlines()):
        if a != b:
            print(f"abi: ours: {a}; sendmail's: {b}")
            complaints += 1
    print(f"abi: {len(macros)} numbers, {len(own.splitlines())} lines")
    return complaints + (len(own.splitlines()) != len(other.splitlines()))


def defined(path):
    return {line.split()[-1].split("@")[0] for line in output("nm", "-D", "--defined-only", path).splitlines()}


def symbols(library):
    """All functions of sendmail's library that are declared to programs; nothing of our own."""
    complaints = 0
    own = defined(library)
    if f"SONAME               {SONAME}" not in output("objdump", "-p", library):
        print(f"abi: our library's name is not {SONAME}")
        complaints += 1
    strange = {name for name in own if not name.startswith("smfi_")}
    listed = re.findall(rf"{SONAME} .*=> (\S+)", output("/sbin/ldconfig", "-p"))
    missing = {name for path in listed[:1] for name in defined(path) if name.startswith("smfi_")} - own
    for name in sorted(strange):
        print(f"abi: {name} is exported")
    for name in sorted(missing):
        print(f"abi: {name} is missing")
    return complaints + len(strange) + len(missing)


def installed(library):
    complaints = 0
    own = defined(library)
    listed = re.findall(rf"{SONAME} .*=> (\S+)", output("/sbin/ldconfig", "-p"))
    theirs = {name for path in listed[:1] for name in defined(path)}
    for program in (pathlib.Path("/usr/sbin", name) for name in FILTERS):
        if not program.exists():
            continue
        wanted = {line.split()[1].split("@")[0] for line in output("nm", "-D", "--undefined-only", program).splitlines()}
        for name in sorted(wanted & theirs - own - {"errno"}):
            print(f"abi: {program} asks for {name}")
            complaints += 1
        print(f"abi: {program}: {len(wanted & own)} functions")
    return complaints


def main():
    compiler, ours, library, theirs = sys.argv[1:]
    complaints = headers(compiler, ours, library, pathlib.Path(theirs)) + symbols(library) + installed(library)
    return 1 if complaints else 0


sys.exit(main())
