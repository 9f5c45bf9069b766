/* param_values.c: one check for the value of each ESMTP parameter, the rule above it. Which parameters there
 * are is left to params.c. */
#include "smtp/param_values.h"

#include "base/text.h"
#include "smtp/address.h"
#include "smtp/chars.h"
#include "smtp/words.h"
#include "smtp/xtext.h"

#define XTEXT_MAX   500 /* RFC 3461 4.2, RFC 4954 4 */
#define ENVID_MAX   100 /* RFC 3461 4.4 */
#define SOLICIT_MAX 1000

static const struct address_limits MAILBOX_LIMITS = {.local_part = 64, .domain = 255, .path = 256};

static bool is_control(unsigned char c)
{
    return c < 0x20 || c == 0x7f;
}

static bool one_of(struct span value, const char *const words[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (span_eq_nocase(value, span_str(words[i])))
            return true;
    return false;
}

#define ONE_OF(value, words) one_of((value), (words), sizeof(words) / sizeof((words)[0]))

/* Takes min to max octets of the class off *s. */
static bool take(struct span *s, unsigned mask, size_t min, size_t max)
{
    size_t n = 0;

    while (n < s->len && chars_is(s->ptr[n], mask))
        n++;
    if (n < min || n > max)
        return false;
    *s = span_skip(*s, n);
    return true;
}

static bool take_char(struct span *s, char c)
{
    if (s->len == 0 || span_lower_byte(s->ptr[0]) != span_lower_byte(c))
        return false;
    *s = span_skip(*s, 1);
    return true;
}

/* All of s consists of the class. */
static bool all(struct span s, unsigned mask)
{
    return take(&s, mask, 1, s.len) && s.len == 0;
}

bool param_absent_valid(struct span value, bool utf8)
{
    (void)utf8;
    return value.ptr == NULL;
}

/* size-value ::= 1*20DIGIT; more than 64 bits hold is no size. */
bool param_size_valid(struct span value, bool utf8)
{
    uint64_t size;

    (void)utf8;
    return value.len <= 20 && words_number(value, UINT64_MAX, &size);
}

/* body-value ::= "7BIT" / "8BITMIME" / "BINARYMIME" */
bool param_body_valid(struct span value, bool utf8)
{
    static const char *const words[] = {"7BIT", "8BITMIME", "BINARYMIME"};

    (void)utf8;
    return ONE_OF(value, words);
}

/* ret-value = "FULL" / "HDRS" */
bool param_ret_valid(struct span value, bool utf8)
{
    static const char *const words[] = {"FULL", "HDRS"};

    (void)utf8;
    return ONE_OF(value, words);
}

/* envid-parameter = "ENVID=" xtext ; decoded: printable US-ASCII */
bool param_envid_valid(struct span value, bool utf8)
{
    char bytes[ENVID_MAX];
    struct text decoded = TEXT(bytes);

    (void)utf8;
    if (value.len == 0 || value.len > ENVID_MAX || !xtext_decode(value, &decoded))
        return false;
    for (size_t i = 0; i < decoded.len; i++)
        if ((unsigned char)bytes[i] >= 0x80)
            return false;
    return true;
}

/* notify-esmtp-value = "NEVER" / notify-list-element *( "," notify-list-element )
 * notify-list-element = "SUCCESS" / "FAILURE" / "DELAY" ; each at most once */
bool param_notify_valid(struct span value, bool utf8)
{
    static const char *const words[] = {"SUCCESS", "FAILURE", "DELAY"};
    unsigned seen = 0;

    (void)utf8;
    if (span_eq_nocase(value, SPAN("NEVER")))
        return true;
    for (;;) {
        const char *comma = value.len != 0 ? memchr(value.ptr, ',', value.len) : NULL;
        struct span word = span_first(value, comma != NULL ? (size_t)(comma - value.ptr) : value.len);
        unsigned bit = 0;

        for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
            if (span_eq_nocase(word, span_str(words[i])))
                bit = 1u << i;
        if (bit == 0 || (seen & bit) != 0)
            return false;
        seen |= bit;
        if (comma == NULL)
            return true;
        value = span_skip(value, word.len + 1);
    }
}

/* EmbeddedUnicodeChar = "\x{" HEXPOINT "}" ; a code point of two to six hexadecimal digits
 * The octets after the backslash, taken off *s; false when malformed or a control character. */
static bool take_embedded(struct span *s)
{
    uint32_t point = 0;
    struct span digits;

    if (!take_char(s, 'x') || !take_char(s, '{'))
        return false;
    digits = *s;
    if (!take(s, CHAR_HEXDIG, 2, 6))
        return false;
    for (const char *at = digits.ptr; at < s->ptr; at++)
        point = point * 16 + (uint32_t)chars_hex(*at);
    return point <= 0x10ffff && (point > 0xff || !is_control((unsigned char)point)) && take_char(s, '}');
}

/* utf-8-enc-addr = utf-8-addr-xtext / utf-8-addr-unitext ; RFC 6533 3
 * QCHAR: printable US-ASCII without "\", "+" and "="; octets >= 0x80 only in well-formed UTF-8 */
static bool utf8_address(struct span s, bool utf8)
{
    if (s.len == 0 || !address_utf8_valid(s))
        return false;
    while (s.len != 0) {
        char c = s.ptr[0];
        bool ok = chars_is(c, CHAR_XCHAR);

        s = span_skip(s, 1);
        if (c == '\\')
            ok = take_embedded(&s);
        else if ((unsigned char)c >= 0x80)
            ok = utf8;
        if (!ok)
            return false;
    }
    return true;
}

/* original-recipient-address = addr-type ";" xtext ; addr-type = atom */
bool param_orcpt_valid(struct span value, bool utf8)
{
    char bytes[XTEXT_MAX];
    struct text decoded = TEXT(bytes);
    struct span rest = value;

    if (value.len > XTEXT_MAX || !take(&rest, CHAR_ATEXT, 1, rest.len) || !take_char(&rest, ';'))
        return false;
    if (span_starts_nocase(value, SPAN("utf-8;")))
        return utf8_address(rest, utf8);
    return xtext_decode(rest, &decoded);
}

/* AUTH=xtext ; decoded: "<>" or a mailbox */
bool param_auth_valid(struct span value, bool utf8)
{
    char bytes[XTEXT_MAX];
    struct text decoded = TEXT(bytes);
    struct path path;

    if (value.len == 0 || value.len > XTEXT_MAX || !xtext_decode(value, &decoded))
        return false;
    return span_eq(text_span(&decoded), SPAN("<>")) ||
           address_mailbox(text_span(&decoded), &MAILBOX_LIMITS, utf8, &path) == 0;
}

/* by-value = by-time ";" by-mode [by-trace] ; by-time = ["-" / "+"] 1*9DIGIT ; by-mode = "N" / "R"
 * by-trace = "T" ; a message to be returned must be given time */
bool param_by_valid(struct span value, bool utf8)
{
    bool negative = take_char(&value, '-');
    struct span time;
    uint64_t seconds;

    (void)utf8;
    if (!negative)
        (void)take_char(&value, '+');
    time = value;
    if (!take(&value, CHAR_DIGIT, 1, 9))
        return false;
    time.len -= value.len;
    if (!words_number(time, UINT64_MAX, &seconds) || !take_char(&value, ';'))
        return false;
    if (take_char(&value, 'R')) {
        if (negative || seconds == 0)
            return false;
    } else if (!take_char(&value, 'N')) {
        return false;
    }
    (void)take_char(&value, 'T');
    return value.len == 0;
}

/* priority-value = (["-"] NZDIGIT) / "0" */
bool param_priority_valid(struct span value, bool utf8)
{
    bool negative = take_char(&value, '-');

    (void)utf8;
    return value.len == 1 && chars_is(value.ptr[0], CHAR_DIGIT) && !(negative && value.ptr[0] == '0');
}

/* Solicitation-keywords = word *("," word) ; word = ALPHA *wordchar
 * wordchar = "." / "-" / "_" / ":" / ALPHA / DIGIT */
bool param_solicit_valid(struct span value, bool utf8)
{
    bool first = true;

    (void)utf8;
    if (value.len == 0 || value.len > SOLICIT_MAX)
        return false;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        bool letter = chars_is(c, CHAR_LETDIG) && !chars_is(c, CHAR_DIGIT);
        bool other = chars_is(c, CHAR_DIGIT) || c == '.' || c == '-' || c == '_' || c == ':' || c == ',';

        if (!letter && (first || !other))
            return false;
        first = c == ',';
    }
    return !first;
}

