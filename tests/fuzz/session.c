/* Fuzzes whole sessions: each line of the input is something a client, an upstream or the world does (a
 * letter, then text). The client may encrypt, if there are certificates. A message ends at the upstream only
 * as the client ended it; every octet to the client belongs to a reply; nothing leaks and nothing is left an
 * hour after the client has gone. */
#include "session/server.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "chain/registry.h"
#include "config/config.h"
#include "filters/filters.h"
#include "fuzz.h"
#include "lab_tls.h"
#include "lab_tls_chance.h"
#include "lab_tls_keys.h"
#include "peer.h"
#include "smtp/reply.h"

#define HOUR UINT64_C(3600000)

enum { PEERS = 8 };

static struct play {
    struct lab lab;
    struct server *server;
    struct lab_pipe *client;
    struct lab_manner manner;
    struct peer peers[PEERS];
    unsigned count;    /* of peers */
    unsigned refusals; /* of connections that are to come */
    struct span next;  /* the upstream's next answer */
    bool exact;        /* lines end in the upstream's message as they do in the client's */
    bool meddled;      /* the upstream said what it should not */
    size_t plain;      /* octets that the client has said before it encrypted */
    struct settings_listener listener;
} play;

static const struct filter *const filters[] = {&filter_commands, &filter_extensions};
#define FILTERS (sizeof(filters) / sizeof(filters[0]))

/* One of the configurations, loaded once. */
static struct settings *settings_of(unsigned n)
{
    static const char *const yaml[] = {
        "",
        "line_endings: normalise\n",
        "connect: rcpt\nfilters:\n  - commands:\n  - extensions:\n",
        "connect: late\nlimits: {message_size: 3000, transactions: 2, spool_memory: 1KiB}\n",
    };
    static struct settings *loaded[sizeof(yaml) / sizeof(yaml[0])];
    char path[64];
    int fd;

    for (unsigned i = 0; i < FILTERS && registry_at(i) == NULL; i++)
        registry_add(filters[i]);
    n %= sizeof(yaml) / sizeof(yaml[0]);
    if (loaded[n] != NULL)
        return loaded[n];
    fd = memfd_create("proxy.yaml", MFD_CLOEXEC);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    DEMAND(fd >= 0 && dprintf(fd, "hostname: mx.example\nlisteners: 2525\nupstreams: upstream.example\n%s",
                              yaml[n]) > 0);
    loaded[n] = config_load(path, stderr);
    DEMAND(loaded[n] != NULL && close(fd) == 0);
    return loaded[n];
}

static bool sends_chunks(struct span sent)
{
    for (size_t i = 0; i < sent.len; i++)
        if (span_starts_nocase(span_skip(sent, i), SPAN("BDAT")))
            return true;
    return false;
}

/* Somewhere behind a line end is this message, its end included. */
static bool holds(struct span sent, struct span message)
{
    struct lab_bytes own = {0};
    bool found = false;

    for (size_t at = 2; at < sent.len && !found; at++) {
        own.len = 0;
        found = sent.ptr[at - 2] == '\r' && sent.ptr[at - 1] == '\n' &&
                peer_unstuff(span_skip(sent, at), &own).ptr != NULL && own.len == message.len &&
                (own.len == 0 || memcmp(own.ptr, message.ptr, own.len) == 0);
    }
    lab_bytes_free(&own);
    return found;
}

/* What the connection has carried: a handshake that nobody has asked for may well be content. */
static struct lab_bytes carried(const struct lab_pipe *client)
{
    struct lab_bytes all = {0};

    lab_bytes_add(&all, span_of(client->to.ptr, client->shell != NULL ? play.plain : client->delivered));
    if (client->shell != NULL)
        lab_bytes_add(&all, span_of(client->shell->to.ptr, client->delivered));
    return all;
}

/* The client sent it, encrypted or not. */
static void check_message(void *arg, struct span message)
{
    struct span said = lab_bytes_from(&play.client->to, 0);
    struct lab_bytes all = carried(play.client);
    struct span sent = lab_bytes_from(&all, 0);
    bool nothing = play.meddled && message.len == 0; /* the end of a 354 that nobody could be told of */
    bool found = !play.exact || nothing || sends_chunks(sent) || sends_chunks(said) || holds(sent, message);

    (void)arg;
    DEMAND(found || (play.client->shell != NULL && holds(said, message)));
    lab_bytes_free(&all);
}

