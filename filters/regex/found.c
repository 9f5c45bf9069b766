/* found.c: what a rule has found, in words: for replies, header fields and the log. */
#include "filters/regex/regex.h"

#include <stdio.h>

/* What a template is filled in from: the groups of a pattern that has just matched in the text. */
struct groups {
    const struct pattern *pattern;
    struct span text;
};

static struct span look_up(const void *arg, const char *name)
{
    const struct groups *groups = arg;

    return pattern_capture(groups->pattern, groups->text, name);
}

size_t found_fill(const struct template *template, const struct pattern *pattern, struct span text, char *out,
                  size_t room)
{
    struct groups groups = {pattern, text};

    return template_fill(template, look_up, &groups, out, room);
}

static size_t put(char *out, size_t room, struct span text)
{
    size_t len = text.len < room ? text.len : room;

    if (len != 0)
        memcpy(out, text.ptr, len);
    return len;
}

/* "NAME" or "NAME (group=value, group=value)" */
size_t found_note(const struct rule *rule, const struct pattern *pattern, struct span text, char *out,
                  size_t room)
{
    size_t len = put(out, room, span_first(span_str(rule->name), room / 2));
    const char *name, *before = " (";

    for (unsigned n = 0; (name = pattern_name(pattern, n)) != NULL; n++) {
        struct template value;
        char words[TEMPLATE_NAME + 8];
        if (pattern_capture(pattern, text, name).ptr == NULL)
            continue;
        snprintf(words, sizeof words, "${%s}", name);
        len += put(out + len, room - len, span_str(before));
        len += put(out + len, room - len, span_str(name));
        len += put(out + len, room - len, SPAN("="));
        if (template_read(&value, words) == NULL)
            len += found_fill(&value, pattern, text, out + len, room - len);
        before = ", ";
    }
    return len + put(out + len, room - len, *before == ',' ? SPAN(")") : SPAN(""));
}

struct found *found_new(struct filter_ctx *ctx, const struct rule *rule, const struct pattern *pattern,
                        const struct sieve_settled *settled)
{
    char text[FOUND_TEXT], note[FOUND_NOTE];
    size_t text_len = 0, note_len;
    struct found *found;

    if (settled->limit == NULL) {
        text_len = found_fill(&rule->deed.text, pattern, settled->text, text, sizeof text);
        note_len = found_note(rule, pattern, settled->text, note, sizeof note);
    } else {
        note_len = put(note, sizeof note, span_str(rule->name));
    }
    found = filter_alloc(ctx, sizeof *found + text_len + note_len);
    if (found == NULL)
        return NULL;
    char *octets = (char *)(found + 1);
    put(octets, text_len, span_of(text, text_len));
    put(octets + text_len, note_len, span_of(note, note_len));
    *found = (struct found){.limit = settled->limit,
                            .text = span_of(octets, text_len),
                            .note = span_of(octets + text_len, note_len)};
    return found;
}
