/* channel.c: a filter's byte channel to a daemon: one wire, one dial, and the four things that can be told of
 * them. Where it leads is read in channel_address.c; what is said is left to filters/. */
#include "chain/channel.h"

#include <assert.h>
#include <errno.h>

#include "base/mem.h"
#include "chain/channel_address.h"

struct filter_channel {
    LIST_ENTRY(filter_channel) link;
    struct filter_ctx *ctx;
    const struct filter_channel_calls *calls;
    struct wire wire;
    struct dial dial;
    struct turn
        turn;  /* to send what has been queued, and to tell what was found out when nothing may be told */
    int error; /* negative errno beside that of the wire, or 0 */
    bool unannounced; /* connected() is due */
    bool wanting;     /* writable() is due when there is room */
    bool finishing;   /* the peer is to see an end */
    bool deaf;        /* the peer has stopped to read, and may have said why */
    bool telling;     /* a callback may be on the stack: freed behind it */
    bool closed;
};

/* --- telling ------------------------------------------------------------------------------------------- */

/* Callbacks of the filter are run like those of its timer: nobody is being asked anything. */
struct telling {
    struct visit visit;
    struct visit *outer;
};

static void tell_begin(struct telling *telling, struct filter_channel *channel)
{
    struct chain_state *state = channel->ctx->state;

    telling->visit.event = FILTER_EVENTS;
    telling->visit.reply = NULL;
    telling->outer = state->visit;
    state->visit = &telling->visit;
}

static void tell_end(const struct telling *telling, struct filter_ctx *ctx)
{
    ctx->state->visit = telling->outer;
}

/* False when the filter has closed the channel. */
static bool tell(struct filter_channel *channel,
                 void (*call)(struct filter_ctx *ctx, struct filter_channel *channel))
{
    struct telling telling;

    if (call != NULL) {
        tell_begin(&telling, channel);
        call(channel->ctx, channel);
        tell_end(&telling, channel->ctx);
    }
    return !channel->closed;
}

static void tell_ended(struct filter_channel *channel, int error)
{
    struct telling telling;

    tell_begin(&telling, channel);
    channel->calls->ended(channel->ctx, channel, error);
    tell_end(&telling, channel->ctx);
    filter_channel_close(channel);
}

/* False when the filter has closed the channel. */
static bool tell_bytes(struct filter_channel *channel)
{
    struct telling telling;
    struct span data;

    while ((data = buf_data(&channel->wire.in)).len != 0) {
        size_t taken;
        tell_begin(&telling, channel);
        taken = channel->calls->bytes(channel->ctx, channel, data);
        tell_end(&telling, channel->ctx);
        if (channel->closed)
            return false;
        assert(taken <= data.len);
        if (taken == 0)
            break;
        buf_consume(&channel->wire.in, taken);
    }
    if (buf_room(&channel->wire.in) == 0)
        channel->error = -EMSGSIZE;
    return true;
}

/* Half a block, so that a daemon that takes a little at a time is not sent a little at a time; less only when
 * nothing is on its way that would call again. */
static bool has_room(const struct filter_channel *channel)
{
    const struct wire *wire = &channel->wire;

    return wire->in_flight == 0 || wire_put_room(wire) >= wire->out.pool->block_size / 2;
}

/* A peer that reads no more may have sent a last word before it closed: it is waited for. */
static void hear_out(struct filter_channel *channel)
{
    struct wire *wire = &channel->wire;

    if (wire->error != -EPIPE || wire->eof)
        return;
    channel->deaf = true;
    wire->error = 0;
    wire_update(wire);
}

