/* milter.c: one connection of a milter: takes packets off it and carries what is said, all at once or octet
 * by octet. What is said is left to milter_tricks.c, what may come to milter_order.c. */
#include <errno.h>
#include <stdio.h>

#include "sim.h"

#define NEVER UINT64_MAX
#define PAUSE UINT64_C(1900) /* milliseconds between two requests for time */

static struct milter_end *end_of(struct sim *sim, const struct lab_dial *dial)
{
    for (unsigned i = 0; i < sim->milter_end_count; i++)
        if (sim->milter_ends[i].dial == dial)
            return &sim->milter_ends[i];
    return NULL;
}

void milter_dialled(struct sim *sim, struct lab_dial *dial)
{
    struct milter_end *end = end_of(sim, dial);
    struct lab_manner carry;
    struct dice dice;

    if (end == NULL) { /* there are too many */
        sim_fail(sim, "milter", "a connection for nobody");
        lab_dial_refuse(dial, -ECONNREFUSED);
        return;
    }
    dice = dice_for(sim->seed, DICE_MILTER,
                    1000 + end->of->index * 512 + end->client->number * 64 +
                        end->of->connections[end->client->number]++);
    end->dice = dice;
    carry = (struct lab_manner){.piece = dice_percent(&dice, 50) ? 0 : 1 + dice_below(&dice, 400),
                                .accept = dice_percent(&dice, 70) ? 0 : 1 + dice_below(&dice, 700)};
    end->session = milter_draw_plan(end, &dice, true);
    end->dial = NULL;
    end->over = end->session.trick == MILTER_REFUSES || end->session.trick == MILTER_HANGS;
    if (end->over) {
        milter_count(end, end->session.trick, STEP_DIAL);
        milter_lost(end);
    }
    if (end->session.trick == MILTER_REFUSES)
        lab_dial_refuse(dial, -ECONNREFUSED);
    else if (end->session.trick == MILTER_HANGS)
        dial->hangs = true;
    else
        end->pipe = lab_dial_accept(&sim->lab, dial, carry);
}

static void check_offer(struct milter_end *end, struct span data)
{
    static const unsigned offered[] = {0x7f, 0x17f, 0x37f, 0x37f, 0x1fffff};
    unsigned numbers[3] = {0};

    for (unsigned i = 0; i < 12 && i < data.len; i++)
        numbers[i / 4] = numbers[i / 4] << 8 | (unsigned char)data.ptr[i];
    if (data.len != 12 || numbers[0] != end->of->version || numbers[1] != end->of->actions ||
        numbers[2] != offered[end->of->version - 2])
        sim_fail(end->of->sim, "milter", "milter %u is offered version %u, actions %x, steps %x",
                 end->of->index, numbers[0], numbers[1], numbers[2]);
}

static void tell_packet(const struct milter_end *end, const struct milter_packet_seen *packet)
{
    char line[100];
    int n = snprintf(line, sizeof(line), "%u: %c %zu %.*s", end->of->index, packet->command, packet->data.len,
                     packet->data.len < 60 ? (int)packet->data.len : 60,
                     packet->data.len != 0 ? packet->data.ptr : "");

    sim_tell(end->of->sim, end->client, "M<", span_of(line, (size_t)n < sizeof(line) ? (size_t)n : 99));
}

static void take(struct milter_end *end, const struct milter_packet_seen *packet)
{
    tell_packet(end, packet);
    if (end->version == 0 && !end->saying) {
        if (packet->command != 'O')
            sim_fail(end->of->sim, "milter", "milter %u: %c comes first", end->of->index, packet->command);
        check_offer(end, packet->data);
        milter_answer(end, 'O');
        return;
    }
    milter_heard(end, packet);
    if (packet->command == 'D' && packet->data.len != 0 && packet->data.ptr[0] == 'M' &&
        end->message != NULL) {
        struct dice dice = dice_for(end->of->sim->seed, DICE_MILTER,
                                    4000 + end->of->index * 64 + end->client->number * 8 +
                                        (unsigned)(end->message - end->client->messages));
        end->letter = milter_draw_plan(end, &dice, false);
    }
    if (milter_step_of(packet->command) != MILTER_STEPS)
        milter_answer(end, packet->command);
}

