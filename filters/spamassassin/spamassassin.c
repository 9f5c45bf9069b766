/* spamassassin.c: the filter `spamassassin`: shows messages to spamd as they arrive and acts on the score.
 * The connection is left to daemon.c, the answer to spamd.c. */
#include <stdio.h>
#include <time.h>

#include "filters/daemon.h"
#include "filters/filters.h"
#include "filters/refusal.h"
#include "filters/spamassassin/spamd.h"
#include "filters/spamassassin/received.h"

struct spamassassin_config {
    struct daemon_config daemon;
    const char *user;
    const char *reject, *quarantine, *tag; /* as written; NULL: never */
    int64_t reject_score, quarantine_score, tag_score;
    const char *reply;
    struct refusal refusal;
    struct span request; /* up to the message */
};

struct spamassassin_message {
    struct daemon daemon;
    bool begun;
};

/* --- what spamd says ------------------------------------------------------------------------------------ */

/* A score as SpamAssassin prints it. */
struct printed {
    char text[24];
};

static struct printed print_score(int64_t score)
{
    struct printed out;
    int64_t tenths = (score < 0 ? -score : score) / 100;

    (void)snprintf(out.text, sizeof(out.text), "%s%lld.%lld", score < 0 && tenths != 0 ? "-" : "",
                   (long long)(tenths / 10), (long long)(tenths % 10));
    return out;
}

/* value = ("Yes" / "No") ", score=" score " required=" score " tests=" tests, as SpamAssassin writes it, with
 * room to fold between the tests. */
static int add_status(struct filter_ctx *ctx, const struct spamd_answer *answer, bool spam)
{
    const struct spamassassin_config *config = filter_config(ctx);
    size_t size = 2 * answer->tests.len + 128;
    char *value = filter_alloc(ctx, size);
    int n;

    if (value == NULL)
        return -1;
    n = snprintf(value, size, "%s, score=%s required=%s tests=", spam ? "Yes" : "No",
                 print_score(answer->score).text, print_score(config->tag_score).text);
    if (n < 0)
        return -1;
    size_t len = (size_t)n;
    for (size_t i = 0; i < answer->tests.len; i++) {
        value[len++] = answer->tests.ptr[i];
        if (answer->tests.ptr[i] == ',')
            value[len++] = ' ';
    }
    return filter_add_header(ctx, SPAN("X-Spam-Status"), span_of(value, len));
}

static enum verdict tag(struct filter_ctx *ctx, const struct spamd_answer *answer)
{
    const struct spamassassin_config *config = filter_config(ctx);
    bool spam = answer->score >= config->tag_score;

    if (add_status(ctx, answer, spam) != 0)
        return VERDICT_FAIL;
    if (spam && filter_add_header(ctx, SPAN("X-Spam-Flag"), SPAN("YES")) != 0)
        return VERDICT_FAIL;
    return VERDICT_CONTINUE;
}

static enum verdict judge(struct filter_ctx *ctx, const struct daemon_answer *heard)
{
    const struct spamassassin_config *config = filter_config(ctx);
    struct spamd_answer answer;

    if (!spamd_parse(heard->text, &answer) || !heard->complete) {
        struct span status = span_first(answer.status, 150);
        filter_set_reason(ctx, "spamd: %.*s", (int)status.len, status.len != 0 ? status.ptr : "");
        return VERDICT_FAIL;
    }
    struct span tests = span_first(answer.tests, 150);
    struct printed score = print_score(answer.score);
    filter_set_reason(ctx, "score %s: %.*s", score.text, (int)tests.len, tests.ptr);
    if (config->reject != NULL && answer.score >= config->reject_score)
        return refusal_give_about(ctx, &config->refusal, span_str(score.text));
    if (config->quarantine != NULL && answer.score >= config->quarantine_score)
        return VERDICT_QUARANTINE;
    return config->tag != NULL ? tag(ctx, &answer) : VERDICT_CONTINUE;
}

static const struct daemon_calls calls = {.judge = judge, .too_large = daemon_too_large};

/* --- what spamd is told --------------------------------------------------------------------------------- */

/* Without Content-length the message ends where our direction of the connection does, so that it need not be
 * known beforehand how long it is. */
static enum verdict on_content(struct filter_ctx *ctx, struct span bytes)
{
    const struct spamassassin_config *config = filter_config(ctx);
    struct spamassassin_message *message = filter_message(ctx);

    if (message == NULL)
        return VERDICT_FAIL;
    if (message->begun)
        return daemon_send(ctx, &calls, bytes.len, &bytes, 1);
    const struct span parts[] = {config->request, received_print(ctx, time(NULL)), bytes};
    if (parts[1].len == 0)
        return VERDICT_FAIL;
    message->begun = true;
    return daemon_send(ctx, &calls, bytes.len, parts, 3);
}

