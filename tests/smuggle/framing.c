/* framing.c: the octets that frame a message, in every segmentation there is: replies, what the upstream gets
 * and what filters are shown are always the same. */
#include <stdio.h>
#include <stdlib.h>

#include "chain/registry.h"
#include "record.h"
#include "report.h"
#include "stand.h"

#define SEQUENCE_MOST 20 /* octets */

enum place { IN_DATA, IN_TRANSACTION };

static const struct {
    enum place place;
    struct span segmented; /* in every way */
    struct span tail;      /* behind it, in one piece */
} sequences[] = {
    {IN_DATA, SPAN("\r\n.\r\nNOOP\r\n"), SPAN("")},
    {IN_DATA, SPAN("x\r\n.\r\nNOOP\r\n"), SPAN("")},
    {IN_DATA, SPAN(".\r\nNOOP\r\nQUIT\r\n"), SPAN("")},
    {IN_DATA, SPAN("..\r\n.\r\nQUIT\r\n"), SPAN("")},
    {IN_DATA, SPAN("a\r\n..\r\n.\r\n"), SPAN("NOOP\r\n")},
    {IN_DATA, SPAN("..x\r\n...\r\n.\r\n"), SPAN("NOOP\r\n")},
    {IN_DATA, SPAN(".x\r\n.y\r\n.\r\n"), SPAN("NOOP\r\n")},
    {IN_DATA, SPAN("a: b\r\n\r\n.\r\n"), SPAN("NOOP\r\n")},
    {IN_DATA, SPAN("a: b\r\n c\r\n\r\nd"), SPAN("\r\n.\r\nNOOP\r\n")},
    {IN_DATA, SPAN("\n.\n\r\n.\r\n"), SPAN("NOOP\r\n")},
    {IN_DATA, SPAN("x\n.\r\ny\r\n.\r\n"), SPAN("NOOP\r\n")},
    {IN_DATA, SPAN("\r\n.\nx\r\n.\r\n"), SPAN("NOOP\r\n")},
    {IN_DATA, SPAN("\r.\r\r\n.\r\n"), SPAN("NOOP\r\n")},
    {IN_DATA, SPAN("\r\n.\r\r\n.\r\n"), SPAN("NOOP\r\n")},
    {IN_DATA, SPAN("\r\r\n.\r\r\n\r\n.\r\n"), SPAN("NOOP\r\n")},
    {IN_DATA, SPAN("\r\n.\rx\r\n.\r\n"), SPAN("NOOP\r\n")},
    {IN_DATA, SPAN("\r\n\0.\r\n.\r\n"), SPAN("NOOP\r\n")},
    {IN_DATA, SPAN("\r\n.\0\r\n.\r\n"), SPAN("NOOP\r\n")},
    {IN_TRANSACTION, SPAN("DATA\r\n"), SPAN("x\r\n.\r\nNOOP\r\n")},
    {IN_TRANSACTION, SPAN("BDAT 1\r\nxNOOP\r\n"), SPAN("BDAT 0 LAST\r\n")},
    {IN_TRANSACTION, SPAN("BDAT 5\r\n\r\n.\r\n"), SPAN("BDAT 0 LAST\r\nNOOP\r\n")},
    {IN_TRANSACTION, SPAN("BDAT 2\r\n\r\nRSET\r\n"), SPAN("NOOP\r\n")},
    {IN_TRANSACTION, SPAN("BDAT 3\r\n.\r\nBDAT"), SPAN(" 2 LAST\r\n\r\nNOOP\r\n")},
    {IN_TRANSACTION, SPAN("BDAT 1\r\n\rBDAT 1"), SPAN("\r\n\nBDAT 0 LAST\r\nNOOP\r\n")},
    {IN_TRANSACTION, SPAN("BDAT 1 LAST\r\nx"), SPAN("NOOP\r\n")},
    {IN_TRANSACTION, SPAN("BDAT 2 LAST\r\n\r\n"), SPAN("NOOP\r\n")},
    {IN_TRANSACTION, SPAN("BDAT 3 LAST\r\n.\r\n"), SPAN("NOOP\r\n")},
    {IN_TRANSACTION, SPAN("BDAT 0 LAST\r\n"), SPAN("NOOP\r\n")},
    {IN_TRANSACTION, SPAN("BDAT 3 LAST\r\na\nb"), SPAN("NOOP\r\n")},
    {IN_TRANSACTION, SPAN("BDAT x\r\nNOOP\r\n"), SPAN("NOOP\r\n")},
    {IN_TRANSACTION, SPAN("BDAT 4 LAST\r\n"), SPAN("\0\r\n.NOOP\r\n")},
};

