/* bdat.c: the argument of BDAT; counting the octets is left to session/body. */
#include "smtp/bdat.h"

#include "smtp/chars.h"

/* chunk-size = 1*DIGIT. Octets consumed; 0 when there is none or it does not fit into 63 bits. */
static size_t chunk_size(struct span s, uint64_t *size)
{
    size_t n = 0;

    for (*size = 0; n < s.len && chars_is(s.ptr[n], CHAR_DIGIT); n++) {
        uint64_t digit = (uint64_t)(s.ptr[n] - '0');
        if (*size > (INT64_MAX - digit) / 10)
            return 0;
        *size = *size * 10 + digit;
    }
    return n;
}

/* bdat-cmd = "BDAT" SP chunk-size [ SP end-marker ] CRLF ; end-marker = "LAST" */
int bdat_parse(struct span arguments, struct bdat *out)
{
    size_t n = chunk_size(arguments, &out->size);
    struct span marker = span_skip(arguments, n);

    out->last = span_eq_nocase(marker, SPAN(" LAST"));
    return n > 0 && (out->last || marker.len == 0) ? 0 : -1;
}
