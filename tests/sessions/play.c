/* play.c: from a script to a verdict: sets the world up, goes through the lines, looks for leftovers. What
 * each line does is left to directives.c. */
#include "play.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/config.h"
#include "play_tls.h"

#define HOUR UINT64_C(3600000)

void play_tell(struct play *play, const char *who, struct span text)
{
    char head[32];

    (void)snprintf(head, sizeof(head), "    %-4s", who);
    lab_bytes_add(&play->transcript, span_str(head));
    for (size_t i = 0; i < text.len && i < 200; i++) {
        char octet[8];
        unsigned char c = (unsigned char)text.ptr[i];
        (void)snprintf(octet, sizeof(octet), c >= ' ' && c < 0x7f ? "%c" : "\\x%02x", c);
        lab_bytes_add(&play->transcript, span_str(octet));
    }
    if (text.len > 200)
        lab_bytes_add(&play->transcript, SPAN(" ..."));
    lab_bytes_add(&play->transcript, SPAN("\n"));
}

static void tell_unread(struct play *play, const struct side *side, const char *who)
{
    for (unsigned i = 0; i < side->count; i++) {
        const struct party *party = &side->parties[i];
        struct span rest = lab_bytes_from(&party->pipe->from, party->read);
        if (rest.len != 0)
            play_tell(play, who, rest);
    }
}

void play_fail(struct play *play, const char *format, ...)
{
    char bytes[4096];
    struct text text = TEXT(bytes);
    va_list args;

    if (play->failed)
        return;
    play->failed = true;
    va_start(args, format);
    text_formatv(&text, format, args);
    va_end(args);
    fprintf(stderr, "%s:%u: (%s) %.*s", play->script->path, play->line->number, play->manner->name,
            (int)text.len, bytes);
    lab_bytes_add(&play->transcript, SPAN("    --- not read ---\n"));
    tell_unread(play, &play->clients, "S:");
    tell_unread(play, &play->upstreams, "U<");
    tell_unread(play, &play->milters, "M<");
    fprintf(stderr, "\n  transcript:\n%.*s  log:\n%.*s\n", (int)play->transcript.len, play->transcript.ptr,
            (int)play->lab.lines.len, play->lab.lines.ptr != NULL ? play->lab.lines.ptr : "");
}

static void emptied(void *owner)
{
    struct play *play = owner;

    play->emptied = true;
}

struct settings *play_settings(const struct script *script)
{
    char path[] = "/tmp/session_script.XXXXXX";
    struct settings *settings = NULL;
    int fd = mkstemp(path);

    if (fd < 0) {
        perror(path);
        return NULL;
    }
    if (write(fd, script->config.ptr, script->config.len) == (ssize_t)script->config.len)
        settings = config_load(path, stderr);
    (void)close(fd);
    (void)unlink(path);
    if (settings == NULL)
        fprintf(stderr, "%s: the configuration does not load\n", script->path);
    return settings;
}

/* Octets nobody expected. */
static void check_read(struct play *play, const struct side *side, const char *who)
{
    for (unsigned i = 0; i < side->count && !play->failed; i++) {
        const struct party *party = &side->parties[i];
        if (party->read != party->pipe->from.len)
            play_fail(play, "at the end %s %u has been sent what the script does not expect", who, i);
    }
}

/* All clients go; whatever the sessions still wait for then comes to an end by the clock. */
static void leave(struct play *play)
{
    struct lab_pipe *pipe;

    TAILQ_FOREACH(pipe, &play->lab.pipes, link)
    if (play->failed)
        lab_pipe_reset(pipe);
    for (unsigned i = 0; i < play->clients.count; i++)
        lab_pipe_close(play->clients.parties[i].pipe);
    lab_run(&play->lab);
    if (server_sessions(play->server) != 0)
        lab_pass(&play->lab, HOUR);
    if (server_sessions(play->server) == 0)
        return;
    play_fail(play, "a session outlived its client by an hour");
    abort();
}

/* Each connection's octets, and how many there are, so that none can be taken for another's. */
static size_t keep(const struct side *side, struct lab_bytes *said)
{
    size_t most = 0;

    for (unsigned i = 0; i < side->count; i++) {
        const struct lab_pipe *pipe = side->parties[i].pipe;
        lab_bytes_add(said, span_of((const char *)&pipe->from.len, sizeof(pipe->from.len)));
        lab_bytes_add(said, lab_bytes_from(&pipe->from, 0));
        most = pipe->to.len > most ? pipe->to.len : most;
    }
    return most;
}

/* What a script may say before its client connects. */
static bool sets_the_scene(const struct line *line)
{
    static const char *const words[] = {"name", "plaintext", "varies"};

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (strcmp(line->word, words[i]) == 0)
            return true;
    return false;
}

static void go_through(struct play *play)
{
    const struct script *script = play->script;

    size_t i = 0;

    play->line = &script->lines[0];
    while (i < script->count && sets_the_scene(&script->lines[i]))
        play_line(play, &script->lines[i++]);
    if (i < script->count && strcmp(script->lines[i].word, "client") != 0)
        play_client(play, SPAN(""));
    for (; i < script->count && !play->failed; i++)
        play_line(play, &script->lines[i]);
    lab_run(&play->lab);
    check_read(play, &play->clients, "client");
    check_read(play, &play->upstreams, "upstream");
    check_read(play, &play->milters, "milter");
    leave(play);
    check_read(play, &play->upstreams, "upstream");
}

bool play_script(const struct script *script, struct settings *settings, const struct play_manner *manner,
                 struct play_outcome *outcome)
{
    struct play play = {.script = script, .manner = manner, .settings = settings};

    lab_init(&play.lab, 1);
    play_tls_begin(&play);
    play.server = server_new(&play.lab.world, emptied, &play);
    server_configure(play.server, play.settings);
    go_through(&play);
    outcome->said.len = 0;
    outcome->client_octets = keep(&play.clients, &outcome->said);
    outcome->upstream_octets = keep(&play.upstreams, &outcome->said);
    outcome->heard.len = 0;
    (void)keep(&play.milters, &outcome->heard);
    outcome->encrypted = manner->client_tls;
    outcome->varies = play.varies;
    server_free(play.server);
    lab_free(&play.lab);
    play_tls_end(&play);
    lab_bytes_free(&play.reply);
    lab_bytes_free(&play.transcript);
    return !play.failed;
}

void play_outcome_free(struct play_outcome *outcome)
{
    lab_bytes_free(&outcome->said);
    lab_bytes_free(&outcome->heard);
}
