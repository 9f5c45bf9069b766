/* directives.c: what each line of a script does. The order of lines and the setting are left to play.c. */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "match.h"
#include "play.h"

struct directive {
    const char *word;
    void (*act)(struct play *play, struct span text);
};

static struct party *client(struct play *play)
{
    return &play->clients.parties[play->clients.current];
}

/* The upstream the lines speak of; a failure without one. */
static struct party *upstream(struct play *play)
{
    static struct lab_pipe nobody;
    static struct party none = {.pipe = &nobody};

    if (play->upstreams.count != 0)
        return &play->upstreams.parties[play->upstreams.current];
    play_fail(play, "no upstream is connected");
    return &none;
}

static struct lab_bytes decoded(struct play *play, struct span text, bool pattern)
{
    struct lab_bytes bytes = {0};

    if (!script_decode(text, pattern, &bytes))
        play_fail(play, "bad escape");
    return bytes;
}

static void send(struct play *play, struct party *party, const char *who, struct span text, const char *end)
{
    struct lab_bytes bytes = decoded(play, text, false);

    lab_bytes_add(&bytes, span_str(end));
    play_tell(play, who, lab_bytes_from(&bytes, 0));
    if (party->pipe->lab != NULL)
        lab_pipe_send(party->pipe, lab_bytes_from(&bytes, 0));
    lab_bytes_free(&bytes);
}

static void client_sends(struct play *play, struct span text)
{
    send(play, client(play), "C:", text, "\r\n");
}

static void client_sends_raw(struct play *play, struct span text)
{
    send(play, client(play), "C:-", text, "");
}

static void upstream_sends(struct play *play, struct span text)
{
    send(play, upstream(play), "U>", text, "\r\n");
}

static void upstream_sends_raw(struct play *play, struct span text)
{
    send(play, upstream(play), "U>-", text, "");
}

/* The next line the party has been sent, without CRLF; false: there is none. */
static bool next_line(struct party *party, struct span *line)
{
    struct span rest = lab_bytes_from(&party->pipe->from, party->read);
    const char *lf = rest.len != 0 ? memchr(rest.ptr, '\n', rest.len) : NULL;

    if (lf == NULL)
        return false;
    *line = span_first(rest, (size_t)(lf - rest.ptr));
    party->read += line->len + 1;
    if (line->len != 0 && line->ptr[line->len - 1] == '\r')
        line->len--;
    else
        line->len++; /* a bare LF matches nothing by chance */
    return true;
}

static void expect(struct play *play, struct party *party, const char *who, struct span text)
{
    struct lab_bytes pattern = decoded(play, text, true);
    struct span line;

    if (!next_line(party, &line)) {
        play_fail(play, "expected \"%.*s\", got nothing", (int)text.len, text.ptr);
    } else {
        play_tell(play, who, line);
        if (!match(lab_bytes_from(&pattern, 0), line))
            play_fail(play, "expected \"%.*s\", got \"%.*s\"", (int)text.len, text.ptr, (int)line.len,
                      line.ptr);
    }
    lab_bytes_free(&pattern);
}

static void client_expects(struct play *play, struct span text)
{
    expect(play, client(play), "S:", text);
}

static void upstream_expects(struct play *play, struct span text)
{
    expect(play, upstream(play), "U<", text);
}

/* Exactly these octets, wherever lines end. */
static void expect_raw(struct play *play, struct party *party, const char *who, struct span text)
{
    struct lab_bytes bytes = decoded(play, text, false);
    struct span rest = lab_bytes_from(&party->pipe->from, party->read);

    if (!span_eq(span_first(rest, bytes.len), lab_bytes_from(&bytes, 0)))
        play_fail(play, "expected the octets \"%.*s\"", (int)text.len, text.ptr);
    party->read += bytes.len < rest.len ? bytes.len : rest.len;
    play_tell(play, who, lab_bytes_from(&bytes, 0));
    lab_bytes_free(&bytes);
}

static void upstream_expects_raw(struct play *play, struct span text)
{
    expect_raw(play, upstream(play), "U<-", text);
}

static void client_expects_raw(struct play *play, struct span text)
{
    expect_raw(play, client(play), "S:-", text);
}

static void until(struct play *play, struct party *party, const char *who, struct span text)
{
    struct lab_bytes pattern = decoded(play, text, true);
    struct span line;
    bool found = false;

    while (!found && next_line(party, &line))
        found = match(lab_bytes_from(&pattern, 0), line);
    if (found)
        play_tell(play, who, line);
    else
        play_fail(play, "no line \"%.*s\"", (int)text.len, text.ptr);
    lab_bytes_free(&pattern);
}

