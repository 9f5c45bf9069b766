/* filter.c: a test filter: for each session and each message it is drawn at which event it does what, now,
 * later or never. What it decided is told to the ledger. */
#include "filter.h"

#include <stdio.h>

#include "postern/filter_io.h"
#include "sim.h"

/* What it will do about one message or session; the same whenever it is drawn. */
struct trick {
    enum filter_event event;
    enum verdict verdict;
    uint64_t after; /* milliseconds; 0: at once; NEVER */
};

#define NEVER UINT64_MAX

/* Per message and per session. */
struct memory {
    bool done;
    int which;     /* recipient that it thinks about; -1: the message */
    unsigned seen; /* bits of filters whose fields it has been shown */
};

static const struct sim_filter *self(struct filter_ctx *ctx)
{
    return filter_config(ctx);
}

static struct client *client_of(struct filter_ctx *ctx)
{
    struct sim *sim = self(ctx)->sim;

    return &sim->clients[filter_facts(ctx)->client_port - 40000];
}

static struct message *message_of(struct filter_ctx *ctx)
{
    struct span path = filter_facts(ctx)->reverse_path;
    const char *at = path.len != 0 ? memchr(path.ptr, '@', path.len) : NULL;

    return at != NULL ? sim_message(self(ctx)->sim, span_of(path.ptr, (size_t)(at - path.ptr))) : NULL;
}

static bool of_message(enum filter_event event)
{
    return event >= FILTER_MAIL && event <= FILTER_END_OF_MESSAGE;
}

static uint64_t draw_delay(struct dice *dice)
{
    static const uint64_t delays[] = {0, 0, 1, 40, 3000, 9999, 10000, NEVER};

    return delays[dice_below(dice, sizeof(delays) / sizeof(*delays))];
}

/* Of what it does about a message a good deal is about recipients, where it judges these. */
static bool judges_now(const struct sim_filter *filter, const struct client *client, unsigned of)
{
    struct dice dice =
        dice_for(filter->sim->seed, DICE_ENVELOPE, 1024 + filter->index * 64 + client->number * 8 + of);

    return filter->judges && dice_percent(&dice, 40);
}

static struct trick draw(struct filter_ctx *ctx, enum filter_event event)
{
    static const enum filter_event early[] = {FILTER_CONNECT, FILTER_COMMAND, FILTER_HELO, FILTER_COMMAND};
    static const enum verdict verdicts[] = {VERDICT_ACCEPT,     VERDICT_SKIP,    VERDICT_REJECT,
                                            VERDICT_TEMPFAIL,   VERDICT_DISCARD, VERDICT_QUARANTINE,
                                            VERDICT_DISCONNECT, VERDICT_FAIL,    VERDICT_CONTINUE};
    const struct sim_filter *filter = self(ctx);
    const struct client *client = client_of(ctx);
    const struct message *message = of_message(event) ? message_of(ctx) : NULL;
    unsigned of = message != NULL ? 1 + (unsigned)(message - client->messages) : 0;
    struct dice dice = dice_for(filter->sim->seed, DICE_FILTER, filter->index * 64 + client->number * 8 + of);
    struct trick trick = {FILTER_EVENTS, VERDICT_CONTINUE, 0};

    if (client->plain || (of_message(event) && message == NULL) ||
        !dice_percent(&dice, of != 0 ? filter->mischief : filter->mischief / 3))
        return trick;
    if (of != 0)
        trick.event = FILTER_MAIL + dice_below(&dice, FILTER_END_OF_MESSAGE - FILTER_MAIL + 1);
    else
        trick.event = early[dice_below(&dice, 4)];
    if (of != 0 && judges_now(filter, client, of))
        trick.event = FILTER_RECIPIENT;
    trick.verdict = verdicts[dice_below(&dice, sizeof(verdicts) / sizeof(*verdicts))];
    trick.after = draw_delay(&dice);
    return trick;
}

/* The filter failed, or may have: what may come of that. */
static void failed(struct filter_ctx *ctx, struct client *client, struct message *message)
{
    const struct chain_member *member = &self(ctx)->member;

    if (message != NULL && member->on_failure == CHAIN_FAIL_REJECT)
        message->harsh = true;
    if (message != NULL)
        message->dropped |= 1u << self(ctx)->index;
    if (member->on_failure != CHAIN_FAIL_PASS)
        client->upset = true;
}

static enum verdict decide(struct filter_ctx *ctx, const struct trick *trick, int which)
{
    struct client *client = client_of(ctx);
    struct message *message = of_message(trick->event) ? message_of(ctx) : NULL;
    bool enforces = self(ctx)->member.mode == CHAIN_ENFORCE;

