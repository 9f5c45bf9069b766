/* reference.c: the meaning of a client's octets by search; shares nothing with proxy/smtp. */
#include "reference.h"

#include <assert.h>

size_t reference_crlf(struct span s)
{
    const char *found = s.len != 0 ? memmem(s.ptr, s.len, "\r\n", 2) : NULL;

    return found != NULL ? (size_t)(found - s.ptr) : s.len;
}

unsigned reference_faults(struct span line)
{
    return (memchr(line.ptr, '\r', line.len) != NULL ? REFERENCE_BARE_CR : 0) |
           (memchr(line.ptr, '\n', line.len) != NULL ? REFERENCE_BARE_LF : 0) |
           (memchr(line.ptr, '\0', line.len) != NULL ? REFERENCE_NUL : 0);
}

static void put(struct reference *message, const char *octets, size_t n)
{
    memcpy(message->content + message->len, octets, n);
    message->len += n;
}

/* A line of content without its CRLF: any CR or LF in it is bare. */
static void put_line(struct reference *message, struct span line)
{
    for (size_t i = 0; i < line.len; i++) {
        bool bare = line.ptr[i] == '\r' || line.ptr[i] == '\n', nul = line.ptr[i] == '\0';
        if ((bare || nul) && message->faults == 0)
            message->clean = message->len;
        message->faults |= reference_faults(span_of(line.ptr + i, 1));
        put(message, bare ? "\r\n" : line.ptr + i, bare ? 2 : !nul);
    }
    put(message, "\r\n", 2);
}

void reference_message(struct reference *message, struct span input)
{
    char whole[REFERENCE_MOST + 2] = "\r\n"; /* the end of the DATA command */
    const char *end;

    assert(input.len <= REFERENCE_MOST);
    memcpy(whole + 2, input.ptr, input.len);
    end = memmem(whole, input.len + 2, "\r\n.\r\n", 5);
    message->end = end != NULL ? (size_t)(end - whole) + 3 : 0;
    message->len = message->faults = 0;
    for (const char *at = whole + 2; end != NULL && at < end + 2;) {
        struct span line = span_of(at, reference_crlf(span_of(at, (size_t)(end + 2 - at))));
        at += line.len + 2;
        put_line(message, span_skip(line, line.len != 0 && line.ptr[0] == '.'));
    }
    if (message->faults == 0)
        message->clean = message->len;
}

/* How the reply to a line begins; "5" if what is wrong with it is not for the framing to say. */
static const char *reply_to(struct span line, bool *mail)
{
    unsigned faults = reference_faults(line);

    while (line.len != 0 && line.ptr[line.len - 1] == ' ')
        line.len--;
    if (faults != 0)
        return (faults & REFERENCE_NUL) != 0 ? "501 5.5.2" : "500 5.5.2";
    if (span_eq(line, SPAN(REFERENCE_NOOP)) || (span_eq(line, SPAN(REFERENCE_RCPT)) && *mail))
        return "250";
    if (span_eq(line, SPAN(REFERENCE_MAIL)) && !*mail) {
        *mail = true;
        return "250";
    }
    return span_starts_nocase(line, SPAN("MAIL FROM")) || span_starts_nocase(line, SPAN("RCPT TO"))
               ? "5"
               : "500 5.5.1";
}

void reference_commands(struct span input, struct text *replies, struct text *forwarded)
{
    bool mail = false;

    for (size_t n; (n = reference_crlf(input)) < input.len; input = span_skip(input, n + 2)) {
        struct span line = span_first(input, n), reply = span_str(reply_to(line, &mail));
        text_add(replies, reply);
        text_char(replies, '\n');
        while (line.len != 0 && line.ptr[line.len - 1] == ' ')
            line.len--;
        if (reply.ptr[0] == '2') {
            text_add(forwarded, line);
            text_add(forwarded, SPAN("\r\n"));
        }
    }
}