static void silent(struct play *play, struct party *party)
{
    if (party->read != party->pipe->from.len)
        play_fail(play, "expected silence");
}

static void client_close(struct play *play, struct span text)
{
    (void)text;
    lab_pipe_close(client(play)->pipe);
}

static void client_half_close(struct play *play, struct span text)
{
    (void)text;
    lab_pipe_end(client(play)->pipe);
}

static void client_reset(struct play *play, struct span text)
{
    (void)text;
    lab_pipe_reset(client(play)->pipe);
}

static void client_stall(struct play *play, struct span text)
{
    (void)text;
    client(play)->pipe->stalled = true;
}

static void client_flow(struct play *play, struct span text)
{
    (void)text;
    client(play)->pipe->stalled = false;
}

static void client_closed(struct play *play, struct span text)
{
    (void)text;
    silent(play, client(play));
    if (!client(play)->pipe->closed && !client(play)->pipe->finished)
        play_fail(play, "the client's connection is still open");
}

static void client_open(struct play *play, struct span text)
{
    (void)text;
    if (client(play)->pipe->closed || client(play)->pipe->finished)
        play_fail(play, "the client's connection has been closed");
}

static void client_silent(struct play *play, struct span text)
{
    (void)text;
    silent(play, client(play));
}

static void client_until(struct play *play, struct span text)
{
    until(play, client(play), "S:", text);
}

/* A whole reply, of one line or of many, for "offers" and "lacks". */
static void client_reply(struct play *play, struct span text)
{
    struct span line = {NULL, 0};

    play->reply.len = 0;
    do {
        if (!next_line(client(play), &line)) {
            play_fail(play, "expected a reply %.*s, got nothing", (int)text.len, text.ptr);
            return;
        }
        play_tell(play, "S:", line);
        if (line.len < 4 || !span_eq(span_first(line, 3), span_first(text, 3))) {
            play_fail(play, "expected a reply %.*s, got \"%.*s\"", (int)text.len, text.ptr, (int)line.len,
                      line.ptr);
            return;
        }
        lab_bytes_add(&play->reply, span_skip(line, 4));
        lab_bytes_add(&play->reply, SPAN("\n"));
    } while (line.ptr[3] == '-');
}

static bool in_reply(const struct play *play, struct span text)
{
    struct span rest = lab_bytes_from(&play->reply, 0);

    while (rest.len != 0) {
        const char *lf = memchr(rest.ptr, '\n', rest.len);
        size_t n = (size_t)(lf - rest.ptr);
        struct span line = span_first(rest, n);
        if (span_eq(line, text) ||
            (line.len > text.len && line.ptr[text.len] == ' ' && span_starts_nocase(line, text)))
            return true;
        rest = span_skip(rest, n + 1);
    }
    return false;
}

static void client_offers(struct play *play, struct span text)
{
    if (!in_reply(play, text))
        play_fail(play, "the reply does not offer %.*s", (int)text.len, text.ptr);
}

static void client_lacks(struct play *play, struct span text)
{
    if (in_reply(play, text))
        play_fail(play, "the reply offers %.*s", (int)text.len, text.ptr);
}

static struct lab_dial *waiting(struct play *play)
{
    struct lab_dial *dial = lab_dial_waiting(&play->lab);

    if (dial == NULL)
        play_fail(play, "nobody dials");
    return dial;
}

static void upstream_connect(struct play *play, struct span text)
{
    struct lab_dial *dial = waiting(play);
    struct side *side = &play->upstreams;
    char called[96];

    if (dial == NULL)
        return;
    (void)snprintf(called, sizeof(called), "%s:%u", dial->host, dial->port);
    if (text.len != 0 && !span_eq(text, span_str(called)))
        play_fail(play, "%s is dialled", called);
    assert(side->count < PARTIES_MAX);
    side->current = side->count;
    side->parties[side->count++] =
        (struct party){.pipe = lab_dial_accept(&play->lab, dial, play->manner->upstream)};
}

static void upstream_refuse(struct play *play, struct span text)
{
    struct lab_dial *dial = waiting(play);

    (void)text;
    if (dial != NULL)
        lab_dial_refuse(dial, -ECONNREFUSED);
}

static void upstream_dialled(struct play *play, struct span text)
{
    (void)text;
    (void)waiting(play);
}

static void upstream_none(struct play *play, struct span text)
{
    (void)text;
    if (lab_dial_waiting(&play->lab) != NULL)
        play_fail(play, "an upstream is dialled");
}