/* future-release-integer = %x31-39 *8DIGIT */
bool param_holdfor_valid(struct span value, bool utf8)
{
    (void)utf8;
    return value.len <= 9 && all(value, CHAR_DIGIT) && value.ptr[0] != '0';
}

/* Takes so many digits with a value of min to max off *s. */
static bool take_number(struct span *s, size_t digits, uint64_t min, uint64_t max)
{
    struct span number = span_first(*s, digits);
    uint64_t value;

    if (number.len != digits || !words_number(number, max, &value) || value < min)
        return false;
    *s = span_skip(*s, digits);
    return true;
}

/* time-offset = "Z" / (("+" / "-") time-hour ":" time-minute) */
static bool take_offset(struct span *s)
{
    if (take_char(s, 'Z'))
        return true;
    return (take_char(s, '+') || take_char(s, '-')) && take_number(s, 2, 0, 23) && take_char(s, ':') &&
           take_number(s, 2, 0, 59);
}

/* date-time = full-date "T" full-time ; full-date = 4DIGIT "-" 2DIGIT "-" 2DIGIT
 * full-time = 2DIGIT ":" 2DIGIT ":" 2DIGIT ["." 1*DIGIT] time-offset */
static bool take_date(struct span *s)
{
    if (!take_number(s, 4, 0, 9999) || !take_char(s, '-') || !take_number(s, 2, 1, 12) ||
        !take_char(s, '-') || !take_number(s, 2, 1, 31) || !take_char(s, 'T'))
        return false;
    if (!take_number(s, 2, 0, 23) || !take_char(s, ':') || !take_number(s, 2, 0, 59) || !take_char(s, ':') ||
        !take_number(s, 2, 0, 60))
        return false;
    if (take_char(s, '.') && !take(s, CHAR_DIGIT, 1, 9))
        return false;
    return take_offset(s);
}

bool param_date_valid(struct span value, bool utf8)
{
    (void)utf8;
    return take_date(&value) && value.len == 0;
}

/* rrvs-param = date-time [ ";" ( "C" / "R" ) ] */
bool param_rrvs_valid(struct span value, bool utf8)
{
    (void)utf8;
    if (!take_date(&value))
        return false;
    if (take_char(&value, ';') && !take_char(&value, 'C') && !take_char(&value, 'R'))
        return false;
    return value.len == 0;
}

/* mtrk-parameter = "MTRK=" mtrk-certifier [ ":" mtrk-timeout ] ; mtrk-certifier = base64 without padding
 * mtrk-timeout = 1*9DIGIT */
bool param_mtrk_valid(struct span value, bool utf8)
{
    (void)utf8;
    if (!take(&value, CHAR_BASE64, 1, 128))
        return false;
    if (take_char(&value, ':') && !take(&value, CHAR_DIGIT, 1, 9))
        return false;
    return value.len == 0;
}

bool param_xverp_valid(struct span value, bool utf8)
{
    (void)utf8;
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] != '-' && value.ptr[i] != '+' && value.ptr[i] != '=')
            return false;
    return value.ptr == NULL || value.len == 2;
}
