/* serve.c: one SMTP conversation of the sink. */
#include "serve.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Reply text and its length, as two arguments. */
#define REPLY(text) text "\r\n", sizeof(text "\r\n") - 1

static const struct verb {
    const char *name;
    const char *reply;
    size_t length;
    enum serve_stage next;
} verbs[] = {
    {"EHLO",
     REPLY("250-sink.example\r\n250-PIPELINING\r\n250-SIZE 1073741824\r\n250-8BITMIME\r\n250-CHUNKING\r\n"
           "250-ENHANCEDSTATUSCODES\r\n250-SMTPUTF8\r\n250 DSN"),
     SERVE_COMMAND},
    {"HELO", REPLY("250 sink.example"), SERVE_COMMAND},
    {"MAIL", REPLY("250 2.1.0 Ok"), SERVE_COMMAND},
    {"RCPT", REPLY("250 2.1.5 Ok"), SERVE_COMMAND},
    {"DATA", REPLY("354 End data with <CR><LF>.<CR><LF>"), SERVE_DATA},
    {"RSET", REPLY("250 2.0.0 Ok"), SERVE_COMMAND},
    {"NOOP", REPLY("250 2.0.0 Ok"), SERVE_COMMAND},
    {"VRFY", REPLY("252 2.0.0 Ok"), SERVE_COMMAND},
    {"QUIT", REPLY("221 2.0.0 Bye"), SERVE_END},
};

void serve_greet(struct serve *serve, struct outbox *outbox)
{
    *serve = (struct serve){.stage = SERVE_COMMAND};
    outbox_put(outbox, REPLY("220 sink.example ESMTP"));
}

static void serve_delivered(struct serve *serve, struct outbox *outbox, struct serve_tally *tally)
{
    tally->messages++;
    serve->stage = SERVE_COMMAND;
    outbox_put(outbox, REPLY("250 2.0.0 Ok: taken"));
}

/* bdat-cmd = "BDAT" SP chunk-size [ SP end-marker ] CR LF (RFC 3030 2) */
static void serve_bdat(struct serve *serve, struct outbox *outbox)
{
    char *end;
    serve->chunk_left = strtoull(serve->line + 4, &end, 10);
    serve->last_chunk = strcasecmp(end, " LAST") == 0;
    if (end == serve->line + 4 || (*end != '\0' && !serve->last_chunk)) {
        outbox_put(outbox, REPLY("501 5.5.4 Syntax: BDAT size [LAST]"));
        return;
    }
    serve->stage = SERVE_CHUNK;
}

/* A command line without its CRLF is in serve->line. */
static void serve_command(struct serve *serve, struct outbox *outbox, const struct serve_tally *tally)
{
    if (tally->refuse != NULL && strncasecmp(serve->line, tally->refuse, strlen(tally->refuse)) == 0) {
        outbox_put(outbox, REPLY("550 5.7.1 Refused"));
        return;
    }
    if (strncasecmp(serve->line, "BDAT ", 5) == 0) {
        serve_bdat(serve, outbox);
        return;
    }
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strncasecmp(serve->line, verbs[i].name, 4) != 0)
            continue;
        serve->stage = verbs[i].next;
        memcpy(serve->tail, "\r\n", serve->tail_length = 2);
        outbox_put(outbox, verbs[i].reply, verbs[i].length);
        return;
    }
    outbox_put(outbox, REPLY("500 5.5.1 Unknown command"));
}

/* Takes one line, or what there is of it; how much was taken. */
static size_t serve_line(struct serve *serve, const char *octets, size_t length, struct outbox *outbox,
                         const struct serve_tally *tally)
{
    const char *newline = memchr(octets, '\n', length);
    size_t taken = newline != NULL ? (size_t)(newline - octets) : length;
    if (taken > sizeof(serve->line) - 1 - serve->line_length) {
        outbox_put(outbox, REPLY("500 5.5.2 Line too long"));
        serve->stage = SERVE_END;
        return length;
    }
    memcpy(serve->line + serve->line_length, octets, taken);
    serve->line_length += taken;
    if (newline == NULL)
        return taken;
    if (serve->line_length > 0 && serve->line[serve->line_length - 1] == '\r')
        serve->line_length--;
    serve->line[serve->line_length] = '\0';
    serve->line_length = 0;
    serve_command(serve, outbox, tally);
    return taken + 1;
}

/* What lies behind the first CRLF "." CRLF, or NULL. A dot is rarer in text than a line end. */
static const char *serve_end_of_data(const char *octets, size_t length)
{
    const char *end = octets + length;
    for (const char *dot = octets; (dot = memchr(dot, '.', (size_t)(end - dot))) != NULL; dot++) {
        if (dot - octets >= 2 && end - dot >= 3 && memcmp(dot - 2, "\r\n.\r\n", 5) == 0)
            return dot + 3;
    }
    return NULL;
}

/* Keeps the last octets of the message, for an end that the next read completes. */
static void serve_keep_tail(struct serve *serve, const char *octets, size_t length)
{
    size_t room = sizeof(serve->tail);
    size_t fresh = length < room ? length : room;
    size_t old = serve->tail_length + fresh > room ? room - fresh : serve->tail_length;
    memmove(serve->tail, serve->tail + serve->tail_length - old, old);
    memcpy(serve->tail + old, octets + length - fresh, fresh);
    serve->tail_length = old + fresh;
}

static size_t serve_data(struct serve *serve, const char *octets, size_t length, struct outbox *outbox,
                         struct serve_tally *tally)
{
    char seam[2 * sizeof(serve->tail)];
    size_t fresh = length < sizeof(serve->tail) ? length : sizeof(serve->tail);
    memcpy(seam, serve->tail, serve->tail_length);
    memcpy(seam + serve->tail_length, octets, fresh);
    const char *end = serve_end_of_data(seam, serve->tail_length + fresh);
    if (end != NULL)
        end = octets + (end - seam) - serve->tail_length;
    else
        end = serve_end_of_data(octets, length);
    if (end == NULL) {
        tally->bytes += length;
        serve_keep_tail(serve, octets, length);
        return length;
    }
    size_t taken = (size_t)(end - octets);
    tally->bytes += taken;
    tally->bytes -= 3; /* the dot line, maybe counted with an earlier read */
    serve_delivered(serve, outbox, tally);
    return taken;
}

static size_t serve_chunk(struct serve *serve, size_t length, struct outbox *outbox,
                          struct serve_tally *tally)
{
    size_t taken = length < serve->chunk_left ? length : (size_t)serve->chunk_left;
    tally->bytes += taken;
    serve->chunk_left -= taken;
    if (serve->chunk_left > 0)
        return taken;
    serve->stage = SERVE_COMMAND;
    if (serve->last_chunk)
        serve_delivered(serve, outbox, tally);
    else
        outbox_put(outbox, REPLY("250 2.0.0 Ok: chunk taken"));
    return taken;
}

void serve_octets(struct serve *serve, const char *octets, size_t length, struct outbox *outbox,
                  struct serve_tally *tally)
{
    size_t at = 0;
    while (at < length || (serve->stage == SERVE_CHUNK && serve->chunk_left == 0)) {
        if (serve->stage == SERVE_COMMAND)
            at += serve_line(serve, octets + at, length - at, outbox, tally);
        else if (serve->stage == SERVE_DATA)
            at += serve_data(serve, octets + at, length - at, outbox, tally);
        else if (serve->stage == SERVE_CHUNK)
            at += serve_chunk(serve, length - at, outbox, tally);
        else
            return; /* nothing counts after QUIT */
    }
}
