/* side_lines.c: the lines of a script that there are for client and upstream alike: what a party says, what
 * it must have been sent, how its connection fares. TLS is left to tls_lines.c. */
#include <stdlib.h>

#include "match.h"
#include "talk.h"

static void say(struct play *play, struct side *side, const char *word, struct span text, const char *end)
{
    struct party *party = talk_party(play, side);
    struct lab_bytes bytes = talk_decode(play, text, false);

    lab_bytes_add(&bytes, span_str(end));
    play_tell(play, word, lab_bytes_from(&bytes, 0));
    if (party->pipe->ended)
        play_fail(play, "the connection has been ended on this side");
    else if (!play->failed)
        lab_pipe_send(party->pipe, lab_bytes_from(&bytes, 0));
    lab_bytes_free(&bytes);
}

static void say_line(struct play *play, struct side *side, const char *word, struct span text)
{
    say(play, side, word, text, "\r\n");
}

static void say_octets(struct play *play, struct side *side, const char *word, struct span text)
{
    say(play, side, word, text, "");
}

static void expect(struct play *play, struct side *side, const char *word, struct span text)
{
    struct party *party = talk_party(play, side);
    struct lab_bytes pattern = talk_decode(play, text, true);
    struct span line;

    if (!talk_next_line(party, &line)) {
        play_fail(play, "expected \"%.*s\", got nothing", (int)text.len, text.ptr);
    } else {
        play_tell(play, word, line);
        if (!match(lab_bytes_from(&pattern, 0), line))
            play_fail(play, "expected \"%.*s\", got \"%.*s\"", (int)text.len, text.ptr, (int)line.len,
                      line.ptr);
    }
    lab_bytes_free(&pattern);
}

static void expect_octets(struct play *play, struct side *side, const char *word, struct span text)
{
    struct party *party = talk_party(play, side);
    struct lab_bytes bytes = talk_decode(play, text, false);
    struct span rest = lab_bytes_from(&party->pipe->from, party->read);

    if (!span_eq(span_first(rest, bytes.len), lab_bytes_from(&bytes, 0)))
        play_fail(play, "expected the octets \"%.*s\"", (int)text.len, text.ptr);
    party->read += bytes.len < rest.len ? bytes.len : rest.len;
    play_tell(play, word, lab_bytes_from(&bytes, 0));
    lab_bytes_free(&bytes);
}

static void until(struct play *play, struct side *side, const char *word, struct span text)
{
    struct party *party = talk_party(play, side);
    struct lab_bytes pattern = talk_decode(play, text, true);
    struct span line;
    bool found = false;

    while (!found && talk_next_line(party, &line))
        found = match(lab_bytes_from(&pattern, 0), line);
    if (found)
        play_tell(play, word, line);
    else
        play_fail(play, "no line \"%.*s\"", (int)text.len, text.ptr);
    lab_bytes_free(&pattern);
}

static void silent(struct play *play, struct side *side, const char *word, struct span text)
{
    (void)word;
    (void)text;
    talk_silent(play, talk_party(play, side));
}

/* What has been sent so far is nobody's concern. */
static void skip(struct play *play, struct side *side, const char *word, struct span text)
{
    struct party *party = talk_party(play, side);

    (void)text;
    play_tell(play, word, lab_bytes_from(&party->pipe->from, party->read));
    party->read = party->pipe->from.len;
}

static void turn(struct play *play, struct side *side, const char *word, struct span text)
{
    unsigned n = (unsigned)strtoul(text.ptr, NULL, 10);

    (void)word;
    if (n >= side->count)
        play_fail(play, "there is no number %u", n);
    else
        side->current = n;
}

static void stall(struct play *play, struct side *side, const char *word, struct span text)
{
    (void)text;
    talk_party(play, side)->pipe->stalled = strcmp(word + 2, "stall") == 0;
}

static void leave(struct play *play, struct side *side, const char *word, struct span text)
{
    static const struct {
        const char *how;
        void (*leave)(struct lab_pipe *pipe);
    } ways[] = {{"close", lab_pipe_close}, {"half-close", lab_pipe_end}, {"reset", lab_pipe_reset}};
    struct party *party = talk_party(play, side);

    (void)text;
    for (size_t i = 0; i < sizeof(ways) / sizeof(*ways) && !play->failed; i++)
        if (strcmp(word + 2, ways[i].how) == 0)
            ways[i].leave(party->pipe);
}

const struct side_directive side_lines[] = {
    {"C:", "U>", say_line},        {"C:-", "U>-", say_octets},
    {"S:", "U<", expect},          {"S:-", "U<-", expect_octets},
    {"S until", "U until", until}, {"S silent", "U silent", silent},
    {"S skip", "U skip", skip},    {"C turn", "U turn", turn},
    {"C stall", "U stall", stall}, {"C flow", "U flow", stall},
    {"C close", "U close", leave}, {"C half-close", "U half-close", leave},
    {"C reset", "U reset", leave}, {NULL, NULL, NULL},
};
