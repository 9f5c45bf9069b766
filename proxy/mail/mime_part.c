/* mime_part.c: what a header section says about its part (RFC 2045, 2183); reading the section is left to
 * header.c, taking values apart to content.c. */
#include <string.h>

#include "mail/mime_private.h"

#define BOUNDARY_MAX 70 /* RFC 2046 5.1.1 */

static void note(struct level *level, enum anomaly anomaly)
{
    level->part.anomalies |= anomaly_bit(anomaly);
}

/* A copy that lives as long as the level; absent, and an anomaly, when there is no room. */
static struct span keep(struct level *level, struct span s)
{
    size_t at = level->strings.len;

    if (s.len > level->strings.size - at) {
        note(level, ANOMALY_PARAMETER_SYNTAX);
        return span_of(NULL, 0);
    }
    text_add(&level->strings, s);
    return span_of(level->strings.ptr + at, s.len);
}

/* --- names ---------------------------------------------------------------------------------------------- */

/* U+202A..202E, U+2066..2069: text that is not shown in the order in which it is written. */
static bool turns_direction(struct span s, size_t at)
{
    const unsigned char *p = (const unsigned char *)s.ptr + at;

    return s.len - at >= 3 && p[0] == 0xe2 &&
           ((p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae) || (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));
}

static bool dangerous(struct span name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (c < 0x20 || c == 0x7f || c == '/' || c == '\\' || turns_direction(name, i))
            return true;
    }
    return name.len != 0 && (name.ptr[name.len - 1] == '.' || name.ptr[name.len - 1] == ' ');
}

/* A name that some reader would give the part. */
static void take_name(struct level *level, struct span name)
{
    struct mime_part *part = &level->part;

    if (dangerous(name))
        note(level, ANOMALY_NAME_DANGEROUS);
    if (part->filename.ptr == NULL) {
        part->filename = keep(level, name);
        return;
    }
    if (span_eq(part->filename, name))
        return;
    note(level, ANOMALY_NAME_CONFLICT);
    if (part->other_name.ptr == NULL)
        part->other_name = keep(level, name);
}

static void take_names(struct level *level, const struct content *content, struct span which)
{
    const struct content_parameter *parameter;

    for (unsigned n = 0; (parameter = content_parameter(content, which, n)) != NULL; n++) {
        if (n == 1)
            note(level, ANOMALY_DUPLICATE_PARAMETER);
        take_name(level, parameter->value);
    }
}

/* --- Content-Type --------------------------------------------------------------------------------------- */

/* boundary := 0*69<bchars> bcharsnospace */
static bool boundary_good(struct span s)
{
    static const char marks[] = "'()+_,-./:=? ";

    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || strchr(marks, c) == NULL))
            return false;
    }
    return s.len != 0 && s.len <= BOUNDARY_MAX && s.ptr[s.len - 1] != ' ';
}

/* Readers differ in which of several they take: both count. */
static void take_boundaries(struct level *level, const struct content *content)
{
    const struct content_parameter *parameter;

    for (unsigned n = 0; (parameter = content_parameter(content, SPAN("boundary"), n)) != NULL; n++) {
        if (!boundary_good(parameter->value))
            note(level, ANOMALY_BOUNDARY_BAD);
        if (level->part.boundary.ptr == NULL) {
            level->part.boundary = keep(level, parameter->value);
        } else if (!span_eq(level->part.boundary, parameter->value)) {
            note(level, ANOMALY_DUPLICATE_PARAMETER);
            level->other_boundary = keep(level, parameter->value);
        }
    }
}

static void take_charset(struct level *level, const struct content *content)
{
    const struct content_parameter *first = content_parameter(content, SPAN("charset"), 0);
    const struct content_parameter *second = content_parameter(content, SPAN("charset"), 1);

    if (first != NULL && level->part.charset.ptr == NULL)
        level->part.charset = keep(level, first->value);
    if (first != NULL && second != NULL && !span_eq_nocase(first->value, second->value))
        note(level, ANOMALY_DUPLICATE_PARAMETER);
}

/* With two of them a multipart is taken before anything else, so that nothing hides in its parts. */
static void take_type(struct level *level, const struct content *content)
{
    struct mime_part *part = &level->part;
    bool multipart = span_eq(content->type, SPAN("multipart"));

    if (level->typed)
        note(level, ANOMALY_DUPLICATE_FIELD);
    if (content->type.len == 0 || content->subtype.len == 0) {
        note(level, ANOMALY_CONTENT_TYPE);
        level->typed = true;
        return;
    }
    if (!level->typed || (multipart && !span_eq(part->type, SPAN("multipart")))) {
        part->type = keep(level, content->type);
        part->subtype = keep(level, content->subtype);
    }
    level->typed = true;
}

static void content_type(struct level *level, struct span value, struct text *room)
{
    struct content content;

    content_parse(value, false, &content, room);
    level->part.anomalies |= content.anomalies;
    take_type(level, &content);
    take_boundaries(level, &content);
    take_charset(level, &content);
    take_names(level, &content, SPAN("name"));
}

/* --- the other fields ----------------------------------------------------------------------------------- */

