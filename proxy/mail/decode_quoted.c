/* decode_quoted.c: quoted-printable (RFC 2045 6.7). White space at the end of a line stays: readers differ in
 * that, and it shows nowhere. */
#include "mail/cfws.h"
#include "mail/decode_private.h"

enum { TEXT, ESCAPE, HEX, SOFT }; /* behind "=", behind "=" and a digit, behind "=" and white space */

#define STEP_MAX (1 + sizeof((struct decode *)0)->line) /* octets that one step may put */

static void keep(struct decode *decode, char c)
{
    if (decode->held < sizeof(decode->line))
        decode->line[decode->held++] = (uint8_t)c;
}

static void resume(struct decode *decode)
{
    decode->held = 0;
    decode->state = TEXT;
}

/* "=" and what had come behind it were no escape: they stand for themselves. */
static void bad_escape(struct decode *decode, struct output *out)
{
    decode->anomalies |= anomaly_bit(ANOMALY_QUOTED_PRINTABLE);
    output_put(out, '=');
    for (unsigned i = 0; i < decode->held; i++)
        output_put(out, decode->line[i]);
    resume(decode);
}

/* hex-octet := "=" 2(DIGIT / "A" / "B" / "C" / "D" / "E" / "F")
 * transport-padding := *LWSP-char, which mailers add between the "=" of a soft line break and its line end.
 * Returns whether c is used up. */
static bool escape(struct decode *decode, char c, struct output *out)
{
    if (decode->state != HEX && c == '\n') {
        resume(decode);
        return true;
    }
    if (decode->state != HEX && cfws_is_space(c)) {
        keep(decode, c);
        decode->state = SOFT;
        return true;
    }
    if (decode->state == SOFT || hex_of(c) < 0) {
        bad_escape(decode, out);
        return false;
    }
    if (decode->state == ESCAPE) {
        keep(decode, c);
        decode->state = HEX;
        return true;
    }
    output_put(out, (unsigned)hex_of((char)decode->line[0]) << 4 | (unsigned)hex_of(c));
    resume(decode);
    return true;
}

/* Escapes that lie together. */
static size_t escapes(struct span in, struct output *out)
{
    size_t n = 0;

    while (in.len - n > 2 && in.ptr[n] == '=' && output_room(out, 1)) {
        int high = hex_of(in.ptr[n + 1]), low = hex_of(in.ptr[n + 2]);
        if (high < 0 || low < 0)
            break;
        output_put(out, (unsigned)(high << 4 | low));
        n += 3;
    }
    return n;
}

/* Text up to the next "=", and escapes, which is nearly all of a body. */
static size_t text(struct decode *decode, struct span in, struct output *out)
{
    struct span most = span_first(in, (size_t)(out->end - out->at));
    const char *equals = memchr(most.ptr, '=', most.len);
    size_t run = equals != NULL ? (size_t)(equals - most.ptr) : most.len, n;

    memcpy(out->at, most.ptr, run);
    out->at += run;
    if (equals == NULL)
        return run;
    n = escapes(span_skip(in, run), out);
    if (n == 0)
        decode->state = ESCAPE;
    return run + (n != 0 ? n : 1);
}

size_t quoted_feed(struct decode *decode, struct span in, struct output *out)
{
    size_t used = 0;

    while (used < in.len && output_room(out, STEP_MAX)) {
        if (decode->state == TEXT)
            used += text(decode, span_skip(in, used), out);
        else
            used += escape(decode, in.ptr[used], out) ? 1 : 0;
    }
    return used;
}

void quoted_finish(struct decode *decode, struct output *out)
{
    if (decode->state == HEX)
        bad_escape(decode, out);
    resume(decode);
}
