/* courier.c: the dialogue of a client with one message; chunks where they are offered, as they change no
 * octet. */
#include "release/courier.h"

#include <errno.h>

#include "smtp/params.h"

#define CONTENT_ROOM 1024 /* less is not worth a piece of content */
#define PIECE_OCTETS 8192

const char *courier_stage_name(enum courier_stage stage)
{
    static const char *const names[] = {
        [COURIER_GREETING] = "connecting", [COURIER_EHLO] = "EHLO", [COURIER_MAIL] = "MAIL",
        [COURIER_RCPT] = "RCPT",           [COURIER_DATA] = "DATA", [COURIER_CONTENT] = "the message",
        [COURIER_QUIT] = "QUIT",           [COURIER_OVER] = "QUIT",
    };

    return names[stage];
}

/* --- saying --------------------------------------------------------------------------------------------- */

static void say(struct courier *courier, enum courier_stage stage, const struct text *line)
{
    courier->stage = stage;
    if (stage != COURIER_QUIT) {
        courier->reached = stage;
        courier->last = (struct courier_reply){0};
    }
    if (!wire_put(&courier->wire, text_span(line)))
        courier->wire.error = -ENOMEM;
}

static void quit(struct courier *courier)
{
    char bytes[8];
    struct text line = TEXT(bytes);

    text_add(&line, SPAN("QUIT\r\n"));
    say(courier, COURIER_QUIT, &line);
}

/* What is in a file may have been changed by hand: no line of it becomes two. */
static bool one_line(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 0x7f)
            return false;
    return true;
}

/* verb <path> parameters, those that are offered. False: it cannot be said, or not without a parameter that
 * the message needs. */
static bool compose(const struct courier *courier, struct text *line, struct span path, enum param_verb verb,
                    struct span parameters)
{
    struct params params = {0};

    text_add(line, verb == PARAM_OF_MAIL ? SPAN("MAIL FROM:<") : SPAN("RCPT TO:<"));
    text_add(line, path);
    text_char(line, '>');
    if (!one_line(path) || !one_line(parameters) ||
        (parameters.len != 0 && params_parse(parameters, verb, UINT64_MAX, &params) != 0))
        return false;
    for (unsigned i = 0; i < params.count; i++)
        if (params.list[i].name == PARAM_SIZE) /* of the message before it was changed */
            params.list[i--] = params.list[--params.count];
    if (params_print(line, &params, courier->offers.set) != 0)
        return false;
    text_add(line, SPAN("\r\n"));
    return !line->cut;
}

static void say_path(struct courier *courier, enum courier_stage stage, struct span path,
                     struct span parameters)
{
    char bytes[4096];
    struct text line = TEXT(bytes);
    enum param_verb verb = stage == COURIER_MAIL ? PARAM_OF_MAIL : PARAM_OF_RCPT;

    if (compose(courier, &line, path, verb, parameters)) {
        say(courier, stage, &line);
        return;
    }
    courier->reached = stage;
    courier->error = -EINVAL;
    quit(courier);
}

static void say_rcpt(struct courier *courier)
{
    const struct facts_recipient *recipient = &courier->facts->recipients[courier->recipient];

    say_path(courier, COURIER_RCPT, recipient->address, recipient->parameters);
}

static void say_data(struct courier *courier)
{
    char bytes[64];
    struct text line = TEXT(bytes);

    courier->chunked = ehlo_has(&courier->offers, KEYWORD_CHUNKING);
    if (courier->chunked) {
        text_add(&line, SPAN("BDAT "));
        text_number(&line, courier->entry->octets);
        text_add(&line, SPAN(" LAST\r\n"));
    } else {
        text_add(&line, SPAN("DATA\r\n"));
    }
    say(courier, courier->chunked ? COURIER_CONTENT : COURIER_DATA, &line);
}

/* --- content -------------------------------------------------------------------------------------------- */

/* How many octets of the piece have gone; the rest is read again. */
static size_t send_piece(struct courier *courier, struct span piece)
{
    struct text text = {0};
    size_t n;

    if (courier->chunked)
        return wire_put(&courier->wire, piece) ? piece.len : 0;
    text.ptr = wire_reserve(&courier->wire, &text.size);
    if (text.ptr == NULL)
        return 0;
    n = dot_write(&courier->dot, piece, &text);
    wire_reserved(&courier->wire, text.len);
    return n;
}

/* False: it cannot be read to its end, and the connection is cut before anybody could take it for whole. */
static bool send_some(struct courier *courier)
{
    uint64_t left = courier->entry->octets - courier->sent;
    size_t room = wire_put_room(&courier->wire), want = room < PIECE_OCTETS ? room : PIECE_OCTETS;
    char piece[PIECE_OCTETS];
    long n = entry_read(courier->entry, courier->sent, piece, left < want ? (size_t)left : want);

    if (n <= 0) {
        courier->error = n < 0 ? (int)n : -EIO;
        courier->wire.error = -ECANCELED;
        return false;
    }
    courier->sent += send_piece(courier, span_of(piece, (size_t)n));
    return true;
}

