"""differential.py: the same milter binary, the same dialogues, on sendmail's libmilter and on ours: the same packets and the
same callbacks, but for the differences that are listed here with their reasons.
With RESIDENT the milter on our library is compared with itself as a module, which that program loads.
  differential.py MILTER OUR-LIBRARY'S-DIRECTORY [RESIDENT MODULE] [NAME...]"""
import concurrent.futures
import functools
import itertools
import pathlib
import struct
import subprocess
import sys

import differences
import mta
from mta import (ACCEPT, ALL_OPTS, CONTINUE, DISCARD, NOREPLY, REJECT, SKIP, TEMPFAIL, Quiet, abort, body, connect, data, eoh,
                 eom, header, helo, macros, mail, message, optneg, packet, quit_anew, quit_session, rcpt, strings, unknown)

BEGIN = [optneg(), connect(), helo()]
AGAIN = [abort(), mail("<again@client.example>"), abort(), quit_session()]
EVERYTHING = ["-f", "0x1ff"]

# The steps of a session up to and with the one that a stage's callback is called for.
STAGES = {
    "connect": BEGIN[:2],
    "helo": BEGIN,
    "envfrom": BEGIN + message()[:1],
    "envrcpt": BEGIN + message()[:2],
    "data": BEGIN + message()[:3],
    "unknown": BEGIN + message()[:2] + [unknown()],
    "header": BEGIN + message()[:4],
    "eoh": BEGIN + message()[:6],
    "body": BEGIN + message()[:7],
    "eom": BEGIN + message(),
}
ANSWERS = {"continue": CONTINUE, "reject": REJECT, "discard": DISCARD, "accept": ACCEPT, "tempfail": TEMPFAIL}
EDITS = ["addheader|X-A|1", "addheader|X-A|", "addheader||1", "addheader|X-A|NULL", "insheader|0|X-I|v", "insheader|-1|X|v",
         "insheader|3|X-I|two\n lines", "chgheader|Subject|1|new", "chgheader|Subject|0|NULL", "chgheader|Subject|2|",
         "chgheader|NULL|1|x", "chgfrom|<n@x.example>|NULL", "chgfrom|<n@x.example>|SIZE=5", "chgfrom||x", "chgfrom|NULL|x",
         "addrcpt|<n@x.example>", "addrcpt|", "addrcpt_par|<n@x.example>|NOTIFY=NEVER", "addrcpt_par|<n@x.example>|NULL",
         "delrcpt|<b@server.example>", "delrcpt|NULL", "replacebody|abc\r\n|1", "replacebody||1", "replacebody|0123456789|20000",
         "quarantine|held", "quarantine|", "progress", "elsewhere"]
REPLIES = ["setreply|550|5.7.1|no", "setreply|450|4.7.1|later", "setreply|421|4.7.0|bye", "setreply|250|2.0.0|yes",
           "setreply|550|NULL|no", "setreply|550|5.7.1|NULL", "setreply|550|NULL|NULL", "setreply|55|5.7.1|no",
           "setreply|5500|5.7.1|no", "setreply|5x0|5.7.1|no", "setreply|550|5.7|no", "setreply|550|5.7.1000|no",
           "setreply|550|3.7.1|no", "setreply|550|4.7.1|other class", "setreply|550|5.7.1|100%% sure",
           "setreply|550|5.7.1|two\nlines", "setreply|550|5.7.1|" + "x" * 980, "setreply|550|5.7.1|" + "x" * 981,
           "setreply|NULL|5.7.1|no", "setmlreply|550|5.7.1|one", "setmlreply|550|5.7.1|one|two|three",
           "setmlreply|450|NULL|one|two", "setmlreply|550|NULL|one", "setmlreply|550|5.7.1|a\rb", "setmlreply|550|bad|one"]

cases = {}


def case(name, arguments, *dialogue):
    assert name not in cases, name
    cases[name] = (arguments, dialogue)


