"""shape.py: each C file says in its first line what it is for, and neither it nor a function in it has grown too long."""
import re
import sys

import tree

# Lines: what is aimed at is only reported beyond, the limit is a complaint. Tests may hold long tables.
FILE_AIM, FILE_LIMIT, FILE_LIMIT_TESTS = 400, 450, 650
FUNCTION_AIM, FUNCTION_LIMIT, FUNCTION_LIMIT_TESTS = 50, 60, 80


def check_opening(report, path, first):
    own = re.escape(path.name)
    if not first.startswith("/* "):
        report.complain(path, 1, "does not begin with a line that says what it is for")
    elif tree.in_program(path) and not re.match(rf"/\* (?:[a-z_]+/)*{own}: ", first):
        report.complain(path, 1, f'does not begin with "/* {path.name}: "')


def check_file(report, path, lines):
    limit = FILE_LIMIT if tree.in_program(path) else FILE_LIMIT_TESTS
    if lines > limit:
        report.complain(path, lines, f"is {lines} lines long; {limit} is the limit")
    elif lines > FILE_AIM and tree.in_program(path):
        print(f"{tree.name(path)}: note: {lines} lines; {FILE_AIM} is the aim")


def check_functions(report, path, lines):
    limit = FUNCTION_LIMIT if tree.in_program(path) else FUNCTION_LIMIT_TESTS
    begin = 0
    for number, line in enumerate(lines, 1):
        if line == "{":
            begin = number
        elif line == "}" and begin:
            length = number - begin + 1
            if length > limit:
                report.complain(path, begin, f"a function of {length} lines; {limit} is the limit")
            elif length > FUNCTION_AIM and tree.in_program(path):
                print(f"{tree.name(path)}:{begin}: note: a function of {length} lines; {FUNCTION_AIM} is the aim")
            begin = 0


def main():
    report = tree.Report()
    paths = list(tree.files(".c", ".h"))
    for path in paths:
        lines = path.read_text().split("\n")[:-1]
        check_opening(report, path, lines[0] if lines else "")
        check_file(report, path, len(lines))
        check_functions(report, path, lines)
    return report.end(f"{len(paths)} files")


sys.exit(main())
