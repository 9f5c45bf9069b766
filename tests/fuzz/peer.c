/* peer.c: an upstream that trusts nobody. What sessions may do is left to session.c. */
#include "peer.h"

#include "fuzz.h"
#include "smtp/bdat.h"
#include "smtp/clean.h"
#include "smtp/command.h"

static void say(struct peer *peer, struct span proper)
{
    struct span reply = peer->next->ptr != NULL ? *peer->next : proper;

    if (!peer->pipe->ended) {
        lab_pipe_send(peer->pipe, reply);
        if (peer->next->ptr != NULL)
            lab_pipe_send(peer->pipe, SPAN("\r\n"));
    }
    *peer->next = span_of(NULL, 0);
    peer->more = reply.len > 0 && reply.ptr[0] == '3';
}

void peer_greet(struct peer *peer, struct lab_pipe *pipe, struct span *next)
{
    peer->pipe = pipe;
    peer->next = next;
    say(peer, SPAN("220 upstream.example ESMTP\r\n"));
}

/* Octets of the first line, CRLF included; 0: it is not complete. */
static size_t line_len(struct span s)
{
    for (size_t i = 1; i < s.len; i++)
        if (s.ptr[i - 1] == '\r' && s.ptr[i] == '\n')
            return i + 1;
    return 0;
}

struct span peer_unstuff(struct span s, struct lab_bytes *message)
{
    for (size_t n; (n = line_len(s)) > 0;) {
        struct span line = span_first(s, n);
        s = span_skip(s, n);
        if (span_eq(line, SPAN(".\r\n")))
            return s;
        lab_bytes_add(message, line.ptr[0] == '.' ? span_skip(line, 1) : line);
    }
    return span_of(NULL, 0);
}

static void end_message(struct peer *peer, void (*ended)(void *arg, struct span message), void *arg)
{
    peer->ended++;
    peer->kept += peer->next->ptr == NULL;
    peer->data = peer->last = false;
    say(peer, SPAN("250 2.0.0 kept\r\n"));
    ended(arg, lab_bytes_from(&peer->message, 0));
    peer->message.len = 0;
}

static void begin_chunk(struct peer *peer, struct span arguments)
{
    struct bdat bdat;

    DEMAND(bdat_parse(arguments, &bdat) == 0);
    peer->left = bdat.size;
    peer->last = bdat.last;
    if (bdat.size == 0 && !bdat.last)
        say(peer, SPAN("250 2.0.0 chunk\r\n"));
}

static void obey(struct peer *peer, const struct command *command)
{
    switch (command->verb) {
    case VERB_EHLO:
        say(peer, SPAN("250-upstream.example\r\n250-PIPELINING\r\n250-SIZE 100000\r\n250-8BITMIME\r\n"
                       "250-SMTPUTF8\r\n250-DSN\r\n250-AUTH PLAIN LOGIN\r\n250-CHUNKING\r\n250 HELP\r\n"));
        break;
    case VERB_DATA:
        say(peer, SPAN("354 go on\r\n"));
        peer->data = peer->more;
        peer->message.len = 0;
        break;
    case VERB_AUTH:
        say(peer, SPAN("334 \r\n"));
        peer->opaque = peer->more;
        break;
    case VERB_QUIT:
        say(peer, SPAN("221 2.0.0 bye\r\n"));
        peer->quit = true;
        break;
    case VERB_HELO:
    case VERB_MAIL:
    case VERB_RSET:
        peer->message.len = 0;
        say(peer, SPAN("250 2.0.0 ok\r\n"));
        break;
    default:
        DEMAND(command->verb != VERB_UNKNOWN && command->verb != VERB_FOREIGN);
        DEMAND(command->verb != VERB_XCLIENT && command->verb != VERB_BURL);
        say(peer, SPAN("250 2.1.5 ok\r\n"));
    }
}

/* One command line, which is clean. */
static bool read_line(struct peer *peer, struct span rest)
{
    struct span line = span_first(rest, line_len(rest));
    struct command command;

    if (line.len == 0)
        return false;
    peer->read += line.len;
    line.len -= 2;
    DEMAND(!peer->quit && clean_check(&(struct clean){0}, line) == 0);
    if (peer->opaque) {
        say(peer, SPAN("235 2.7.0 welcome\r\n"));
        peer->opaque = peer->more;
        return true;
    }
    DEMAND(command_parse(line, &command) == 0);
    if (command.verb == VERB_BDAT)
        begin_chunk(peer, command.arguments);
    else
        obey(peer, &command);
    return true;
}

bool peer_step(struct peer *peer, void (*ended)(void *arg, struct span message), void *arg)
{
    struct span rest = lab_bytes_from(&peer->pipe->from, peer->read);

    if (rest.ptr == NULL)
        return false;
    if (peer->left > 0 || peer->last) {
        struct span chunk = span_first(rest, peer->left < rest.len ? (size_t)peer->left : rest.len);
        if (chunk.len == 0 && peer->left > 0)
            return false;
        lab_bytes_add(&peer->message, chunk);
        peer->read += chunk.len;
        peer->left -= chunk.len;
        if (peer->left == 0 && peer->last)
            end_message(peer, ended, arg);
        else if (peer->left == 0)
            say(peer, SPAN("250 2.0.0 chunk\r\n"));
        return true;
    }
    if (peer->data) {
        peer->message.len = 0;
        struct span behind = peer_unstuff(rest, &peer->message);
        if (behind.ptr == NULL)
            return false;
        DEMAND(clean_check(&(struct clean){0}, span_first(rest, rest.len - behind.len)) == 0);
        peer->read += rest.len - behind.len;
        end_message(peer, ended, arg);
        return true;
    }
    return read_line(peer, rest);
}

void peer_free(struct peer *peer)
{
    lab_bytes_free(&peer->message);
}