static void upstream_close(struct play *play, struct span text)
{
    (void)text;
    lab_pipe_close(upstream(play)->pipe);
}

static void upstream_reset(struct play *play, struct span text)
{
    (void)text;
    lab_pipe_reset(upstream(play)->pipe);
}

static void upstream_stall(struct play *play, struct span text)
{
    (void)text;
    upstream(play)->pipe->stalled = true;
}

static void upstream_flow(struct play *play, struct span text)
{
    (void)text;
    upstream(play)->pipe->stalled = false;
}

static void upstream_closed(struct play *play, struct span text)
{
    (void)text;
    silent(play, upstream(play));
    if (!upstream(play)->pipe->closed)
        play_fail(play, "the upstream's connection is still open");
}

static void upstream_open(struct play *play, struct span text)
{
    (void)text;
    if (upstream(play)->pipe->closed)
        play_fail(play, "the upstream's connection has been closed");
}

static void upstream_silent(struct play *play, struct span text)
{
    (void)text;
    silent(play, upstream(play));
}

static void upstream_until(struct play *play, struct span text)
{
    until(play, upstream(play), "U<", text);
}

/* What has been sent so far is nobody's concern. */
static void upstream_skip(struct play *play, struct span text)
{
    struct party *party = upstream(play);

    (void)text;
    play_tell(play, "U<-", lab_bytes_from(&party->pipe->from, party->read));
    party->read = party->pipe->from.len;
}

/* Octets of the BDAT command at the front of s, its chunk included; 0: not whole yet. */
static size_t chunk_at(struct span s, struct span *content, bool *last)
{
    const char *lf = s.len != 0 ? memchr(s.ptr, '\n', s.len) : NULL;
    size_t head = lf != NULL ? (size_t)(lf - s.ptr) + 1 : 0, size;
    char *rest;

    if (head == 0 || !span_starts_nocase(s, SPAN("BDAT ")))
        return 0;
    size = strtoul(s.ptr + 5, &rest, 10);
    *last = span_starts_nocase(span_of(rest, head), SPAN(" LAST"));
    if (s.len - head < size)
        return 0;
    *content = span_of(s.ptr + head, size);
    return head + size;
}

/* Takes chunks, accepting each, up to the last; their content put together is the text. */
static void upstream_chunks(struct play *play, struct span text)
{
    struct lab_bytes wanted = decoded(play, text, false), got = {0};
    struct party *party = upstream(play);
    struct span content;
    bool last = false;
    size_t n;

    while (!last && (n = chunk_at(lab_bytes_from(&party->pipe->from, party->read), &content, &last)) != 0) {
        lab_bytes_add(&got, content);
        party->read += n;
        lab_pipe_send(party->pipe, last ? SPAN("250 2.0.0 Queued\r\n") : SPAN("250 2.0.0 Chunk\r\n"));
        lab_run(&play->lab);
    }
    if (!last)
        play_fail(play, "the last chunk has not come, after %zu octets", got.len);
    else if (!span_eq(lab_bytes_from(&got, 0), lab_bytes_from(&wanted, 0)))
        play_fail(play, "%zu octets came in chunks, other than the %zu expected", got.len, wanted.len);
    lab_bytes_free(&wanted);
    lab_bytes_free(&got);
}

/* Writes since the last count: what was to cross as a group did so. */
static void upstream_writes(struct play *play, struct span text)
{
    struct party *party = upstream(play);
    unsigned made = party->pipe->writes - party->writes;
    unsigned wanted = (unsigned)strtoul(text.ptr, NULL, 10);

    party->writes = party->pipe->writes;
    if (play->manner->count_writes && made != wanted)
        play_fail(play, "expected %u writes, got %u", wanted, made);
}

