/* daemon.c: a message on its way to a daemon, and the answer on its way back; the words of both are left to
 * each filter. */
#include "filters/daemon.h"

#include <errno.h>

const char *const daemon_too_large_words[] = {"reject", "tempfail", "pass", NULL};

int daemon_config_check(const struct daemon_config *config, struct filter_setup *setup)
{
    int result = 0;

    for (size_t i = 0; i < config->addresses.count; i++) {
        if (filter_channel_address(config->addresses.items[i]))
            continue;
        filter_complain(setup, "address",
                        "\"%s\" is no address of a daemon; allowed: unix:/path, host:port, [IPv6]:port",
                        config->addresses.items[i]);
        result = -1;
    }
    if (config->addresses.count == 0) {
        filter_complain(setup, "address", "is empty; allowed: one address or several");
        result = -1;
    }
    return result;
}

/* --- the answer ----------------------------------------------------------------------------------------- */

/* The daemon has gone without a word that could be judged. */
static enum verdict unheard(struct filter_ctx *ctx, const struct daemon *daemon)
{
    const char *why = strerrordesc_np(-daemon->error);

    if (daemon->error == 0 || why == NULL)
        why = "it closed the connection";
    filter_set_reason(ctx, daemon->connected ? "connection to the daemon lost: %s" : "no connection: %s",
                      why);
    return VERDICT_FAIL;
}

static enum verdict judge(struct filter_ctx *ctx, struct daemon *daemon)
{
    bool sent = daemon->last && daemon->part == daemon->count;
    const struct daemon_answer answer = {.text = span_of(daemon->answer, daemon->answer_len),
                                         .complete = sent && daemon->error == 0};

    if (daemon->answer_len == 0)
        return unheard(ctx, daemon);
    return daemon->calls->judge(ctx, &answer);
}

/* --- the channel ---------------------------------------------------------------------------------------- */

/* Sends what there is room for; true when all has been taken. */
static bool push(struct daemon *daemon)
{
    while (daemon->part < daemon->count) {
        struct span *part = &daemon->parts[daemon->part];
        *part = span_skip(*part, filter_channel_send(daemon->channel, *part));
        if (part->len != 0)
            return false;
        daemon->part++;
    }
    return true;
}

static void go_on(struct filter_ctx *ctx, struct filter_channel *channel)
{
    struct daemon *daemon = filter_message(ctx);

    (void)channel;
    if (!push(daemon) || daemon->last || !daemon->waiting)
        return;
    daemon->waiting = false;
    filter_resume(ctx, VERDICT_CONTINUE);
}

static void on_connected(struct filter_ctx *ctx, struct filter_channel *channel)
{
    struct daemon *daemon = filter_message(ctx);

    daemon->connected = true;
    go_on(ctx, channel);
}

static size_t on_bytes(struct filter_ctx *ctx, struct filter_channel *channel, struct span bytes)
{
    struct daemon *daemon = filter_message(ctx);

    (void)channel;
    if (bytes.len > sizeof(daemon->answer) - daemon->answer_len)
        return 0; /* what nobody takes ends the channel, soon or at the time limit */
    memcpy(daemon->answer + daemon->answer_len, bytes.ptr, bytes.len);
    daemon->answer_len += bytes.len;
    return bytes.len;
}

static bool open_next(struct filter_ctx *ctx, struct daemon *daemon);

static void on_ended(struct filter_ctx *ctx, struct filter_channel *channel, int error)
{
    struct daemon *daemon = filter_message(ctx);

    (void)channel;
    daemon->channel = NULL;
    daemon->error = error;
    if (!daemon->connected && open_next(ctx, daemon))
        return;
    daemon->over = true;
    if (!daemon->waiting)
        return;
    daemon->waiting = false;
    filter_resume(ctx, judge(ctx, daemon));
}

static const struct filter_channel_calls channel_calls = {on_connected, on_bytes, go_on, on_ended};

static bool open_next(struct filter_ctx *ctx, struct daemon *daemon)
{
    const struct daemon_config *config = filter_config(ctx);

    if (daemon->next == config->addresses.count)
        return false;
    daemon->channel = filter_channel_open(ctx, config->addresses.items[daemon->next++], config->connect_limit,
                                          &channel_calls);
    if (daemon->channel == NULL)
        daemon->error = -ENOMEM;
    return daemon->channel != NULL;
}

/* --- the questions -------------------------------------------------------------------------------------- */

enum verdict daemon_too_large(struct filter_ctx *ctx)
{
    const struct daemon_config *config = filter_config(ctx);

    daemon_close(ctx);
    filter_set_reason(ctx, "too large to be scanned");
    if (config->too_large == TOO_LARGE_PASS) {
        filter_log(ctx, "too large to be scanned: passes unscanned");
        return VERDICT_ACCEPT;
    }
    if (config->too_large == TOO_LARGE_TEMPFAIL) {
        filter_set_reply(ctx, 452, "4.3.4", "The message is too large to be scanned");
        return VERDICT_TEMPFAIL;
    }
    filter_set_reply(ctx, 552, "5.3.4", "The message is too large to be scanned");
    return VERDICT_REJECT;
}

static void queue(struct daemon *daemon, const struct span *parts, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        daemon->parts[i] = parts[i];
    daemon->part = 0;
    daemon->count = count;
}

enum verdict daemon_send(struct filter_ctx *ctx, const struct daemon_calls *calls, size_t content,
                         const struct span *parts, unsigned count)
{
    const struct daemon_config *config = filter_config(ctx);
    struct daemon *daemon = filter_message(ctx);

    if (daemon->over)
        return judge(ctx, daemon);
    daemon->calls = calls;
    daemon->seen += content;
    if (daemon->seen > config->max_size)
        return calls->too_large(ctx);
    queue(daemon, parts, count);
    if (daemon->channel == NULL && !open_next(ctx, daemon))
        return unheard(ctx, daemon);
    if (daemon->connected && push(daemon))
        return VERDICT_CONTINUE;
    daemon->waiting = true;
    return VERDICT_PENDING;
}

enum verdict daemon_end(struct filter_ctx *ctx, const struct span *parts, unsigned count, bool finish)
{
    struct daemon *daemon = filter_message(ctx);

    if (daemon->over)
        return judge(ctx, daemon);
    daemon->last = daemon->waiting = true;
    queue(daemon, parts, count);
    (void)push(daemon);
    if (finish)
        filter_channel_finish(daemon->channel);
    return VERDICT_PENDING;
}

/* The channel has gone already. */
void daemon_cancelled(struct filter_ctx *ctx)
{
    struct daemon *daemon = filter_message(ctx);

    if (daemon == NULL)
        return;
    daemon->channel = NULL;
    daemon->over = true;
    daemon->waiting = false;
    daemon->error = -ECANCELED;
}

void daemon_close(struct filter_ctx *ctx)
{
    struct daemon *daemon = filter_message(ctx);

    if (daemon == NULL)
        return;
    filter_channel_close(daemon->channel);
    daemon->channel = NULL;
    daemon->over = true;
}
