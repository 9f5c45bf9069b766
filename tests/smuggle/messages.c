/* messages.c: every short string as the content of a message, through whole sessions: what the client hears
 * and what the upstream gets is what the reference says, and the message ends there for every upstream. */
#include <stdio.h>
#include <stdlib.h>

#include "every.h"
#include "report.h"
#include "stand.h"
#include "upstreams.h"
#include "reference.h"

static const struct span end_and_next = SPAN("\r\n.\r\n" REFERENCE_NOOP "\r\n");

/* What the upstream got behind DATA is one whole message and these commands, or no message at all. */
static void compare_upstream(struct span input, struct span sent, const struct reference *reference,
                             bool refused, struct span commands)
{
    size_t end = refused ? 0 : sent.len - commands.len;
    const char *dissenter;

    if (!refused && (sent.len < commands.len || !span_eq(span_skip(sent, end), commands))) {
        report_disagreement(input, "commands behind the message");
        return;
    }
    dissenter = upstreams_dissenter(sent, end, span_of(reference->content, reference->len));
    if (dissenter != NULL)
        report_disagreement(input, dissenter);
}

static void check(struct settings *settings, struct span input, bool rejects)
{
    struct stand stand;
    struct reference reference;
    char reply_bytes[1024], command_bytes[256];
    struct text replies = TEXT(reply_bytes), commands = TEXT(command_bytes);
    size_t heard, sent;
    bool refused;

    reference_message(&reference, input);
    refused = rejects && reference.faults != 0;
    text_add(&replies, refused ? SPAN("550 5.6.11\n") : SPAN("250 2.0.0\n"));
    reference_commands(span_skip(input, reference.end), &replies, &commands);

    stand_open(&stand, settings, "PIPELINING");
    stand_envelope(&stand);
    stand_data(&stand);
    heard = stand.client->from.len;
    sent = stand.upstream->from.len;
    stand_say(&stand, input);
    if (!stand_replied(&stand, heard, text_span(&replies)))
        report_disagreement(input, "replies");
    if (stand.upstream->closed != refused)
        report_disagreement(input, "the upstream's connection");
    compare_upstream(input, lab_bytes_from(&stand.upstream->from, sent), &reference, refused,
                     text_span(&commands));
    stand_close(&stand);
}

int main(int argc, char **argv)
{
    size_t most = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
    unsigned long count = 0;

    if (most == 0 || most > EVERY_MOST) {
        fprintf(stderr, "usage: messages LENGTH, 1 to %d\n", EVERY_MOST);
        return 64;
    }
    for (size_t i = 0; i < 2; i++) {
        bool rejects = i == 0;
        struct settings *settings =
            stand_settings(rejects ? "line_endings: reject\n" : "line_endings: normalise\n");
        struct every every = {0};
        do {
            char bytes[EVERY_MOST + 16];
            struct text text = TEXT(bytes);
            text_add(&text, every_span(&every));
            text_add(&text, end_and_next);
            check(settings, text_span(&text), rejects);
            count++;
        } while (every_next(&every, most));
        settings_unref(settings);
    }
    return report_end(count, "sessions");
}