def cases_of_answers():
    for (stage, steps), (name, answer) in itertools.product(STAGES.items(), ANSWERS.items()):
        case(f"{stage} says {name}", ["-r", f"{stage}={answer}"], steps + AGAIN)
    for stage, steps in STAGES.items():
        case(f"{stage} says skip", ["-r", f"{stage}={SKIP}"], steps + AGAIN)
        case(f"{stage} is aborted", [], steps + AGAIN)
        case(f"{stage} ends in EOF", [], steps)
        case(f"{stage} ends in QUIT", [], steps + [quit_session()])
        case(f"{stage} ends in QUIT_NC", [], steps + [abort(), quit_anew(), Quiet(connect("second.example")), quit_session()])
        case(f"{stage}, then a new MAIL", [], steps + [mail("<new@client.example>")] if stage != "connect" else steps)
        case(f"{stage}, then a new HELO", [], steps + [helo("new.example"), mail()])
        case(f"{stage} says what is no answer", ["-r", f"{stage}=6"], steps[:-1] + [Quiet(steps[-1])])
        case(f"{stage} says SMFIS_ALL_OPTS", ["-r", f"{stage}=10"], steps[:-1] + [Quiet(steps[-1])])
        case(f"{stage} gives no reply unasked", ["-r", f"{stage}={NOREPLY}"], steps[:-1] + [Quiet(steps[-1])])
    case("second recipient refused", ["-r", "envrcpt#2=1"], BEGIN + [mail(), rcpt(), rcpt("<c@x.example>"), rcpt(), data(), eoh(),
                                                                     body(), eom(), quit_session()])
    case("all messages of a session", [], BEGIN + message() + message() + [abort()] + message() + [quit_session()])
    case("sessions on one connection", [], BEGIN + message() + [quit_anew()] + BEGIN[1:] + message() + [quit_session()])
    case("two connections", [], BEGIN + message() + [quit_session()], BEGIN + message())
    case("answers of abort and close", ["-r", "abort=1", "-r", "close=1"], BEGIN + [mail(), abort(), mail(), quit_session()])
    case("body with the end", [], BEGIN + message()[:7] + [eom(b"more\r\n"), quit_session()])
    case("body with the end, refused", ["-r", "body=1"], BEGIN + message()[:6] + [eom(b"more\r\n")])
    case("body with the end, skipped", ["-r", f"body={SKIP}"], BEGIN + message()[:6] + [eom(b"more\r\n")])


def cases_of_edits():
    for number, edit in enumerate(EDITS):
        name = edit.split("|")[0]
        case(f"edit {number} {name}", EVERYTHING + ["-d", f"eom:{edit}"], STAGES["eom"] + [quit_session()])
        if "|" in edit:
            case(f"edit {number} {name} without its action", ["-d", f"eom:{edit}"], STAGES["eom"] + [quit_session()])
    for stage, steps in STAGES.items():
        calls = ["addheader|X|1", "chgheader|X|1|v", "chgfrom|<x>|NULL", "addrcpt|<x>", "delrcpt|<x>", "replacebody|x|1",
                 "quarantine|x", "addrcpt_par|<x>|NULL", "insheader|1|X|v"]
        if stage != "eom":
            case(f"edits in {stage}", EVERYTHING + [a for c in calls for a in ("-d", f"{stage}:{c}")], steps + [quit_session()])
        case(f"smfi_setsymlist in {stage}", ["-d", f"{stage}:setsymlist|1|j"], steps)
        case(f"smfi_progress in {stage}", ["-d", f"{stage}:progress"], steps)
    case("edits in abort", EVERYTHING + ["-d", "abort:addheader|X|1"], BEGIN + [mail(), abort(), quit_session()])
    case("edits in close", EVERYTHING + ["-d", "close:addheader|X|1"], BEGIN + [quit_session()])
    case("edits in close after a message", EVERYTHING + ["-d", "close:addheader|X|1"], BEGIN + message() + [quit_session()])
    case("many edits in their order", EVERYTHING + [a for edit in EDITS for a in ("-d", f"eom:{edit}")],
         STAGES["eom"] + [quit_session()])
    case("edits, then refused", EVERYTHING + ["-d", "eom:addheader|X|1", "-r", "eom=1"], STAGES["eom"] + AGAIN)
    case("a field too long for a packet", EVERYTHING + ["-d", "eom:addheader|X|" + "v" * 65533, "-d", "eom:addheader|Y|" +
                                                        "v" * 65532], STAGES["eom"] + [quit_session()])


