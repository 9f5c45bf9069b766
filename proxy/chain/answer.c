/* answer.c: reply and reason of a filter: lines without controls, bounded, the class fitting the verdict.
 * Codes and texts come from filters and are not trusted. */
#include "chain/answer.h"

#include <assert.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/text.h"
#include "chain/note.h"
#include "chain/state.h"
#include "smtp/reply.h"

#define CLOSING 421 /* says that the connection closes: DISCONNECT's alone, and its only code */

struct standard {
    unsigned code;
    const char *enhanced;
    const char *text;
};

static const struct standard standard_replies[] = {
    [VERDICT_REJECT] = {550, "5.7.1", "Refused by local policy"},
    [VERDICT_TEMPFAIL] = {451, "4.7.1", "Refused for now by local policy, try again later"},
    [VERDICT_DISCONNECT] = {CLOSING, "4.7.0", "Connection closed by local policy"},
};

static const struct standard failure_replies[] = {
    [VERDICT_REJECT] = {550, "5.7.1", "This could not be checked and is refused"},
    [VERDICT_TEMPFAIL] = {451, "4.7.1", "This could not be checked now, try again later"},
    [VERDICT_DISCONNECT] = {CLOSING, "4.7.1", "This could not be checked now, closing"},
};

void answer_forget(struct answer **answer)
{
    if (*answer != NULL)
        mem_free((*answer)->all);
    mem_free(*answer);
    *answer = NULL;
}

static void fill(const struct standard *standard, struct decision *out)
{
    out->code = standard->code;
    out->enhanced = standard->enhanced;
    out->text = span_str(standard->text);
}

static bool code_fits(unsigned code, enum verdict verdict)
{
    if (code == CLOSING || verdict == VERDICT_DISCONNECT)
        return code == CLOSING && verdict == VERDICT_DISCONNECT;
    return code / 100 == standard_replies[verdict].code / 100;
}

void answer_reply(const struct answer *answer, enum verdict verdict, struct decision *out)
{
    fill(&standard_replies[verdict], out);
    if (answer == NULL || answer->code == 0)
        return;
    if (code_fits(answer->code, verdict))
        out->code = answer->code;
    if (reply_enhanced_valid(span_str(answer->enhanced), out->code))
        out->enhanced = answer->enhanced;
    if (answer->text_len != 0)
        out->text = span_of(answer->all != NULL ? answer->all : answer->text, answer->text_len);
}

void answer_failure_reply(enum verdict verdict, struct decision *out)
{
    fill(&failure_replies[verdict], out);
}

struct span answer_reason(const struct answer *answer)
{
    if (answer == NULL || answer->reason_len == 0)
        return (struct span){NULL, 0};
    return span_of(answer->reason, answer->reason_len);
}

/* The answer that the running callback speaks into; NULL when memory is short, and defaults then apply, or
 * when the filter is not being asked: the answer is then that of another. */
static struct answer *speak(struct filter_ctx *ctx)
{
    struct chain_state *state = ctx->state;
    bool reply = state->visit != NULL && state->visit->event == FILTER_REPLY;
    struct answer **slot = reply ? &state->rewrite : &state->answer;

    if (ctx_event(ctx) == FILTER_EVENTS)
        return NULL;
    if (*slot == NULL)
        *slot = mem_alloc(sizeof(**slot));
    return *slot;
}

static void set(struct answer *answer, unsigned code, const char *enhanced, struct span line)
{
    struct text text = TEXT(answer->text);

    mem_free(answer->all);
    answer->all = NULL;
    text_add_safe(&text, span_first(line, ANSWER_TEXT_MAX), false);
    answer->code = code;
    answer->text_len = (uint16_t)text.len;
    answer->lines = 1;
    answer->enhanced[0] = '\0';
    if (enhanced != NULL && strlen(enhanced) < sizeof(answer->enhanced))
        memcpy(answer->enhanced, enhanced, strlen(enhanced) + 1);
}

/* What vsnprintf left in an array of `size`. */
static size_t printed(int n, size_t size)
{
    if (n < 0)
        return 0;
    return (size_t)n < size ? (size_t)n : size - 1;
}

void filter_set_reply(struct filter_ctx *ctx, unsigned code, const char *enhanced, const char *format, ...)
{
    char line[ANSWER_TEXT_MAX + 1];
    struct answer *answer;
    va_list args;
    int n;

    if (ctx_event(ctx) == FILTER_REPLY) /* which closes behind the reply under way, if at all */
        return;
    answer = speak(ctx);
    if (answer == NULL)
        return;
    va_start(args, format);
    n = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    set(answer, code, enhanced, span_of(line, printed(n, sizeof(line))));
}

/* Room for more lines behind the first, which few replies have. */
static bool lengthen(struct answer *answer)
{
    if (answer->all != NULL)
        return true;
    answer->all = mem_alloc(ANSWER_OCTETS_MAX);
    if (answer->all == NULL)
        return false;
    memcpy(answer->all, answer->text, answer->text_len);
    return true;
}

void filter_add_reply_line(struct filter_ctx *ctx, const char *format, ...)
{
    struct answer *answer = ctx_event(ctx) == FILTER_REPLY ? NULL : speak(ctx);
    char line[ANSWER_TEXT_MAX + 1];
    struct text text;
    va_list args;
    int n;

    if (answer == NULL || answer->code == 0 || answer->lines == ANSWER_LINES_MAX || !lengthen(answer))
        return;
    va_start(args, format);
    n = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    text = (struct text){answer->all, answer->text_len, ANSWER_OCTETS_MAX, false};
    text_char(&text, '\n');
    text_add_safe(&text, span_of(line, printed(n, sizeof(line))), false);
    if (text.cut)
        return;
    answer->text_len = (uint16_t)text.len;
    answer->lines++;
}

void filter_set_reason(struct filter_ctx *ctx, const char *format, ...)
{
    struct answer *answer = speak(ctx);
    va_list args;
    int n;

    if (answer == NULL)
        return;
    va_start(args, format);
    n = vsnprintf(answer->reason, sizeof(answer->reason), format, args);
    va_end(args);
    answer->reason_len = (uint16_t)printed(n, sizeof(answer->reason));
}

void filter_rewrite_reply(struct filter_ctx *ctx, unsigned code, const char *enhanced, struct span text)
{
    struct visit *visit = ctx->state->visit;
    struct answer *answer;

    assert(visit != NULL && visit->reply != NULL); /* on_reply only */
    if (note_withheld(ctx, "rewrite_reply", text))
        return;
    if (code / 100 != visit->reply->code / 100)
        code = visit->reply->code;
    if (enhanced != NULL && !reply_enhanced_valid(span_str(enhanced), code))
        enhanced = NULL;
    answer = speak(ctx);
    if (answer != NULL)
        set(answer, code, enhanced, text);
}
