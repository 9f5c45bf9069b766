/* chunks.c: every short string as the content of a message sent by BDAT, whole and in two chunks, to an
 * upstream that takes chunks and to one that takes DATA: whatever the octets, they are content, and a message
 * that cannot be told by DATA is refused. */
#include <stdio.h>
#include <stdlib.h>

#include "every.h"
#include "reference.h"
#include "report.h"
#include "stand.h"
#include "upstreams.h"

static const struct {
    const char *lines, *keyword;
    bool relayed; /* chunks go on as chunks */
} cases[] = {
    {"chunking: relay\nline_endings: reject\n", "CHUNKING", true},
    {"chunking: relay\nline_endings: normalise\n", "CHUNKING", true},
    {"chunking: always\nline_endings: reject\n", "PIPELINING", false},
    {"chunking: always\nline_endings: normalise\n", "PIPELINING", false},
};

/* Bare CR, bare LF and NUL in content of which no line end is known to stand before or behind. */
static bool is_clean(struct span content)
{
    while (content.len != 0) {
        size_t n = reference_crlf(content);
        if (reference_faults(span_first(content, n)) != 0)
            return false;
        content = span_skip(content, n < content.len ? n + 2 : n);
    }
    return true;
}

/* An upstream without CHUNKING: DATA, and then the message, its last line completed. */
static void compare_data(struct span content, const struct stand *stand, size_t sent, bool refused)
{
    static const struct span data = SPAN("DATA\r\n"), noop = SPAN(REFERENCE_NOOP "\r\n");
    struct span rest = lab_bytes_from(&stand->upstream->from, sent);
    char bytes[EVERY_MOST + 2];
    struct text whole = TEXT(bytes);
    size_t end = 0;
    const char *dissenter;

    if (!span_eq(span_first(rest, data.len), data)) {
        report_disagreement(content, "no DATA");
        return;
    }
    rest = span_skip(rest, data.len);
    if (!refused) {
        if (rest.len < noop.len || !span_eq(span_skip(rest, rest.len - noop.len), noop))
            report_disagreement(content, "commands behind the message");
        end = rest.len - noop.len;
    }
    text_add(&whole, content);
    if (content.len != 0 && content.ptr[content.len - 1] != '\n')
        text_add(&whole, SPAN("\r\n"));
    dissenter = upstreams_dissenter(rest, end, text_span(&whole));
    if (dissenter != NULL)
        report_disagreement(content, dissenter);
}

/* The content in two chunks, the first of so many octets. */
static void send_chunks(struct stand *stand, struct span content, size_t first)
{
    char bytes[128];
    struct text text = TEXT(bytes);

    text_format(&text, "BDAT %zu\r\n", first);
    text_add(&text, span_first(content, first));
    text_format(&text, "BDAT %zu LAST\r\n", content.len - first);
    text_add(&text, span_skip(content, first));
    text_add(&text, SPAN(REFERENCE_NOOP "\r\n"));
    stand_say(stand, text_span(&text));
}

static void check(struct settings *settings, size_t i, struct span content, size_t first)
{
    bool refused = !cases[i].relayed && !is_clean(content);
    struct stand stand;
    size_t heard, sent;

    stand_open(&stand, settings, cases[i].keyword);
    stand_envelope(&stand);
    heard = stand.client->from.len;
    sent = stand.upstream->from.len;
    send_chunks(&stand, content, first);
    if (!refused && !stand_replied(&stand, heard, SPAN("250\n250\n250\n")))
        report_disagreement(content, "replies");
    /* The first chunk may have been accepted before the fault came. */
    if (refused && !stand_replied(&stand, heard, SPAN("250\n550 5.6.11\n250\n")) &&
        !stand_replied(&stand, heard, SPAN("550 5.6.11\n550 5.6.11\n250\n")) &&
        !stand_replied(&stand, heard, SPAN("550 5.6.11\n503\n250\n")))
        report_disagreement(content, "replies to what is refused");
    if (cases[i].relayed && !span_eq(lab_bytes_from(&stand.chunks, 0), content))
        report_disagreement(content, "content in chunks");
    if (!cases[i].relayed)
        compare_data(content, &stand, sent, refused);
    stand_close(&stand);
}

int main(int argc, char **argv)
{
    size_t most = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
    unsigned long count = 0;

    if (most == 0 || most > EVERY_MOST) {
        fprintf(stderr, "usage: chunks LENGTH, 1 to %d\n", EVERY_MOST);
        return 64;
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct settings *settings = stand_settings(cases[i].lines);
        struct every every = {0};
        do {
            for (size_t first = 0; first <= every.len; first++, count++)
                check(settings, i, every_span(&every), first);
        } while (every_next(&every, most));
        settings_unref(settings);
    }
    return report_end(count, "sessions");
}