def cases_of_replies():
    for number, reply in enumerate(REPLIES):
        for answer in (REJECT, TEMPFAIL, CONTINUE, DISCARD):
            case(f"reply {number} of {answer}", ["-d", f"envrcpt:{reply}", "-r", f"envrcpt={answer}"],
                 STAGES["envrcpt"] + [rcpt("<c@x.example>"), abort(), quit_session()])
    for stage, steps in STAGES.items():
        case(f"reply in {stage}", ["-d", f"{stage}:setreply|550|5.7.1|no", "-r", f"{stage}=1"], steps + AGAIN)
    case("a reply of an earlier callback", ["-d", "envfrom:setreply|550|5.7.1|no", "-r", "envrcpt=1"],
         STAGES["envrcpt"] + [rcpt(), quit_session()])
    case("a reply of an earlier message", ["-d", "envfrom#1:setreply|450|4.7.1|no", "-r", "envrcpt#2=4"],
         BEGIN + message() + [mail(), rcpt(), quit_session()])
    case("the last reply counts", ["-d", "helo:setreply|550|5.7.1|a", "-d", "helo:setreply|551|5.7.2|b", "-d",
                                   "helo:setreply|55|5.7.2|c", "-r", "helo=1"], BEGIN)


def cases_of_negotiation():
    for version in (0, 1, 2, 3, 4, 5, 6, 7, 100, 0x80000000):
        case(f"protocol {version}", [], [Quiet(optneg(version))] if version < 2 or version > 100 else [optneg(version), connect()])
    for version in ("1", "2", "3", "4", "5", "0x01000000", "0x01000001", "0x01000002", "0x01000101", "0x02000001"):
        case(f"xxfi_version {version}", ["-v", version], *([] if version in ("1", "5", "0x01000101", "0x02000001")
                                                           else [BEGIN + [unknown()] + message()]))
    for name in ("connect", "helo", "envfrom", "envrcpt", "data", "unknown", "header", "eoh", "body", "eom", "abort", "close"):
        for lead in (["-n", "negotiate"], ["-r", f"negotiate={ALL_OPTS}"], []):
            case(f"without {name} {lead}", lead + ["-n", name], BEGIN + [unknown()] + message() + AGAIN)
    nothing = [a for name in ("connect", "helo", "envfrom", "envrcpt", "data", "unknown", "header", "eoh", "body", "negotiate")
               for a in ("-n", name)]
    case("nothing but eom", nothing, [optneg(), eom(), eom(), quit_session()])
    case("nothing but eom, told all", nothing, BEGIN + message() + [quit_session()])
    case("without envelope", ["-n", "envfrom", "-n", "envrcpt", "-n", "negotiate", "-n", "data"],
         BEGIN + [header(), eoh(), body(), eom(), header(), abort(), quit_session()])
    for steps in (0, 0x3F, 0x7F, 0x1FF, 0x3FF, 0x7FF, 0x1FFFFF, 0x301FFFFF, 0xFFFFFFFF):
        for lead in (["-n", "negotiate"], ["-r", f"negotiate={ALL_OPTS}"], []):
            case(f"steps 0x{steps:x} {lead}", lead + ["-n", "data", "-n", "unknown"], [optneg(6, mta.ACTIONS, steps), connect()])
    for actions in (0, 0xF, 0x3F, 0x1FF, 0xFFFFFFFF):
        for lead in (["-n", "negotiate"], ["-r", f"negotiate={ALL_OPTS}"], []):
            wants_more = lead == ["-n", "negotiate"] and actions in (0, 0xF)
            case(f"actions 0x{actions:x} {lead}", lead + ["-f", "0x3f"],
                 [Quiet(optneg(6, actions))] if wants_more else [optneg(6, actions), connect()])
    for answer in (REJECT, TEMPFAIL, ACCEPT, DISCARD, NOREPLY, SKIP, 5, -1):
        case(f"negotiate says {answer}", ["-r", f"negotiate={answer}"], [Quiet(optneg())])
    every_nr = 0xFF080
    for name, steps in (("all NR", every_nr), ("NR of headers", 0x80), ("SKIP", 0x400), ("RCPT_REJ", 0x800), ("LEADSPC", 0x100000),
                        ("NODATA", 0x200), ("larger packets", 0x10000000), ("a bit that nobody has", 0x200000)):
        wanted = ["-w", f"0x1ff,0x{steps:x}"]
        answers = [a for stage in STAGES if stage != "eom" for a in ("-r", f"{stage}={NOREPLY}")] if steps == every_nr else []
        offered = [Quiet(optneg())] if steps == 0x200000 else [optneg()]
        quiet = [Quiet(p) if steps == every_nr else p for p in BEGIN[1:] + [unknown()] + message()[:-1]]
        if steps == 0x80:
            quiet = [Quiet(p) if p[4:5] == b"L" else p for p in quiet]
            answers = ["-r", f"header={NOREPLY}"]
        case(f"wants {name}", wanted + answers, offered + ([] if steps == 0x200000 else quiet + [eom()]))
    faked = [a for stage in STAGES if stage != "eom" for a in ("-r", f"{stage}={NOREPLY}")]
    case("NR that the mail server does not have", ["-w", f"0x1ff,0x{every_nr:x}"] + faked,
         [optneg(6, mta.ACTIONS, 0x7FF)] + BEGIN[1:] + message())
    case("NR promised and not kept", ["-w", "0x1ff,0x80", "-r", "header=1"],
         [optneg()] + BEGIN[1:] + message()[:3] + [Quiet(header()), Quiet(header()), Quiet(eoh()), Quiet(body()), Quiet(eom())])
    case("SKIP that the mail server does not have", ["-r", f"body={SKIP}"],
         [optneg(6, mta.ACTIONS, 0x3FF)] + BEGIN[1:] + message()[:7] + [body(b"more"), eom()])
    lists = ["0|j {daemon_name}", "1|NULL", "2|", "3|{rcpt_addr}", "3|{again}", "6|i", "7|x", "-1|x", "5|i"]
    case("lists of macros", [a for item in lists for a in ("-d", f"negotiate:setsymlist|{item}")] + ["-r", "negotiate=10"],
         [optneg(), connect()])
    case("macros of the end of headers alone", ["-d", "negotiate:setsymlist|6|i", "-r", "negotiate=10"], [optneg(), connect()])
    case("long OPTNEG", [], [packet(b"O", struct.pack(">IIIII", 6, 0x1FF, mta.STEPS, 1, 2)), connect()])
    case("short OPTNEG", [], [Quiet(packet(b"O", b"\0\0\0\6\0\0\1"))])
    case("empty OPTNEG", [], [Quiet(packet(b"O"))])