static bool answer_dial(void)
{
    struct lab_dial *dial = lab_dial_waiting(&play.lab);

    if (dial == NULL)
        return false;
    if (play.refusals > 0 || play.count == PEERS) {
        play.refusals -= play.refusals > 0;
        lab_dial_refuse(dial, -ECONNREFUSED);
    } else {
        struct lab_pipe *pipe = lab_dial_accept(&play.lab, dial, play.manner);
        peer_greet(&play.peers[play.count++], pipe, &play.next);
    }
    return true;
}

static void run(void)
{
    for (bool more = true; more;) {
        lab_run(&play.lab);
        more = answer_dial();
        for (unsigned i = 0; i < play.count; i++)
            more |= peer_step(&play.peers[i], check_message, NULL);
    }
}

static const struct lab_tls_terms usual;

/* The client's end begins to shake hands, whatever the proxy thinks of it. */
static void encrypt(void)
{
    if (play.listener.tls_server == NULL || play.client->ended || lab_tls_stage(play.client) != TLS_ABSENT)
        return;
    fuzz_starve(0);
    play.plain = play.client->delivered;
    lab_tls_connect(play.client, lab_tls_client(&usual), NULL);
}

static void send_beneath(struct span text)
{
    if (play.client->shell != NULL ? !play.client->shell->ended : !play.client->ended)
        lab_pipe_send_beneath(play.client, text);
}

/* --- what a line of the input may do ---------------------------------------------------------------------
 */

static void send(struct lab_pipe *pipe, struct span text, struct span end)
{
    if (pipe == NULL || pipe->ended)
        return;
    lab_pipe_send(pipe, text);
    lab_pipe_send(pipe, end);
}

