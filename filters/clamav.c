/* clamav.c: the filter `clamav`: shows messages to clamd as they arrive (INSTREAM of clamd(8)) and acts on
 * what it finds. The connection is left to daemon.c. */
#include <stdio.h>

#include "filters/daemon.h"
#include "filters/filters.h"
#include "filters/refusal.h"

#define NAME_OCTETS 200 /* of the name of what was found; the rest is cut off */

enum action { ACTION_REJECT, ACTION_TEMPFAIL, ACTION_QUARANTINE, ACTION_DISCARD, ACTION_TAG };

struct clamav_config {
    struct daemon_config daemon;
    int on_infected; /* enum action */
    const char *reply;
    struct refusal refusal;
};

struct clamav_message {
    struct daemon daemon;
    bool begun;
    char length[4]; /* of the chunk under way */
};

/* --- what clamd says ------------------------------------------------------------------------------------ */

/* The message passes with a field that says what is known of it. */
static enum verdict tag(struct filter_ctx *ctx, struct span status)
{
    return filter_add_header(ctx, SPAN("X-Virus-Status"), status) == 0 ? VERDICT_ACCEPT : VERDICT_FAIL;
}

static enum verdict tag_infected(struct filter_ctx *ctx, struct span name)
{
    char status[NAME_OCTETS + 16];

    filter_log(ctx, "infected with %.*s: passes with a tag", (int)name.len, name.ptr);
    (void)snprintf(status, sizeof(status), "Infected (%.*s)", (int)name.len, name.ptr);
    return tag(ctx, span_str(status));
}

static enum verdict infected(struct filter_ctx *ctx, struct span name)
{
    const struct clamav_config *config = filter_config(ctx);

    name = span_first(name, NAME_OCTETS);
    filter_set_reason(ctx, "%.*s", (int)name.len, name.ptr);
    if (config->on_infected == ACTION_TAG)
        return tag_infected(ctx, name);
    if (config->on_infected == ACTION_DISCARD)
        return VERDICT_DISCARD;
    if (config->on_infected == ACTION_QUARANTINE)
        return VERDICT_QUARANTINE;
    return refusal_give_about(ctx, &config->refusal, name);
}

static enum verdict clean(struct filter_ctx *ctx)
{
    const struct clamav_config *config = filter_config(ctx);

    return config->on_infected == ACTION_TAG ? tag(ctx, SPAN("Clean")) : VERDICT_CONTINUE;
}

static enum verdict too_large(struct filter_ctx *ctx)
{
    const struct clamav_config *config = filter_config(ctx);
    enum verdict verdict = daemon_too_large(ctx);

    if (verdict == VERDICT_ACCEPT && config->on_infected == ACTION_TAG)
        return tag(ctx, SPAN("Not scanned (too large)"));
    return verdict;
}

/* answer = ("stream: OK" / "stream: " name " FOUND" / text " ERROR") NUL ; clamd(8), commands with prefix z
 */
static enum verdict judge(struct filter_ctx *ctx, const struct daemon_answer *answer)
{
    static const struct span stream = {"stream: ", 8}, found = {" FOUND", 6};
    struct span text = answer->text;

    if (text.ptr[text.len - 1] != '\0') {
        filter_set_reason(ctx, "clamd did not finish its answer");
        return VERDICT_FAIL;
    }
    text.len--;
    if (text.len > stream.len + found.len && span_eq(span_first(text, stream.len), stream) &&
        span_eq(span_skip(text, text.len - found.len), found))
        return infected(ctx, span_of(text.ptr + stream.len, text.len - stream.len - found.len));
    if (answer->complete && span_eq(text, SPAN("stream: OK")))
        return clean(ctx);
    if (span_eq(text, SPAN("INSTREAM size limit exceeded. ERROR")))
        return too_large(ctx);
    text = span_first(text, 150);
    filter_set_reason(ctx, "clamd: %.*s", (int)text.len, text.ptr);
    return VERDICT_FAIL;
}