def cases_of_arguments():
    for family, address in ((b"6", "2001:db8::1"), (b"6", "IPv6:2001:db8::2"), (b"L", "/run/client"), (b"U", ""),
                            (b"4", "0.0.0.0"), (b"4", "255.255.255.255")):
        case(f"client {family} {address}", [], [optneg(), connect("x", family, 25, address), helo()])
    for family, address in ((b"4", "192.0.2.300"), (b"4", ""), (b"6", "192.0.2.1"), (b"6", "::g"), (b"L", "p" * 108),
                            (b"X", "y")):
        case(f"strange client {family} {address[:12]}", [], [optneg(), Quiet(connect("x", family, 25, address))])
    case("client without address", [], [optneg(), Quiet(packet(b"C", b"host\0" + b"4"))])
    case("client without family", [], [optneg(), Quiet(packet(b"C", b"host\0"))])
    case("client without NUL", [], [optneg(), Quiet(packet(b"C", b"host"))])
    case("client of no name", [], [optneg(), connect(""), helo("")])
    case("parameters", [], BEGIN + [mail("<>", "SIZE=12", "BODY=8BITMIME"),
                                    rcpt("<b@x.example>", "NOTIFY=NEVER", "ORCPT=rfc822;b")])
    case("empty parameters", [], BEGIN + [mail("<>", "", "x"), rcpt("", "")])
    case("fields", [], BEGIN + message()[:3] + [header("A", ""), header("B", " lead"), header("C", "\tt\n\tu"),
                                                header("D", "x" * 4000), header("E:", "y"), header("ä", "ö")])
    case("field without value", [], BEGIN + message()[:3] + [Quiet(packet(b"L", b"A\0"))])
    case("field without NUL", [], BEGIN + message()[:3] + [Quiet(packet(b"L", b"A\0b"))])
    case("HELO without NUL", [], BEGIN[:2] + [Quiet(packet(b"H", b"name"))])
    case("MAIL without NUL", [], BEGIN + [Quiet(packet(b"M", b"<a>"))])
    case("empty MAIL", [], BEGIN + [Quiet(packet(b"M"))])
    case("commands with arguments they do not have", [], BEGIN + [mail(), rcpt(), packet(b"T", b"x\0"), packet(b"N", b"y"), eom(),
                                                                 packet(b"Q", b"z")])
    case("largest body", [], BEGIN + message()[:6] + [body(b"b" * 65535), eom()])
    case("too large a body", [], BEGIN + message()[:6] + [Quiet(body(b"b" * 65536))])
    case("empty body", [], BEGIN + message()[:6] + [Quiet(body(b""))])


