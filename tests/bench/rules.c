/* rules.c: how fast rules are: mail taken apart and shown to the filter regex, beside PCRE2 asked rule by
 * rule and Vectorscan given all expressions, on the same decoded octets. Prints a table. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#ifdef POSTERN_VECTORSCAN
#include <hs.h>
#endif

#include "filters/filters.h"
#include "filters/regex/rules.h"
#include "mail/encoded_word.h"
#include "mail/mime.h"
#include "mailbox.h"

enum { PIECE = 16384, RULES_MOST = 1000 };

static double patience = 3; /* seconds of one measurement */

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* --- the host of a filter ---------------------------------------------------------------------------------
 */

struct filter_ctx {
    const void *config;
    void *message;
    char arena[1 << 20];
    size_t used;
    struct filter_facts facts;
};

struct filter_setup {
    char names[RULES_MOST][32];
    size_t count;
};

const void *filter_config(const struct filter_ctx *ctx)
{
    return ctx->config;
}

void *filter_message(struct filter_ctx *ctx)
{
    return ctx->message;
}

const struct filter_facts *filter_facts(struct filter_ctx *ctx)
{
    return &ctx->facts;
}

void *filter_alloc(struct filter_ctx *ctx, size_t size)
{
    char *block = ctx->arena + ctx->used;

    size = (size + 15) / 16 * 16;
    if (sizeof ctx->arena - ctx->used < size)
        return NULL;
    ctx->used += size;
    return memset(block, 0, size);
}

void *filter_setup_alloc(struct filter_setup *setup, size_t size)
{
    return size <= sizeof setup->names[0] ? setup->names[setup->count++] : NULL;
}

void filter_complain(struct filter_setup *setup, const char *path, const char *format, ...)
{
    va_list args;

    (void)setup;
    va_start(args, format);
    fprintf(stderr, "%s: ", path);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
}

void filter_set_reply(struct filter_ctx *ctx, unsigned code, const char *enhanced, const char *format, ...)
{
    (void)ctx, (void)code, (void)enhanced, (void)format;
}

void filter_set_reason(struct filter_ctx *ctx, const char *format, ...)
{
    (void)ctx, (void)format;
}

void filter_log(struct filter_ctx *ctx, const char *format, ...)
{
    (void)ctx, (void)format;
}

int filter_add_header(struct filter_ctx *ctx, struct span name, struct span value)
{
    (void)ctx, (void)name, (void)value;
    return 0;
}

void filter_rewrite_reply(struct filter_ctx *ctx, unsigned code, const char *enhanced, struct span text)
{
    (void)ctx, (void)code, (void)enhanced, (void)text;
}

size_t filter_field_text(struct span value, char *out, size_t room)
{
    struct text text = {out, 0, room, false};

    (void)encoded_word_text(value, &text);
    return text.len;
}

/* --- rules -----------------------------------------------------------------------------------------------
 */

static char sources[RULES_MOST][96];

/* Each has a literal near its start; the words of one in fifty are in the mail, what follows them is not. One
 * in ninety matches. */
static void make_sources(void)
{
    static const char *const shapes[] = {"(?i)\\b%s[0-9]{2,4}\\b", "%s-(?:[A-Z]{2}[0-9]+)",
                                         "(?i)\\b%s\\s+now\\b", "(?i)%s\\.(?:exe|scr|pif)",
                                         "\\b%s:\\s*[0-9]+ (?:EUR|USD)"};

    for (unsigned i = 0; i < RULES_MOST; i++) {
        char word[16];
        mailbox_word(i % 50 == 49 ? 200 + i : 8400 + 37 * i, word);
        snprintf(sources[i], sizeof sources[i], i % 90 == 9 ? "example/\\?%s4[0-9]7\\b" : shapes[i % 5],
                 i % 90 == 9 ? "" : word);
    }
}

struct opened {
    struct regex_config config;
    struct filter_setup setup;
    struct rule rules[RULES_MOST];
    double seconds; /* to compile */
};

static struct opened *rules_open(size_t count, enum trigger_engine engine)
{
    struct opened *opened = calloc(1, sizeof *opened);
    unsigned interests = ~0u, edits = 0;
    double begin = now();

    if (opened == NULL)
        abort();
    for (size_t i = 0; i < count; i++)
        opened->rules[i] = (struct rule){.on = "part:*/*", .source = sources[i], .deed.action = ACTION_LOG};
    opened->config = (struct regex_config){
        .limits = {.match = 1000000, .depth = 100000, .heap = 20 << 20, .window = 64 << 10},
        .jit = true,
        .engine = (int)engine,
        .rules = {opened->rules, count}};
    if (filter_regex.open(&opened->config, &opened->setup, &interests, &edits) != 0)
        abort();
    opened->seconds = now() - begin;
    return opened;
}

static void rules_close(struct opened *opened)
{
    filter_regex.shut(&opened->config);
    free(opened);
}

/* --- mail ------------------------------------------------------------------------------------------------
 */

/* Decoded texts, each whole: what the comparison looks at. */
struct texts {
    char *octets;
    size_t len;
    struct span *list;
    size_t count;
};

