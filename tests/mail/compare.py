"""compare.py: what proxy/mail makes of the corpus of Stalwart's mail-parser, against what that makes of it.

    compare.py PROGRAM [--update]

Each difference is a row of differences.md that says whose reading the standard is on, and why; one that is not there,
and a row that no longer stands for a difference, are complaints. --update writes the rows anew; what has no reason yet
is left empty. The corpus is beside the project, or where MAIL_CORPUS says; without it the test is skipped.
"""
import json
import os
import pathlib
import re
import subprocess
import sys

import messages

HERE = pathlib.Path(__file__).resolve().parent
BESIDE = HERE.parents[2] / "shared/data/stalwart-mail-parser"
CORPUS = pathlib.Path(os.environ.get("MAIL_CORPUS", BESIDE)) / "resources"
TABLE = HERE / "differences.md"
SHOWN = 60  # characters of a value in the table


class Program:
    """tell.c at work."""

    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, kind, octets):
        """Lines as (words, {name: octets})."""
        self.process.stdin.write(b"%s %d\n" % (kind.encode(), len(octets)) + octets)
        self.process.stdin.flush()
        lines = []
        while (line := self.process.stdout.readline()) != b".\n":
            if not line:
                sys.exit(f"{kind}: the program ended")
            words = line.decode().split()
            named = dict(word.split(":", 1) for word in words if ":" in word)
            lines.append(([word for word in words if ":" not in word],
                          {name: bytes.fromhex(value) for name, value in named.items()}))
        return lines

    def end(self):
        self.process.stdin.close()
        return self.process.wait()


def text_of(octets):
    return octets.decode("utf-8", "backslashreplace")


class Differences:
    def __init__(self):
        self.found = {}
        self.cases = 0

    def expect(self, case, what, theirs, ours):
        self.cases += 1
        if theirs != ours:
            assert (case, what) not in self.found, (case, what)
            self.found[case, what] = (shown(theirs), shown(ours))


def shown(value):
    """As in the table: one line, ASCII, not too long, no mark of Markdown's tables."""
    if value is None:
        return "none"
    text = ascii(value) if not isinstance(value, (list, tuple)) else " ".join(str(word) for word in value)
    text = text.replace("|", "¦").replace("`", "´")
    return text if len(text) <= SHOWN else f"{text[:SHOWN // 2]}…{text[-SHOWN // 2:]} ({len(value)})"


# --- single fields

def strip_field(header):
    """A field's value ends at the first line end that no white space follows."""
    return re.split(rb"\r?\n(?![ \t])", header.encode(), maxsplit=1)[0]


def compare_content(program, differences):
    cases = json.loads((CORPUS / "content_type.json").read_text())
    for number, case in enumerate(cases):
        name = f"content_type {number}"
        expected = case["expected"]
        lines = program.ask("content", strip_field(case["header"]))
        ours = lines[0][1]
        theirs = expected or {"c_type": None, "c_subtype": None, "attributes": None}
        differences.expect(name, "type", (theirs["c_type"] or "").lower(), text_of(ours["type"]))
        differences.expect(name, "subtype", (theirs["c_subtype"] or "").lower(), text_of(ours["subtype"]))
        expect_parameters(differences, name, theirs.get("attributes") or [],
                          [named for words, named in lines if words[0] == "parameter"])


def expect_parameters(differences, case, theirs, ours):
    """The first of each name; their language tags are not ours."""
    wanted, got = {}, {}
    for name, value in theirs:
        if not name.endswith("-language"):
            wanted.setdefault(name.lower(), value)
    for named in ours:
        got.setdefault(text_of(named["name"]), text_of(named["value"]))
    for name in sorted(wanted.keys() | got.keys()):
        differences.expect(case, name, wanted.get(name), got.get(name))


def compare_text(program, differences):
    cases = json.loads((CORPUS / "unstructured.json").read_text())
    for number, case in enumerate(cases):
        lines = program.ask("text", strip_field(case["header"]))
        differences.expect(f"unstructured {number}", "text", case["expected"], text_of(lines[0][1]["value"]))


# --- the table

HEAD = """# Where proxy/mail reads otherwise than Stalwart's mail-parser

Written by `compare.py --update`, but for the last two columns: whose reading the standard is on, and why. Values are cut
in the middle when they are long.

| case | what | theirs | ours | right | why |
|---|---|---|---|---|---|
"""


def read_table():
    rows = {}
    for line in TABLE.read_text().splitlines() if TABLE.exists() else ():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 6 and cells[0] not in ("case", "---"):
            rows[cells[0], cells[1].strip("`")] = (cells[2].strip("`"), cells[3].strip("`"), cells[4], cells[5])
    return rows


def write_table(found, rows):
    lines = []
    for (case, what), (theirs, ours) in found.items():
        right, why = rows.get((case, what), ("", "", "", ""))[2:]
        lines.append(f"| {case} | `{what}` | `{theirs}` | `{ours}` | {right} | {why} |\n")
    TABLE.write_text(HEAD + "".join(lines))


def complaints(found, rows):
    for key, (theirs, ours) in found.items():
        row = rows.get(key)
        if row is None or not row[3]:
            yield f"{' '.join(key)}: theirs {theirs}, ours {ours}: not explained"
        elif row[:2] != (theirs.strip(), ours.strip()):
            yield f"{' '.join(key)}: theirs {theirs}, ours {ours}: explained as {row[:2]}"
    for key in rows.keys() - found.keys():
        yield f"{' '.join(key)}: no longer a difference"


def main():
    if not CORPUS.is_dir():
        print("mail/compare: skipped: the corpus of mail-parser is not beside the project (MAIL_CORPUS names its folder)")
        return 77
    program = Program(sys.argv[1])
    differences = Differences()
    compare_content(program, differences)
    compare_text(program, differences)
    messages.compare(program, differences, CORPUS)
    if program.end() != 0:
        sys.exit("the program failed")
    rows = read_table()
    if "--update" in sys.argv:
        write_table(differences.found, rows)
        rows = read_table()
    wrong = list(complaints(differences.found, rows))
    print("".join(f"{line}\n" for line in wrong), end="")
    print(f"{differences.cases} comparisons, {len(differences.found)} differences, {len(wrong)} not explained")
    return 1 if wrong else 0


sys.exit(main())