def cases_of_macros():
    wanted = ["j", "{j}", "i", "{i}", "{client_addr}", "client_addr", "{auth_type}", "{rcpt_addr}", "{x}", "none", "{}", "",
              "{same}", "{of_eoh}", "{of_data}"]

    def looks(stage):
        return [a for name in wanted for a in ("-d", f"{stage}:getsymval|{name}")]

    told = {b"C": ("j", "mx.example", "{client_addr}", "192.0.2.7", "{same}", "connect"), b"H": ("{x}", "helo", "{same}", "helo"),
            b"M": ("i", "QUEUEID", "{auth_type}", "PLAIN", "{same}", "mail"), b"R": ("{rcpt_addr}", "b@x", "{same}", "rcpt"),
            b"T": ("i", "data", "{same}", "data", "{of_data}", "1"),
            b"N": ("{same}", "eoh", "{of_eoh}", "1"), b"E": ("i", "eom", "{same}", "eom")}
    with_macros = []
    for step in BEGIN + message():
        command = step[4:5]
        with_macros += [macros(command, *told[command])] if command in told else []
        with_macros.append(step)
    for stage in list(STAGES) + ["abort", "close"]:
        case(f"macros in {stage}", looks(stage), with_macros + [mail(), unknown(), rcpt(), abort(), helo("again"), quit_session()])
    case("macros replaced", looks("envrcpt"), BEGIN + [mail(), macros(b"R", "i", "1"), rcpt(), macros(b"R", "j", "2"), rcpt(),
                                                       macros(b"R", "i", "3"), macros(b"R", "i", "4"), rcpt(), rcpt()])
    case("macros of commands without", looks("header"), BEGIN + [macros(b"L", "i", "1"), macros(b"U", "i", "2"),
                                                                macros(b"Z", "i", "3")] + message()[:4])
    case("macros without NUL", looks("helo"), [optneg(), macros(b"C", "i", "1"), connect(), packet(b"D", b"Hi\0" + b"2"), helo()])
    case("macros of nothing", looks("helo"), [optneg(), macros(b"C", "i", "1"), connect(), packet(b"D", b""),
                                              packet(b"D", b"H"), helo()])
    case("macros in the next session", looks("connect") + looks("helo"),
         with_macros + [quit_anew()] + BEGIN[1:] + [quit_session()])


