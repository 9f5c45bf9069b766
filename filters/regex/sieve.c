/* sieve.c: looks for the patterns of a sieve in a text that arrives in pieces: in place, but for what lies
 * across the border of two pieces, which is looked at in a copy. Regular expressions are left to pattern.c,
 * literals to trigger.h. */
#include "filters/regex/sieve.h"

#include <assert.h>
#include <stdlib.h>

#include "filters/regex/sieve_private.h"
#include "filters/regex/utf8.h"

/* A pattern that may match from a place on: more of the text has a say. Octets are counted from the start of
 * the text. */
struct open {
    uint32_t pattern;
    uint64_t from, last; /* a match may start here, and no later than there */
    uint64_t due;        /* another look is worth it when the text is as long */
};

#define ENDLESS UINT64_MAX /* as `last` */
#define SETTLED UINT32_MAX /* as a slot */

/* Contiguous text. */
struct view {
    uint64_t base; /* octets before it */
    struct span text;
    struct utf8_text characters;
    bool read; /* characters are there */
};

struct sieve_scan {
    const struct sieve *sieve;
    struct trigger_run *run; /* NULL: there are no literals */
    const struct sieve_listener *listener;
    struct view piece, joined; /* the piece in place; what is kept and the piece behind it */
    char *kept;                /* the end of what came before the piece */
    size_t held, size;
    bool begun, more, failed;
    struct open *opens;
    size_t open_count, open_size;
    uint32_t slots[]; /* of each pattern: 0, SETTLED, or one more than its place in opens */
};

static uint64_t end_of(const struct sieve_scan *scan)
{
    return scan->piece.base + scan->piece.text.len;
}

/* --- opens -----------------------------------------------------------------------------------------------
 */

static void open_add(struct sieve_scan *scan, const struct open *open)
{
    if (scan->open_count == scan->open_size) {
        size_t size = 2 * scan->open_size + 8;
        struct open *opens = realloc(scan->opens, size * sizeof *opens);
        if (opens == NULL) {
            scan->failed = true;
            return;
        }
        scan->opens = opens;
        scan->open_size = size;
    }
    scan->opens[scan->open_count++] = *open;
    scan->slots[open->pattern] = (uint32_t)scan->open_count;
}

static void open_drop(struct sieve_scan *scan, size_t n)
{
    const struct open *last = &scan->opens[scan->open_count - 1];
    uint32_t *slot = &scan->slots[scan->opens[n].pattern];

    if (*slot != SETTLED)
        *slot = 0;
    if (&scan->opens[n] != last) {
        scan->opens[n] = *last;
        scan->slots[last->pattern] = (uint32_t)n + 1;
    }
    scan->open_count--;
}

static void settle(struct sieve_scan *scan, uint32_t pattern, const char *limit, struct span text)
{
    struct sieve_settled settled = {pattern, limit, text};

    scan->slots[pattern] = SETTLED;
    scan->listener->settled(scan->listener->arg, &settled);
}

static bool wanted(const struct sieve_scan *scan, uint32_t pattern)
{
    return scan->listener->wanted(scan->listener->arg, pattern);
}

/* --- looks -----------------------------------------------------------------------------------------------
 */

static bool reserve(struct sieve_scan *scan, size_t size)
{
    char *kept;

    if (scan->size >= size)
        return true;
    size = size < 2 * scan->size ? 2 * scan->size : size;
    kept = realloc(scan->kept, size);
    if (kept == NULL) {
        scan->failed = true;
        return false;
    }
    scan->kept = kept;
    scan->size = size;
    return true;
}

/* The text that shows where a match may start with all that has a say in it; NULL when memory is short. */
static struct view *view_from(struct sieve_scan *scan, uint64_t context)
{
    struct span piece = scan->piece.text;

    if (context >= scan->piece.base)
        return &scan->piece;
    assert(context + scan->held >= scan->piece.base);
    if (scan->joined.text.ptr != NULL)
        return &scan->joined;
    if (!reserve(scan, scan->held + piece.len))
        return NULL;
    if (piece.len != 0)
        memcpy(scan->kept + scan->held, piece.ptr, piece.len);
    scan->joined.base = scan->piece.base - scan->held;
    scan->joined.text = span_of(scan->kept, scan->held + piece.len);
    return &scan->joined;
}