    if (trick->verdict == VERDICT_FAIL || (trick->event < FILTER_MAIL && trick->verdict == VERDICT_DISCARD) ||
        (trick->event < FILTER_MAIL && trick->verdict == VERDICT_QUARANTINE)) {
        failed(ctx, client, message);
        return VERDICT_FAIL;
    }
    if (trick->verdict < VERDICT_REJECT || !enforces)
        return trick->verdict;
    client->upset = true;
    if (trick->verdict == VERDICT_DISCONNECT)
        client->cut_short = true;
    if (trick->event == FILTER_CONNECT || trick->event == FILTER_HELO)
        client->barred = true;
    if (message != NULL)
        ledger_decided(self(ctx)->sim, message, which, trick->verdict);
    return trick->verdict;
}

static void decide_message(struct filter_ctx *ctx)
{
    struct trick trick = draw(ctx, FILTER_MAIL);
    struct memory *memory = filter_message(ctx);

    filter_resume(ctx, decide(ctx, &trick, memory->which));
}

static void decide_session(struct filter_ctx *ctx)
{
    struct trick trick = draw(ctx, FILTER_CONNECT);

    filter_resume(ctx, decide(ctx, &trick, -1));
}

static void enough(struct filter_ctx *ctx)
{
    filter_resume(ctx, VERDICT_CONTINUE);
}

/* `which` recipient it is about, or -1. */
static enum verdict about(struct filter_ctx *ctx, enum filter_event event, int which)
{
    struct trick trick = draw(ctx, event);
    struct memory *memory = of_message(event) ? filter_message(ctx) : filter_session(ctx);
    struct client *client = client_of(ctx);

    if (memory == NULL) {
        failed(ctx, client, of_message(event) ? message_of(ctx) : NULL);
        return VERDICT_FAIL;
    }
    if (trick.event != event || memory->done)
        return VERDICT_CONTINUE;
    memory->done = true;
    memory->which = which;
    if (trick.after == 0 || event == FILTER_RCPT)
        return decide(ctx, &trick, which);
    failed(ctx, client, of_message(event) ? message_of(ctx) : NULL); /* it may be too late, or never */
    if (trick.after != NEVER &&
        filter_timer(ctx, trick.after, of_message(event) ? decide_message : decide_session) != 0)
        return VERDICT_FAIL;
    return VERDICT_PENDING;
}

static void add_field(struct filter_ctx *ctx)
{
    const struct sim_filter *filter = self(ctx);
    struct message *message = message_of(ctx);
    char name[16];

    if (message == NULL || (filter->member.edits & (FILTER_EDITS_HEADERS | FILTER_EDITS_MESSAGE)) == 0)
        return;
    (void)snprintf(name, sizeof(name), "X-Filter-%u", filter->index);
    if ((filter->prepends ? filter_prepend_header : filter_add_header)(ctx, span_str(name),
                                                                       span_str(message->id)) == 0 &&
        filter->member.mode == CHAIN_ENFORCE)
        message->added |= 1u << filter->index;
    /* The header section is taken apart and written down again, the same octet for octet. */
    if (filter->index % 2 == 0 && filter_append_header(ctx, SPAN("X-Gone"), SPAN("soon")) == 0)
        (void)filter_delete_header(ctx, SPAN("X-Gone"), 1);
}

static void write_body(struct filter_ctx *ctx)
{
    const struct sim_filter *filter = self(ctx);
    struct message *message = message_of(ctx);
    struct lab_bytes body = {0};

    if (message == NULL || !filter->rewrites)
        return;
    message_body(message, filter->index, &body);
    if (filter_replace_body(ctx, lab_bytes_from(&body, 0)) == 0 && filter->member.mode == CHAIN_ENFORCE)
        message->bodies |= 1u << filter->index;
    lab_bytes_free(&body);
}

/* A field that a filter has added is seen by those that read after it, and by no others. */
static void note_field(struct filter_ctx *ctx, struct span name)
{
    struct memory *memory = filter_message(ctx);

    if (memory != NULL && name.len == 10 && span_starts_nocase(name, SPAN("X-Filter-")))
        memory->seen |= 1u << (name.ptr[9] - '0');
}

