/* decode_uuencode.c: files in a text (POSIX.1, uuencode): their octets take the place of their lines. */
#include "mail/decode_private.h"

enum { LINE_START, KEYWORD, OUTSIDE, HEADER, LENGTH, DATA, REST, END };

static const char begin_word[] = "begin ";

/* At the start of a line outside a file: is it a "begin " line? What turns out not to be one passes. */
static void match_begin(struct decode *decode, char c, struct output *out)
{
    if (c == begin_word[decode->held]) {
        decode->state = ++decode->held == sizeof(begin_word) - 1 ? HEADER : KEYWORD;
        return;
    }
    for (unsigned i = 0; i < decode->held; i++)
        output_put(out, (unsigned char)begin_word[i]);
    output_put(out, (unsigned char)c);
    decode->held = 0;
    decode->state = c == '\n' ? LINE_START : OUTSIDE;
}

/* The first character of a line of a file: how many octets it has. */
static void line_length(struct decode *decode, char c)
{
    decode->held = 0;
    decode->bits = 0;
    if (c == '\r' || c == '\n')
        return;
    if (c == 'e') { /* "end"; as a length it would be beyond what a line may have */
        decode->state = END;
        return;
    }
    if (c < ' ' || c > '`')
        decode->anomalies |= anomaly_bit(ANOMALY_UUENCODE);
    decode->line[0] = (uint8_t)((c - ' ') & 63);
    decode->state = decode->line[0] == 0 ? REST : DATA;
}

/* Returns whether c is used up. */
static bool data_character(struct decode *decode, char c, struct output *out)
{
    bool line_end = c == '\n';

    if (c == '\r')
        return true;
    if (line_end) { /* shorter than it said: spaces, which are zeros, were cut off */
        decode->anomalies |= anomaly_bit(ANOMALY_UUENCODE);
        c = ' ';
    }
    decode->bits = decode->bits << 6 | (uint32_t)((c - ' ') & 63);
    if (++decode->held < 4)
        return !line_end;
    for (int shift = 16; shift >= 0 && decode->line[0] != 0; shift -= 8, decode->line[0]--)
        output_put(out, decode->bits >> shift);
    decode->held = 0;
    decode->bits = 0;
    if (decode->line[0] == 0)
        decode->state = REST;
    return !line_end;
}

static bool character(struct decode *decode, char c, struct output *out)
{
    switch (decode->state) {
    case LINE_START:
    case KEYWORD:
        match_begin(decode, c, out);
        break;
    case OUTSIDE:
        output_put(out, (unsigned char)c);
        decode->state = c == '\n' ? LINE_START : OUTSIDE;
        break;
    case HEADER: /* mode and name */
        decode->anomalies |= anomaly_bit(ANOMALY_UUENCODE);
        decode->state = c == '\n' ? LENGTH : HEADER;
        break;
    case LENGTH:
        line_length(decode, c);
        break;
    case DATA:
        return data_character(decode, c, out);
    case REST:
        decode->state = c == '\n' ? LENGTH : REST;
        break;
    default: /* the rest of "end" */
        decode->held = 0;
        decode->state = c == '\n' ? LINE_START : END;
        break;
    }
    return true;
}

size_t uuencode_feed(struct decode *decode, struct span in, struct output *out)
{
    size_t used = 0;

    while (used < in.len && output_room(out, sizeof(begin_word)))
        used += character(decode, in.ptr[used], out) ? 1 : 0;
    return used;
}

void uuencode_finish(struct decode *decode, struct output *out)
{
    for (unsigned i = 0; decode->state == KEYWORD && i < decode->held; i++)
        output_put(out, (unsigned char)begin_word[i]);
    if (decode->state >= HEADER && decode->state != END)
        decode->anomalies |= anomaly_bit(ANOMALY_UUENCODE);
    decode->state = LINE_START;
    decode->held = 0;
}