/* The octets of the view, or its characters. base: octets before the first of them. */
static bool read_view(const struct sieve_scan *scan, struct view *view, bool utf, struct span *text,
                      uint64_t *base)
{
    *text = view->text;
    *base = view->base;
    if (!utf)
        return true;
    if (!view->read)
        view->read = utf8_read(&view->characters, view->text, view->base > 0, scan->more);
    *text = view->characters.text;
    *base += view->characters.skipped;
    return view->read;
}

static uint64_t context_of(const struct sieve_scan *scan, const struct open *open)
{
    size_t reach = pattern_reach(scan->sieve->patterns[open->pattern]);

    return open->from > reach ? open->from - reach : 0;
}

/* What a look came to: true when the pattern stays open. */
static bool judge(struct sieve_scan *scan, struct open *open, const struct pattern_outcome *outcome,
                  struct span text, uint64_t base)
{
    const struct pattern *pattern = scan->sieve->patterns[open->pattern];

    switch (outcome->result) {
    case PATTERN_FOUND:
        settle(scan, open->pattern, NULL, text);
        return false;
    case PATTERN_LIMIT:
        settle(scan, open->pattern, outcome->limit, text);
        return false;
    case PATTERN_ABSENT:
        open->from = base + outcome->start;
        return open->last == ENDLESS && !(pattern_anchored(pattern) && open->from > 0);
    case PATTERN_OPEN:
        open->from = base + outcome->start;
        /* Looked at again when it has grown by a quarter: octets that come one by one then cost no more than
         * a few looks at the whole. */
        open->due = end_of(scan) + 1 + (end_of(scan) - open->from) / 4;
        return true;
    }
    return false;
}

/* True when the pattern stays open. */
static bool look(struct sieve_scan *scan, struct open *open)
{
    const struct pattern *pattern = scan->sieve->patterns[open->pattern];
    struct view *view = view_from(scan, context_of(scan, open));
    struct pattern_outcome outcome;
    struct span text;
    uint64_t base;
    unsigned flags;
    size_t last;

    if (view == NULL || !read_view(scan, view, pattern_utf(pattern), &text, &base)) {
        scan->failed = true;
        return false;
    }
    if (open->from > base + text.len)
        return true; /* in a character that is not complete */
    flags = (base > 0 ? PATTERN_CONTINUES : 0) | (scan->more ? PATTERN_MORE : 0);
    last = open->last == ENDLESS ? PATTERN_ANYWHERE : (size_t)(open->last - base);
    outcome = pattern_look(pattern, text, (size_t)(open->from - base), last, flags);
    return judge(scan, open, &outcome, text, base);
}

/* A literal has been seen: its pattern is looked for where a match may have it. */
static void on_seen(void *arg, unsigned id, uint64_t end)
{
    struct sieve_scan *scan = arg;
    const struct sieve_place *place = &scan->sieve->places[id];
    struct open open = {.pattern = place->pattern};
    uint32_t slot = scan->slots[place->pattern];

    open.from = end > place->far ? end - place->far : 0;
    open.last = end > place->near ? end - place->near : 0;
    if (slot == SETTLED || !wanted(scan, place->pattern))
        return;
    if (slot != 0) {
        struct open *known = &scan->opens[slot - 1];
        known->from = open.from < known->from ? open.from : known->from;
        known->last = open.last > known->last ? open.last : known->last;
    } else if (look(scan, &open)) {
        open_add(scan, &open);
    }
}

/* Another look at what is open, where it is due. */
static void advance(struct sieve_scan *scan, bool all)
{
    for (size_t i = scan->open_count; i-- > 0;) {
        struct open *open = &scan->opens[i];
        if (!wanted(scan, open->pattern) || ((all || end_of(scan) >= open->due) && !look(scan, open)))
            open_drop(scan, i);
    }
}

/* --- what is kept ----------------------------------------------------------------------------------------
 */

/* Octets at the end of the text that have a say in what is open. What would make us keep more than the window
 * is given up. */
