/* content_value.c: what the parameters of a field come to (RFC 2231): sections joined, quotes, escapes and
 * charset undone. */
#include "mail/cfws.h"
#include "mail/charset.h"
#include "mail/content_private.h"
#include "mail/decode_private.h"
#include "mail/encoded_word.h"

/* The pieces of one parameter, in the order in which a reader would join them. */
struct reading {
    const struct content_piece *pieces[CONTENT_PARAMETERS_MAX];
    unsigned count;
};

/* --- octets --------------------------------------------------------------------------------------------- */

/* quoted-pair = "\" (VCHAR / WSP); folds are undone, quotes vanish. */
static void unquote(const struct content_piece *piece, struct text *to)
{
    struct span s = piece->raw;
    bool quoted = s.len != 0 && s.ptr[0] == '"';

    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\r' || s.ptr[i] == '\n')
            continue;
        if (quoted && s.ptr[i] == '"')
            continue;
        if (quoted && s.ptr[i] == '\\' && i + 1 < s.len)
            i++;
        text_char(to, s.ptr[i]);
    }
}

/* ext-octet := "%" 2(DIGIT / "A" / "B" / "C" / "D" / "E" / "F"); undone in place from `at` on. */
static bool undo_percent(struct text *text, size_t at)
{
    size_t to = at;
    bool good = true;

    for (; at < text->len; at++) {
        int high = at + 2 < text->len ? hex_of(text->ptr[at + 1]) : -1;
        int low = at + 2 < text->len ? hex_of(text->ptr[at + 2]) : -1;
        bool escape = text->ptr[at] == '%' && high >= 0 && low >= 0;
        good = good && (escape || text->ptr[at] != '%');
        text->ptr[to++] = (char)(escape ? high << 4 | low : text->ptr[at]);
        at += escape ? 2 : 0;
    }
    text->len = to;
    return good;
}

/* extended-initial-value := [charset] "'" [language] "'" extended-other-values. What is behind it is `*at`.
 */
static bool take_charset(const struct text *text, struct span *charset, size_t *at)
{
    const char *first = memchr(text->ptr, '\'', text->len), *second;

    if (first == NULL)
        return false;
    *charset = span_of(text->ptr, (size_t)(first - text->ptr));
    second = memchr(first + 1, '\'', text->len - charset->len - 1);
    if (second == NULL)
        return false;
    *at = (size_t)(second - text->ptr) + 1;
    return true;
}

/* The octets of the value, before charset or encoded words: in `octets`, from `*begin` on. */
static void gather(const struct reading *reading, struct text *octets, struct span *charset, size_t *begin,
                   uint64_t *anomalies)
{
    bool good = true;

    *charset = span_of(NULL, 0);
    *begin = 0;
    for (unsigned i = 0; i < reading->count; i++) {
        size_t at = octets->len;
        unquote(reading->pieces[i], octets);
        if (!reading->pieces[i]->extended)
            continue;
        if (i == 0 && take_charset(octets, charset, &at))
            *begin = at;
        else if (i == 0)
            good = false;
        good = undo_percent(octets, at) && good;
    }
    if (!good)
        *anomalies |= anomaly_bit(ANOMALY_PARAMETER_SYNTAX);
}

/* --- one reading ---------------------------------------------------------------------------------------- */

/* Encoded words in a value are none by the standard (RFC 2047 5 (3)); mailers write them all the same. */
static uint64_t put_value(struct span octets, struct span charset, bool extended, struct text *to)
{
    uint64_t anomalies;

    if (!extended && octets.len != 0 && memmem(octets.ptr, octets.len, "=?", 2) != NULL)
        return encoded_word_text(octets, to);
    anomalies = charset_convert(charset, octets, to);
    if (!extended && (anomalies & anomaly_bit(ANOMALY_CHARSET_INVALID)) != 0)
        anomalies ^= anomaly_bit(ANOMALY_CHARSET_INVALID) | anomaly_bit(ANOMALY_HEADER_OCTETS);
    return anomalies;
}

static size_t raw_octets(const struct reading *reading)
{
    size_t n = 0;

    for (unsigned i = 0; i < reading->count; i++)
        n += reading->pieces[i]->raw.len;
    return n;
}

