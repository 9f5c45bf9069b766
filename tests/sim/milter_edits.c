/* milter_edits.c: what a milter does to a message at its end, in an order of its own: fields that are added,
 * changed and deleted, another body, another envelope; and what it must have been shown. */
#include <stdio.h>

#include "sim.h"

void milter_say(struct milter_end *end, char command, struct span data)
{
    char head[5];
    size_t len = data.len + 1;

    for (unsigned i = 0; i < 4; i++)
        head[i] = (char)(len >> (24 - 8 * i));
    head[4] = command;
    lab_bytes_add(&end->out, span_of(head, 5));
    lab_bytes_add(&end->out, data);
}

static void edit(struct milter_end *end, char command, struct span data)
{
    milter_say(end, command, data);
    if (end->cut_count < MILTER_CUTS)
        end->cuts[end->cut_count++] = end->out.len;
}

/* name NUL value NUL, behind a number where there is one. */
static void edit_field(struct milter_end *end, char command, unsigned at, const char *stem, const char *value)
{
    bool spaced = (end->steps & 0x100000) != 0 && value[0] != '\0';
    struct lab_bytes data = {0};
    char name[24];
    int n = snprintf(name, sizeof(name), "X-%s-%u", stem, end->of->editor);

    if (command != 'h')
        lab_bytes_add(&data, span_of((const char[4]){0, 0, 0, (char)at}, 4));
    lab_bytes_add(&data, span_of(name, (size_t)n + 1));
    lab_bytes_add(&data, spaced ? SPAN(" ") : SPAN(""));
    lab_bytes_add(&data, span_of(value, strlen(value) + 1));
    edit(end, command, lab_bytes_from(&data, 0));
    lab_bytes_free(&data);
}

static void add_top(struct milter_end *end)
{
    edit_field(end, 'i', end->of->prepends ? 0 : 1, "Filter", end->message->id);
}

/* Wrong at first, and put right then. */
static void add_tail(struct milter_end *end)
{
    edit_field(end, 'h', 0, "Tail", "half an edit");
    edit_field(end, 'm', 1, "Tail", end->message->id);
}

static void add_gone(struct milter_end *end)
{
    edit_field(end, 'h', 0, "Gone", "half an edit");
    edit_field(end, 'm', 1, "Gone", "");
}

/* In pieces that nothing stands between. */
static void write_body(struct milter_end *end)
{
    struct lab_bytes body = {0};
    struct span rest;

    message_body(end->message, end->of->editor, &body);
    rest = lab_bytes_from(&body, 0);
    while (rest.len != 0) {
        struct span piece = span_first(rest, 1 + dice_below(&end->dice, 3000));
        edit(end, 'b', piece);
        rest = span_skip(rest, piece.len);
    }
    lab_bytes_free(&body);
}

static void edit_path(struct milter_end *end, char command, const char *format, unsigned number)
{
    char path[60];
    int n = snprintf(path, sizeof(path), format, number, end->message->id);

    edit(end, command, span_of(path, (size_t)n + 1));
}

static void change_sender(struct milter_end *end)
{
    char path[60];
    int n = snprintf(path, sizeof(path), "<%s@f%u.example>", end->message->id, end->of->editor);

    edit(end, 'e', span_of(path, (size_t)n + 1));
}

static void add_recipient(struct milter_end *end)
{
    edit_path(end, dice_percent(&end->dice, 50) && (end->actions & 0x84) == 0x84 ? '2' : '+', "<a%u@%s.sim>",
              end->of->editor);
}

/* Which recipient it takes away. */
static unsigned deleted(const struct message *message)
{
    return (unsigned char)message->id[3] % message->recipients;
}

static void delete_recipient(struct milter_end *end)
{
    edit_path(end, '-', "<r%u@%s.sim>", deleted(end->message));
}

static void quarantine(struct milter_end *end)
{
    edit(end, 'q', SPAN("for the sake of it\0"));
}