static size_t needed(struct sieve_scan *scan)
{
    uint64_t end = end_of(scan), need = scan->sieve->context;

    for (size_t i = scan->open_count; i-- > 0;) {
        struct open *open = &scan->opens[i];
        bool stays = true;
        if (end - context_of(scan, open) > scan->sieve->window && end < open->due)
            stays = look(scan, open);
        if (stays && end - context_of(scan, open) > scan->sieve->window) {
            settle(scan, open->pattern, "window", span_of(NULL, 0));
            stays = false;
        }
        if (!stays)
            open_drop(scan, i);
        else if (need < end - context_of(scan, open))
            need = end - context_of(scan, open);
    }
    return need < end ? (size_t)need : (size_t)end;
}

/* Keeps the last octets of what was kept and the piece, and perhaps some more: they are moved a bounded
 * number of times, also when pieces are small. */
static void keep(struct sieve_scan *scan, size_t need)
{
    struct span piece = scan->piece.text;

    if (piece.len >= need) {
        if (!reserve(scan, need))
            return;
        if (need != 0)
            memcpy(scan->kept, piece.ptr + piece.len - need, need);
        scan->held = need;
        return;
    }
    if (!reserve(scan, scan->held + piece.len))
        return;
    if (scan->joined.text.ptr == NULL)
        memcpy(scan->kept + scan->held, piece.ptr, piece.len);
    scan->held += piece.len;
    if (scan->held >= 2 * need) {
        memmove(scan->kept, scan->kept + scan->held - need, need);
        scan->held = need;
    }
}

/* --- texts -----------------------------------------------------------------------------------------------
 */

static void show(struct sieve_scan *scan, struct span piece)
{
    scan->piece.text = piece;
    scan->piece.read = scan->joined.read = false;
    scan->joined.text = span_of(NULL, 0);
    if (scan->begun)
        return;
    scan->begun = true;
    for (size_t i = 0; i < scan->sieve->continuous_count; i++) {
        struct open open = {.pattern = scan->sieve->continuous[i], .last = ENDLESS};
        open_add(scan, &open);
    }
}

struct sieve_scan *sieve_begin(const struct sieve *sieve)
{
    struct sieve_scan *scan = calloc(1, sizeof *scan + sieve->count * sizeof scan->slots[0]);

    if (scan == NULL)
        return NULL;
    scan->sieve = sieve;
    if (sieve->triggers != NULL && (scan->run = trigger_begin(sieve->triggers)) == NULL) {
        free(scan);
        return NULL;
    }
    return scan;
}

static void feed_slice(struct sieve_scan *scan, struct span slice)
{
    show(scan, slice);
    scan->more = true;
    advance(scan, false);
    if (scan->run != NULL && !trigger_feed(scan->run, slice, on_seen, scan))
        scan->failed = true;
    if (scan->failed)
        return;
    keep(scan, needed(scan));
    scan->piece.base += slice.len;
}

bool sieve_feed(struct sieve_scan *scan, struct span piece, const struct sieve_listener *listener)
{
    scan->listener = listener;
    while (piece.len != 0 && !scan->failed) {
        struct span slice = span_first(piece, SIEVE_SLICE);
        feed_slice(scan, slice);
        piece = span_skip(piece, slice.len);
    }
    return !scan->failed;
}

bool sieve_finish(struct sieve_scan *scan, const struct sieve_listener *listener)
{
    scan->listener = listener;
    show(scan, SPAN(""));
    scan->more = false;
    advance(scan, true);
    if (scan->run != NULL && !trigger_restart(scan->run))
        scan->failed = true;
    memset(scan->slots, 0, scan->sieve->count * sizeof scan->slots[0]);
    scan->piece.base = 0;
    scan->held = scan->open_count = 0;
    scan->begun = false;
    return !scan->failed;
}

void sieve_end(struct sieve_scan *scan)
{
    if (scan == NULL)
        return;
    trigger_end(scan->run);
    utf8_free(&scan->piece.characters);
    utf8_free(&scan->joined.characters);
    free(scan->kept);
    free(scan->opens);
    free(scan);
}

size_t sieve_scan_size(const struct sieve *sieve)
{
    return sizeof(struct sieve_scan) + sieve->count * sizeof(uint32_t) +
           sieve->continuous_count * sizeof(struct open) +
           (sieve->triggers != NULL ? trigger_run_size(sieve->triggers) : 0);
}
