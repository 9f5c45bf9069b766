/* filters_regex_host.h: the filter regex against a host of services made here, which writes down what it is
 * told, and a message to give it. */
#ifndef FILTERS_REGEX_HOST_H
#define FILTERS_REGEX_HOST_H

#include "test.h"

#include "filters/filters.h"
#include "filters/regex/rules.h"
#include "mail/encoded_word.h"
#include "postern/filter_io.h"

enum { PATHS_MOST = 4, NOTES_MOST = 2000 };

/* --- the host ----------------------------------------------------------------------------------------------
 */
struct filter_ctx {
    void *config;
    void *message;
    struct filter_facts facts;
    void *blocks[32];
    unsigned block_count;
    bool starved;
    unsigned code;
    char enhanced[16], text[500], reason[500], log[NOTES_MOST], added[NOTES_MOST];
    char rewritten[NOTES_MOST];
};

struct filter_setup {
    char complaints[NOTES_MOST];
    char names[16][32];
    size_t name_count;
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
    if (ctx->starved || ctx->block_count == sizeof ctx->blocks / sizeof ctx->blocks[0])
        return NULL;
    return ctx->blocks[ctx->block_count++] = calloc(1, size);
}

void *filter_setup_alloc(struct filter_setup *setup, size_t size)
{
    if (setup->name_count == 16 || size > sizeof setup->names[0])
        return NULL;
    return setup->names[setup->name_count++];
}

static inline void note(char *notes, size_t size, const char *format, va_list args)
{
    size_t used = strlen(notes);
    vsnprintf(notes + used, size - used, format, args);
}

void filter_complain(struct filter_setup *setup, const char *path, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t used = strlen(setup->complaints);
    snprintf(setup->complaints + used, sizeof setup->complaints - used, "%s: ", path);
    note(setup->complaints, sizeof setup->complaints, format, args);
    va_end(args);
}

void filter_set_reply(struct filter_ctx *ctx, unsigned code, const char *enhanced, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    ctx->code = code;
    snprintf(ctx->enhanced, sizeof ctx->enhanced, "%s", enhanced != NULL ? enhanced : "");
    ctx->text[0] = '\0';
    note(ctx->text, sizeof ctx->text, format, args);
    va_end(args);
}

void filter_set_reason(struct filter_ctx *ctx, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    ctx->reason[0] = '\0';
    note(ctx->reason, sizeof ctx->reason, format, args);
    va_end(args);
}

void filter_log(struct filter_ctx *ctx, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    note(ctx->log, sizeof ctx->log, format, args);
    va_end(args);
}

int filter_add_header(struct filter_ctx *ctx, struct span name, struct span value)
{
    size_t used = strlen(ctx->added);
    snprintf(ctx->added + used, sizeof ctx->added - used, "%.*s=%.*s;", (int)name.len, name.ptr,
             (int)value.len, value.ptr);
    return 0;
}

size_t filter_field_text(struct span value, char *out, size_t room)
{
    struct text text = {out, 0, room, false};
    encoded_word_text(value, &text);
    return text.len;
}

void filter_rewrite_reply(struct filter_ctx *ctx, unsigned code, const char *enhanced, struct span text)
{
    CHECK(enhanced == NULL);
    snprintf(ctx->rewritten, sizeof ctx->rewritten, "%u %.*s", code, (int)text.len, text.ptr);
}

/* --- a configuration ---------------------------------------------------------------------------------------
 */
struct setting {
    struct regex_config config;
    struct rule rules[4];
    struct threshold thresholds[3];
    struct filter_setup setup;
    unsigned interests, edits;
    int opened;
};

static inline void set_up_scores(struct setting *setting, const struct rule *rules, size_t count,
                                 const struct threshold *given, size_t thresholds)
{
    memset(setting, 0, sizeof *setting);
    if (thresholds != 0)
        memcpy(setting->thresholds, given, thresholds * sizeof *given);
    memcpy(setting->rules, rules, count * sizeof *rules);
    for (size_t i = 0; i < count; i++)
        if (setting->rules[i].deed.action == ACTION_NONE && setting->rules[i].score == 0)
            setting->rules[i].deed.action = ACTION_REJECT;
    setting->config = (struct regex_config){
        .limits = {.match = 1000000, .depth = 100000, .heap = 20 << 20, .window = 64 << 10},
        .jit = true,
        .rules = {setting->rules, count},
        .thresholds = {setting->thresholds, thresholds}};
    setting->interests = ~0u;
    setting->opened =
        filter_regex.open(&setting->config, &setting->setup, &setting->interests, &setting->edits);
}

static inline void set_up(struct setting *setting, const struct rule *rules, size_t count)
{
    set_up_scores(setting, rules, count, NULL, 0);
}

static inline void take_down(struct setting *setting)
{
    filter_regex.shut(&setting->config);
}

/* --- a session ---------------------------------------------------------------------------------------------
 */
struct mail {
    const char *helo;
    const char *from;
    const char *to[PATHS_MOST];
    const char *header; /* fields with CRLF, without the blank line */
    const char *body;
};

/* What came of it: the event that was refused, and how. */
struct outcome {
    enum verdict verdict;
    enum filter_event event;
    unsigned refused_paths; /* bit n: the n-th forward-path */
};

