/* agree.c: OPTNEG, ours and theirs. */
#include "filters/milter/agree.h"

#define NAMES_OCTETS 200

static uint32_t offered_actions(const struct milter_config *config)
{
    return milter_config_actions(config) & milter_bits(milter_actions, (unsigned)config->protocol);
}

static uint32_t offered_steps(const struct milter_config *config)
{
    return milter_bits(milter_steps, (unsigned)config->protocol);
}

void milter_offer(struct milter_client *client, const struct milter_config *config)
{
    const struct milter_packet offer = {
        .command = MILTER_OPTNEG,
        .numbers = {(uint32_t)config->protocol, offered_actions(config), offered_steps(config)}};

    (void)milter_write(&client->out, MILTER_OF_MTA, &offer);
}

static void mention(struct filter_ctx *ctx, const struct milter_bit *table, uint32_t bits, const char *what)
{
    char names[NAMES_OCTETS];

    if (bits != 0)
        filter_log(ctx, "wants %s that are not offered: %s", what,
                   milter_bit_names(table, bits, names, sizeof(names)));
}

/* A list takes the place of the default of its stage. */
static bool take_symbols(struct milter_client *client, const struct map *map, struct span rest)
{
    struct span names;
    uint32_t stage;
    int more;

    while ((more = milter_next_symbols(&rest, &stage, &names)) > 0)
        if (stage < MILTER_STAGES)
            client->macros[stage] = map_select(map, names);
    return more == 0;
}

bool milter_agree(struct filter_ctx *ctx, struct milter_client *client, const struct milter_packet *packet)
{
    const struct milter_config *config = filter_config(ctx);
    uint32_t version = packet->numbers[0], actions = packet->numbers[1], steps = packet->numbers[2];

    if (version < MILTER_VERSION_MIN || version > (uint32_t)config->protocol) {
        (void)milter_fail(ctx, client, "speaks version %u of the protocol", version);
        return false;
    }
    client->version = (uint8_t)version;
    client->actions = actions & offered_actions(config);
    client->steps = steps & offered_steps(config) & milter_bits(milter_steps, version);
    actions &= ~offered_actions(config);
    steps &= ~offered_steps(config);
    if ((actions | steps) != 0 && !atomic_exchange(config->mentioned, true)) { /* it is so in every session */
        mention(ctx, milter_actions, actions, "actions");
        mention(ctx, milter_steps, steps, "steps");
    }
    for (unsigned stage = 0; stage < MILTER_STAGES; stage++)
        client->macros[stage] = map_default(&config->map, stage);
    if (take_symbols(client, &config->map, packet->rest))
        return true;
    (void)milter_fail(ctx, client, "its list of macros is malformed");
    return false;
}
