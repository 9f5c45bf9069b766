/* arrive.c: a client connects, from where and to what its line of the script says. */
#include <assert.h>
#include <stdlib.h>

#include "play_tls.h"
#include "talk.h"

/* "192.0.2.10", "192.0.2.10:4711", "2001:db8::1", "[2001:db8::1]:25"; without a port it keeps its own. */
static void read_endpoint(struct play *play, struct span s, struct ip *out)
{
    const char *colon = s.len != 0 ? memrchr(s.ptr, ':', s.len) : NULL;
    bool bracket = s.len != 0 && s.ptr[0] == '[';
    bool port = colon != NULL && (bracket ? colon[-1] == ']' : memchr(s.ptr, ':', s.len) == colon);
    size_t n = port ? (size_t)(colon - s.ptr) : s.len;
    struct ip ip;

    if (!ip_parse(bracket && n > 2 ? span_of(s.ptr + 1, n - 2) : span_first(s, n), &ip)) {
        play_fail(play, "\"%.*s\" is no address", (int)s.len, s.ptr);
        return;
    }
    ip.port = port ? (uint16_t)strtoul(colon + 1, NULL, 10) : out->port;
    *out = ip;
}

static const struct settings_listener *find_listener(struct play *play, struct span name)
{
    const struct option_rows *listeners = &play->settings->listeners;

    for (size_t i = 0; i < listeners->count; i++) {
        const struct settings_listener *listener = (struct settings_listener *)listeners->items + i;
        if (span_eq(span_str(listener->name != NULL ? listener->name : listener->address), name))
            return listener;
    }
    play_fail(play, "no listener is named %.*s", (int)name.len, name.ptr);
    return listeners->items;
}

static void read_words(struct play *play, struct span text, struct arrival *arrival)
{
    struct span word;

    while (!play->failed && (word = talk_word(&text)).len != 0) {
        if (span_eq(word, SPAN("original")))
            read_endpoint(play, talk_word(&text), &arrival->original);
        else if (span_eq(word, SPAN("reaches")))
            read_endpoint(play, talk_word(&text), &arrival->local);
        else if (span_eq(word, SPAN("on")))
            arrival->listener = find_listener(play, talk_word(&text));
        else
            read_endpoint(play, word, &arrival->peer);
    }
}

void play_client(struct play *play, struct span text)
{
    struct arrival arrival = {.listener = play->settings->listeners.items};
    struct side *clients = &play->clients;
    struct lab_pipe *pipe;

    assert(clients->count < PARTIES_MAX);
    (void)ip_parse(SPAN("192.0.2.10"), &arrival.peer);
    arrival.peer.port = (uint16_t)(40000 + clients->count);
    (void)ip_parse(SPAN("127.0.0.1"), &arrival.local);
    arrival.local.port = 2525;
    read_words(play, text, &arrival);
    pipe = lab_pipe_new(&play->lab, play->manner->client);
    clients->current = clients->count;
    clients->parties[clients->count++] = (struct party){.pipe = pipe};
    if (server_accept(play->server, &arrival, &lab_wire_ops, pipe) != 0)
        play_fail(play, "the server took no session");
    play_tls_client(play, pipe);
}
