/* proxy_header_print.c: prints the PROXY protocol header, versions 1 and 2; reading is left to
 * proxy_header.c. */
#include "smtp/proxy_header.h"

static void add_two_octets(struct text *text, unsigned n)
{
    text_char(text, (char)(n >> 8));
    text_char(text, (char)(n & 0xff));
}

void proxy_header_print_v1(struct text *text, const struct ip *source, const struct ip *destination)
{
    if (source->family != destination->family || source->family == 0) {
        text_add(text, SPAN("PROXY UNKNOWN\r\n"));
        return;
    }
    text_add(text, source->family == 4 ? SPAN("PROXY TCP4 ") : SPAN("PROXY TCP6 "));
    ip_print(text, source);
    text_char(text, ' ');
    ip_print(text, destination);
    text_char(text, ' ');
    text_number(text, source->port);
    text_char(text, ' ');
    text_number(text, destination->port);
    text_add(text, SPAN("\r\n"));
}

void proxy_header_print_v2(struct text *text, const struct ip *source, const struct ip *destination)
{
    size_t octets = source->family == 4 ? 4 : 16;

    text_add(text, SPAN("\r\n\r\n\0\r\nQUIT\n"));
    if (source->family != destination->family || source->family == 0) {
        text_add(text, SPAN("\x20\x00\x00\x00")); /* LOCAL, UNSPEC, nothing follows */
        return;
    }
    text_add(text, source->family == 4 ? SPAN("\x21\x11") : SPAN("\x21\x21")); /* PROXY, TCP */
    add_two_octets(text, (unsigned)(2 * octets + 4));
    text_add(text, span_of((const char *)source->bytes, octets));
    text_add(text, span_of((const char *)destination->bytes, octets));
    add_two_octets(text, source->port);
    add_two_octets(text, destination->port);
}
