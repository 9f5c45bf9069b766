/* spamd.c: reads an answer of spamd (its PROTOCOL document, version 1.5); pure. */
#include "filters/spamassassin/spamd.h"

#define SCORE_MAX 1000000                  /* to which more digits are added no more */
#define NO_LINE   ((struct span){NULL, 1}) /* the end of the header has not been seen */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* score = ["-" / "+"] 1*DIGIT ["." *DIGIT] */
bool spamd_score(struct span s, int64_t *out)
{
    bool negative = s.len != 0 && s.ptr[0] == '-';
    int64_t score = 0, unit = 1000;
    size_t at = negative || (s.len != 0 && s.ptr[0] == '+') ? 1 : 0, begin = at;

    for (; at < s.len && is_digit(s.ptr[at]); at++)
        if (score < SCORE_MAX)
            score = score * 10 + (s.ptr[at] - '0');
    if (at == begin)
        return false;
    score *= unit;
    if (at < s.len && s.ptr[at] == '.')
        for (at++; at < s.len && is_digit(s.ptr[at]); at++)
            score += (s.ptr[at] - '0') * (unit /= 10);
    *out = negative ? -score : score;
    return at == s.len;
}

/* Takes a line off the front of *text, without its CRLF; false when there is no whole one. */
static bool next_line(struct span *text, struct span *line)
{
    const char *end = memmem(text->ptr, text->len, "\r\n", 2);

    if (end == NULL)
        return false;
    *line = span_of(text->ptr, (size_t)(end - text->ptr));
    *text = span_skip(*text, line->len + 2);
    return true;
}

/* The value of a header line of that name. */
static bool is_field(struct span line, struct span name, struct span *value)
{
    if (line.len <= name.len || line.ptr[name.len] != ':' || !span_starts_nocase(line, name))
        return false;
    *value = span_trim(span_skip(line, name.len + 1));
    return true;
}

/* value = ("True" / "False" / "Yes" / "No") SP ";" SP score SP "/" SP threshold */
static bool read_spam(struct span value, int64_t *score)
{
    const char *from = memchr(value.ptr, ';', value.len);
    const char *to = memchr(value.ptr, '/', value.len);

    if (from == NULL || to == NULL || to < from)
        return false;
    return spamd_score(span_trim(span_of(from + 1, (size_t)(to - from) - 1)), score);
}

static bool read_length(struct span value, size_t *out)
{
    *out = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (!is_digit(value.ptr[i]) || *out > SCORE_MAX)
            return false;
        *out = *out * 10 + (size_t)(value.ptr[i] - '0');
    }
    return value.len != 0;
}

/* "SPAMD/" version SP "0" SP text: nothing went wrong. */
static bool is_ok(struct span line)
{
    const char *space = line.len != 0 ? memchr(line.ptr, ' ', line.len) : NULL;

    if (space == NULL || !span_starts_nocase(line, SPAN("SPAMD/")))
        return false;
    return span_starts_nocase(span_of(space, (size_t)(line.ptr + line.len - space)), SPAN(" 0 "));
}

bool spamd_parse(struct span text, struct spamd_answer *out)
{
    bool scored = false, measured = false;
    size_t length = 0;
    struct span line = NO_LINE, value;

    *out = (struct spamd_answer){.score = 0};
    if (!next_line(&text, &out->status) || !is_ok(out->status))
        return false;
    while (next_line(&text, &line) && line.len != 0) {
        if (is_field(line, SPAN("Spam"), &value))
            scored = read_spam(value, &out->score);
        else if (is_field(line, SPAN("Content-length"), &value))
            measured = read_length(value, &length);
        line = NO_LINE;
    }
    if (line.len != 0 || !scored || !measured || length != text.len)
        return false;
    while (text.len != 0 && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r'))
        text.len--;
    out->tests = text;
    return true;
}