static void tell(struct filter_ctx *ctx, const struct mime_event *event)
{
    static const enum filter_part_kind kinds[] = {
        [MIME_FIELD] = FILTER_PART_FIELD,     [MIME_PART_BEGIN] = FILTER_PART_BEGIN,
        [MIME_RAW] = FILTER_PART_UNDECODED,   [MIME_BYTES] = FILTER_PART_BYTES,
        [MIME_TEXT] = FILTER_PART_TEXT,       [MIME_PART_END] = FILTER_PART_END,
        [MIME_ANOMALY] = FILTER_PART_ANOMALY,
    };
    struct filter_part part = {.index = event->part->index,
                               .type = event->part->type,
                               .subtype = event->part->subtype,
                               .filename = event->part->filename,
                               .other_name = event->part->other_name,
                               .text = event->part->text};
    struct filter_piece piece = {.kind = event->rendered ? FILTER_PART_RENDERED : kinds[event->kind],
                                 .value = event->kind == MIME_FIELD ? event->value : event->bytes};

    filter_regex.on_part(ctx, &part, &piece);
}

static void collect(struct texts *texts, const struct mime_event *event)
{
    bool shown =
        event->kind == MIME_TEXT ? !event->rendered : event->kind == MIME_BYTES && !event->part->text;

    if (shown && event->bytes.len != 0) {
        memcpy(texts->octets + texts->len, event->bytes.ptr, event->bytes.len);
        texts->len += event->bytes.len;
        texts->list[texts->count].len += event->bytes.len;
    }
    if (event->kind == MIME_PART_END && texts->list[texts->count].len != 0) {
        texts->count++;
        texts->list[texts->count] = span_of(texts->octets + texts->len, 0);
    }
}

/* Shows a message to the filter, to the collection, or to nobody. */
static void take_apart(struct span message, struct filter_ctx *ctx, struct texts *texts)
{
    static const struct mime_limits limits = {100, 10000, 262144, 1 << 20};
    struct mime *mime = mime_new(&limits);
    struct mime_event event = {.kind = MIME_MORE};

    while (mime != NULL && event.kind != MIME_END) {
        struct span piece = span_first(message, PIECE);
        bool last = message.len == 0;
        message = span_skip(message, piece.len);
        do {
            piece = span_skip(piece, mime_read(mime, piece, last, &event));
            if (event.kind == MIME_MORE || event.kind == MIME_END)
                break;
            if (ctx != NULL)
                tell(ctx, &event);
            if (texts != NULL)
                collect(texts, &event);
        } while (true);
    }
    mime_free(mime);
}

/* --- measurements: MB of CPU second -----------------------------------------------------------------------
 */

static double measure_mail(const struct mailbox *box, const struct opened *opened)
{
    static struct filter_ctx ctx;
    double begin = now();
    size_t octets = 0;

    for (size_t i = 0; i < box->count && (i % 16 != 0 || now() - begin < patience); i++) {
        if (opened != NULL) {
            ctx.config = &opened->config;
            ctx.used = 0;
            ctx.message = filter_alloc(&ctx, filter_regex.message_size);
        }
        take_apart(box->messages[i], opened != NULL ? &ctx : NULL, NULL);
        if (opened != NULL)
            filter_regex.on_abort(&ctx);
        octets += box->messages[i].len;
    }
    return (double)octets / 1e6 / (now() - begin);
}

static bool always(void *arg, size_t pattern)
{
    (void)arg, (void)pattern;
    return true;
}

static void count_up(void *arg, const struct sieve_settled *settled)
{
    (void)settled;
    ++*(size_t *)arg;
}

static double measure_sieve(const struct texts *texts, const struct opened *opened, size_t *found)
{
    const struct sieve *sieve = opened->config.lanes[0].sieve;
    struct sieve_scan *scan = sieve_begin(sieve);
    struct sieve_listener listener = {always, count_up, found};
    double begin = now();
    size_t octets = 0;

    for (size_t i = 0; i < texts->count && (i % 16 != 0 || now() - begin < patience); i++) {
        for (struct span rest = texts->list[i]; rest.len != 0;
             rest = span_skip(rest, span_first(rest, PIECE).len))
            sieve_feed(scan, span_first(rest, PIECE), &listener);
        sieve_finish(scan, &listener);
        octets += texts->list[i].len;
    }
    sieve_end(scan);
    return (double)octets / 1e6 / (now() - begin);
}

static double measure_pcre2(const struct texts *texts, size_t count, size_t *found)
{
    pcre2_code *codes[RULES_MOST];
    pcre2_match_data *data = pcre2_match_data_create(8, NULL);
    int number;
    size_t offset, octets = 0;
    double begin;

    for (size_t i = 0; i < count; i++) {
        codes[i] = pcre2_compile((PCRE2_SPTR)sources[i], PCRE2_ZERO_TERMINATED, 0, &number, &offset, NULL);
        pcre2_jit_compile(codes[i], PCRE2_JIT_COMPLETE);
    }
    begin = now();
    for (size_t i = 0; i < texts->count && now() - begin < patience; i++) {
        for (size_t n = 0; n < count; n++)
            *found += pcre2_match(codes[n], (PCRE2_SPTR)texts->list[i].ptr, texts->list[i].len, 0, 0, data,
                                  NULL) > 0;
        octets += texts->list[i].len;
    }
    begin = now() - begin;
    for (size_t i = 0; i < count; i++)
        pcre2_code_free(codes[i]);
    pcre2_match_data_free(data);
    return (double)octets / 1e6 / begin;
}