static void content_disposition(struct level *level, struct span value, struct text *room)
{
    struct content content;

    content_parse(value, true, &content, room);
    level->part.anomalies |= content.anomalies;
    if (level->part.disposition.ptr != NULL)
        note(level, ANOMALY_DUPLICATE_FIELD);
    else
        level->part.disposition = keep(level, content.type);
    /* What is said here goes before the type's name, wherever the two fields stand. */
    struct span by_type = level->part.filename;
    if (content_parameter(&content, SPAN("filename"), 0) != NULL)
        level->part.filename = span_of(NULL, 0);
    take_names(level, &content, SPAN("filename"));
    if (by_type.ptr != NULL && level->part.filename.ptr != by_type.ptr)
        take_name(level, by_type);
}

static void content_encoding(struct level *level, struct span value, struct text *room)
{
    enum decode_encoding encoding = decode_encoding(value);

    (void)room;
    if (encoding == DECODE_UNKNOWN)
        note(level, ANOMALY_ENCODING_UNKNOWN);
    if (level->encoded) {
        note(level, ANOMALY_DUPLICATE_FIELD);
        if (encoding != level->part.encoding)
            note(level, ANOMALY_ENCODING_UNKNOWN);
        level->raw_too = level->raw_too || encoding != level->part.encoding;
        if (level->part.encoding != DECODE_IDENTITY && level->part.encoding != DECODE_UNKNOWN)
            return;
    }
    level->encoded = true;
    level->part.encoding = encoding;
    level->raw_too = level->raw_too || encoding == DECODE_UNKNOWN;
}

static void content_id(struct level *level, struct span value, struct text *room)
{
    struct span id = span_trim(value);

    (void)room;
    if (id.len >= 2 && id.ptr[0] == '<' && id.ptr[id.len - 1] == '>')
        id = span_of(id.ptr + 1, id.len - 2);
    if (level->part.id.ptr == NULL)
        level->part.id = keep(level, id);
    else
        note(level, ANOMALY_DUPLICATE_FIELD);
}

static const struct {
    const char *name;
    void (*take)(struct level *level, struct span value, struct text *room);
} fields[] = {
    {"Content-Type", content_type},
    {"Content-Disposition", content_disposition},
    {"Content-Transfer-Encoding", content_encoding},
    {"Content-ID", content_id},
};

/* RFC 5322 3.6: once at most. */
static const char *const singles[] = {"From",       "Sender",      "Reply-To",   "To",
                                      "Cc",         "Bcc",         "Date",       "Subject",
                                      "Message-ID", "In-Reply-To", "References", "MIME-Version"};

static void count_single(struct level *level, struct span name)
{
    for (unsigned i = 0; i < sizeof(singles) / sizeof(singles[0]); i++) {
        if (!span_eq_nocase(name, span_str(singles[i])))
            continue;
        if ((level->seen >> i & 1u) != 0)
            note(level, ANOMALY_DUPLICATE_FIELD);
        level->seen |= 1u << i;
    }
}

static bool is_utf8(struct span s)
{
    struct charset check = {0};
    char out[256];
    size_t made;

    charset_open(&check, SPAN("utf-8"));
    while (s.len != 0)
        s = span_skip(s, charset_feed(&check, s, out, sizeof(out), &made));
    (void)charset_finish(&check, out);
    return (check.anomalies & anomaly_bit(ANOMALY_CHARSET_INVALID)) == 0;
}

void part_field(struct level *level, struct span name, struct span value)
{
    char bytes[4 * MIME_STRINGS];
    struct text room = TEXT(bytes);
    struct span bare = span_trim(name);

    if (level->header.spaced)
        note(level, ANOMALY_HEADER_SPACE_COLON);
    if (!is_utf8(value))
        note(level, ANOMALY_HEADER_OCTETS);
    count_single(level, bare);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (span_eq_nocase(bare, span_str(fields[i].name)))
            fields[i].take(level, value, &room);
}

/* --- the whole ------------------------------------------------------------------------------------------ */

static void default_type(struct level *level)
{
    struct mime_part *part = &level->part;
    bool in_digest = level->outer != NULL && level->outer->digest;

    if (part->type.ptr != NULL)
        return;
    part->type = in_digest ? SPAN("message") : SPAN("text");
    part->subtype = in_digest ? SPAN("rfc822") : SPAN("plain");
}

void part_settle(struct level *level)
{
    struct mime_part *part = &level->part;
    bool message;

    default_type(level);
    message = span_eq(part->type, SPAN("message"));
    part->multipart = span_eq(part->type, SPAN("multipart"));
    part->message =
        message && (span_eq(part->subtype, SPAN("rfc822")) || span_eq(part->subtype, SPAN("global")));
    part->text = span_eq(part->type, SPAN("text"));
    level->digest = part->multipart && span_eq(part->subtype, SPAN("digest"));
    if (part->multipart && part->boundary.len == 0) {
        note(level, ANOMALY_BOUNDARY_MISSING);
        part->multipart = false;
        part->text = true; /* readers show it as a text */
    }
    if (message && span_eq(part->subtype, SPAN("partial")))
        note(level, ANOMALY_PARTIAL);
    if (message && span_eq(part->subtype, SPAN("external-body")))
        note(level, ANOMALY_EXTERNAL);
    if ((part->multipart || part->message) && part->encoding != DECODE_IDENTITY &&
        part->encoding != DECODE_UNKNOWN)
        note(level, ANOMALY_ENCODING_ON_MULTIPART);
}