static enum verdict on_end_of_message(struct filter_ctx *ctx)
{
    struct spamassassin_message *message = filter_message(ctx);

    if (message == NULL)
        return VERDICT_FAIL;
    return message->begun ? daemon_end(ctx, NULL, 0, true) : VERDICT_CONTINUE;
}

/* --- configuration -------------------------------------------------------------------------------------- */

static int read_score(const char *written, int64_t *score, const char *key, struct filter_setup *setup)
{
    if (written == NULL || spamd_score(span_str(written), score))
        return 0;
    filter_complain(setup, key, "\"%s\" is no score; allowed: a number such as 6.5", written);
    return -1;
}

/* request = "SYMBOLS SPAMC/1.5" CRLF ["User: " user CRLF] CRLF */
static int print_request(struct spamassassin_config *config, struct filter_setup *setup)
{
    size_t size = 64 + (config->user != NULL ? strlen(config->user) : 0);
    char *request = filter_setup_alloc(setup, size);
    int n;

    for (const char *c = config->user; c != NULL && *c != '\0'; c++) {
        if (*c > ' ' && *c < 0x7f)
            continue;
        filter_complain(setup, "user", "is no name of a user; allowed: printable ASCII without spaces");
        return -1;
    }
    if (request == NULL)
        return -1;
    n = snprintf(request, size, "SYMBOLS SPAMC/1.5\r\n%s%s%s\r\n", config->user != NULL ? "User: " : "",
                 config->user != NULL ? config->user : "", config->user != NULL ? "\r\n" : "");
    config->request = span_of(request, (size_t)n);
    return 0;
}

static int spamassassin_open(void *opened, struct filter_setup *setup, unsigned *interests, unsigned *edits)
{
    struct spamassassin_config *config = opened;

    (void)interests;
    if (config->reject == NULL && config->quarantine == NULL && config->tag == NULL) {
        filter_complain(setup, "", "does nothing; needed: one of reject_score, quarantine_score, tag_score");
        return -1;
    }
    if (config->tag != NULL)
        *edits |= FILTER_EDITS_MESSAGE;
    if (config->quarantine != NULL)
        *edits |= FILTER_QUARANTINES;
    if (read_score(config->reject, &config->reject_score, "reject_score", setup) != 0 ||
        read_score(config->quarantine, &config->quarantine_score, "quarantine_score", setup) != 0 ||
        read_score(config->tag, &config->tag_score, "tag_score", setup) != 0 ||
        print_request(config, setup) != 0 ||
        refusal_parse(&config->refusal, config->reply, setup, "reply") != 0)
        return -1;
    return daemon_config_check(&config->daemon, setup);
}

static const struct option spamassassin_options[] = {
    DAEMON_OPTIONS(struct spamassassin_config, "512KiB", "pass"),
    {.key = "user",
     .type = OPTION_STRING,
     .offset = offsetof(struct spamassassin_config, user),
     .help = "Whose preferences spamd uses."},
    {.key = "reject_score",
     .type = OPTION_STRING,
     .offset = offsetof(struct spamassassin_config, reject),
     .help = "The score, such as 12.5, from which on a message is refused; when absent none is."},
    {.key = "quarantine_score",
     .type = OPTION_STRING,
     .offset = offsetof(struct spamassassin_config, quarantine),
     .help = "The score from which on a message that is not refused is kept; when absent none is."},
    {.key = "tag_score",
     .type = OPTION_STRING,
     .offset = offsetof(struct spamassassin_config, tag),
     .help =
         "Every message gets a field X-Spam-Status, and from this score on X-Spam-Flag: YES; each is held "
         "back until it is known."},
    {.key = "reply",
     .type = OPTION_STRING,
     .offset = offsetof(struct spamassassin_config, reply),
     .fallback = "550 5.7.1 This looks like spam",
     .help = "The refusal; %s stands for the score."},
    {.key = NULL}};

const struct filter filter_spamassassin = {
    .api = FILTER_API,
    .name = "spamassassin",
    .help = "Asks SpamAssassin's spamd how much a message looks like spam, while it arrives.",
    .options = spamassassin_options,
    .config_size = sizeof(struct spamassassin_config),
    .message_size = sizeof(struct spamassassin_message),
    .open = spamassassin_open,
    .on_content = on_content,
    .on_end_of_message = on_end_of_message,
    .cancel = daemon_cancelled,
    .on_abort = daemon_close,
};