static void check_fields(struct filter_ctx *ctx)
{
    const struct sim_filter *filter = self(ctx);
    const struct message *message = message_of(ctx);
    struct memory *memory = filter_message(ctx);
    unsigned before = 0, added;

    if (message == NULL || memory == NULL || memory->done ||
        (filter->member.interests & 1u << FILTER_HEADER) == 0)
        return;
    for (unsigned i = 0; i < filter->index; i++)
        if (filter->sim->config.filters[i].pass < filter->pass)
            before |= 1u << i;
    added = message->added & before;
    if ((memory->seen & ~added) != 0 || (added & ~message->dropped & ~memory->seen) != 0)
        sim_fail(filter->sim, "I3", "filter %u sees the fields %x in %s, which has %x of those before it",
                 filter->index, memory->seen, message->id, added);
}

static enum verdict on_connect(struct filter_ctx *ctx)
{
    return about(ctx, FILTER_CONNECT, -1);
}

static enum verdict on_command(struct filter_ctx *ctx, const struct filter_command *command)
{
    (void)command;
    return about(ctx, FILTER_COMMAND, -1);
}

static enum verdict on_helo(struct filter_ctx *ctx, struct span name)
{
    (void)name;
    return about(ctx, FILTER_HELO, -1);
}

static void on_capabilities(struct filter_ctx *ctx, struct filter_capabilities *capabilities)
{
    if (self(ctx)->mischief == 20)
        filter_hide(capabilities, SPAN("CHUNKING"));
    filter_allow(capabilities, SPAN("VRFY"));
}

static enum verdict on_mail(struct filter_ctx *ctx, const struct filter_path *path)
{
    (void)path;
    return about(ctx, FILTER_MAIL, -1);
}

/* Recipients are called r0@..., r1@... */
static enum verdict on_rcpt(struct filter_ctx *ctx, const struct filter_path *path)
{
    int which = path->local.len == 2 && path->local.ptr[0] == 'r' ? path->local.ptr[1] - '0' : -1;

    return about(ctx, FILTER_RCPT, which);
}

/* A verdict on a recipient that the upstream has refused counts for nothing. */
static enum verdict on_refused(struct filter_ctx *ctx)
{
    struct trick trick = draw(ctx, FILTER_RECIPIENT);
    struct memory *memory = filter_message(ctx);

    if (memory == NULL || trick.verdict == VERDICT_FAIL) {
        failed(ctx, client_of(ctx), message_of(ctx));
        return VERDICT_FAIL;
    }
    if (trick.event != FILTER_RECIPIENT || memory->done)
        return VERDICT_CONTINUE;
    memory->done = true;
    return trick.verdict;
}

static enum verdict on_recipient(struct filter_ctx *ctx, const struct filter_path *path,
                                 const struct filter_reply *reply)
{
    const struct message *message = message_of(ctx);
    int which = path->local.len == 2 && path->local.ptr[0] == 'r' ? path->local.ptr[1] - '0' : -1;

    if (message != NULL && reply->local && reply->code / 100 == 2 && !message->discarded)
        sim_fail(self(ctx)->sim, "I1", "recipient %d of %s was accepted here", which, message->id);
    return reply->code / 100 == 2 ? about(ctx, FILTER_RECIPIENT, which) : on_refused(ctx);
}

static enum verdict on_data(struct filter_ctx *ctx)
{
    return about(ctx, FILTER_DATA, -1);
}

static enum verdict on_header(struct filter_ctx *ctx, struct span name, struct span value)
{
    (void)value;
    note_field(ctx, name);
    return about(ctx, FILTER_HEADER, -1);
}

/* It edits when the header section ends. */
static bool early(struct filter_ctx *ctx)
{
    return (self(ctx)->member.edits & FILTER_EDITS_HEADERS) != 0;
}

static enum verdict on_end_of_headers(struct filter_ctx *ctx)
{
    check_fields(ctx);
    if (early(ctx)) {
        add_field(ctx);
        write_body(ctx);
    }
    return about(ctx, FILTER_END_OF_HEADERS, -1);
}

static enum verdict on_content(struct filter_ctx *ctx, struct span bytes)
{
    (void)bytes;
    return about(ctx, FILTER_CONTENT, -1);
}

static enum verdict on_body(struct filter_ctx *ctx, struct span bytes)
{
    (void)bytes;
    return about(ctx, FILTER_BODY, -1);
}

static enum verdict on_part(struct filter_ctx *ctx, const struct filter_part *part,
                            const struct filter_piece *piece)
{
    (void)part;
    (void)piece;
    return about(ctx, FILTER_PART, -1);
}

