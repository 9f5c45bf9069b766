/* envelope.c: whom a stored message came from and whom it went to, as far as its header tells. */
#include "scan/envelope.h"

#include <limits.h>
#include <stdint.h>

#include "mail/header.h"
#include "smtp/address.h"

#define FIELD_OCTETS   65536 /* of one field; the search ends at a longer one */
#define SECTION_OCTETS 1048576

struct search {
    struct envelope *envelope;
    struct arena *arena;
    struct span from; /* the mailbox of From */
    bool returned;    /* Return-Path has been seen */
    bool delivered;   /* so have recipients of Delivered-To */
    bool starved;
};

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span trim(struct span s)
{
    while (s.len > 0 && blank(s.ptr[0]))
        s = span_skip(s, 1);
    while (s.len > 0 && blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

/* Octets of a quoted string or a comment at the start of s, or of a single octet. */
static size_t token(struct span s)
{
    char close = s.ptr[0] == '"' ? '"' : ')';
    size_t i = 1, depth = 1;

    if (s.ptr[0] != '"' && s.ptr[0] != '(')
        return 1;
    for (; i < s.len && depth > 0; i++) {
        if (s.ptr[i] == '\\')
            i++;
        else if (s.ptr[i] == close)
            depth--;
        else if (close == ')' && s.ptr[i] == '(')
            depth++;
    }
    return i < s.len ? i : s.len;
}

/* Takes the next entry off a list of addresses: what stands in its angle brackets, or all of it. A group's
 * name and its end separate like a comma. */
static bool next_entry(struct span *list, struct span *entry, bool *bracketed)
{
    size_t i = 0, start = 0, open = SIZE_MAX;

    *bracketed = false;
    if (list->len == 0)
        return false;
    while (i < list->len && list->ptr[i] != ',' && list->ptr[i] != ';') {
        if (list->ptr[i] == '<')
            open = i + 1;
        if (list->ptr[i] == ':' && open == SIZE_MAX)
            start = i + 1;
        if (list->ptr[i] == '>' && open != SIZE_MAX && !*bracketed) {
            *entry = trim(span_of(list->ptr + open, i - open));
            *bracketed = true;
        }
        i += token(span_skip(*list, i));
    }
    if (!*bracketed)
        *entry = trim(span_of(list->ptr + start, i - start));
    *list = span_skip(*list, i < list->len ? i + 1 : i);
    return true;
}

static bool is_mailbox(struct span s)
{
    static const struct address_limits limits = {64, 255, 256};
    struct path path;

    return address_mailbox(s, &limits, false, &path) == 0;
}

static struct span keep(struct search *search, struct span s)
{
    struct span copy = arena_copy(search->arena, s);

    search->starved = search->starved || copy.ptr == NULL;
    return copy;
}

static void take_sender(struct search *search, struct span value, bool returned)
{
    struct span entry;
    bool bracketed;

    if (!next_entry(&value, &entry, &bracketed) || search->returned)
        return;
    if (returned && (is_mailbox(entry) || (bracketed && entry.len == 0))) {
        search->envelope->reverse_path = keep(search, entry);
        search->returned = true;
    } else if (!returned && search->from.len == 0 && is_mailbox(entry)) {
        search->from = keep(search, entry);
    }
}

static void take_recipients(struct search *search, struct span value, bool delivered)
{
    struct envelope *envelope = search->envelope;
    struct span entry;
    bool bracketed;

    if (search->delivered && !delivered)
        return;
    while (next_entry(&value, &entry, &bracketed)) {
        if (!is_mailbox(entry))
            continue;
        if (delivered && !search->delivered)
            envelope->count = 0;
        search->delivered = delivered;
        if (envelope->count < ENVELOPE_RECIPIENTS)
            envelope->recipients[envelope->count++] = keep(search, entry);
    }
}

static void take(struct search *search, struct span name, struct span value)
{
    if (span_eq_nocase(name, SPAN("Return-Path")))
        take_sender(search, value, true);
    else if (span_eq_nocase(name, SPAN("From")))
        take_sender(search, value, false);
    else if (span_eq_nocase(name, SPAN("Delivered-To")))
        take_recipients(search, value, true);
    else if (span_eq_nocase(name, SPAN("To")))
        take_recipients(search, value, false);
}

bool envelope_read(struct envelope *envelope, struct span content, struct arena *arena)
{
    struct header_reader reader = {
        .field_limit = FIELD_OCTETS, .section_limit = SECTION_OCTETS, .count_limit = UINT_MAX};
    struct search search = {.envelope = envelope, .arena = arena};
    enum header_event event = HEADER_MORE;
    struct span name, value;

    while (content.len != 0 && event != HEADER_END && event != HEADER_ERROR) {
        content = span_skip(content, header_read(&reader, content, &name, &value, &event));
        if (event == HEADER_FIELD)
            take(&search, name, value);
    }
    while (event == HEADER_MORE || event == HEADER_FIELD) {
        header_finish(&reader, &name, &value, &event);
        if (event == HEADER_FIELD)
            take(&search, name, value);
    }
    header_free(&reader);
    if (!search.returned)
        envelope->reverse_path = search.from;
    if (envelope->count == 0)
        envelope->recipients[envelope->count++] = SPAN("postmaster");
    return !search.starved;
}
