/* event.c: the table of events; the walk along the filters is left to ask.c. */
#include "chain/event.h"

#define BIT(verdict) (1u << VERDICT_##verdict)
#define HOLD                                                                                                 \
    (BIT(CONTINUE) | BIT(ACCEPT) | BIT(SKIP) | BIT(REJECT) | BIT(TEMPFAIL) | BIT(DISCONNECT) |               \
     BIT(PENDING) | BIT(FAIL))
#define HOLD_MESSAGE     (HOLD | BIT(DISCARD) | BIT(QUARANTINE))
#define CLOSE_ONLY       (BIT(CONTINUE) | BIT(DISCONNECT) | BIT(FAIL))
#define CALLBACK(member) offsetof(struct filter, member)

const struct event_row event_rows[FILTER_EVENTS] = {
    [FILTER_CONNECT] = {"connect", CALLBACK(on_connect), HOLD, false, false},
    [FILTER_COMMAND] = {"command", CALLBACK(on_command), HOLD, false, false},
    [FILTER_HELO] = {"helo", CALLBACK(on_helo), HOLD, false, false},
    [FILTER_CAPABILITIES] = {"capabilities", CALLBACK(on_capabilities), BIT(CONTINUE), false, false},
    [FILTER_MAIL] = {"mail", CALLBACK(on_mail), HOLD_MESSAGE, true, false},
    [FILTER_RCPT] = {"rcpt", CALLBACK(on_rcpt), HOLD_MESSAGE, true, false},
    [FILTER_RECIPIENT] = {"recipient", CALLBACK(on_recipient), HOLD_MESSAGE, true, false},
    [FILTER_DATA] = {"data", CALLBACK(on_data), HOLD_MESSAGE, true, false},
    [FILTER_HEADER] = {"header", CALLBACK(on_header), HOLD_MESSAGE, true, true},
    [FILTER_END_OF_HEADERS] = {"end_of_headers", CALLBACK(on_end_of_headers), HOLD_MESSAGE, true, true},
    [FILTER_CONTENT] = {"content", CALLBACK(on_content), HOLD_MESSAGE, true, true},
    [FILTER_BODY] = {"body", CALLBACK(on_body), HOLD_MESSAGE, true, true},
    [FILTER_PART] = {"part", CALLBACK(on_part), HOLD_MESSAGE, true, true},
    [FILTER_END_OF_MESSAGE] = {"end_of_message", CALLBACK(on_end_of_message), HOLD_MESSAGE, true, true},
    [FILTER_REPLY] = {"reply", CALLBACK(on_reply), CLOSE_ONLY, false, false},
};

const char *event_verdict_name(enum verdict verdict)
{
    static const char *const names[] = {[VERDICT_CONTINUE] = "continue",
                                        [VERDICT_ACCEPT] = "accept",
                                        [VERDICT_SKIP] = "skip",
                                        [VERDICT_REJECT] = "reject",
                                        [VERDICT_TEMPFAIL] = "tempfail",
                                        [VERDICT_DISCARD] = "discard",
                                        [VERDICT_QUARANTINE] = "quarantine",
                                        [VERDICT_DISCONNECT] = "disconnect",
                                        [VERDICT_PENDING] = "pending",
                                        [VERDICT_FAIL] = "fail"};

    return names[verdict];
}