static bool read_packet(struct milter_end *end)
{
    struct span rest = lab_bytes_from(&end->pipe->from, end->read);
    struct milter_packet_seen packet;
    size_t len = 0;

    if (rest.len < 5 || end->lost || end->of->sim->failed)
        return false;
    for (unsigned i = 0; i < 4; i++)
        len = len << 8 | (unsigned char)rest.ptr[i];
    if (len == 0 || len > 65536)
        sim_fail(end->of->sim, "milter", "milter %u: a packet of %zu octets", end->of->index, len);
    if (rest.len < 4 + len || len == 0)
        return false;
    packet = (struct milter_packet_seen){rest.ptr[4], span_of(rest.ptr + 5, len - 1)};
    end->read += 4 + len;
    take(end, &packet);
    return true;
}

/* The packets of what is said, by their commands. */
static void tell_words(const struct milter_end *end)
{
    char line[80];
    int n = snprintf(line, sizeof(line), "%u: ", end->of->index);
    size_t len, at = 0;

    while (at + 5 <= end->out.len && n + 1 < (int)sizeof(line)) {
        const unsigned char *head = (const unsigned char *)end->out.ptr + at;
        len = (size_t)head[2] << 8 | head[3];
        line[n++] = (char)head[4];
        at += 4 + len;
    }
    sim_tell(end->of->sim, end->client, "M>", span_of(line, (size_t)n));
}

/* All of it has been said. */
static void finish(struct milter_end *end)
{
    end->saying = false;
    end->wrong_at = end->of->sim->lab.now;
    tell_words(end);
    if (end->leaving) {
        milter_lost(end);
        end->leaving = false;
        end->saying = end->leaves = true;
        end->out.len = end->said = 0;
        end->spread = 0;
        end->out_at = end->of->sim->lab.now + dice_below(&end->dice, 2);
        return;
    }
    if (end->leaves)
        lab_pipe_end(end->pipe);
    if (end->resets)
        lab_pipe_reset(end->pipe);
    if (end->leaves || end->resets)
        end->over = true;
    if (!end->lost && end->in_message && end->decided && end->rank == 7)
        milter_idle(end);
}

/* As many octets as are due by now; the ledger hears of a word before the last of them is said. */
static bool speak(struct milter_end *end)
{
    uint64_t now = end->of->sim->lab.now;
    size_t due = end->out.len;

    if (!end->saying || now < end->out_at)
        return false;
    if (end->more != 0) {
        end->more--;
        end->out_at = now + PAUSE;
        lab_pipe_send(end->pipe, SPAN("\0\0\0\1p"));
        return true;
    }
    if (end->spread != 0)
        due = (size_t)(end->out.len * (now - end->out_at) / end->spread);
    if (due > end->out.len)
        due = end->out.len;
    if (due == end->said && due != end->out.len)
        return false;
    if (due == end->out.len && end->due != '\0' && end->word != '\0')
        milter_said(end, end->word);
    if (due > end->said)
        lab_pipe_send(end->pipe, span_of(end->out.ptr + end->said, due - end->said));
    end->said = due;
    if (due == end->out.len)
        finish(end);
    return true;
}

/* Nothing more is said to a milter that has said what it may not; what was on its way excepted. */
static void watch(struct milter_end *end)
{
    size_t heard = end->pipe->from.len;

    if (!end->wrong || end->saying)
        return;
    if (end->of->sim->lab.now == end->wrong_at)
        end->wrong_heard = heard;
    else if (heard != end->wrong_heard)
        sim_fail(end->of->sim, "milter", "milter %u of client %u is asked more, in spite of what it said",
                 end->of->index, end->client->number);
}

bool milter_act(struct milter_end *end)
{
    bool moved = false;

    if (end->over || end->pipe == NULL)
        return false;
    watch(end);
    while (read_packet(end))
        moved = true;
    if (end->pipe->closed || end->pipe->ended) {
        milter_parted(end);
        end->over = true;
        return moved;
    }
    moved = speak(end) || moved;
    if (moved)
        end->client->touched = end->of->sim->lab.now;
    return moved;
}

uint64_t milter_due(const struct milter_end *end)
{
    if (end->over || end->pipe == NULL || !end->saying)
        return NEVER;
    if (end->spread == 0 || end->of->sim->lab.now < end->out_at)
        return end->out_at;
    return end->out_at + (end->said + 1) * end->spread / end->out.len + 1;
}

void milter_end_free(struct milter_end *end)
{
    lab_bytes_free(&end->header);
    lab_bytes_free(&end->body);
    lab_bytes_free(&end->out);
}
