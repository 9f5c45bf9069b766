/* message.c: composes messages that can prove that they are whole. Sending them is left to the client. */
#include "message.h"

#include <stdio.h>
#include <stdlib.h>

#define IDENTITY_MAX 80

static uint32_t checksum(struct span s)
{
    uint32_t sum = 2166136261u;

    for (size_t i = 0; i < s.len; i++)
        sum = (sum ^ (unsigned char)s.ptr[i]) * 16777619u;
    return sum;
}

/* Lines that have hurt others: dots, spaces at the end, eight bits, what looks like commands or fields. */
static void add_line(struct lab_bytes *bytes, struct dice *dice)
{
    static const char *const strange[] = {
        ".",         "..",          ".. .",         "",          ". ",
        ".QUIT",     "QUIT",        "RSET",         "From me",   "a\xc3\xa9\xff",
        "Received:", "BDAT 0 LAST", "250 2.0.0 Ok", "trailing ", "\t"};
    char line[1200];
    unsigned n;

    if (dice_percent(dice, 60)) {
        lab_bytes_add(bytes, span_str(strange[dice_below(dice, sizeof(strange) / sizeof(*strange))]));
    } else {
        n = dice_percent(dice, 5) ? 900 + dice_below(dice, 90) : dice_below(dice, 80);
        memset(line, 'a' + (int)dice_below(dice, 26), n);
        if (n != 0 && dice_percent(dice, 20))
            line[0] = '.';
        lab_bytes_add(bytes, span_of(line, n));
    }
    lab_bytes_add(bytes, SPAN("\r\n"));
}

static void add_header(struct lab_bytes *bytes, const struct message_kind *kind, struct dice *dice)
{
    unsigned fields = kind->plain ? 1 : dice_below(dice, 6);
    char line[200];

    for (unsigned i = 0; i < fields; i++) {
        (void)snprintf(line, sizeof(line), "X-Field-%u: %.*s\r\n%s", i, (int)dice_below(dice, 40),
                       "some words of no importance whatsoever here", i % 2 != 0 ? "\tfolded\r\n" : "");
        lab_bytes_add(bytes, span_str(line));
    }
    for (unsigned i = 0; kind->long_header && i < 60; i++)
        lab_bytes_add(bytes, SPAN("X-Long: a header section that is longer than allowed by far\r\n"));
}

static void add_body(struct lab_bytes *bytes, const struct message_kind *kind, struct dice *dice)
{
    size_t until = bytes->len + kind->size;

    lab_bytes_add(bytes, SPAN("\r\n"));
    while (bytes->len < until)
        add_line(bytes, dice);
    if (kind->dirty) {
        static const struct span dirt[] = {{"bare\nlf\r\n", 9},
                                           {"bare\rcr\r\n", 9},
                                           {"n\0l\r\n", 5},
                                           {"x\n.\ny\r\n", 8},
                                           {"x\r.\ry\r\n", 8}};
        lab_bytes_add(bytes, dirt[dice_below(dice, sizeof(dirt) / sizeof(*dirt))]);
        add_line(bytes, dice);
    }
    if (kind->chunked && !kind->plain && dice_percent(dice, 30))
        lab_bytes_add(bytes, SPAN("no end of line"));
}

/* Bare CR and bare LF become CRLF, NUL vanishes. */
static void normalise(struct lab_bytes *to, struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        bool cr = s.ptr[i] == '\r', lf = s.ptr[i] == '\n';
        if (cr && i + 1 < s.len && s.ptr[i + 1] == '\n')
            i++;
        if (cr || lf)
            lab_bytes_add(to, SPAN("\r\n"));
        else if (s.ptr[i] != '\0')
            lab_bytes_add(to, span_of(s.ptr + i, 1));
    }
}

static void cut(struct message *message, struct dice *dice)
{
    size_t at = 0;

    message->chunks = 1 + dice_below(dice, CUTS_MAX);
    for (unsigned i = 0; i + 1 < message->chunks; i++) {
        at += dice_below(dice, (unsigned)(message->content.len - at) + 1);
        message->cuts[i] = at;
    }
    message->cuts[message->chunks - 1] = message->content.len;
}

/* The length and sum are those of what must arrive, so that the receiver alone can tell. */
void message_make(struct message *message, const struct message_kind *kind, struct dice *dice)
{
    struct lab_bytes rest = {0}, clean = {0};
    char identity[IDENTITY_MAX];
    bool bodiless = !kind->plain && !kind->dirty && dice_percent(dice, 5);

    add_header(&rest, kind, dice);
    message->header_len = rest.len;
    if (!bodiless)
        add_body(&rest, kind, dice);
    normalise(&clean, lab_bytes_from(&rest, 0));
    if (!kind->dirty || !kind->normalise) {
        clean.len = 0;
        lab_bytes_add(&clean, lab_bytes_from(&rest, 0));
    }
    (void)snprintf(identity, sizeof(identity), "X-Sim: %s %zu %08x\r\n", message->id, clean.len,
                   checksum(lab_bytes_from(&clean, 0)));
    lab_bytes_add(&message->content, span_str(identity));
    lab_bytes_add(&message->content, lab_bytes_from(&rest, 0));
    lab_bytes_add(&message->expected, span_str(identity));
    lab_bytes_add(&message->expected, lab_bytes_from(&clean, 0));
    message->header_len += strlen(identity);
    lab_bytes_free(&rest);
    lab_bytes_free(&clean);
    if (kind->chunked)
        cut(message, dice);
}

void message_free(struct message *message)
{
    lab_bytes_free(&message->content);
    lab_bytes_free(&message->expected);
}

void message_body(const struct message *message, unsigned filter, struct lab_bytes *out)
{
    char line[64];
    int n = snprintf(line, sizeof(line), "%s as filter %u has it\r\n.\r\n", message->id, filter);

    for (unsigned i = 0; i < 1 + filter * 40; i++)
        lab_bytes_add(out, span_of(line, (size_t)n));
}

void message_rewritten(const struct message *message, unsigned filter, struct lab_bytes *out)
{
    lab_bytes_add(out, span_first(lab_bytes_from(&message->expected, 0), message->header_len));
    lab_bytes_add(out, SPAN("\r\n"));
    message_body(message, filter, out);
}

bool message_check(struct span content, struct span *id, size_t *top, struct span *rest)
{
    const char *field = memmem(content.ptr, content.len, "X-Sim: ", 7);
    char line[IDENTITY_MAX], name[16];
    size_t len;
    unsigned sum;
    const char *end;

    if (content.len == 0 || field == NULL)
        return false;
    *top = (size_t)(field - content.ptr);
    end = memchr(field, '\n', content.len - *top);
    if (end == NULL || end - field >= IDENTITY_MAX)
        return false;
    memcpy(line, field, (size_t)(end - field));
    line[end - field] = '\0';
    if (sscanf(line, "X-Sim: %15s %zu %x", name, &len, &sum) != 3)
        return false;
    *id = span_of(field + 7, strlen(name));
    *rest = span_skip(content, *top);
    content = span_skip(content, (size_t)(end + 1 - content.ptr));
    /* An end of line behind content without one is what DATA adds (RFC 3030 3). */
    if (content.len == len + 2 && memcmp(content.ptr + len, "\r\n", 2) == 0)
        content.len = len;
    return content.len == len && checksum(content) == sum;
}