static const struct {
    const char *lines;   /* of proxy.yaml */
    const char *keyword; /* of the upstream */
} settings_of[] = {
    {"filters: [record]\nline_endings: reject\n", "CHUNKING"},
    {"filters: [record]\nline_endings: normalise\n", "PIPELINING"},
    {"filters: [record]\nline_endings: normalise\nchunking: always\n", "PIPELINING"},
};

/* All that could be seen of a session. */
struct seen {
    struct lab_bytes client, upstream;
    bool abandoned; /* the upstream's connection, in the middle of a message */
    struct record record;
};

static void keep(struct lab_bytes *to, const struct lab_bytes *from)
{
    to->len = 0;
    lab_bytes_add(to, lab_bytes_from(from, 0));
}

static bool same(const struct lab_bytes *a, const struct lab_bytes *b)
{
    return span_eq(lab_bytes_from(a, 0), lab_bytes_from(b, 0));
}

/* How much of a message reached the upstream before it was given up may differ, but not what did. */
static bool same_upstream(const struct seen *a, const struct seen *b)
{
    size_t shorter = a->upstream.len < b->upstream.len ? a->upstream.len : b->upstream.len;

    return a->abandoned == b->abandoned && (a->abandoned || a->upstream.len == b->upstream.len) &&
           memcmp(a->upstream.ptr, b->upstream.ptr, shorter) == 0;
}

static void free_seen(struct seen *seen)
{
    lab_bytes_free(&seen->client);
    lab_bytes_free(&seen->upstream);
    record_free(&seen->record);
}

/* One session. Bit i of `cuts`: a segment ends behind octet i. */
static void play(struct settings *settings, const char *keyword, size_t sequence, unsigned cuts,
                 struct seen *seen)
{
    struct span s = sequences[sequence].segmented;
    struct stand stand;
    size_t from = 0;

    record_clear();
    stand_open(&stand, settings, keyword);
    stand_envelope(&stand);
    if (sequences[sequence].place == IN_DATA)
        stand_data(&stand);
    for (size_t i = 0; i < s.len; i++) {
        if (i + 1 != s.len && (cuts >> i & 1u) == 0)
            continue;
        stand_say(&stand, span_of(s.ptr + from, i + 1 - from));
        from = i + 1;
    }
    stand_say(&stand, sequences[sequence].tail);
    keep(&seen->client, &stand.client->from);
    keep(&seen->upstream, &stand.upstream->from);
    seen->abandoned = stand.upstream->closed && stand.in_message;
    stand_close(&stand);
    record_copy(&seen->record);
}

static unsigned long check(struct settings *settings, const char *keyword, size_t sequence)
{
    struct span s = sequences[sequence].segmented;
    struct seen whole = {0}, parts = {0};
    unsigned long ways = 1ul << (s.len - 1);

    play(settings, keyword, sequence, 0, &whole);
    for (unsigned cuts = 1; cuts < ways; cuts++) {
        play(settings, keyword, sequence, cuts, &parts);
        if (!same(&whole.client, &parts.client))
            report_disagreement(s, "replies");
        if (!same_upstream(&whole, &parts))
            report_disagreement(s, "what the upstream gets");
        if (!record_same(&whole.record, &parts.record))
            report_disagreement(s, "what filters are shown");
    }
    free_seen(&whole);
    free_seen(&parts);
    return ways;
}

int main(int argc, char **argv)
{
    size_t most = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
    unsigned long count = 0;

    if (most == 0 || most > SEQUENCE_MOST) {
        fprintf(stderr, "usage: framing LENGTH, 1 to %d: longer sequences are left out\n", SEQUENCE_MOST);
        return 64;
    }
    registry_add(&record_filter);
    for (size_t i = 0; i < sizeof(settings_of) / sizeof(*settings_of); i++) {
        struct settings *settings = stand_settings(settings_of[i].lines);
        for (size_t n = 0; n < sizeof(sequences) / sizeof(*sequences); n++)
            if (sequences[n].segmented.len <= most)
                count += check(settings, settings_of[i].keyword, n);
        settings_unref(settings);
    }
    return report_end(count, "segmentations");
}
