/* rewrite.c: gives the upstream other senders, recipients and HELO names than the client did, and clients
 * other replies than they were given. Whether what comes out is an address is left to the chain. */
#include "filters/filters.h"
#include "filters/rewrite/map.h"
#include "filters/rewrite/replies.h"

#define ADDRESS_OCTETS 512 /* more than any address: RFC 5321 4.5.3.1.3 */

struct rewrite_config {
    struct map helo, from, to;
    struct replies replies;
};

/* No failure: the filter would not be asked about the recipients that follow. */
static enum verdict put_off(struct filter_ctx *ctx)
{
    filter_set_reply(ctx, 451, "4.3.5", "Cannot rewrite this address, try again later");
    return VERDICT_TEMPFAIL;
}

static enum verdict rewrite(struct filter_ctx *ctx, const struct map *map, const struct filter_path *path)
{
    char bytes[ADDRESS_OCTETS], address[2 * ADDRESS_OCTETS];
    struct span found, local = {"", 0}, to;

    if (map_find(map, path, bytes, sizeof(bytes), &found) != 0) {
        filter_set_reason(ctx, "a pattern takes too long, or makes too much of this address");
        return put_off(ctx);
    }
    if (found.ptr == NULL)
        return VERDICT_CONTINUE;
    to = span_eq(found, SPAN("<>")) ? SPAN("") : found;
    if (to.len != 0 && to.ptr[0] == '@')
        local = path->local;
    if (local.len + to.len <= sizeof(address)) {
        memcpy(address, local.ptr != NULL ? local.ptr : "", local.len);
        memcpy(address + local.len, to.ptr, to.len);
        if (filter_rewrite_path(ctx, span_of(address, local.len + to.len)) == 0)
            return VERDICT_CONTINUE;
    }
    filter_set_reason(ctx, "\"%.*s\" makes no address of this one", (int)found.len, found.ptr);
    return put_off(ctx);
}

/* A name that cannot be made is no reason to refuse the client: the upstream is told its own. */
static enum verdict rewrite_on_helo(struct filter_ctx *ctx, struct span name)
{
    const struct rewrite_config *config = filter_config(ctx);
    struct filter_path key = {.address = name};
    char bytes[ADDRESS_OCTETS];
    struct span found;

    if (map_find(&config->helo, &key, bytes, sizeof(bytes), &found) != 0)
        filter_log(ctx, "HELO name stays as it is: a pattern takes too long, or makes too much of it");
    else if (found.ptr != NULL && filter_rewrite_helo(ctx, found) != 0)
        filter_log(ctx, "HELO name stays as it is: \"%.*s\" is no name", (int)found.len, found.ptr);
    return VERDICT_CONTINUE;
}

static enum verdict rewrite_on_mail(struct filter_ctx *ctx, const struct filter_path *reverse_path)
{
    const struct rewrite_config *config = filter_config(ctx);

    return rewrite(ctx, &config->from, reverse_path);
}

static enum verdict rewrite_on_rcpt(struct filter_ctx *ctx, const struct filter_path *forward_path)
{
    const struct rewrite_config *config = filter_config(ctx);

    return rewrite(ctx, &config->to, forward_path);
}

static enum verdict rewrite_on_reply(struct filter_ctx *ctx, const struct filter_reply *reply)
{
    const struct rewrite_config *config = filter_config(ctx);

    replies_rewrite(ctx, &config->replies, reply);
    return VERDICT_CONTINUE;
}

static void rewrite_shut(void *opened)
{
    struct rewrite_config *config = opened;

    map_free(&config->helo);
    map_free(&config->from);
    map_free(&config->to);
    replies_free(&config->replies);
}

static int rewrite_open(void *opened, struct filter_setup *setup, unsigned *interests, unsigned *edits)
{
    struct rewrite_config *config = opened;
    int rc = map_open(&config->helo, "helo", MAP_NAMES, setup) |
             map_open(&config->from, "from", MAP_SENDERS, setup) |
             map_open(&config->to, "to", MAP_RECIPIENTS, setup) |
             replies_open(&config->replies, "replies", setup);

    (void)edits;
    if (config->helo.lines.count == 0)
        *interests &= ~(1u << FILTER_HELO);
    if (config->from.lines.count == 0)
        *interests &= ~(1u << FILTER_MAIL);
    if (config->to.lines.count == 0)
        *interests &= ~(1u << FILTER_RCPT);
    if (config->replies.count == 0)
        *interests &= ~(1u << FILTER_REPLY);
    if (rc != 0)
        rewrite_shut(config); /* what has not been opened is not shut */
    return rc;
}

static const struct option rewrite_options[] = {
    {.key = "helo",
     .type = OPTION_STRINGS,
     .offset = offsetof(struct rewrite_config, helo.lines),
     .help = "Names in HELO and EHLO as the upstream hears them: \"old.example new.example\", \"/pattern/ "
             "$1.example\"."},
    {.key = "from",
     .type = OPTION_STRINGS,
     .offset = offsetof(struct rewrite_config, from.lines),
     .help =
         "Reverse-paths: \"old@a.example new@b.example\", \"@a.example @b.example\" for all of a domain, "
         "whose local parts stay, \"@a.example new@b.example\", \"/pattern/ $1@b.example\"; <> on either "
         "side "
         "is the null reverse-path. An address goes before its domain, both before the patterns, which are "
         "tried in order; upper and lower case are alike."},
    {.key = "to",
     .type = OPTION_STRINGS,
     .offset = offsetof(struct rewrite_config, to.lines),
     .help = "Forward-paths, as in `from`, without <>."},
    {.key = "replies",
     .type = OPTION_STRINGS,
     .offset = offsetof(struct rewrite_config, replies.lines),
     .help =
         "Replies to clients: \"/pattern/ 550 5.7.1 text\" over the code and the text of the last line; the "
         "first that matches is applied, if the code is of the same class. Keywords of EHLO and what asks "
         "for more (3xx) stay as they are."},
    {.key = NULL}};

const struct filter filter_rewrite = {
    .api = FILTER_API,
    .name = "rewrite",
    .help = "Gives the upstream other senders, recipients and HELO names, and clients other replies.",
    .options = rewrite_options,
    .config_size = sizeof(struct rewrite_config),
    .open = rewrite_open,
    .shut = rewrite_shut,
    .on_helo = rewrite_on_helo,
    .on_mail = rewrite_on_mail,
    .on_rcpt = rewrite_on_rcpt,
    .on_reply = rewrite_on_reply,
};
