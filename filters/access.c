/* access.c: who may connect, greet, send and receive, by lists, which may be long. How they are searched is
 * left to names.c and networks.c. */
#include "filters/filters.h"
#include "filters/names.h"
#include "filters/networks.h"
#include "filters/refusal.h"

/* In the order in which a session tells. */
enum stage { STAGE_CLIENT, STAGE_HELO, STAGE_FROM, STAGE_TO };

struct access_lists {
    struct option_networks client;
    struct option_strings helo, from, to;
};

enum access_default { DEFAULT_ALLOW, DEFAULT_DENY };

struct access_config {
    struct access_lists allow, deny;
    int otherwise; /* enum access_default */
    const char *reply;
    struct refusal refusal;
    enum stage last; /* the last stage at which something could still be allowed */
};

/* --- judging
 * ------------------------------------------------------------------------------------------------ */

static bool matches(const struct access_lists *lists, enum stage stage, const struct filter_facts *facts,
                    struct span to)
{
    switch (stage) {
    case STAGE_CLIENT:
        return networks_match(&lists->client, facts->client_family, facts->client_address);
    case STAGE_HELO:
        return names_match_host(&lists->helo, facts->helo);
    case STAGE_FROM:
        return names_match_address(&lists->from, facts->reverse_path);
    case STAGE_TO:
        return names_match_address(&lists->to, to);
    }
    return false;
}

/* Nothing is remembered: at each stage the facts known by then are looked up again, so that a session that
 * begins anew, after STARTTLS say, is judged alike. */
static enum verdict judge(struct filter_ctx *ctx, enum stage stage, const struct filter_facts *facts,
                          struct span to)
{
    static const char *const names[] = {"client", "helo", "from", "to"};
    const struct access_config *config = filter_config(ctx);

    for (enum stage known = STAGE_CLIENT; known <= stage; known++)
        if (matches(&config->allow, known, facts, to))
            return VERDICT_CONTINUE;
    if (matches(&config->deny, stage, facts, to))
        filter_set_reason(ctx, "%s denied", names[stage]);
    else if (config->otherwise == DEFAULT_DENY && stage == config->last)
        filter_set_reason(ctx, "not allowed");
    else
        return VERDICT_CONTINUE;
    return refusal_give(ctx, &config->refusal);
}

static enum verdict access_on_connect(struct filter_ctx *ctx)
{
    return judge(ctx, STAGE_CLIENT, filter_facts(ctx), (struct span){NULL, 0});
}

static enum verdict access_on_helo(struct filter_ctx *ctx, struct span name)
{
    struct filter_facts facts = *filter_facts(ctx);

    facts.helo = name;
    return judge(ctx, STAGE_HELO, &facts, (struct span){NULL, 0});
}

static enum verdict access_on_mail(struct filter_ctx *ctx, const struct filter_path *reverse_path)
{
    struct filter_facts facts = *filter_facts(ctx);

    facts.reverse_path = reverse_path->address.len != 0 ? reverse_path->address : SPAN("");
    return judge(ctx, STAGE_FROM, &facts, (struct span){NULL, 0});
}

static enum verdict access_on_rcpt(struct filter_ctx *ctx, const struct filter_path *forward_path)
{
    return judge(ctx, STAGE_TO, filter_facts(ctx), forward_path->address);
}

/* --- configuration
 * ------------------------------------------------------------------------------------------ */

static void sort_lists(struct access_lists *lists)
{
    networks_sort(&lists->client);
    names_sort(&lists->helo);
    names_sort(&lists->from);
    names_sort(&lists->to);
}

static int access_open(void *opened, struct filter_setup *setup, unsigned *interests, unsigned *edits)
{
    struct access_config *config = opened;
    const struct access_lists *allow = &config->allow, *deny = &config->deny;
    bool strict = config->otherwise == DEFAULT_DENY;
    unsigned wanted = 0;

    (void)edits;
    sort_lists(&config->allow);
    sort_lists(&config->deny);
    config->last = allow->to.count != 0     ? STAGE_TO
                   : allow->from.count != 0 ? STAGE_FROM
                   : allow->helo.count != 0 ? STAGE_HELO
                                            : STAGE_CLIENT;
    if (deny->client.count != 0 || (strict && config->last == STAGE_CLIENT))
        wanted |= 1u << FILTER_CONNECT;
    if (deny->helo.count != 0 || (strict && config->last == STAGE_HELO))
        wanted |= 1u << FILTER_HELO;
    if (deny->from.count != 0 || (strict && config->last == STAGE_FROM))
        wanted |= 1u << FILTER_MAIL;
    if (deny->to.count != 0 || (strict && config->last == STAGE_TO))
        wanted |= 1u << FILTER_RCPT;
    *interests &= wanted;
    return refusal_parse(&config->refusal, config->reply, setup, "reply");
}

#define LIST(name) offsetof(struct access_lists, name)

static const struct option access_list_options[] = {
    {.key = "client",
     .type = OPTION_NETWORKS,
     .offset = LIST(client),
     .help = "Addresses and networks of clients."},
    {.key = "helo",
     .type = OPTION_STRINGS,
     .offset = LIST(helo),
     .help = "Names in HELO and EHLO: name, .domain for all below it, or *."},
    {.key = "from",
     .type = OPTION_STRINGS,
     .offset = LIST(from),
     .help = "Reverse-paths: address, domain or @domain, .domain for all below it, <>, or *."},
    {.key = "to", .type = OPTION_STRINGS, .offset = LIST(to), .help = "Forward-paths, as in `from`."},
    {.key = NULL}};

static const char *const default_words[] = {"allow", "deny", NULL};

static const struct option access_options[] = {
    {.key = "allow",
     .type = OPTION_MAP,
     .offset = offsetof(struct access_config, allow),
     .row = access_list_options,
     .help = "Whoever is found here is not asked about `deny`, now or later in the session; `from` holds for "
             "the message, `to` for the recipient."},
    {.key = "deny",
     .type = OPTION_MAP,
     .offset = offsetof(struct access_config, deny),
     .row = access_list_options,
     .help = "Who is refused: a client or HELO name every command, a sender the message, a recipient alone."},
    {.key = "default",
     .type = OPTION_ENUM,
     .offset = offsetof(struct access_config, otherwise),
     .fallback = "allow",
     .words = default_words,
     .help = "deny: whoever is in no list under `allow` by the last kind of list given there is refused."},
    {.key = "reply",
     .type = OPTION_STRING,
     .offset = offsetof(struct access_config, reply),
     .fallback = "550 5.7.1 Access denied",
     .help = "The refusal: code, enhanced code, text."},
    {.key = NULL}};

const struct filter filter_access = {
    .api = FILTER_API,
    .name = "access",
    .help = "Allows and denies by client, HELO name, sender and recipient.",
    .options = access_options,
    .config_size = sizeof(struct access_config),
    .open = access_open,
    .on_connect = access_on_connect,
    .on_helo = access_on_helo,
    .on_mail = access_on_mail,
    .on_rcpt = access_on_rcpt,
};