def cases_of_garbage():
    case("nothing at all", [], [])
    case("nothing but a length", [], [Quiet(b"\0\0\0\x0d")])
    case("half a packet", [], BEGIN + [Quiet(mail()[:9])])
    case("half a packet in a message", [], BEGIN + [mail(), Quiet(rcpt()[:9])])
    case("unknown command", [], BEGIN + [Quiet(packet(b"Z", b"z"))])
    case("unknown command in a message", [], BEGIN + [mail(), rcpt(), Quiet(packet(b"z"))])
    case("NUL command", [], BEGIN + [Quiet(packet(b"\0"))])
    case("huge length", [], BEGIN + [Quiet(b"\xff\xff\xff\xffM<a>\0")])
    case("length of 0", [], BEGIN + [Quiet(b"\0\0\0\0Q")])
    case("HTTP", [], [Quiet(b"GET / HTTP/1.0\r\n\r\n")])
    case("twice OPTNEG", [], [optneg(), Quiet(optneg())])
    case("no OPTNEG", [], [Quiet(connect()), Quiet(quit_session())])
    for name, steps in {"RCPT": [rcpt()], "DATA": [data()], "HEADER": [header()], "EOH": [eoh()], "BODY": [body()], "EOM": [eom()],
                        "RCPT after DATA": message()[:3] + [rcpt()], "BODY after DATA": message()[:3] + [body()],
                        "EOM after a field": message()[:4] + [eom()], "DATA after a field": message()[:4] + [data()],
                        "field after the body": message()[:7] + [header()], "CONNECT": [connect()],
                        "CONNECT in a message": [mail(), connect()]}.items():
        case(f"out of order: {name}", [], BEGIN + steps[:-1] + [Quiet(steps[-1])])
    case("byte by byte", EVERYTHING + ["-d", "eom:addheader|X|1"], [Quiet(bytes([b])) for p in BEGIN + message() for b in p])
    case("all at once", EVERYTHING + ["-d", "eom:addheader|X|1"], [Quiet(b"".join(BEGIN + message() + [quit_session()]))])


for make in (cases_of_answers, cases_of_edits, cases_of_replies, cases_of_negotiation, cases_of_arguments, cases_of_macros,
             cases_of_garbage):
    make()


def run(program, library, name, environment=None):
    """What the milter was told, and what it said, for each connection."""
    arguments, dialogues = cases[name]
    said = []
    with mta.Milter(program, arguments, library, environment=environment) as milter:
        for dialogue in dialogues:
            peer = milter.connect()
            said.append([])
            for step in dialogue:
                said[-1] += peer.ask(step)
            said[-1] += [answer for answer in [*peer.end()] if answer is not None]
            said[-1] = [answer for answer in said[-1] if answer is not None]
            if "-n close" not in " ".join(arguments):
                milter.wait_for("close", len(said))
        if not dialogues:
            milter.wait_for("register = -1")
        told = milter.trace()
    return said, told


def on_both_libraries(program, ours, name):
    return name, run(program, None, name), run(program, ours, name)


def in_both_ways(program, ours, resident, module, name):
    return name, run(program, ours, name), run(resident, None, name, {"MODULE": module})


def show(label, result):
    said, told = result
    for line in told:
        print(f"    {label}   {line[:150]}")
    for connection in said:
        print(f"    {label} > {[answer[:60] for answer in connection]}")


def reason(listed, name):
    return next((why for pattern, why in listed if pattern.fullmatch(name)), None)


def main():
    program, ours, *names = sys.argv[1:]
    labels, listed, compare = ("sendmail", "ours"), differences.LISTED, functools.partial(on_both_libraries, program, ours)
    if names and pathlib.Path(names[0]).is_file():
        resident, module, *names = names
        labels, listed = ("socket", "module"), differences.OF_MODULES
        compare = functools.partial(in_both_ways, program, ours, resident, module)
    elif "libmilter.so.1.0.1" not in subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True).stdout:
        print("differential: skipped: sendmail's libmilter is not installed")
        return 77
    failures, known = 0, 0
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for name, reference, own in pool.map(compare, names or cases):
            same, why = reference == own, reason(listed, name)
            if same == (why is None) and not names:
                known += not same
                continue
            failures += 1
            print(f"{name}: {'the same' if same else 'differs'}{', though listed' if same and why else ''}")
            if not same or names:
                show(f"{labels[0]:8}", reference)
                show(f"{labels[1]:8}", own)
    print(f"differential: {len(names or cases)} dialogues, {known} listed differences, {failures} complaints")
    return 1 if failures else 0


sys.exit(main())
