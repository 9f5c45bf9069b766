"""differences.py: where our libmilter is not as sendmail's (whose name stands for it here), and why; and where a milter in this
process is not as behind its socket."""
import re

EVERY = "(?:connect|helo|envfrom|envrcpt|data|unknown|header|eoh|body|eom)"

LISTED = [(re.compile(pattern), why) for pattern, why in (
    (rf"{EVERY} says (?:what is no answer|SMFIS_ALL_OPTS)",
     "A callback that returns what is no answer: sendmail says nothing, and the mail server waits until it gives up. We log it and "
     "say SMFIS_TEMPFAIL."),
    (rf"{EVERY} ends in QUIT_NC",
     "QUIT_NC anywhere but right after a message: sendmail ignores it, and the next session on the connection with it. We take it "
     "everywhere."),
    (r"envrcpt says discard|unknown says discard|reply \d+ of 2",
     "A filter that returned SMFIS_DISCARD has ended the message; its xxfi_abort is not called any more, as documented. Sendmail "
     "calls it where the callback was xxfi_envrcpt or xxfi_unknown."),
    (r"unknown(?: ends in (?:EOF|QUIT)|, then .*| gives .*)|(?:edits|smfi_progress) in unknown",
     "An unknown command in a message does not end it: xxfi_abort is called when it ends. Sendmail forgets the message."),
    (r"body with the end, (?:refused|skipped)",
     "Octets of the body that come with its end: sendmail answers twice when xxfi_body says anything but SMFIS_CONTINUE, and does "
     "not call xxfi_eom after SMFIS_SKIP. We answer once, and go on to xxfi_eom."),
    (rf"smfi_setsymlist in {EVERY}",
     "smfi_setsymlist() after xxfi_negotiate has no effect: we say MI_FAILURE, as documented, sendmail MI_SUCCESS."),
    (r"protocol 2147483648|(?:steps|actions) 0xffffffff (?!\['-n').*",
     "Numbers of the protocol are unsigned. Sendmail takes them as signed."),
    (r"xxfi_version (?:1|5|0x01000101|0x02000001)",
     "smfi_opensocket() after a smfi_register() that failed: sendmail opens the socket."),
    (r"without envfrom .*",
     "xxfi_abort without a message to abort: sendmail calls it if the filter has no xxfi_envfrom."),
    (r"NR promised and not kept",
     "A filter that promised SMFIS_NOREPLY and says something else is taken to have said SMFIS_NOREPLY, and the message goes on. "
     "Sendmail says nothing, but takes the message to have ended, and ignores the rest of it."),
    (r"SKIP that the mail server does not have",
     "SMFIS_SKIP to a mail server that does not know it: sendmail says it nevertheless. We say SMFIS_CONTINUE."),
    (r"MAIL without NUL",
     "A message that xxfi_envfrom was not told of is not aborted."),
    (r"empty body", "A piece of the body without octets is told, and does not end the session."),
    (r"macros without NUL",
     "A list of macros that is cut off is ignored as a whole. Sendmail takes it with a last macro that has no value."),
    (r"macros of nothing", "A list of macros without a stage is ignored. To sendmail it ends the session."),
)]

OF_MODULES = [(re.compile(pattern), why) for pattern, why in (
    (r"many edits in their order", "What smfi_progress() says is no packet among others: it is told at once."),
)]