/* A domain of its own, by which the upstream knows whose word the sender is. */
static void change_sender(struct filter_ctx *ctx, struct message *message)
{
    const struct sim_filter *filter = self(ctx);
    char path[40];

    (void)snprintf(path, sizeof(path), "%s@f%u.example", message->id, filter->index);
    if (filter_change_sender(ctx, span_str(path), SPAN("RET=FULL")) == 0)
        sim_fail(filter->sim, "upstream", "a parameter that was not offered is taken");
    if (filter_change_sender(ctx, span_str(path), SPAN("")) == 0 && filter->member.mode == CHAIN_ENFORCE)
        message->senders |= 1u << filter->index;
}

static void add_recipient(struct filter_ctx *ctx, struct message *message)
{
    const struct sim_filter *filter = self(ctx);
    char path[40];

    (void)snprintf(path, sizeof(path), "a%u@%s.sim", filter->index, message->id);
    if (filter_add_recipient(ctx, span_str(path), SPAN("")) == 0 && filter->member.mode == CHAIN_ENFORCE)
        message->adds |= 1u << filter->index;
}

static void delete_recipient(struct filter_ctx *ctx, struct message *message, unsigned which)
{
    const struct sim_filter *filter = self(ctx);
    char path[40];

    (void)snprintf(path, sizeof(path), "r%u@%s.SIM", which, message->id);
    if (filter_delete_recipient(ctx, span_str(path)) == 0 && filter->member.mode == CHAIN_ENFORCE)
        message->deletes[which] |= 1u << filter->index;
}

static void readdress(struct filter_ctx *ctx)
{
    const struct sim_filter *filter = self(ctx);
    struct message *message = message_of(ctx);
    struct dice dice;

    if (message == NULL || !filter->readdresses)
        return;
    dice = dice_for(filter->sim->seed, DICE_ENVELOPE,
                    64 + filter->index * 64 + message->client->number * 8 +
                        (unsigned)(message - message->client->messages));
    if (dice_percent(&dice, 40))
        change_sender(ctx, message);
    if (dice_percent(&dice, 40))
        add_recipient(ctx, message);
    if (dice_percent(&dice, 40))
        delete_recipient(ctx, message, dice_below(&dice, message->recipients));
}

static enum verdict on_end_of_message(struct filter_ctx *ctx)
{
    struct client *client = client_of(ctx);
    enum verdict verdict;

    if (!early(ctx)) {
        add_field(ctx);
        write_body(ctx);
    }
    readdress(ctx);
    verdict = about(ctx, FILTER_END_OF_MESSAGE, -1);
    if (verdict != VERDICT_CONTINUE || !self(ctx)->thinks || client->plain)
        return verdict;
    if (filter_timer(ctx, 1000, enough) != 0) {
        failed(ctx, client, message_of(ctx));
        return VERDICT_FAIL;
    }
    faults_point(self(ctx)->sim, client, POINT_VERDICT, SIDE_FILTER);
    return VERDICT_PENDING;
}

/* The time limit passed, memory failed, or nobody asks any more: the first two count as a failure. */
static void cancel(struct filter_ctx *ctx)
{
    failed(ctx, client_of(ctx), message_of(ctx));
}

/* Says the same in other words, now and then; and now and then has had enough. */
static enum verdict on_reply(struct filter_ctx *ctx, const struct filter_reply *reply)
{
    const struct sim_filter *filter = self(ctx);
    struct client *client = client_of(ctx);
    char text[300];

    if (client->plain || filter->mischief == 0 || reply->text.len > 200)
        return VERDICT_CONTINUE;
    if (dice_percent(&filter->sim->dice, 2) && filter->member.mode == CHAIN_ENFORCE) {
        client->cut_short = client->upset = true;
        return VERDICT_DISCONNECT;
    }
    if (dice_percent(&filter->sim->dice, 90))
        return VERDICT_CONTINUE;
    (void)snprintf(text, sizeof(text), "in other words: %.*s", (int)reply->text.len, reply->text.ptr);
    filter_rewrite_reply(ctx, reply->code, NULL, span_str(text));
    return VERDICT_CONTINUE;
}

const struct filter sim_filter_itself = {
    .api = FILTER_API,
    .name = "sim",
    .help = "Answers as the dice say.",
    .session_size = sizeof(struct memory),
    .message_size = sizeof(struct memory),
    .on_connect = on_connect,
    .on_command = on_command,
    .on_helo = on_helo,
    .on_capabilities = on_capabilities,
    .on_mail = on_mail,
    .on_rcpt = on_rcpt,
    .on_recipient = on_recipient,
    .on_data = on_data,
    .on_header = on_header,
    .on_end_of_headers = on_end_of_headers,
    .on_content = on_content,
    .on_body = on_body,
    .on_part = on_part,
    .on_end_of_message = on_end_of_message,
    .on_reply = on_reply,
    .cancel = cancel,
};