static const struct {
    enum milter_deed deed;
    unsigned percent, actions; /* that it takes */
    void (*does)(struct milter_end *end);
} rows[] = {
    {DEED_TOP, 60, 0x1, add_top},
    {DEED_BODY, 30, 0x2, write_body},
    {DEED_TAIL, 50, 0x11, add_tail},
    {DEED_SENDER, 40, 0x40, change_sender},
    {DEED_GONE, 30, 0x11, add_gone},
    {DEED_ADD, 40, 0x4, add_recipient},
    {DEED_DELETE, 30, 0x8, delete_recipient},
    {DEED_QUARANTINE, 5, 0x20, quarantine},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* What was not agreed on is tried now and then, and must come to nothing. */
void milter_edits_add(struct milter_end *end)
{
    unsigned first = dice_below(&end->dice, ROWS);

    end->cut_count = 0;
    end->planned = 0;
    for (unsigned i = 0; i < ROWS; i++) {
        unsigned row = (first + i) % ROWS;
        bool agreed = (end->actions & rows[row].actions) == rows[row].actions;
        if (!dice_percent(&end->dice, rows[row].percent) || (!agreed && !dice_percent(&end->dice, 20)))
            continue;
        if (rows[row].deed == DEED_QUARANTINE && end->client->plain)
            continue;
        if (!agreed && (end->actions & rows[row].actions) != 0) /* half of it would be carried out */
            continue;
        rows[row].does(end);
        if (agreed)
            end->planned |= rows[row].deed;
    }
}

void milter_edits_done(struct milter_end *end)
{
    struct message *message = end->message;
    unsigned bit = 1u << end->of->editor;

    if (end->of->observed || message == NULL)
        return;
    message->deeds[end->of->index] = end->planned;
    message->added |= (end->planned & DEED_TOP) != 0 ? bit : 0;
    message->tails |= (end->planned & DEED_TAIL) != 0 ? bit : 0;
    message->bodies |= (end->planned & DEED_BODY) != 0 ? bit : 0;
    message->senders |= (end->planned & DEED_SENDER) != 0 ? bit : 0;
    message->adds |= (end->planned & DEED_ADD) != 0 ? bit : 0;
    if ((end->planned & DEED_DELETE) != 0)
        message->deletes[deleted(message)] |= bit;
    if (end->confused || !milter_certain(end))
        message->dropped |= bit;
}

/* --- what it is shown ------------------------------------------------------------------------------------
 */

/* The body is the client's, or that of an editor before it. */
static bool is_body(const struct milter_end *end, struct span body)
{
    const struct message *message = end->message;
    struct span rest = span_skip(lab_bytes_from(&message->expected, 0), message->header_len);
    unsigned certain = message->bodies & ~message->dropped & ((1u << end->of->editor) - 1);
    bool found = false;

    for (unsigned i = end->of->editor; !found && i-- > 0;) {
        struct lab_bytes other = {0};
        if ((message->bodies >> i & 1u) != 0) {
            message_body(message, i, &other);
            found = span_eq(body, lab_bytes_from(&other, 0));
        }
        lab_bytes_free(&other);
        if ((certain >> i & 1u) != 0)
            return found;
    }
    rest = span_skip(rest, rest.len >= 2 ? 2 : rest.len);
    return found || span_eq(body, rest) ||
           (body.len == rest.len + 2 && span_eq(span_first(body, rest.len), rest));
}

void milter_check_shown(struct milter_end *end)
{
    struct sim *sim = end->of->sim;
    const struct message *message = end->message;
    unsigned before;

    if (message == NULL || end->lost || end->confused || end->partial || sim->failed)
        return;
    before = message->added & ((1u << end->of->editor) - 1);
    if ((end->steps & 0x20) == 0 &&
        !span_eq(lab_bytes_from(&end->header, 0),
                 span_first(lab_bytes_from(&message->expected, 0), message->header_len)))
        sim_fail(sim, "I3", "milter %u is shown another header section than that of %s", end->of->index,
                 message->id);
    if ((end->steps & 0x20) == 0 &&
        ((end->seen & ~before) != 0 || (before & ~message->dropped & ~end->seen) != 0))
        sim_fail(sim, "I3", "milter %u sees the fields %x in %s, which has %x of those before it",
                 end->of->index, end->seen, message->id, before);
    if ((end->steps & 0x10) == 0 && !is_body(end, lab_bytes_from(&end->body, 0)))
        sim_fail(sim, "I3", "milter %u is shown another body than that of %s", end->of->index, message->id);
}