static unsigned number(struct span text)
{
    unsigned n = 0;

    for (size_t i = 0; i < text.len && i < 4 && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
        n = n * 10 + (unsigned)(text.ptr[i] - '0');
    return n;
}

static void end(struct lab_pipe *pipe, struct span how)
{
    static void (*const ways[])(struct lab_pipe *) = {lab_pipe_end, lab_pipe_reset, lab_pipe_close};

    if (pipe != NULL)
        ways[number(how) % 3](pipe);
}

static void act(char what, struct span text)
{
    struct lab_pipe *upstream = play.count > 0 ? play.peers[play.count - 1].pipe : NULL;

    play.meddled |= what == 'U' || what == 'u' || what == 'r';
    switch (what) {
    case 'C': /* the client says a line, */
        send(play.client, text, SPAN("\r\n"));
        break;
    case 'c': /* octets, */
        send(play.client, text, SPAN(""));
        break;
    case 'l': /* octets and a bare LF, */
        send(play.client, text, SPAN("\n"));
        break;
    case 'T': /* shakes hands, */
        encrypt();
        break;
    case 'x': /* octets beneath TLS; */
        send_beneath(text);
        break;
    case 'U': /* so does the upstream, unasked */
        send(upstream, text, SPAN("\r\n"));
        break;
    case 'u':
        send(upstream, text, SPAN(""));
        break;
    case 'r': /* the upstream's next answer */
        play.next = text;
        break;
    case 'e': /* one side ends: orderly, with a reset, entirely */
        end(play.client, text);
        break;
    case 'E':
        end(upstream, text);
        break;
    case 's': /* one side takes no octets, or takes them again */
        play.client->stalled = !play.client->stalled;
        break;
    case 'S':
        if (upstream != NULL)
            upstream->stalled = !upstream->stalled;
        break;
    case 't': /* seconds pass */
        lab_pass(&play.lab, 1000 * (uint64_t)number(text));
        break;
    case 'f': /* connections are refused */
        play.refusals = number(text) % 4;
        break;
    case 'm': /* an allocation fails */
        fuzz_starve(number(text));
        break;
    case 'D':
        server_drain(play.server, 1000 * (uint64_t)number(text));
        break;
    default:
        break;
    }
}

/* All that the client was told is replies, the last of which may have been cut off. */
static void check_replies(struct span told)
{
    const struct reply_limits limits = {1 << 20, 1000};
    const struct span kept = SPAN("250 2.0.0 kept\r\n");
    unsigned acknowledged = 0, accepted = 0;
    struct reply_in in;
    long n = 1;

    for (; told.len > 0 && n > 0; told = span_skip(told, (size_t)n)) {
        n = reply_read(&(struct reply_reader){0}, told, &limits, &in);
        DEMAND(n >= 0);
        acknowledged += n > 0 && span_eq(in.lines, kept);
    }
    for (unsigned i = 0; i < play.count; i++)
        accepted += play.peers[i].kept;
    DEMAND(play.meddled || acknowledged <= accepted);
}

/* Ends of data that the client may have meant, whatever became of its commands. */
static void check_ends(struct span sent)
{
    unsigned meant = 0, ended = 0;

    for (size_t i = 0; i < sent.len; i++)
        meant += span_starts_nocase(span_skip(sent, i), SPAN("\r\n.\r\n")) ||
                 span_starts_nocase(span_skip(sent, i), SPAN("LAST"));
    for (unsigned i = 0; i < play.count; i++)
        ended += play.peers[i].ended;
    DEMAND(ended <= meant);
}

static void emptied(void *owner)
{
    DEMAND(owner == &play && server_sessions(play.server) == 0);
}

/* ctest makes them; whoever runs this by hand may do without. */
static bool certificates(void)
{
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/ecdsa.key", lab_tls_folder());
    return access(path, R_OK) == 0;
}

static void begin(unsigned configuration, unsigned piece)
{
    static const struct lab_manner manners[] = {{0}, {.piece = 1}, {.accept = 7}, {.piece = 5, .accept = 1}};
    struct arrival arrival = {.listener = &play.listener};

    play = (struct play){.manner = manners[piece], .exact = configuration != 1};
    lab_tls_chance(1);
    play.listener = (struct settings_listener){.name = "2525", .auth_without_tls = true};
    play.listener.tls_server = certificates() ? lab_tls_server(&usual) : NULL;
    play.listener.tls = play.listener.tls_server != NULL ? CLIENT_TLS_STARTTLS : CLIENT_TLS_NONE;
    lab_init(&play.lab, 1);
    play.server = server_new(&play.lab.world, emptied, &play);
    DEMAND(play.server != NULL);
    server_configure(play.server, settings_ref(settings_of(configuration)));
    (void)ip_parse(SPAN("192.0.2.10"), &arrival.peer);
    (void)ip_parse(SPAN("192.0.2.1"), &arrival.local);
    play.client = lab_pipe_new(&play.lab, play.manner);
    DEMAND(server_accept(play.server, &arrival, &lab_wire_ops, play.client) == 0);
}

static void finish(void)
{
    fuzz_starve(0);
    run();
    lab_pipe_close(play.client);
    run();
    lab_pass(&play.lab, HOUR);
    DEMAND(server_sessions(play.server) == 0);
    run();
    check_replies(lab_bytes_from(&play.client->from, 0));
    check_ends(lab_bytes_from(&play.client->to, 0));
    server_free(play.server);
    for (unsigned i = 0; i < play.count; i++)
        peer_free(&play.peers[i]);
    lab_free(&play.lab);
}

void fuzz_one(struct span in)
{
    unsigned configuration = fuzz_choice(&in, 4), piece = fuzz_choice(&in, 4), hurry = fuzz_choice(&in, 4);

    begin(configuration, piece);
    for (unsigned n = 1; in.len > 0; n++) {
        const char *lf = memchr(in.ptr, '\n', in.len);
        struct span line = span_first(in, lf != NULL ? (size_t)(lf - in.ptr) : in.len);
        in = span_skip(in, line.len + (lf != NULL));
        if (line.len > 0)
            act(line.ptr[0], span_skip(line, 1));
        if (n % (1 + 7 * hurry) == 0)
            run();
    }
    finish();
}
