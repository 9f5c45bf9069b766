/* milter_order.c: the milter protocol as a milter may rely on it: which packet may follow which, what was
 * left out by agreement, and that nothing comes while an answer is due. */
#include "sim.h"

#define REPEATED 1u /* any number of them may follow one another */

static const struct {
    char command;
    enum milter_step step;
    unsigned rank; /* within a message; 0: not of one */
    unsigned flags, since, no, unanswered, skip;
} rows[] = {
    {'C', STEP_CONNECT, 0, 0, 2, 0x1, 0x1000, 0},           {'H', STEP_HELO, 0, 0, 2, 0x2, 0x2000, 0},
    {'U', STEP_UNKNOWN, 0, 0, 3, 0x100, 0x20000, 0x400},    {'M', STEP_MAIL, 1, 0, 2, 0x4, 0x4000, 0},
    {'R', STEP_RCPT, 2, REPEATED, 2, 0x8, 0x8000, 0x400},   {'T', STEP_DATA, 3, 0, 4, 0x200, 0x10000, 0},
    {'L', STEP_HEADER, 4, REPEATED, 2, 0x20, 0x80, 0x400},  {'N', STEP_EOH, 5, 0, 2, 0x40, 0x40000, 0},
    {'B', STEP_BODY, 6, REPEATED, 2, 0x10, 0x80000, 0x400}, {'E', STEP_EOM, 7, 0, 2, 0, 0, 0},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static size_t row_of(char command)
{
    size_t i = 0;

    while (i < ROWS && rows[i].command != command)
        i++;
    return i;
}

enum milter_step milter_step_of(char command)
{
    size_t row = row_of(command);

    return row < ROWS ? rows[row].step : MILTER_STEPS;
}

bool milter_answers_it(const struct milter_end *end, char command)
{
    size_t row = row_of(command);

    return row < ROWS && (end->steps & rows[row].unanswered) == 0;
}

static void wrong(const struct milter_end *end, char command, const char *why)
{
    if (!end->lost && !end->confused)
        sim_fail(end->of->sim, "milter", "milter %u of client %u: %c %s", end->of->index, end->client->number,
                 command, why);
}

static bool sends(const struct milter_end *end, size_t row)
{
    return end->version >= rows[row].since && (end->steps & rows[row].no) == 0;
}

static void begin_message(struct milter_end *end, struct span id)
{
    if (end->in_message && !end->decided)
        wrong(end, 'M', "within a message that has not been aborted");
    if (!end->greeted && (end->steps & 0x2) == 0)
        wrong(end, 'M', "before HELO");
    end->in_message = true;
    end->decided = end->skipped = end->partial = false;
    end->rank = end->seen = end->planned = 0;
    end->header.len = end->body.len = 0;
    end->message = sim_message(end->of->sim, id);
    if (end->message == NULL || end->message->client != end->client)
        wrong(end, 'M', "of another session");
}

/* "name\0value\0" of a list; absent: it is not there. */
static struct span macro(struct span list, struct span name)
{
    struct span before = {0};
    bool is_value = false;

    while (list.len != 0) {
        size_t len = strnlen(list.ptr, list.len);
        struct span word = span_first(list, len);
        if (is_value && span_eq(before, name))
            return word;
        before = word;
        is_value = !is_value;
        list = span_skip(list, len < list.len ? len + 1 : len);
    }
    return (struct span){0};
}

static struct span before_at(struct span path)
{
    const char *at = path.len != 0 ? memchr(path.ptr, '@', path.len) : NULL;

    return span_first(path, at != NULL ? (size_t)(at - path.ptr) : path.len);
}

/* Macros go with events that are not sent, too: of the begin of a message nothing else may tell. */
static void on_macros(struct milter_end *end, struct span data)
{
    char command = data.len != 0 ? data.ptr[0] : '?';
    struct span list = data.len != 0 ? span_skip(data, 1) : data;
    size_t row = row_of(command);

    if (end->announced != '\0' || row == ROWS)
        wrong(end, command, "has macros that are nobody's");
    if (list.len == 0 || list.ptr[list.len - 1] != '\0')
        wrong(end, command, "has malformed macros");
    if (command == 'M')
        begin_message(end, before_at(macro(list, SPAN("{mail_addr}"))));
    if (command == 'R')
        end->refused = span_eq(macro(list, SPAN("{rcpt_mailer}")), SPAN("error"));
    if (command == 'E' && end->lists &&
        (macro(list, SPAN("i")).len == 0 || list.len < 4 || list.ptr[0] != 'i'))
        wrong(end, command, "has not the macros that were asked for");
    end->announced = row < ROWS && sends(end, row) ? command : '\0';
}

static void on_event(struct milter_end *end, size_t row)
{
    char command = rows[row].command;
    unsigned rank = rows[row].rank;

    if (!sends(end, row))
        wrong(end, command, "although it is left out");
    if (command == 'C' ? end->met : !end->met && (end->steps & 0x1) == 0)
        wrong(end, command, command == 'C' ? "twice" : "before CONNECT");
    if (rank == 0) {
        if (command != 'C' && end->in_message && !end->decided && (command == 'H' || end->rank > 2))
            wrong(end, command, "within a message");
        return;
    }
    if (!end->in_message || end->decided)
        wrong(end, command, "outside a message");
    if (rank < end->rank || (rank == end->rank && (rows[row].flags & REPEATED) == 0))
        wrong(end, command, "out of order");
    if (rank == end->rank && end->skipped)
        wrong(end, command, "although it was skipped");
    if (rank > end->rank)
        end->skipped = false;
    end->rank = rank;
}

static void on_connect(struct milter_end *end, struct span data)
{
    size_t host = strnlen(data.ptr, data.len);
    struct span rest = span_skip(data, host < data.len ? host + 1 : host);
    unsigned port;

    if (rest.len < 4 || rest.ptr[0] != '4' || rest.ptr[rest.len - 1] != '\0') {
        wrong(end, 'C', "is malformed");
        return;
    }
    port = (unsigned)(unsigned char)rest.ptr[1] * 256u | (unsigned char)rest.ptr[2];
    if (port != 40000 + end->client->number)
        wrong(end, 'C', "is of another session");
}

/* name NUL value NUL, the lines of which end in LF alone. */
static void on_header(struct milter_end *end, struct span data)
{
    size_t len = strnlen(data.ptr, data.len);
    struct span name = span_first(data, len), value;

    if (data.len < len + 2 || data.ptr[data.len - 1] != '\0') {
        wrong(end, 'L', "is malformed");
        return;
    }
    value = span_first(span_skip(data, len + 1), data.len - len - 2);
    if (name.len == 10 && span_starts_nocase(name, SPAN("X-Filter-"))) {
        end->seen |= 1u << (name.ptr[9] - '0');
        return;
    }
    if (span_starts_nocase(name, SPAN("X-Tail-")))
        return;
    lab_bytes_add(&end->header, name);
    lab_bytes_add(&end->header, (end->steps & 0x100000) != 0 ? SPAN(":") : SPAN(": "));
    for (size_t i = 0; i < value.len; i++)
        lab_bytes_add(&end->header, value.ptr[i] == '\n' ? SPAN("\r\n") : span_of(value.ptr + i, 1));
    lab_bytes_add(&end->header, SPAN("\r\n"));
}

static void on_recipient(struct milter_end *end, struct span data)
{
    end->which =
        data.len > 2 && data.ptr[0] == '<' && data.ptr[1] == 'r' ? (unsigned)(data.ptr[2] - '0') : 99;
    if (end->which >= RECIPIENTS_MAX)
        wrong(end, 'R', "is of nobody");
}

static void take(struct milter_end *end, const struct milter_packet_seen *packet)
{
    switch (packet->command) {
    case 'C':
        end->met = true;
        on_connect(end, packet->data);
        break;
    case 'H':
        end->greeted = true;
        break;
    case 'R':
        on_recipient(end, packet->data);
        break;
    case 'L':
        on_header(end, packet->data);
        break;
    case 'B':
        lab_bytes_add(&end->body, packet->data);
        break;
    case 'E':
        milter_check_shown(end);
        break;
    default:
        break;
    }
}

static void on_abort(struct milter_end *end)
{
    if (!end->in_message || end->decided)
        wrong(end, 'A', "outside a message");
    end->in_message = false;
}

void milter_heard(struct milter_end *end, const struct milter_packet_seen *packet)
{
    size_t row = row_of(packet->command);
    char announced = end->announced;

    if (end->due != '\0')
        wrong(end, packet->command, "while an answer is due");
    if (end->quit)
        wrong(end, packet->command, "behind QUIT");
    if (end->parting && packet->command != 'Q')
        wrong(end, packet->command, "after the session was decided about");
    if (packet->command == 'D') {
        on_macros(end, packet->data);
        return;
    }
    end->announced = '\0';
    if (announced != '\0' && announced != packet->command)
        wrong(end, packet->command, "follows macros of another");
    if (packet->command == 'A')
        on_abort(end);
    else if (packet->command == 'Q')
        end->quit = true;
    else if (row == ROWS)
        wrong(end, packet->command, "is no packet");
    else
        on_event(end, row);
    if (packet->command == 'Q' && end->in_message && !end->decided)
        wrong(end, 'Q', "within a message that has not been aborted");
    take(end, packet);
}

/* Who was not waited for, and is not at fault, is told goodbye; what could not be sent at once is not, nor is
 * a question that came to nothing with its client. */
void milter_parted(struct milter_end *end)
{
    bool excused = end->due != '\0' || end->pipe->delivered < end->pipe->to.len ||
                   (end->in_message && !end->decided) || end->client->gone || end->client->mute ||
                   end->lost || end->confused || end->quit || end->pipe->aborted ||
                   end->pipe->manner.accept != 0;

    if (!excused && end->version != 0 && milter_certain(end) && !end->of->sim->draining)
        wrong(end, 'Q', "was not said");
}
