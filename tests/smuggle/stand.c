/* stand.c: a session in a world in memory, its upstream played by a strict server. */
#include "stand.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "config/config.h"
#include "reference.h"

#define HOUR UINT64_C(3600000)

struct settings *stand_settings(const char *lines)
{
    char path[] = "/tmp/smuggle.XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    struct settings *settings;

    assert(file != NULL);
    fprintf(file, "hostname: proxy.example\nlisteners: [\"127.0.0.1:2525\"]\n");
    fprintf(file, "upstreams: [\"192.0.2.1:25\"]\ntrace: none\n%s", lines);
    (void)fclose(file);
    settings = config_load(path, stderr);
    (void)unlink(path);
    assert(settings != NULL);
    return settings;
}

static void reply(struct stand *stand, const char *line)
{
    lab_pipe_send(stand->upstream, span_str(line));
    lab_pipe_send(stand->upstream, SPAN("\r\n"));
}

/* A command line without its CRLF. */
static void answer_command(struct stand *stand, struct span line)
{
    if (span_starts_nocase(line, SPAN("EHLO"))) {
        reply(stand, "250-mx.example");
        reply(stand, "250-ENHANCEDSTATUSCODES");
        lab_pipe_send(stand->upstream, SPAN("250 "));
        reply(stand, stand->keywords);
    } else if (span_starts_nocase(line, SPAN("BDAT "))) {
        stand->chunk = strtoul(line.ptr + 5, NULL, 10);
        reply(stand, "250 2.0.0 Chunk");
    } else if (span_eq(line, SPAN("DATA"))) {
        stand->in_message = true;
        reply(stand, "354 Go ahead");
    } else {
        reply(stand, span_eq(line, SPAN("QUIT")) ? "221 2.0.0 Bye" : "250 2.0.0 Ok");
    }
}

/* Answers what is complete of what the upstream has been sent; false: nothing is. */
static bool answer(struct stand *stand)
{
    struct span rest = lab_bytes_from(&stand->upstream->from, stand->heard);
    const char *end;
    size_t n;

    if (rest.len == 0)
        return false;
    if (stand->chunk != 0) {
        n = rest.len < stand->chunk ? rest.len : stand->chunk;
        stand->chunk -= n;
        lab_bytes_add(&stand->chunks, span_first(rest, n));
        stand->heard += n;
        return true;
    }
    n = reference_crlf(rest);
    if (n == rest.len)
        return false;
    if (!stand->in_message) {
        stand->heard += n + 2;
        answer_command(stand, span_first(rest, n));
        return true;
    }
    /* The CRLF of the DATA command is the first that may stand in front of the dot. */
    end = memmem(rest.ptr - 2, rest.len + 2, "\r\n.\r\n", 5);
    if (end == NULL)
        return false;
    stand->heard = (size_t)(end - stand->upstream->from.ptr) + 5;
    stand->in_message = false;
    reply(stand, "250 2.0.0 Ok");
    return true;
}

static void run(struct stand *stand)
{
    static const struct lab_manner at_once = {0};
    struct lab_dial *dial;
    bool more;

    do {
        lab_run(&stand->lab);
        dial = lab_dial_waiting(&stand->lab);
        more = dial != NULL;
        if (more) {
            stand->upstream = lab_dial_accept(&stand->lab, dial, at_once);
            stand->heard = stand->chunk = 0;
            stand->in_message = false;
            reply(stand, "220 mx.example ESMTP");
        } else if (stand->upstream != NULL && !stand->upstream->closed) {
            more = answer(stand);
        }
    } while (more);
}

void stand_say(struct stand *stand, struct span octets)
{
    lab_pipe_send(stand->client, octets);
    run(stand);
}

void stand_open(struct stand *stand, struct settings *settings, const char *keyword)
{
    static const struct settings_listener listener = {.name = "client"};
    struct arrival arrival = {.listener = &listener};
    static const struct lab_manner at_once = {0};

    *stand = (struct stand){.keywords = keyword};
    lab_init(&stand->lab, 1);
    stand->server = server_new(&stand->lab.world, NULL, NULL);
    server_configure(stand->server, settings);
    assert(ip_parse(SPAN("192.0.2.10"), &arrival.peer) && ip_parse(SPAN("127.0.0.1"), &arrival.local));
    stand->client = lab_pipe_new(&stand->lab, at_once);
    assert(server_accept(stand->server, &arrival, &lab_wire_ops, stand->client) == 0);
    run(stand); /* who speaks before the greeting is refused */
    assert(stand->upstream != NULL);
    stand_say(stand, SPAN("EHLO client.example\r\n"));
}

void stand_envelope(struct stand *stand)
{
    stand_say(stand, SPAN("MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\n"));
}

void stand_data(struct stand *stand)
{
    stand_say(stand, SPAN("DATA\r\n"));
    assert(stand->in_message);
}

bool stand_replied(const struct stand *stand, size_t from, struct span lines)
{
    struct span replies = lab_bytes_from(&stand->client->from, from);
    bool same = true;

    while (same && replies.len != 0 && lines.len != 0) {
        size_t n = (size_t)((const char *)memchr(lines.ptr, '\n', lines.len) - lines.ptr);
        same = span_starts_nocase(replies, span_first(lines, n));
        lines = span_skip(lines, n + 1);
        n = reference_crlf(replies) + 2;
        replies = span_skip(replies, n < replies.len ? n : replies.len);
    }
    return same && replies.len == 0 && lines.len == 0;
}

void stand_close(struct stand *stand)
{
    lab_pipe_close(stand->client);
    run(stand);
    if (server_sessions(stand->server) != 0)
        lab_pass(&stand->lab, HOUR);
    assert(server_sessions(stand->server) == 0);
    server_free(stand->server);
    lab_free(&stand->lab);
    lab_bytes_free(&stand->chunks);
}
