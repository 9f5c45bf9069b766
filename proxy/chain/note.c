/* note.c: composes the chain's log lines; what a refusal does to a transaction is logged by session/. */
#include "chain/note.h"

#include <stdio.h>

/* Begins a line with what all of them have: the session and the filter. */
static void begin(struct log_line *line, struct filter_ctx *ctx, enum log_level level, const char *event)
{
    struct chain_run *run = ctx->state->run;
    struct filter_facts facts = {0};

    run->facts(run->owner, &facts);
    log_begin(line, run->world->log, level, event);
    log_field(line, "session", facts.session);
    if (facts.transaction.len != 0)
        log_field(line, "transaction", facts.transaction);
    log_field(line, "filter", span_str(ctx_member(ctx)->as.name));
}

static bool wanted(const struct filter_ctx *ctx, enum log_level level)
{
    return log_wants(ctx->state->run->world->log, level);
}

void note_observed(struct filter_ctx *ctx, enum filter_event event, enum verdict verdict, struct span reason)
{
    struct log_line line;

    count_up(&ctx_member(ctx)->counts.observed);
    if (!wanted(ctx, LOG_LEVEL_INFO))
        return;
    begin(&line, ctx, LOG_LEVEL_INFO, "observed");
    log_field(&line, "verdict", span_str(event_verdict_name(verdict)));
    log_field(&line, "at", span_str(event_rows[event].name));
    if (reason.len != 0)
        log_field(&line, "reason", reason);
    log_end(&line);
}

/* "field Subject", "part 2 text/html notes.html"; empty: of the message as a whole. */
static void say_where(struct text *out, const struct chain_question *question)
{
    const struct filter_part *part = &question->part.is;

    if (question->event == FILTER_HEADER) {
        text_add(out, SPAN("field "));
        text_add(out, question->header.name);
    }
    if (question->event != FILTER_PART)
        return;
    text_format(out, "part %u ", part->index);
    text_add(out, part->type);
    text_char(out, '/');
    text_add(out, part->subtype);
    if (part->filename.len != 0) {
        text_char(out, ' ');
        text_add(out, part->filename);
    }
}

void note_matched(struct filter_ctx *ctx, const struct chain_question *question)
{
    char bytes[300];
    struct text where = TEXT(bytes);
    struct log_line line;

    if (!wanted(ctx, LOG_LEVEL_INFO))
        return;
    say_where(&where, question);
    if (where.len == 0)
        return;
    begin(&line, ctx, LOG_LEVEL_INFO, "matched");
    log_field(&line, "where", text_span(&where));
    log_end(&line);
}

bool note_withheld(struct filter_ctx *ctx, const char *edit, struct span what)
{
    struct log_line line;

    if (ctx_member(ctx)->as.mode != CHAIN_OBSERVE)
        return false;
    count_up(&ctx_member(ctx)->counts.observed);
    if (wanted(ctx, LOG_LEVEL_INFO)) {
        begin(&line, ctx, LOG_LEVEL_INFO, "observed");
        log_field(&line, "edit", span_str(edit));
        log_field(&line, "what", what);
        log_end(&line);
    }
    return true;
}

void note_failed(struct filter_ctx *ctx, enum filter_event event, struct span why)
{
    static const char *const then[] = {[CHAIN_FAIL_TEMPFAIL] = "tempfail",
                                       [CHAIN_FAIL_PASS] = "pass",
                                       [CHAIN_FAIL_REJECT] = "reject",
                                       [CHAIN_FAIL_QUARANTINE] = "quarantine",
                                       [CHAIN_FAIL_SHUTDOWN] = "shutdown"};
    struct member *member = ctx_member(ctx);
    struct log_line line;

    count_up(&member->counts.failed);
    if (!wanted(ctx, LOG_LEVEL_WARN))
        return;
    begin(&line, ctx, LOG_LEVEL_WARN, "filter_failed");
    log_field(&line, "at", span_str(event_rows[event].name));
    log_field(&line, "reason", why);
    log_field(&line, "on_failure", span_str(then[member->as.on_failure]));
    log_end(&line);
}

void filter_log(struct filter_ctx *ctx, const char *format, ...)
{
    struct log_line line;
    char message[1024];
    va_list args;

    if (!wanted(ctx, LOG_LEVEL_INFO))
        return;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    begin(&line, ctx, LOG_LEVEL_INFO, "filter");
    log_field(&line, "text", span_str(message));
    log_end(&line);
}
