"""words.py: no text of the project speaks of the machine it was written on, or of what somebody still meant to do."""
import re
import sys

import tree

PATTERNS = (
    (re.compile(rf"(?<![\w.:/*}}-]){re.escape(str(tree.SOURCE))}/"), "the path of this checkout"),
    (re.compile(r"(?<![\w.:/*-])/(?:home|root|Users|workspace|work|mnt|tmp/[a-z]+\.)/[\w.-]"), "a path of one machine"),
    (re.compile(r"\b(?:TODO|FIX" r"ME|HA" r"CK|X{3})\b(?!\])"), "a note to oneself"),
    (re.compile(r"^(?:<{7}|>{7}|={7})(?: |$)"), "a conflict that was not resolved"),
)


def main():
    report = tree.Report()
    looked_at = 0
    for path in tree.files():
        if path.name == "words.py" or "corpus" in path.parts:
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue  # sample mail, fuzzing input
        looked_at += 1
        for number, line in enumerate(text.splitlines(), 1):
            for pattern, what in PATTERNS:
                match = pattern.search(line)
                if match is not None:
                    report.complain(path, number, f"{match[0]}: {what}")
    return report.end(f"{looked_at} files")


sys.exit(main())