static const struct daemon_calls calls = {.judge = judge, .too_large = too_large};

/* --- what clamd is told --------------------------------------------------------------------------------- */

/* chunk = length octets ; length: 4 octets, network order */
static void put_length(char out[4], size_t length)
{
    for (unsigned i = 0; i < 4; i++)
        out[i] = (char)(length >> (24 - 8 * i) & 0xff);
}

static enum verdict on_content(struct filter_ctx *ctx, struct span bytes)
{
    struct clamav_message *message = filter_message(ctx);

    if (message == NULL)
        return VERDICT_FAIL;
    if (bytes.len == 0) /* would be the end */
        return VERDICT_CONTINUE;
    const struct span parts[] = {SPAN("zINSTREAM\0"), span_of(message->length, 4), bytes};
    unsigned first = message->begun ? 1 : 0;
    message->begun = true;
    put_length(message->length, bytes.len);
    return daemon_send(ctx, &calls, bytes.len, parts + first, 3 - first);
}

static enum verdict on_end_of_message(struct filter_ctx *ctx)
{
    static const struct span end = {"\0\0\0\0", 4};
    struct clamav_message *message = filter_message(ctx);

    if (message == NULL)
        return VERDICT_FAIL;
    if (!message->begun) /* there is nothing to look at */
        return clean(ctx);
    return daemon_end(ctx, &end, 1, false);
}

/* --- configuration -------------------------------------------------------------------------------------- */

static int clamav_open(void *opened, struct filter_setup *setup, unsigned *interests, unsigned *edits)
{
    struct clamav_config *config = opened;
    bool later = config->on_infected == ACTION_TEMPFAIL;
    const char *reply = later ? "451 4.7.1 Infected with %s" : "550 5.7.1 Infected with %s";

    (void)interests;
    if (config->on_infected == ACTION_TAG)
        *edits |= FILTER_EDITS_MESSAGE;
    if (config->on_infected == ACTION_QUARANTINE)
        *edits |= FILTER_QUARANTINES;
    if (refusal_parse(&config->refusal, config->reply != NULL ? config->reply : reply, setup, "reply") != 0)
        return -1;
    if ((config->refusal.code < 500) != later) {
        filter_complain(setup, "reply",
                        "\"%s\" does not fit on_infected; allowed: a code that begins with %s", config->reply,
                        later ? "4" : "5");
        return -1;
    }
    return daemon_config_check(&config->daemon, setup);
}

static const char *const action_words[] = {"reject", "tempfail", "quarantine", "discard", "tag", NULL};

static const struct option clamav_options[] = {
    DAEMON_OPTIONS(struct clamav_config, "100MiB", "reject"),
    {.key = "on_infected",
     .type = OPTION_ENUM,
     .offset = offsetof(struct clamav_config, on_infected),
     .fallback = "reject",
     .words = action_words,
     .help = "What becomes of an infected message. tag lets every message pass with a field X-Virus-Status "
             "(Clean, Infected with the name, Not scanned), and holds each back until it is known."},
    {.key = "reply",
     .type = OPTION_STRING,
     .offset = offsetof(struct clamav_config, reply),
     .help = "The refusal; %s stands for the name of what was found. When absent: \"550 5.7.1 Infected with "
             "%s\", or 451 4.7.1 for tempfail."},
    {.key = NULL}};

const struct filter filter_clamav = {
    .api = FILTER_API,
    .name = "clamav",
    .help = "Asks ClamAV's clamd whether a message is infected, while it arrives.",
    .options = clamav_options,
    .config_size = sizeof(struct clamav_config),
    .message_size = sizeof(struct clamav_message),
    .open = clamav_open,
    .on_content = on_content,
    .on_end_of_message = on_end_of_message,
    .cancel = daemon_cancelled,
    .on_abort = daemon_close,
};