static uint64_t duration(struct play *play, struct span text)
{
    static const struct {
        const char *unit;
        uint64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    char *unit;
    uint64_t n = strtoull(text.ptr + (text.ptr[0] == '+' ? 1 : 0), &unit, 10);

    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
        if (strcmp(unit, units[i].unit) == 0)
            return n * units[i].ms;
    play_fail(play, "\"%.*s\" is no duration", (int)text.len, text.ptr);
    return 0;
}

static void pass_time(struct play *play, struct span text)
{
    lab_pass(&play->lab, duration(play, text));
}

static void drain(struct play *play, struct span text)
{
    server_drain(play->server, duration(play, text));
}

static void expect_emptied(struct play *play, struct span text)
{
    (void)text;
    if (!play->emptied)
        play_fail(play, "the server has not emptied");
}

static bool in_log(struct play *play, struct span text)
{
    struct lab_bytes pattern = decoded(play, text, true);
    struct span rest = lab_bytes_from(&play->lab.lines, 0);
    bool found = false;

    while (rest.len != 0 && !found) {
        size_t n = (size_t)((const char *)memchr(rest.ptr, '\n', rest.len) - rest.ptr);
        found = match(lab_bytes_from(&pattern, 0), span_first(rest, n));
        rest = span_skip(rest, n + 1);
    }
    lab_bytes_free(&pattern);
    return found;
}

static void expect_logged(struct play *play, struct span text)
{
    if (!in_log(play, text))
        play_fail(play, "no log line \"%.*s\"", (int)text.len, text.ptr);
}

static void expect_not_logged(struct play *play, struct span text)
{
    if (in_log(play, text))
        play_fail(play, "a log line \"%.*s\"", (int)text.len, text.ptr);
}

static void new_client(struct play *play, struct span text)
{
    play_client(play, text.len != 0 ? text : SPAN("192.0.2.10"));
}

static void choose(struct play *play, struct side *side, struct span text)
{
    unsigned n = (unsigned)strtoul(text.ptr, NULL, 10);

    if (n >= side->count)
        play_fail(play, "there is no number %u", n);
    else
        side->current = n;
}

static void client_turn(struct play *play, struct span text)
{
    choose(play, &play->clients, text);
}

static void upstream_turn(struct play *play, struct span text)
{
    choose(play, &play->upstreams, text);
}

static void disk(struct play *play, struct span text)
{
    if (span_eq(text, SPAN("broken")))
        play->lab.disk_broken = true;
    else
        play->lab.disk = strtoull(text.ptr, NULL, 10);
}

static void varies(struct play *play, struct span text)
{
    (void)text;
    play->varies = true;
}

static void nothing(struct play *play, struct span text)
{
    (void)play;
    (void)text;
}

static const struct directive directives[] = {
    {"C:", client_sends},
    {"C:-", client_sends_raw},
    {"U>", upstream_sends},
    {"U>-", upstream_sends_raw},
    {"S:", client_expects},
    {"S:-", client_expects_raw},
    {"U<", upstream_expects},
    {"U<-", upstream_expects_raw},
    {"C close", client_close},
    {"C half-close", client_half_close},
    {"C reset", client_reset},
    {"C stall", client_stall},
    {"C flow", client_flow},
    {"C turn", client_turn},
    {"S closed", client_closed},
    {"S open", client_open},
    {"S silent", client_silent},
    {"S until", client_until},
    {"S reply", client_reply},
    {"S offers", client_offers},
    {"S lacks", client_lacks},
    {"U connect", upstream_connect},
    {"U refuse", upstream_refuse},
    {"U dialled", upstream_dialled},
    {"U none", upstream_none},
    {"U close", upstream_close},
    {"U reset", upstream_reset},
    {"U stall", upstream_stall},
    {"U flow", upstream_flow},
    {"U turn", upstream_turn},
    {"U closed", upstream_closed},
    {"U open", upstream_open},
    {"U silent", upstream_silent},
    {"U until", upstream_until},
    {"U skip", upstream_skip},
    {"U take-chunks", upstream_chunks},
    {"U write-count", upstream_writes},
    {"time", pass_time},
    {"drain", drain},
    {"emptied", expect_emptied},
    {"log", expect_logged},
    {"log!", expect_not_logged},
    {"client", new_client},
    {"disk", disk},
    {"varies", varies},
    {"pause", nothing},
};

/* What a line of the same kind follows is sent in one piece with it. */
static bool goes_with_the_last(const struct line *last, const struct line *line)
{
    return last != NULL && strncmp(last->word, line->word, 2) == 0 &&
           (strncmp(line->word, "C:", 2) == 0 || strncmp(line->word, "U>", 2) == 0);
}

void play_line(struct play *play, const struct line *line)
{
    if (!goes_with_the_last(play->line, line))
        lab_run(&play->lab);
    play->line = line;
    for (size_t i = 0; i < sizeof(directives) / sizeof(*directives); i++) {
        if (strcmp(directives[i].word, line->word) != 0)
            continue;
        directives[i].act(play, line->text);
        if (strchr(line->word, ':') == NULL && strchr(line->word, '>') == NULL)
            lab_run(&play->lab);
        return;
    }
    play_fail(play, "no such line: %s", line->word);
}
