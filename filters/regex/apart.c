/* apart.c: asks rules about what is answered by itself: the name of the client, each path, each reply. What
 * is said about a message as a whole is left to act.c. */
#include <stdio.h>

#include "filters/regex/regex.h"

#define REPLY_MAX 1024 /* octets of a reply, its code included */

/* The lane being asked, and the first of its rules that decides. */
struct asking {
    struct filter_ctx *ctx;
    const struct lane *lane;
    struct regex_message *message; /* NULL outside of one */
    size_t first;                  /* number of the rule; SIZE_MAX: none */
    struct found found;
    char text[FOUND_TEXT], note[FOUND_NOTE];
    bool failed;
};

/* Tags and scores count for the message: once. */
static bool counts(const struct rule *rule)
{
    return rule->deed.action == ACTION_TAG || rule->score != 0;
}

static bool on_wanted(void *arg, size_t pattern)
{
    const struct asking *asking = arg;
    const struct regex_config *config = filter_config(asking->ctx);
    size_t n = asking->lane->rules[pattern];

    if (asking->first <= n)
        return asking->first < n && counts(rules_at(config, n));
    return rule_decides(rules_at(config, n)) || !counts(rules_at(config, n)) || asking->message == NULL ||
           asking->message->found[n] == NULL;
}

static void put_down(struct asking *asking, const struct sieve_settled *settled, size_t n)
{
    const struct regex_config *config = filter_config(asking->ctx);

    if (asking->message == NULL || asking->message->found[n] != NULL)
        return;
    asking->message->found[n] =
        found_new(asking->ctx, rules_at(config, n), asking->lane->patterns[settled->pattern], settled);
    asking->failed = asking->failed || asking->message->found[n] == NULL;
}

static void on_settled(void *arg, const struct sieve_settled *settled)
{
    struct asking *asking = arg;
    const struct regex_config *config = filter_config(asking->ctx);
    size_t n = asking->lane->rules[settled->pattern];
    const struct rule *rule = rules_at(config, n);
    const struct pattern *pattern = asking->lane->patterns[settled->pattern];
    struct found found = {.limit = settled->limit};
    char text[FOUND_TEXT], note[FOUND_NOTE];

    if (settled->limit == NULL) {
        found.text = span_of(text, found_fill(&rule->deed.text, pattern, settled->text, text, sizeof text));
        found.note = span_of(note, found_note(rule, pattern, settled->text, note, sizeof note));
    }
    if (act_log(asking->ctx, rule, &found))
        return;
    if (counts(rule))
        put_down(asking, settled, n);
    if ((settled->limit == NULL && !rule_decides(rule)) || asking->first <= n)
        return;
    asking->first = n;
    memcpy(asking->text, text, found.text.len);
    memcpy(asking->note, note, found.note.len);
    found.text.ptr = asking->text;
    found.note.ptr = asking->note;
    asking->found = found;
}

enum verdict apart_ask(struct filter_ctx *ctx, const struct lane *lane, struct span text)
{
    const struct regex_config *config = filter_config(ctx);
    struct asking asking = {.ctx = ctx, .lane = lane, .first = SIZE_MAX};
    struct sieve_listener listener = {on_wanted, on_settled, &asking};
    struct sieve_scan *scan;
    bool good;

    if (lane->scope.kind != SCOPE_HELO && (asking.message = regex_message(ctx)) == NULL)
        return VERDICT_FAIL;
    scan = sieve_begin(lane->sieve);
    good = scan != NULL && sieve_feed(scan, text, &listener) && sieve_finish(scan, &listener);
    sieve_end(scan);
    if (!good || asking.failed)
        return VERDICT_FAIL;
    return asking.first != SIZE_MAX ? act_on(ctx, rules_at(config, asking.first), &asking.found)
                                    : VERDICT_CONTINUE;
}

/* --- replies ---------------------------------------------------------------------------------------------
 */

/* A reply as it stands: "CODE TEXT". */
struct line {
    char octets[REPLY_MAX];
    size_t len;
    bool changed;
};

static void append(struct line *line, struct span text)
{
    text = span_first(text, sizeof line->octets - line->len);
    if (text.len != 0)
        memcpy(line->octets + line->len, text.ptr, text.len);
    line->len += text.len;
}

/* What matched gives way to the replacement. */
static void rewrite(struct line *line, const struct rule *rule, const struct pattern *pattern)
{
    struct span all = span_of(line->octets, line->len), match = pattern_match(all);
    struct line out = {.changed = true};
    char words[FOUND_TEXT];

    if (match.ptr == NULL)
        return;
    append(&out, span_of(all.ptr, (size_t)(match.ptr - all.ptr)));
    append(&out, span_of(words, found_fill(&rule->rewritten, pattern, all, words, sizeof words)));
    append(&out, span_skip(all, (size_t)(match.ptr - all.ptr) + match.len));
    *line = out;
}

/* True: the connection is to be closed. */
static bool ask_reply(struct filter_ctx *ctx, const struct rule *rule, const struct pattern *pattern,
                      struct line *line)
{
    struct span text = span_of(line->octets, line->len);
    struct found found = {.limit = NULL};
    enum scan_result result = scan_whole(pattern, text, &found.limit);
    char note[FOUND_NOTE];

    if (result != SCAN_MATCH && result != SCAN_LIMIT)
        return false;
    if (result == SCAN_MATCH)
        found.note = span_of(note, found_note(rule, pattern, text, note, sizeof note));
    if (act_log(ctx, rule, &found))
        return false;
    if (result == SCAN_LIMIT) { /* a reply goes out whatever we think of it */
        filter_log(ctx, "rule \"%s\" passed over: %s exceeded", rule->name, found.limit);
        return false;
    }
    if (rule->deed.action == ACTION_REWRITE)
        rewrite(line, rule, pattern);
    return rule->deed.action == ACTION_DISCONNECT && act_on(ctx, rule, &found) == VERDICT_DISCONNECT;
}

/* A code that is none any more, or of another class, stays as it was. */
static void give(struct filter_ctx *ctx, const struct filter_reply *reply, const struct line *line)
{
    struct span text = span_of(line->octets, line->len);
    unsigned code = 0, digits = 0;

    for (; digits < 3 && digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9'; digits++)
        code = code * 10 + (unsigned)(text.ptr[digits] - '0');
    if (digits == 3 && text.len > 3 && text.ptr[3] == ' ' && code / 100 == reply->code / 100)
        text = span_skip(text, 4);
    else
        code = reply->code;
    filter_rewrite_reply(ctx, code, NULL, text);
}

/* What EHLO is answered is a list, whose last line alone is shown: it is left as it is. */
enum verdict apart_reply(struct filter_ctx *ctx, const struct filter_reply *reply)
{
    const struct regex_config *config = filter_config(ctx);
    bool list = span_eq(reply->verb, SPAN("EHLO")), closes = false;
    struct line line = {.len = 0};

    line.len = (size_t)snprintf(line.octets, sizeof line.octets, "%03u ", reply->code % 1000);
    append(&line, reply->text);
    for (size_t i = 0; i < config->lane_count && !closes; i++) {
        const struct lane *lane = &config->lanes[i];
        for (size_t n = 0; lane->scope.kind == SCOPE_REPLY && n < lane->count && !closes; n++)
            closes = ask_reply(ctx, rules_at(config, lane->rules[n]), lane->patterns[n], &line);
    }
    if (line.changed && !list)
        give(ctx, reply, &line);
    return closes ? VERDICT_DISCONNECT : VERDICT_CONTINUE;
}