static void send_content(struct courier *courier)
{
    while (courier->stage == COURIER_CONTENT && courier->sent < courier->entry->octets &&
           wire_put_room(&courier->wire) >= CONTENT_ROOM)
        if (!send_some(courier))
            return;
    if (courier->stage != COURIER_CONTENT || courier->ended || courier->sent < courier->entry->octets)
        return;
    courier->ended = courier->chunked || wire_put(&courier->wire, dot_end(&courier->dot));
}

/* --- hearing -------------------------------------------------------------------------------------------- */

static void keep_reply(struct courier_reply *kept, const struct reply_in *reply)
{
    struct text text = {kept->text, 0, sizeof(kept->text) - 1, false};
    struct span rest = reply->lines, line;

    kept->code = reply->code;
    while (reply_next_line(&rest, &line))
        text.len = 0, text_add_safe(&text, span_first(line, text.size), true);
    kept->text[text.len] = '\0';
}

static void read_offers(struct courier *courier, const struct reply_in *reply)
{
    struct span rest = reply->lines, line;

    ehlo_clear(&courier->offers);
    if (reply_next_line(&rest, &line))
        while (reply_next_line(&rest, &line))
            ehlo_add_line(&courier->offers, line);
}

/* The message goes on with the recipients that are accepted. */
static void on_recipient(struct courier *courier, const struct reply_in *reply)
{
    keep_reply(&courier->recipients[courier->recipient], reply);
    courier->accepted += reply->code / 100 == 2 ? 1 : 0;
    if (++courier->recipient < courier->facts->recipient_count)
        say_rcpt(courier);
    else if (courier->accepted != 0)
        say_data(courier);
    else
        quit(courier);
}

static void say_ehlo(struct courier *courier)
{
    char bytes[600];
    struct text line = TEXT(bytes);
    struct span helo = courier->facts->helo;

    text_add(&line, SPAN("EHLO "));
    text_add(&line, helo.len != 0 && one_line(helo) ? helo : SPAN("localhost"));
    text_add(&line, SPAN("\r\n"));
    say(courier, COURIER_EHLO, &line);
}

static void on_good_reply(struct courier *courier, const struct reply_in *reply)
{
    switch (courier->stage) {
    case COURIER_GREETING:
        say_ehlo(courier);
        break;
    case COURIER_EHLO:
        read_offers(courier, reply);
        say_path(courier, COURIER_MAIL, courier->facts->reverse_path, courier->facts->parameters);
        break;
    case COURIER_MAIL:
        say_rcpt(courier);
        break;
    case COURIER_DATA:
        courier->stage = courier->reached = COURIER_CONTENT;
        courier->last = (struct courier_reply){0};
        break;
    default: /* the message has been taken */
        quit(courier);
        break;
    }
}

static void on_reply(struct courier *courier, const struct reply_in *reply)
{
    if (courier->stage == COURIER_QUIT)
        return;
    keep_reply(&courier->last, reply);
    if (courier->stage == COURIER_RCPT && reply->code != 421)
        on_recipient(courier, reply);
    else if (reply->code >= 400)
        quit(courier);
    else
        on_good_reply(courier, reply);
}

/* True when a reply was read. */
static bool hear(struct courier *courier)
{
    static const struct reply_limits limits = {16384, 128};
    struct reply_in reply;
    long n = reply_read(&courier->reader, buf_data(&courier->wire.in), &limits, &reply);

    if (n == 0)
        return false;
    if (n < 0) {
        courier->wire.error = -EPROTO;
        return false;
    }
    courier->reader = (struct reply_reader){0};
    on_reply(courier, &reply);
    buf_consume(&courier->wire.in, (size_t)n);
    return true;
}

static void advance(void *owner)
{
    struct courier *courier = owner;

    while (courier->wire.error == 0 && hear(courier))
        continue;
    if (courier->wire.error == 0)
        send_content(courier);
    wire_update(&courier->wire);
    if (courier->stage != COURIER_OVER && (courier->wire.eof || courier->wire.error != 0)) {
        courier->stage = COURIER_OVER;
        wire_close(&courier->wire, false);
        courier->over(courier->owner);
    }
}

void courier_begin(struct courier *courier, struct pool *pool, const struct wire_ops *ops, void *carrier)
{
    wire_init(&courier->wire, pool, advance, courier);
    wire_attach(&courier->wire, ops, carrier);
    wire_update(&courier->wire);
}
