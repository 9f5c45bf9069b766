/* transcript.c: composes the lines of a transcript; where they go is the owner's affair. */
#include "sink/transcript.h"

#include "base/text.h"

#define SHOWN_MAX 2048

static void add_escaped(struct text *text, struct span octets)
{
    static const struct {
        char octet, letter;
    } escapes[] = {{'\r', 'r'}, {'\n', 'n'}, {'\t', 't'}, {'\\', '\\'}};

    for (size_t i = 0; i < octets.len; i++) {
        char c = octets.ptr[i];
        size_t e = 0;
        while (e < sizeof(escapes) / sizeof(*escapes) && escapes[e].octet != c)
            e++;
        if (e < sizeof(escapes) / sizeof(*escapes)) {
            text_char(text, '\\');
            text_char(text, escapes[e].letter);
        } else if (c >= 0x20 && c < 0x7f) {
            text_char(text, c);
        } else {
            text_format(text, "\\x%02x", (unsigned)(unsigned char)c);
        }
    }
}

void transcript_line(const struct transcript *transcript, uint64_t session, enum transcript_kind kind,
                     struct span octets)
{
    static const char *const marks[] = {
        [TRANSCRIPT_READ] = " < ", [TRANSCRIPT_WRITE] = " > ", [TRANSCRIPT_EVENT] = " * "};
    char bytes[SHOWN_MAX * 4 + 128];
    struct text text = TEXT(bytes);

    if (transcript == NULL || transcript->write == NULL)
        return;
    text_number(&text, session);
    text_add(&text, span_str(marks[kind]));
    add_escaped(&text, span_first(octets, SHOWN_MAX));
    if (octets.len > SHOWN_MAX)
        text_format(&text, " (and %zu octets more)", octets.len - SHOWN_MAX);
    text_char(&text, '\n');
    transcript->write(transcript->arg, text_span(&text));
}
