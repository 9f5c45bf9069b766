/* transport_channel.c: a milter behind a socket. The link is the filter's byte channel. */
#include "filters/milter/config.h"
#include "filters/milter/transport.h"

static struct filter_channel *channel_of(struct milter_link *link)
{
    return (struct filter_channel *)link;
}

static void on_connected(struct filter_ctx *ctx, struct filter_channel *channel)
{
    (void)channel;
    milter_connected(ctx);
}

static size_t on_bytes(struct filter_ctx *ctx, struct filter_channel *channel, struct span bytes)
{
    (void)channel;
    return milter_heard_octets(ctx, bytes);
}

static void on_writable(struct filter_ctx *ctx, struct filter_channel *channel)
{
    (void)channel;
    milter_writable(ctx);
}

static void on_ended(struct filter_ctx *ctx, struct filter_channel *channel, int error)
{
    (void)channel;
    milter_ended(ctx, error);
}

static const struct filter_channel_calls calls = {on_connected, on_bytes, on_writable, on_ended};

static struct milter_link *open_channel(struct filter_ctx *ctx, size_t address)
{
    const struct milter_config *config = filter_config(ctx);

    return (struct milter_link *)filter_channel_open(ctx, config->addresses.items[address],
                                                     config->connect_timeout, &calls);
}

static size_t send(struct milter_link *link, struct span packets)
{
    return filter_channel_send(channel_of(link), packets);
}

static void part(struct milter_link *link, struct span goodbye)
{
    (void)filter_channel_send(channel_of(link), goodbye);
    filter_channel_finish(channel_of(link));
    filter_channel_close(channel_of(link));
}

static void close_channel(struct milter_link *link)
{
    filter_channel_close(channel_of(link));
}

const struct milter_transport milter_by_channel = {
    .open = open_channel, .send = send, .part = part, .close = close_channel, .at_once = false};
