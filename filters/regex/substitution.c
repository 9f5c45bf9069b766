/* substitution.c: takes such a line apart once, and puts the replacement together often. */
#include "filters/regex/substitution.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

/* What one look may cost. */
enum { MATCH_STEPS = 100000, MATCH_DEPTH = 10000, MATCH_HEAP = 1024 /* KiB */ };

#define PIECES 32 /* of a replacement */

/* A piece of the replacement: text, or what a group matched. */
struct piece {
    struct span text;
    int group; /* -1: text */
};

struct substitution {
    pcre2_code *code;
    pcre2_match_context *limits;
    struct span target;
    unsigned count;
    struct piece pieces[PIECES];
    char line[]; /* what the spans point into */
};

/* --- reading -------------------------------------------------------------------------------------------- */

/* The pattern, from behind the first slash to the next one that no backslash stands before; absent when there
 * is none. */
static struct span pattern_of(const char *line)
{
    size_t at = 1;

    while (line[at] != '/' && line[at] != '\0')
        at += line[at] == '\\' && line[at + 1] != '\0' ? 2 : 1;
    return line[at] == '/' ? span_of(line + 1, at - 1) : span_of(NULL, 0);
}

static bool compile(struct substitution *out, struct span pattern, uint32_t flags,
                    char error[SUBSTITUTION_ERROR])
{
    int number = 0, len;
    size_t offset = 0;

    out->code =
        pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len, flags | PCRE2_NEVER_UTF, &number, &offset, NULL);
    if (out->code == NULL) {
        len = pcre2_get_error_message(number, (PCRE2_UCHAR *)error, SUBSTITUTION_ERROR);
        if (len > 0)
            (void)snprintf(error + len, SUBSTITUTION_ERROR - (size_t)len, " at offset %zu of the pattern",
                           offset);
        return false;
    }
    out->limits = pcre2_match_context_create(NULL);
    if (out->limits == NULL) {
        (void)snprintf(error, SUBSTITUTION_ERROR, "memory is short");
        return false;
    }
    /* Where the system allows no machine code, PCRE2 interprets. */
    (void)pcre2_jit_compile(out->code, PCRE2_JIT_COMPLETE);
    pcre2_set_match_limit(out->limits, MATCH_STEPS);
    pcre2_set_depth_limit(out->limits, MATCH_DEPTH);
    pcre2_set_heap_limit(out->limits, MATCH_HEAP);
    return true;
}

/* The group of a number or a name; -1 when there is none. */
static int group_of(const struct substitution *substitution, struct span name)
{
    char bytes[40];
    uint32_t groups = 0;
    long number;
    char *end;

    if (name.len == 0 || name.len >= sizeof(bytes))
        return -1;
    (void)snprintf(bytes, sizeof(bytes), "%.*s", (int)name.len, name.ptr);
    (void)pcre2_pattern_info(substitution->code, PCRE2_INFO_CAPTURECOUNT, &groups);
    number = strtol(bytes, &end, 10);
    if (*end == '\0')
        return number >= 0 && number <= (long)groups ? (int)number : -1;
    number = pcre2_substring_number_from_name(substitution->code, (PCRE2_SPTR)bytes);
    return number > 0 ? (int)number : -1;
}

/* reference = "$" DIGIT / "${" name "}" / "$$"; its length, 0 when it is none. */
static size_t read_reference(const struct substitution *substitution, struct span at, struct piece *out)
{
    const char *close;

    if (at.len < 2)
        return 0;
    *out = (struct piece){.text = SPAN("$"), .group = -1};
    if (at.ptr[1] == '$')
        return 2;
    if (at.ptr[1] != '{') {
        out->group =
            at.ptr[1] >= '0' && at.ptr[1] <= '9' ? group_of(substitution, span_of(at.ptr + 1, 1)) : -1;
        return out->group >= 0 ? 2 : 0;
    }
    close = memchr(at.ptr, '}', at.len);
    if (close == NULL)
        return 0;
    out->group = group_of(substitution, span_of(at.ptr + 2, (size_t)(close - at.ptr) - 2));
    return out->group >= 0 ? (size_t)(close - at.ptr) + 1 : 0;
}