#ifdef POSTERN_VECTORSCAN
static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *arg)
{
    (void)id, (void)from, (void)to, (void)flags;
    ++*(size_t *)arg;
    return 0;
}

static double measure_vectorscan(const struct texts *texts, size_t count, size_t *found, double *compile)
{
    const char *expressions[RULES_MOST];
    unsigned flags[RULES_MOST], ids[RULES_MOST];
    hs_database_t *database = NULL;
    hs_compile_error_t *error = NULL;
    hs_scratch_t *scratch = NULL;
    size_t octets = 0;
    double begin = now();

    for (size_t i = 0; i < count; i++) {
        expressions[i] = sources[i];
        flags[i] = HS_FLAG_SINGLEMATCH;
        ids[i] = (unsigned)i;
    }
    if (hs_compile_multi(expressions, flags, ids, (unsigned)count, HS_MODE_BLOCK, NULL, &database, &error) !=
            HS_SUCCESS ||
        hs_alloc_scratch(database, &scratch) != HS_SUCCESS)
        abort();
    *compile = now() - begin;
    begin = now();
    for (size_t i = 0; i < texts->count && (i % 16 != 0 || now() - begin < patience); i++) {
        hs_scan(database, texts->list[i].ptr, (unsigned)texts->list[i].len, 0, scratch, on_match, found);
        octets += texts->list[i].len;
    }
    begin = now() - begin;
    hs_free_scratch(scratch);
    hs_free_database(database);
    return (double)octets / 1e6 / begin;
}
#endif

/* --- the table -------------------------------------------------------------------------------------------
 */

static void print_engine(const struct mailbox *box, const struct texts *texts, size_t count,
                         enum trigger_engine engine, const char *name)
{
    struct opened *opened = rules_open(count, engine);
    const struct sieve *sieve = opened->config.lanes[0].sieve;
    size_t found = 0;
    double mail = measure_mail(box, opened), scan = measure_sieve(texts, opened, &found);

    printf("| %zu | %s | %.0f | %.0f | %.2f | %.0f | %.1f | %zu |\n", count, name, mail, scan,
           opened->seconds, (double)sieve_size(sieve) / 1024, (double)sieve_scan_size(sieve) / 1024, found);
    rules_close(opened);
}

static void print_table(const struct mailbox *box, const struct texts *texts)
{
    static const size_t counts[] = {1, 10, 100, 1000};

    printf("| rules | engine | decode + scan | scan | compiled in s | KiB shared | KiB per text | matches |\n"
           "|--:|---|--:|--:|--:|--:|--:|--:|\n");
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        size_t found = 0;
        if (trigger_available(TRIGGER_VECTORSCAN))
            print_engine(box, texts, counts[i], TRIGGER_VECTORSCAN, "postern, vectorscan");
        print_engine(box, texts, counts[i], TRIGGER_TABLE, "postern, table");
        print_engine(box, texts, counts[i], TRIGGER_NONE, "postern, none");
        double speed = measure_pcre2(texts, counts[i], &found);
        printf("| %zu | PCRE2 one by one | | %.1f | | | | %zu |\n", counts[i], speed, found);
#ifdef POSTERN_VECTORSCAN
        double compile = 0;
        found = 0;
        speed = measure_vectorscan(texts, counts[i], &found, &compile);
        printf("| %zu | Vectorscan alone | | %.0f | %.2f | | | %zu |\n", counts[i], speed, compile, found);
#endif
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    size_t octets = (argc > 1 ? strtoul(argv[1], NULL, 10) : 200) * 1000000;
    struct mailbox box;
    struct texts texts = {0};

    if (argc > 2)
        patience = strtod(argv[2], NULL);
    make_sources();
    mailbox_make(&box, octets);
    texts.octets = malloc(2 * box.len + 1);
    texts.list = calloc(8 * box.count + 8, sizeof *texts.list);
    if (texts.octets == NULL || texts.list == NULL)
        abort();
    texts.list[0] = span_of(texts.octets, 0);
    for (size_t i = 0; i < box.count; i++)
        take_apart(box.messages[i], NULL, &texts);
    printf("%.0f MB of mail, %zu messages; %.0f MB decoded, %zu texts. MB per CPU second; scan: of decoded "
           "octets.\nOf what takes longer than %.0f s only the beginning is scanned.\n\nDecoding alone: %.0f "
           "MB/s.\n\n",
           (double)box.len / 1e6, box.count, (double)texts.len / 1e6, texts.count, patience,
           measure_mail(&box, NULL));
#ifdef POSTERN_VECTORSCAN
    printf("Vectorscan: %s\n\n", hs_version());
#endif
    print_table(&box, &texts);
    free(texts.octets);
    free(texts.list);
    mailbox_free(&box);
    return 0;
}
