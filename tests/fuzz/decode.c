/* Fuzzes mail/decode.c: octets and anomalies do not depend on the pieces or the room, and base64 and
 * quoted-printable are what a model with the whole body before its eyes finds. */
#include "mail/decode.h"

#include <stdlib.h>

#include "pieces.h"

static enum decode_encoding encoding;
static size_t room;

static size_t feed_some(void *state, struct span in, char *out, size_t size, size_t *made)
{
    return decode_feed(state, in, out, size, made);
}

static size_t finish(void *state, char *out)
{
    return decode_finish(state, out);
}

static void feed(struct span in, struct fuzz_cut cut, struct text *told)
{
    struct decode decode = {.encoding = encoding};

    fuzz_pieces(&(struct fuzz_pieces){&decode, feed_some, finish, room}, in, cut, told);
    text_format(told, "|%llx", (unsigned long long)decode.anomalies);
}

static int digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = c != '\0' ? strchr(digits, c == '-' ? '+' : c == '_' ? '/' : c) : NULL;

    return found != NULL ? (int)(found - digits) : -1;
}

/* Bit by bit; padding throws away what makes no octet. */
static void model_base64(struct span in, struct text *told)
{
    unsigned bits = 0, count = 0;

    for (size_t i = 0; i < in.len; i++) {
        if (in.ptr[i] == '=')
            count = 0;
        if (digit(in.ptr[i]) < 0)
            continue;
        bits = (bits << 6 | (unsigned)digit(in.ptr[i])) & 0xffff;
        count += 6;
        if (count >= 8) {
            count -= 8;
            text_char(told, (char)(bits >> count));
        }
        count = count == 0 ? 0 : count;
    }
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

static void model_quoted(struct span in, struct text *told)
{
    for (size_t i = 0; i < in.len; i++) {
        size_t blank = i + 1;
        if (in.ptr[i] != '=') {
            text_char(told, in.ptr[i]);
            continue;
        }
        while (blank < in.len && (in.ptr[blank] == ' ' || in.ptr[blank] == '\t' || in.ptr[blank] == '\r'))
            blank++;
        if (blank == in.len || in.ptr[blank] == '\n') {
            i = blank;
        } else if (i + 2 < in.len && is_hex(in.ptr[i + 1]) && is_hex(in.ptr[i + 2])) {
            char digits[3] = {in.ptr[i + 1], in.ptr[i + 2], '\0'};
            text_char(told, (char)strtoul(digits, NULL, 16));
            i += 2;
        } else {
            text_char(told, '=');
            if (blank - i - 1 > 6) { /* blanks beyond what is kept */
                text_add(told, span_of(in.ptr + i + 1, 6));
                i = blank - 1;
            }
        }
    }
}

void fuzz_one(struct span in)
{
    static const size_t rooms[] = {8, 9, 10, 64, 4096};
    static char octets[1 << 20];
    struct text expected = TEXT(octets);
    size_t at;
    struct span told;

    encoding = (enum decode_encoding)fuzz_choice(&in, DECODE_UNKNOWN + 1);
    room = rooms[fuzz_choice(&in, 5)];
    at = fuzz_position(&in);
    told = fuzz_every_way(in, at, feed);
    (void)decode_encoding(in);
    if (encoding == DECODE_BASE64)
        model_base64(in, &expected);
    else if (encoding == DECODE_QUOTED_PRINTABLE)
        model_quoted(in, &expected);
    else
        return;
    DEMAND(told.len > expected.len && told.ptr[expected.len] == '|');
    DEMAND(span_eq(span_first(told, expected.len), text_span(&expected)));
}
