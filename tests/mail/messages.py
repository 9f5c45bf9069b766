"""messages.py: whole messages of the corpus: structure, fields, names and decoded bodies, with LF and with CRLF."""
import json
import re

TEXTS = ("subject", "content-description")


class Part:
    """What either side says of one part; `kind`: multipart, message, text or other."""

    def __init__(self, depth, kind, content_type):
        self.depth, self.kind, self.type = depth, kind, content_type
        self.filename, self.body, self.fields = None, None, []


def content_of(headers, name):
    """The last such field, as mail-parser takes it."""
    for header in reversed(headers):
        if header["name"] == name and isinstance(header["value"], dict) and "ContentType" in header["value"]:
            return header["value"]["ContentType"]
    return None


def attribute(content, name):
    for found in (content or {}).get("attributes") or []:
        if found["name"] == name:
            return found["value"]
    return None


def their_fields(headers):
    for header in headers:
        name = header["name"]["other"] if isinstance(header["name"], dict) else header["name"].replace("_", "-")
        value = header["value"].get("Text") if isinstance(header["value"], dict) else None
        yield name.lower(), value


def their_part(part, depth):
    content = content_of(part["headers"], "content_type")
    [(kind, body)] = part["body"].items()
    kinds = {"Multipart": "multipart", "Message": "message", "Text": "text", "Html": "text"}
    made = Part(depth, kinds.get(kind, "other"), f"{content['c_type']}/{content['c_subtype']}".lower() if content else "")
    disposition = content_of(part["headers"], "content_disposition")
    made.filename = attribute(disposition, "filename") or attribute(content, "name")
    made.fields = list(their_fields(part["headers"]))
    if made.kind == "text":
        made.body = body.encode()
    elif made.kind == "other":
        made.body = bytes(body)
    return made


def their_parts(message):
    """In the order of beginning, without recursion on how deep they are nested."""
    parts, waiting = [], [(message, 0, 0)]
    while waiting:
        inside, number, depth = waiting.pop()
        part = inside["parts"][number]
        parts.append(their_part(part, depth))
        [(kind, body)] = part["body"].items()
        if kind == "Multipart":
            waiting += [(inside, child, depth + 1) for child in reversed(body)]
        elif kind == "Message":
            waiting.append((body, 0, depth + 1))
    return parts


def our_parts(program, octets):
    parts, fields = {}, {}
    for words, named in program.ask("message", octets):
        index = int(words[2 if words[0] == "anomaly" else 1])
        if words[0] == "begin":
            depth = parts[int(words[2])].depth + 1 if index else 0
            parts[index] = Part(depth, words[3], b"/".join((named["type"], named["subtype"])).decode("utf-8", "replace"))
            parts[index].filename = named["filename"].decode() if "filename" in named else None
            parts[index].body = b""
            parts[index].fields = fields.pop(index, [])
        elif words[0] == "field":
            fields.setdefault(index, []).append((named["name"].decode("utf-8", "replace").lower(), named["value"]))
        elif words[0] == ("text" if index in parts and parts[index].kind == "text" else "bytes"):
            parts[index].body += named["value"]
    return [parts[index] for index in sorted(parts)]


def outline(parts):
    return ["%d%s" % (part.depth, part.kind) for part in parts]


def compare_part(program, differences, case, theirs, ours):
    if theirs.type:
        differences.expect(case, "type", theirs.type, ours.type)
    differences.expect(case, "filename", theirs.filename, ours.filename)
    differences.expect(case, "fields", [name for name, _ in theirs.fields], [name for name, _ in ours.fields])
    if theirs.body is not None:
        differences.expect(case, "body", theirs.body, ours.body)
    for name in TEXTS:
        wanted = [value for field, value in theirs.fields if field == name]
        got = [program.ask("text", value)[0][1]["value"].decode() for field, value in ours.fields if field == name]
        differences.expect(case, name, wanted, got)


def compare(program, differences, corpus):
    for path in sorted((corpus / "eml").glob("*/*.eml")):
        octets = path.read_bytes()
        readings = ((".json", octets.replace(b"\r", b"")), (".crlf.json", re.sub(rb"(?<!\r)\n", b"\r\n", octets)))
        for suffix, octets in readings:
            theirs = their_parts(json.loads(path.with_suffix(suffix).read_text()))
            ours = our_parts(program, octets)
            case = f"{path.parent.name}/{path.stem}{' CRLF' if 'crlf' in suffix else ''}"
            differences.expect(case, "parts", outline(theirs), outline(ours))
            if outline(theirs) == outline(ours):
                for number, (their, our) in enumerate(zip(theirs, ours)):
                    compare_part(program, differences, f"{case} part {number}", their, our)
