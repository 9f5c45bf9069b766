/* decode_base64.c: base64 (RFC 2045 6.8), whatever surrounds its digits. */
#include "mail/cfws.h"
#include "mail/decode_private.h"

/* One more than the value of each digit of both alphabets: "+/" and, of RFC 4648 5, "-_". 0: no digit. */
static const uint8_t digits[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
    ['-'] = 63, ['_'] = 64,
};

#define GROUP 4u /* digits, which make three octets */

enum { PLAIN, PADDED }; /* padding has been seen: what follows is a body of its own */

static void put_group(struct output *out, uint32_t bits)
{
    output_put(out, bits >> 16);
    output_put(out, bits >> 8);
    output_put(out, bits);
}

/* Groups whose digits lie together, which is nearly all of a body. */
static size_t whole_groups(struct span in, struct output *out)
{
    const unsigned char *p = (const unsigned char *)in.ptr;
    size_t most = (size_t)(out->end - out->at) / 3, n = in.len / GROUP;
    char *at = out->at;

    n = n < most ? n : most;
    for (; n != 0; n--, p += GROUP, at += 3) {
        uint32_t a = digits[p[0]] - 1u, b = digits[p[1]] - 1u, c = digits[p[2]] - 1u, d = digits[p[3]] - 1u;
        uint32_t bits = a << 18 | b << 12 | c << 6 | d;
        if ((a | b | c | d) > 63) /* 0 - 1: some are none */
            break;
        at[0] = (char)(bits >> 16);
        at[1] = (char)(bits >> 8);
        at[2] = (char)bits;
    }
    out->at = at;
    return (size_t)(p - (const unsigned char *)in.ptr);
}

/* What the digits held come to: two make one octet, three make two; one alone makes none. */
static void flush_digits(struct decode *decode, struct output *out)
{
    if (decode->held == 1)
        decode->anomalies |= anomaly_bit(ANOMALY_BASE64);
    if (decode->held == 2)
        output_put(out, decode->bits >> 4);
    if (decode->held == 3) {
        output_put(out, decode->bits >> 10);
        output_put(out, decode->bits >> 2);
    }
    decode->held = 0;
    decode->bits = 0;
}

static void padding(struct decode *decode, struct output *out)
{
    if (decode->held == 0 && decode->state == PLAIN)
        decode->anomalies |= anomaly_bit(ANOMALY_BASE64);
    flush_digits(decode, out);
    decode->state = PADDED;
}

static void one_octet(struct decode *decode, char c, struct output *out)
{
    unsigned digit = digits[(unsigned char)c];

    if (digit == 0 && cfws_is_space(c))
        return;
    if (c == '=') {
        padding(decode, out);
        return;
    }
    if (digit == 0 || decode->state == PADDED)
        decode->anomalies |= anomaly_bit(ANOMALY_BASE64);
    if (digit == 0)
        return;
    decode->state = PLAIN;
    decode->bits = decode->bits << 6 | (digit - 1);
    if (++decode->held < GROUP)
        return;
    put_group(out, decode->bits);
    decode->held = 0;
    decode->bits = 0;
}

size_t base64_feed(struct decode *decode, struct span in, struct output *out)
{
    size_t used = 0;

    while (used < in.len && output_room(out, 3)) {
        if (decode->held == 0 && decode->state == PLAIN)
            used += whole_groups(span_skip(in, used), out);
        if (used < in.len && output_room(out, 3))
            one_octet(decode, in.ptr[used++], out);
    }
    return used;
}

void base64_finish(struct decode *decode, struct output *out)
{
    if (decode->held != 0)
        decode->anomalies |= anomaly_bit(ANOMALY_BASE64);
    flush_digits(decode, out);
}
