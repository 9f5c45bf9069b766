/* Fuzzes smtp/xclient.c: what is parsed is harmless and, printed, parses back; whatever is to be printed, the
 * lines are within their limit and parse. */
#include "fuzz.h"
#include "smtp/xclient.h"

#define ALL ((UINT64_C(1) << XCLIENT_ATTRIBUTES) - 1)

static void check_values(const struct xclient *client, uint64_t allowed)
{
    for (unsigned i = 0; i < XCLIENT_ATTRIBUTES; i++) {
        struct span value = client->values[i];

        if (value.ptr == NULL)
            continue;
        DEMAND((allowed >> i & 1) != 0 && value.len > 0 && value.len <= 255);
        for (size_t at = 0; at < value.len; at++)
            DEMAND((unsigned char)value.ptr[at] >= ' ' && value.ptr[at] != 0x7f);
    }
}

/* Prints the values and parses each line; one that is missing then is too long for a line, or was no value.
 */
static void check_print(const struct xclient *client, uint64_t offered, bool parsed)
{
    static char octets[16384], decoded[16384];
    struct text text = TEXT(octets), to = TEXT(decoded);
    unsigned lines = xclient_print(&text, SPAN("XFORWARD"), client, offered);
    struct span rest = text_span(&text);
    struct xclient all = {0}, one;

    DEMAND(!text.cut);
    for (; rest.len > 0; lines--) {
        const char *end = memmem(rest.ptr, rest.len, "\r\n", 2);
        struct span line;

        DEMAND(end != NULL && end + 2 - rest.ptr <= XCLIENT_LINE_MAX);
        line = span_first(rest, (size_t)(end - rest.ptr));
        for (size_t at = 0; at < line.len; at++)
            DEMAND((unsigned char)line.ptr[at] >= ' ' && (unsigned char)line.ptr[at] < 0x7f);
        DEMAND(span_starts_nocase(line, SPAN("XFORWARD ")));
        DEMAND(xclient_parse(span_skip(line, 8), offered, &one, &to));
        for (unsigned i = 0; i < XCLIENT_ATTRIBUTES; i++)
            if (one.values[i].ptr != NULL) {
                DEMAND(all.values[i].ptr == NULL);
                all.values[i] = one.values[i];
            }
        rest = span_skip(rest, line.len + 2);
    }
    DEMAND(lines == 0);
    for (unsigned i = 0; i < XCLIENT_ATTRIBUTES; i++) {
        bool wanted = (offered >> i & 1) != 0 && client->values[i].ptr != NULL;

        if (all.values[i].ptr != NULL)
            DEMAND(wanted && span_eq(all.values[i], client->values[i]));
        else if (parsed && wanted)
            DEMAND(3 * client->values[i].len > XCLIENT_LINE_MAX - 32);
    }
}

static void check_address(struct span value)
{
    struct ip ip, again;
    char octets[64];
    struct text text = TEXT(octets);

    if (!xclient_address(value, &ip))
        return;
    xclient_print_address(&text, &ip);
    DEMAND(xclient_address(text_span(&text), &again) && again.family == ip.family);
    DEMAND(memcmp(again.bytes, ip.bytes, sizeof(ip.bytes)) == 0);
}

/* Values of any octets, parted by LF. */
static void print_any(struct span in, uint64_t offered)
{
    struct xclient client = {0};

    for (unsigned i = 0; i < XCLIENT_ATTRIBUTES && in.len > 0; i++) {
        const char *end = memchr(in.ptr, '\n', in.len);

        client.values[i] = span_first(in, end != NULL ? (size_t)(end - in.ptr) : in.len);
        check_address(client.values[i]);
        in = span_skip(in, client.values[i].len + (end != NULL));
    }
    check_print(&client, offered, false);
}

void fuzz_one(struct span in)
{
    uint64_t allowed = fuzz_choice(&in, 2) == 0 ? ALL : xclient_offered(in);
    struct span arguments = fuzz_copy(in);
    struct span room = fuzz_copy(in);
    struct text to = {(char *)room.ptr, 0, room.len, false};
    struct xclient client;

    if (xclient_parse(arguments, allowed, &client, &to)) {
        check_values(&client, allowed);
        check_print(&client, ALL, true);
    }
    print_any(arguments, allowed);
    fuzz_free(room);
    fuzz_free(arguments);
}
