/* scan.c: looks for one pattern in a text that arrives in pieces: in place, but for the border between two
 * pieces, which is looked at in a small copy. Regular expressions themselves are left to pattern.c. */
#include "filters/regex/scan.h"

#include <assert.h>
#include <stdlib.h>

static enum scan_result settle(struct scan *scan, enum scan_result result, const char *limit)
{
    scan_free(scan);
    scan->result = result;
    scan->limit = limit;
    return result;
}

/* The result as far as a look decides it: MORE when the rest of the text has a say. */
static enum scan_result judge(struct scan *scan, const struct pattern_outcome *outcome)
{
    switch (outcome->result) {
    case PATTERN_FOUND:
        return settle(scan, SCAN_MATCH, NULL);
    case PATTERN_LIMIT:
        return settle(scan, SCAN_LIMIT, outcome->limit);
    case PATTERN_ABSENT:
        return pattern_anchored(scan->pattern) && outcome->start > 0 ? settle(scan, SCAN_NONE, NULL)
                                                                     : SCAN_MORE;
    case PATTERN_OPEN:
        return SCAN_MORE;
    }
    return SCAN_MORE;
}

/* Appends to the carry; the memory at least doubles, so that octets are moved a bounded number of times. */
static bool append(struct scan *scan, struct span bytes)
{
    if (scan->size - scan->used < bytes.len) {
        size_t size = scan->used + bytes.len;
        if (size < 2 * scan->size)
            size = 2 * scan->size;
        char *carry = realloc(scan->carry, size);
        if (carry == NULL)
            return false;
        scan->carry = carry;
        scan->size = size;
    }
    memcpy(scan->carry + scan->used, bytes.ptr, bytes.len);
    scan->used += bytes.len;
    return true;
}

/* The first octet to keep when a match may still start at `start`. */
static size_t context_of(const struct scan *scan, size_t start)
{
    size_t reach = pattern_reach(scan->pattern);
    return start > reach ? start - reach : 0;
}

/* Lets go of what has no say any more. A match that stays open is looked at again when it has grown by a
 * quarter: octets that come one by one then cost no more than a few looks at the whole. */
static void trim(struct scan *scan, size_t start)
{
    size_t gone = context_of(scan, start);
    if (gone > 0) {
        memmove(scan->carry, scan->carry + gone, scan->used - gone);
        scan->continues = true;
    }
    scan->used -= gone;
    scan->start = start - gone;
    scan->due = scan->used + 1 + (scan->used - scan->start) / 4;
    if (scan->due > scan->window)
        scan->due = scan->window;
}

static struct pattern_outcome look(const struct scan *scan, struct span text, size_t start, bool continues,
                                   bool more)
{
    unsigned flags = (continues ? PATTERN_CONTINUES : 0) | (more ? PATTERN_MORE : 0);
    return pattern_look(scan->pattern, text, start, flags);
}

/* Looks at the carry joined with as much of the piece as it takes until no match can start in the carry. Then
 * *start is the octet of the piece from which to go on in place; when it is the piece's length or more, the
 * piece is in the carry. */
static enum scan_result cross_border(struct scan *scan, struct span piece, size_t *start)
{
    size_t reach = pattern_reach(scan->pattern);
    for (size_t taken = 0; taken < piece.len;) {
        size_t want = scan->due > scan->used ? scan->due - scan->used : 0;
        if (want < scan->used + reach)
            want = scan->used + reach;
        if (want > scan->window - scan->used)
            want = scan->window - scan->used;
        if (want == 0)
            return settle(scan, SCAN_LIMIT, "window");
        struct span next = span_first(span_skip(piece, taken), want);
        if (!append(scan, next))
            return settle(scan, SCAN_LIMIT, "memory");
        taken += next.len;
        if (scan->used < scan->due)
            break;
        struct pattern_outcome outcome =
            look(scan, span_of(scan->carry, scan->used), scan->start, scan->continues, true);
        if (judge(scan, &outcome) != SCAN_MORE)
            return scan->result;
        if (taken < piece.len && outcome.start + taken >= scan->used + reach) {
            *start = outcome.start + taken - scan->used;
            return SCAN_MORE;
        }
        trim(scan, outcome.start);
    }
    *start = piece.len;
    return SCAN_MORE;
}

enum scan_result scan_feed(struct scan *scan, struct span piece)
{
    if (scan->result != SCAN_MORE || piece.len == 0)
        return scan->result;
    bool continues = scan->used > 0;
    size_t start = 0;
    if (continues) {
        if (cross_border(scan, piece, &start) != SCAN_MORE || start == piece.len)
            return scan->result;
    }
    struct pattern_outcome outcome = look(scan, piece, start, continues, true);
    if (judge(scan, &outcome) != SCAN_MORE)
        return scan->result;
    size_t from = context_of(scan, outcome.start);
    if (piece.len - from > scan->window)
        return settle(scan, SCAN_LIMIT, "window");
    scan->used = 0;
    if (!append(scan, span_skip(piece, from)))
        return settle(scan, SCAN_LIMIT, "memory");
    scan->continues = continues || from > 0;
    trim(scan, outcome.start - from);
    return SCAN_MORE;
}

enum scan_result scan_finish(struct scan *scan)
{
    if (scan->result != SCAN_MORE)
        return scan->result;
    struct pattern_outcome outcome =
        look(scan, span_of(scan->carry, scan->used), scan->start, scan->continues, false);
    if (judge(scan, &outcome) == SCAN_MORE)
        settle(scan, SCAN_NONE, NULL);
    return scan->result;
}

void scan_free(struct scan *scan)
{
    free(scan->carry);
    scan->carry = NULL;
    scan->used = scan->size = scan->start = scan->due = 0;
}

enum scan_result scan_whole(const struct pattern *pattern, struct span text, const char **limit)
{
    struct scan scan = {.pattern = pattern};
    struct pattern_outcome outcome = look(&scan, text, 0, false, false);
    if (judge(&scan, &outcome) == SCAN_MORE)
        settle(&scan, SCAN_NONE, NULL);
    if (scan.limit != NULL)
        *limit = scan.limit;
    return scan.result;
}