/* Octets are put together at the far end of the room, and become text at its near end. */
static void emit(const struct reading *reading, struct content *out, struct text *to)
{
    struct content_parameter *parameter = &out->parameters[out->count];
    size_t raw = raw_octets(reading), name_len = reading->pieces[0]->name.len, begin;
    struct text near = *to, octets;
    struct span charset;
    bool extended = false;

    if (raw > to->size - to->len || out->count == CONTENT_PARAMETERS_MAX) {
        out->anomalies |= anomaly_bit(ANOMALY_PARAMETER_SYNTAX);
        return;
    }
    near.size -= raw;
    octets = (struct text){to->ptr + near.size, 0, raw, false};
    for (unsigned i = 0; i < reading->count; i++)
        extended = extended || reading->pieces[i]->extended;
    gather(reading, &octets, &charset, &begin, &out->anomalies);
    text_add(&near, reading->pieces[0]->name);
    out->anomalies |= put_value(span_skip(text_span(&octets), begin), charset, extended, &near);
    if (near.cut) {
        out->anomalies |= anomaly_bit(ANOMALY_PARAMETER_SYNTAX);
        return;
    }
    for (size_t i = to->len; i < to->len + name_len; i++)
        to->ptr[i] = span_lower_byte(to->ptr[i]);
    parameter->name = span_of(to->ptr + to->len, name_len);
    parameter->value = span_of(to->ptr + to->len + name_len, near.len - to->len - name_len);
    parameter->extended = extended || reading->pieces[0]->section != CONTENT_WHOLE;
    to->len = near.len;
    out->count++;
}

/* --- sections ------------------------------------------------------------------------------------------- */

/* The sections of pieces[0]'s parameter, by number, those of one number in the order in which they stand. */
static void collect(const struct content_piece *pieces, unsigned count, bool *taken, struct reading *all)
{
    all->count = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned at = all->count;
        if (taken[i] || pieces[i].section == CONTENT_WHOLE || !span_eq_nocase(pieces[i].name, pieces[0].name))
            continue;
        taken[i] = true;
        for (; at > 0 && all->pieces[at - 1]->section > pieces[i].section; at--)
            all->pieces[at] = all->pieces[at - 1];
        all->pieces[at] = &pieces[i];
        all->count++;
    }
}

/* One section of each number: the first or the last; up to the first number that is missing, or all. */
static void choose(const struct reading *all, bool last, bool to_gap, struct reading *chosen)
{
    chosen->count = 0;
    for (unsigned i = 0; i < all->count; i++) {
        uint32_t section = all->pieces[i]->section;
        bool again = i != 0 && all->pieces[i - 1]->section == section;
        if (to_gap && !again && section != chosen->count)
            break;
        if (!again)
            chosen->pieces[chosen->count++] = all->pieces[i];
        else if (last)
            chosen->pieces[chosen->count - 1] = all->pieces[i];
    }
}

/* Readers differ when a number is there twice, or missing. */
static void join_sections(const struct reading *all, struct content *out, struct text *to)
{
    struct reading chosen;
    unsigned numbers;

    choose(all, false, false, &chosen);
    numbers = chosen.count;
    emit(&chosen, out, to);
    if (numbers != all->count) {
        out->anomalies |= anomaly_bit(ANOMALY_PARAMETER_SYNTAX);
        choose(all, true, false, &chosen);
        emit(&chosen, out, to);
    }
    choose(all, false, true, &chosen);
    if (chosen.count == numbers)
        return;
    out->anomalies |= anomaly_bit(ANOMALY_PARAMETER_SYNTAX);
    if (chosen.count != 0)
        emit(&chosen, out, to);
}

void content_join(const struct content_piece *pieces, unsigned count, struct content *out, struct text *to)
{
    bool taken[CONTENT_PARAMETERS_MAX] = {false};
    struct reading reading;

    for (unsigned i = 0; i < count; i++) {
        if (taken[i])
            continue;
        if (pieces[i].section != CONTENT_WHOLE) {
            collect(pieces + i, count - i, taken + i, &reading);
            join_sections(&reading, out, to);
        } else {
            reading = (struct reading){{&pieces[i]}, 1};
            emit(&reading, out, to);
        }
    }
}
