/* xtext.c: xtext, decoded and encoded; what a value means is left to others. */
#include "smtp/xtext.h"

#include "smtp/chars.h"

static bool is_control(int c)
{
    return c < 0x20 || c == 0x7f;
}

/* xtext = *( xchar / hexchar ) ; hexchar = "+" 2(HEXDIG) */
bool xtext_decode(struct span s, struct text *to)
{
    for (size_t i = 0; i < s.len; i++) {
        int c = (unsigned char)s.ptr[i];

        if (c == '+') {
            int high = i + 2 < s.len ? chars_hex(s.ptr[i + 1]) : -1;
            int low = i + 2 < s.len ? chars_hex(s.ptr[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = high * 16 + low;
            i += 2;
        } else if (!chars_is(s.ptr[i], CHAR_XCHAR)) {
            return false;
        }
        if (is_control(c))
            return false;
        text_char(to, (char)c);
    }
    return !to->cut;
}

void xtext_encode(struct span s, struct text *to)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < s.len; i++) {
        unsigned c = (unsigned char)s.ptr[i];

        if (chars_is(s.ptr[i], CHAR_XCHAR))
            text_char(to, s.ptr[i]);
        else
            text_add(to, span_of((const char[]){'+', digits[c >> 4], digits[c & 0xf]}, 3));
    }
}
