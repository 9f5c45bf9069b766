/* glob.c: patterns as a shell has them. On a mismatch only the last star takes one octet more: what an
 * earlier one would take instead cannot help. */
#include "filters/attachments/glob.h"

static bool is_tail(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* The octets of a set at the head of the pattern; 0 when it is none: "[" without "]". */
static size_t set_len(struct span pattern)
{
    size_t at = 1;

    at += at < pattern.len && (pattern.ptr[at] == '!' || pattern.ptr[at] == '^');
    at += at < pattern.len && pattern.ptr[at] == ']';
    while (at < pattern.len && pattern.ptr[at] != ']')
        at++;
    return at < pattern.len ? at + 1 : 0;
}

/* set: what stands between the brackets. */
static bool set_holds(struct span set, char c)
{
    bool negated = set.ptr[0] == '!' || set.ptr[0] == '^', found = false;
    unsigned char octet = (unsigned char)span_lower_byte(c);

    for (size_t i = negated ? 1 : 0; i < set.len; i++) {
        bool range = set.len - i > 2 && set.ptr[i + 1] == '-';
        unsigned char low = (unsigned char)span_lower_byte(set.ptr[i]);
        unsigned char high = range ? (unsigned char)span_lower_byte(set.ptr[i + 2]) : low;
        found = found || (octet >= low && octet <= high);
        i += range ? 2 : 0;
    }
    return found != negated;
}

/* One element of the pattern that is no star against the head of a text that is not empty: the octets of both
 * that it takes; false: it does not fit. */
static bool element(struct span pattern, struct span text, size_t *used, size_t *taken)
{
    size_t len = pattern.ptr[0] == '[' ? set_len(pattern) : 0;

    *taken = 1;
    *used = 1;
    if (len > 0) {
        *used = len;
        return set_holds(span_of(pattern.ptr + 1, len - 2), text.ptr[0]);
    }
    if (pattern.ptr[0] == '?') {
        while (*taken < text.len && *taken < 4 && !is_tail(text.ptr[0]) && is_tail(text.ptr[*taken]))
            (*taken)++;
        return true;
    }
    if (pattern.ptr[0] == '\\' && pattern.len > 1)
        *used = 2;
    return span_lower_byte(pattern.ptr[*used - 1]) == span_lower_byte(text.ptr[0]);
}

bool glob_match(struct span pattern, struct span text)
{
    struct span star = {NULL, 0}, from = text;
    size_t used, taken;

    while (text.len > 0 || pattern.len > 0) {
        if (pattern.len > 0 && pattern.ptr[0] == '*') {
            pattern = star = span_skip(pattern, 1);
            from = text;
        } else if (pattern.len > 0 && text.len > 0 && element(pattern, text, &used, &taken)) {
            pattern = span_skip(pattern, used);
            text = span_skip(text, taken);
        } else if (star.ptr != NULL && from.len > 0) {
            pattern = star;
            text = from = span_skip(from, 1);
        } else {
            return false;
        }
    }
    return true;
}