static bool read_target(struct substitution *out, char error[SUBSTITUTION_ERROR])
{
    struct span rest = out->target;

    while (rest.len != 0) {
        const char *dollar = memchr(rest.ptr, '$', rest.len);
        struct piece *piece = &out->pieces[out->count];
        size_t len = dollar != NULL ? (size_t)(dollar - rest.ptr) : rest.len;
        if (out->count++ == PIECES) {
            (void)snprintf(error, SUBSTITUTION_ERROR, "more than %d pieces in the replacement", PIECES);
            return false;
        }
        *piece = (struct piece){.text = span_first(rest, len), .group = -1};
        if (len == 0 && (len = read_reference(out, rest, piece)) == 0) {
            (void)snprintf(error, SUBSTITUTION_ERROR, "\"%.*s\" names no group of the pattern",
                           (int)span_first(rest, 20).len, rest.ptr);
            return false;
        }
        rest = span_skip(rest, len);
    }
    return true;
}

static bool read_line(struct substitution *out, char error[SUBSTITUTION_ERROR])
{
    struct span pattern = pattern_of(out->line), rest;
    uint32_t flags = PCRE2_CASELESS;

    if (pattern.ptr == NULL) {
        (void)snprintf(error, SUBSTITUTION_ERROR, "the pattern has no slash behind it");
        return false;
    }
    rest = span_str(pattern.ptr + pattern.len + 1);
    if (rest.len != 0 && rest.ptr[0] == 'i') {
        flags = 0;
        rest = span_skip(rest, 1);
    }
    out->target = span_trim(rest);
    if (out->target.len == 0 || (rest.ptr[0] != ' ' && rest.ptr[0] != '\t')) {
        (void)snprintf(error, SUBSTITUTION_ERROR, "a space and a replacement are missing behind the pattern");
        return false;
    }
    return compile(out, pattern, flags, error) && read_target(out, error);
}

static struct substitution *make(size_t room, char error[SUBSTITUTION_ERROR])
{
    struct substitution *out = calloc(1, sizeof(*out) + room);

    if (out == NULL)
        (void)snprintf(error, SUBSTITUTION_ERROR, "memory is short");
    return out;
}

struct substitution *substitution_new(const char *line, char error[SUBSTITUTION_ERROR])
{
    size_t len = strlen(line);
    struct substitution *out = make(len + 1, error);

    if (out == NULL)
        return NULL;
    memcpy(out->line, line, len + 1);
    if (read_line(out, error))
        return out;
    substitution_free(out);
    return NULL;
}

struct substitution *substitution_of(const char *pattern, const char *target, char error[SUBSTITUTION_ERROR])
{
    struct span source = span_str(pattern), written = span_str(target);
    struct substitution *out = make(written.len + 1, error);

    if (out == NULL)
        return NULL;
    memcpy(out->line, written.ptr, written.len + 1);
    out->target = span_of(out->line, written.len);
    if (compile(out, source, 0, error) && read_target(out, error))
        return out;
    substitution_free(out);
    return NULL;
}

void substitution_free(struct substitution *substitution)
{
    if (substitution == NULL)
        return;
    pcre2_code_free(substitution->code);
    pcre2_match_context_free(substitution->limits);
    free(substitution);
}

struct span substitution_target(const struct substitution *substitution)
{
    return substitution->target;
}

/* --- applying ------------------------------------------------------------------------------------------- */

/* What the group matched; empty when it took no part. */
static struct span captured(pcre2_match_data *data, struct span text, int group)
{
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(data) + 2 * (size_t)group;

    if (at[0] == PCRE2_UNSET || at[1] < at[0])
        return SPAN("");
    return span_of(text.ptr + at[0], at[1] - at[0]);
}

static bool fill_in(const struct substitution *substitution, pcre2_match_data *data, struct span text,
                    char *out, size_t size, size_t *len)
{
    *len = 0;
    for (unsigned i = 0; i < substitution->count; i++) {
        const struct piece *piece = &substitution->pieces[i];
        struct span s = piece->group >= 0 ? captured(data, text, piece->group) : piece->text;
        if (size - *len < s.len)
            return false;
        if (s.len != 0)
            memcpy(out + *len, s.ptr, s.len);
        *len += s.len;
    }
    return true;
}

enum substitution_result substitution_apply(const struct substitution *substitution, struct span text,
                                            char *out, size_t size, size_t *len)
{
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(substitution->code, NULL);
    enum substitution_result result = SUBSTITUTION_LIMIT;
    int found;

    if (text.ptr == NULL)
        text = SPAN("");
    if (data == NULL)
        return result;
    found = pcre2_match(substitution->code, (PCRE2_SPTR)text.ptr, text.len, 0, 0, data, substitution->limits);
    if (found == PCRE2_ERROR_NOMATCH)
        result = SUBSTITUTION_NONE;
    else if (found >= 0 && fill_in(substitution, data, text, out, size, len))
        result = SUBSTITUTION_DONE;
    pcre2_match_data_free(data);
    return result;
}