/* What the wire has become, told in the order in which it happened. */
static void tell_all(struct filter_channel *channel)
{
    struct wire *wire = &channel->wire;

    if (channel->unannounced) {
        channel->unannounced = false;
        if (channel->finishing)
            wire_finish(wire);
        if (!tell(channel, channel->calls->connected))
            return;
    }
    if (!tell_bytes(channel))
        return;
    wire_update(wire);
    if (channel->wanting && !channel->deaf && wire_alive(wire) && has_room(channel)) {
        channel->wanting = false;
        if (!tell(channel, channel->calls->writable))
            return;
        wire_update(wire);
    }
    hear_out(channel);
    if (channel->error == 0)
        channel->error = wire->error;
    if (channel->error != 0 || wire->eof)
        tell_ended(channel, channel->error == 0 && channel->deaf ? -EPIPE : channel->error);
}

static void advance(void *owner)
{
    struct filter_channel *channel = owner;

    channel->telling = true;
    tell_all(channel);
    channel->telling = false;
    if (channel->closed)
        mem_free(channel);
}

static void dialled(void *owner, int status)
{
    struct filter_channel *channel = owner;

    channel->error = status;
    channel->unannounced = status == 0;
    advance(channel);
}

/* --- services ------------------------------------------------------------------------------------------- */

static struct world *world_of(const struct filter_channel *channel)
{
    return channel->ctx->state->run->world;
}

static void advance_soon(struct filter_channel *channel)
{
    if (!channel->telling)
        world_of(channel)->ops->turn_take(world_of(channel), &channel->turn);
}

struct filter_channel *filter_channel_open(struct filter_ctx *ctx, const char *address, uint64_t limit_ms,
                                           const struct filter_channel_calls *calls)
{
    struct world *world = ctx->state->run->world;
    struct channel_address to;
    struct filter_channel *channel;

    if (!channel_address_parse(address, &to))
        return NULL;
    channel = mem_alloc(sizeof(*channel));
    if (channel == NULL)
        return NULL;
    channel->ctx = ctx;
    channel->calls = calls;
    channel->turn = (struct turn){.run = advance, .owner = channel};
    channel->dial = (struct dial){.wire = &channel->wire, .done = dialled, .owner = channel};
    wire_init(&channel->wire, world->pool, advance, channel);
    LIST_INSERT_HEAD(&ctx->channels, channel, link);
    channel->error = world->ops->dial(world, &channel->dial, to.host, to.port, limit_ms);
    if (channel->error != 0)
        advance_soon(channel);
    return channel;
}

/* Small pieces leave together, in the next turn; what fills the buffer leaves at once. */
size_t filter_channel_send(struct filter_channel *channel, struct span bytes)
{
    struct wire *wire = &channel->wire;
    size_t taken = 0;

    while (taken < bytes.len && channel->error == 0 && wire->error == 0 && !channel->deaf) {
        struct span some = span_first(span_skip(bytes, taken), wire_put_room(wire));
        if (some.len == 0)
            break;
        if (!wire_put(wire, some)) {
            channel->error = -ENOMEM;
            break;
        }
        taken += some.len;
        if (taken < bytes.len)
            wire_update(wire);
    }
    channel->wanting = channel->wanting || taken < bytes.len;
    if (wire_open(wire) || channel->error != 0)
        advance_soon(channel);
    return taken;
}

void filter_channel_finish(struct filter_channel *channel)
{
    channel->finishing = true;
    if (!wire_open(&channel->wire))
        return;
    wire_finish(&channel->wire);
    advance_soon(channel);
}

void filter_channel_close(struct filter_channel *channel)
{
    struct world *world;

    if (channel == NULL || channel->closed)
        return;
    world = world_of(channel);
    channel->closed = true;
    if (channel->finishing && wire_alive(&channel->wire))
        wire_update(&channel->wire);
    LIST_REMOVE(channel, link);
    world->ops->turn_leave(world, &channel->turn);
    world->ops->dial_cancel(world, &channel->dial);
    wire_close(&channel->wire, false);
    if (!channel->telling)
        mem_free(channel);
}

void channels_close(struct filter_ctx *ctx)
{
    struct filter_channel *channel;

    while ((channel = LIST_FIRST(&ctx->channels)) != NULL)
        filter_channel_close(channel);
}
