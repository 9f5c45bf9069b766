/* smtp_chars.c: the class table against the ranges that the RFCs give. */
#include "smtp/chars.h"

#include "test.h"

/* A class as one or more ranges of octets, first and last. */
struct class_case {
    const char *rule;
    unsigned mask;
    const char *ranges; /* pairs */
};

static const struct class_case cases[] = {
    {"atext", CHAR_ATEXT, "AZaz09!!#'**++--//==??^^__``{~"},
    {"qtextSMTP", CHAR_QTEXT, "\x20\x21\x23\x5b\x5d\x7e"},
    {"Let-dig", CHAR_LETDIG, "AZaz09"},
    {"DIGIT", CHAR_DIGIT, "09"},
    {"HEXDIG", CHAR_HEXDIG, "09AFaf"},
    {"dcontent", CHAR_DCONTENT, "\x21\x5a\x5e\x7e"},
    {"esmtp-value", CHAR_ESMTP_VALUE, "\x21\x3c\x3e\x7e"},
    {"xchar", CHAR_XCHAR, "\x21\x2a\x2c\x3c\x3e\x7e"},
    {"VCHAR", CHAR_VCHAR, "\x21\x7e"},
    {"ftext", CHAR_FTEXT, "\x21\x39\x3b\x7e"},
    {"base64", CHAR_BASE64, "AZaz09++//=="},
};

static bool in_ranges(int c, const char *ranges)
{
    for (; *ranges != '\0'; ranges += 2)
        if (c >= ranges[0] && c <= ranges[1])
            return true;
    return false;
}

int main(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (int c = 0; c < 256; c++)
            if (chars_is((char)c, cases[i].mask) != in_ranges(c, cases[i].ranges)) {
                fprintf(stderr, "%s: octet 0x%02x\n", cases[i].rule, (unsigned)c);
                test_failures++;
            }
    return test_end("smtp_chars");
}