static inline bool decisive(enum verdict verdict)
{
    return verdict != VERDICT_CONTINUE && verdict != VERDICT_SKIP;
}

static inline bool wants(const struct setting *setting, enum filter_event event)
{
    return (setting->interests & (1u << event)) != 0;
}

static inline bool note_verdict(struct outcome *outcome, enum filter_event event, enum verdict verdict)
{
    if (decisive(verdict))
        *outcome = (struct outcome){verdict, event, outcome->refused_paths};
    return decisive(verdict);
}

static inline bool give_envelope(const struct setting *setting, struct filter_ctx *ctx,
                                 const struct mail *mail, struct outcome *outcome)
{
    struct filter_path path = {.address = span_str(mail->from)};
    if (wants(setting, FILTER_HELO) &&
        note_verdict(outcome, FILTER_HELO, filter_regex.on_helo(ctx, span_str(mail->helo))))
        return false;
    ctx->message = calloc(1, filter_regex.message_size);
    if (wants(setting, FILTER_MAIL) && note_verdict(outcome, FILTER_MAIL, filter_regex.on_mail(ctx, &path)))
        return false;
    for (unsigned i = 0; i < PATHS_MOST && mail->to[i] != NULL; i++) {
        path.address = span_str(mail->to[i]);
        if (wants(setting, FILTER_RCPT) && decisive(filter_regex.on_rcpt(ctx, &path)))
            outcome->refused_paths |= 1u << i;
    }
    return true;
}

static inline bool give_header(const struct setting *setting, struct filter_ctx *ctx, const char *at,
                               struct outcome *outcome)
{
    while (*at != '\0') {
        const char *end = at;
        do
            end = strstr(end, "\r\n") + 2;
        while (*end == ' ' || *end == '\t');
        const char *colon = strchr(at, ':');
        struct span name = span_of(at, (size_t)(colon - at));
        struct span value = span_of(colon + 1, (size_t)(end - 2 - colon - 1));
        if (wants(setting, FILTER_HEADER) &&
            note_verdict(outcome, FILTER_HEADER, filter_regex.on_header(ctx, name, value)))
            return false;
        at = end;
    }
    return !wants(setting, FILTER_END_OF_HEADERS) ||
           !note_verdict(outcome, FILTER_END_OF_HEADERS, filter_regex.on_end_of_headers(ctx));
}

static inline bool give_pieces(struct filter_ctx *ctx, struct span text, size_t piece,
                               enum verdict (*give)(struct filter_ctx *, struct span),
                               enum filter_event event, struct outcome *outcome)
{
    enum verdict verdict = VERDICT_CONTINUE;
    for (size_t at = 0; at < text.len && verdict != VERDICT_SKIP; at += piece) {
        verdict = give(ctx, span_first(span_skip(text, at), piece));
        if (note_verdict(outcome, event, verdict))
            return false;
    }
    return true;
}

static inline bool give_message(const struct setting *setting, struct filter_ctx *ctx,
                                const struct mail *mail, size_t piece, struct outcome *outcome)
{
    char raw[1000];
    snprintf(raw, sizeof raw, "%s\r\n%s", mail->header, mail->body);
    if (!give_header(setting, ctx, mail->header, outcome))
        return false;
    if (wants(setting, FILTER_CONTENT) &&
        !give_pieces(ctx, span_str(raw), piece, filter_regex.on_content, FILTER_CONTENT, outcome))
        return false;
    if (wants(setting, FILTER_BODY) &&
        !give_pieces(ctx, span_str(mail->body), piece, filter_regex.on_body, FILTER_BODY, outcome))
        return false;
    if (wants(setting, FILTER_END_OF_MESSAGE))
        note_verdict(outcome, FILTER_END_OF_MESSAGE, filter_regex.on_end_of_message(ctx));
    return true;
}

/* Two messages are told apart by nothing but their state: the second of two equal ones gives the same. */
static inline struct outcome give(struct setting *setting, struct filter_ctx *ctx, const struct mail *mail,
                                  size_t piece)
{
    struct outcome outcome = {VERDICT_CONTINUE, FILTER_EVENTS, 0};
    bool starved = ctx->starved;
    memset(ctx, 0, sizeof *ctx);
    ctx->starved = starved;
    ctx->config = &setting->config;
    ctx->facts.helo = span_str(mail->helo);
    if (give_envelope(setting, ctx, mail, &outcome))
        give_message(setting, ctx, mail, piece, &outcome);
    if (ctx->message != NULL)
        filter_regex.on_abort(ctx);
    free(ctx->message);
    for (unsigned i = 0; i < ctx->block_count; i++)
        free(ctx->blocks[i]);
    return outcome;
}

/* --- cases -------------------------------------------------------------------------------------------------
 */
static const struct mail sample __attribute__((unused)) = {
    .helo = "spam.example",
    .from = "alice@example.com",
    .to = {"bob@example.net", "eve@example.net", "bob.two@example.net"},
    .header = "Subject: your\r\n Invoice \r\nX-A: one\r\nX-A:\r\n\ttwo\r\n",
    .body = "Dear all,\r\npay this invoice now.\r\n",
};

#endif
