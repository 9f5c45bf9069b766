/* tls_lines.c: the lines of a script about TLS at its ends: handshakes, what they came to, octets beneath. */
#include <stdlib.h>

#include "lab_tls.h"
#include "lab_tls_keys.h"
#include "match.h"
#include "talk.h"

#define WORD_MAX 64

/* "version 1.2", "name mail.example.org", "asks", "verifies", "resumes", or a certificate: "rsa". True: the
 * session is to be resumed, or to be one that can be. */
static bool read_terms(struct span text, struct lab_tls_terms *terms, char words[2][WORD_MAX])
{
    bool resumes = false;
    struct span word;

    while ((word = talk_word(&text)).len != 0) {
        if (span_eq(word, SPAN("version"))) {
            terms->old = span_eq(talk_word(&text), SPAN("1.2"));
        } else if (span_eq(word, SPAN("asks"))) {
            terms->asks = true;
        } else if (span_eq(word, SPAN("verifies"))) {
            terms->refuses = true;
        } else if (span_eq(word, SPAN("resumes"))) {
            resumes = true;
        } else if (span_eq(word, SPAN("name"))) {
            word = talk_word(&text);
            (void)snprintf(words[0], WORD_MAX, "%.*s", (int)word.len, word.ptr);
            terms->name = words[0];
        } else {
            (void)snprintf(words[1], WORD_MAX, "%.*s", (int)word.len, word.ptr);
            terms->certificate = words[1];
        }
    }
    return resumes;
}

/* The end of the party that is meant speaks TLS from what it has not read on. */
static void begin(struct play *play, struct side *side, const char *word, struct span text)
{
    struct party *party = talk_party(play, side);
    struct lab_tls_terms terms = {0};
    char words[2][WORD_MAX];
    bool resumes;

    play_tell(play, word, text);
    resumes = read_terms(text, &terms, words);
    if (play->failed)
        return;
    if (lab_tls_stage(party->pipe) != TLS_ABSENT || party->pipe->ended) {
        play_fail(play, "there is TLS already, or nobody to shake hands with");
    } else if (side == &play->upstreams) {
        struct tls_server *server = lab_tls_server(&terms);
        if (server != NULL)
            lab_tls_accept(party->pipe, server, party->read);
        else
            play_fail(play, "there is no such server");
    } else {
        struct tls_client *client = lab_tls_client(&terms);
        talk_silent(play, party);
        if (resumes && play->cache == NULL)
            play->cache = tls_cache_new();
        if (client != NULL && !play->failed)
            lab_tls_connect(party->pipe, client, resumes ? play->cache : NULL);
        else
            play_fail(play, "there is no such client");
    }
}

static void shake(struct play *play, struct side *side, const char *word, struct span text)
{
    struct lab_pipe *pipe;

    begin(play, side, word, text);
    lab_run(&play->lab);
    pipe = talk_party(play, side)->pipe;
    if (!play->failed && lab_tls_stage(pipe) != TLS_UP)
        play_fail(play, "no TLS: %s",
                  lab_tls_stage(pipe) == TLS_FAILED ? lab_tls_failure(pipe) : "the handshake goes on");
}

static void print_facts(const struct lab_pipe *pipe, struct text *text)
{
    struct tls_facts facts;

    lab_tls_facts(pipe, &facts);
    text_format(text, "%s %s%s", facts.version, facts.cipher, facts.resumed ? " resumed" : "");
    if (facts.name.len != 0)
        text_format(text, " name %.*s", (int)facts.name.len, facts.name.ptr);
    if (facts.subject.len != 0)
        text_format(text, " of %.*s", (int)facts.subject.len, facts.subject.ptr);
}

/* What has become of the handshake, in one line. */
static void expect(struct play *play, struct side *side, const char *word, struct span text)
{
    struct lab_bytes pattern = talk_decode(play, text, true);
    struct lab_pipe *pipe = talk_party(play, side)->pipe;
    char bytes[512];
    struct text state = TEXT(bytes);

    switch (lab_tls_stage(pipe)) {
    case TLS_ABSENT:
        text_format(&state, "none");
        break;
    case TLS_SHAKING:
        text_format(&state, "shaking");
        break;
    case TLS_UP:
        print_facts(pipe, &state);
        break;
    case TLS_FAILED:
        text_format(&state, "failed: %s", lab_tls_failure(pipe));
        break;
    }
    play_tell(play, word, text_span(&state));
    if (!match(lab_bytes_from(&pattern, 0), text_span(&state)))
        play_fail(play, "TLS is \"%.*s\"", (int)state.len, state.ptr);
    lab_bytes_free(&pattern);
}

static void say_beneath(struct play *play, struct side *side, const char *word, struct span text)
{
    struct party *party = talk_party(play, side);
    struct lab_bytes bytes = talk_decode(play, text, false);

    play_tell(play, word, lab_bytes_from(&bytes, 0));
    if (!play->failed)
        lab_pipe_send_beneath(party->pipe, lab_bytes_from(&bytes, 0));
    lab_bytes_free(&bytes);
}

static void truncate_here(struct play *play, struct side *side, const char *word, struct span text)
{
    (void)word;
    (void)text;
    lab_pipe_end_beneath(talk_party(play, side)->pipe);
}

static void notify(struct play *play, struct side *side, const char *word, struct span text)
{
    struct lab_pipe *pipe = talk_party(play, side)->pipe;

    (void)word;
    (void)text;
    if (lab_tls_stage(pipe) == TLS_UP)
        lab_tls_notify(pipe);
    else
        play_fail(play, "there is no TLS to end");
}

static void cut_records(struct play *play, struct side *side, const char *word, struct span text)
{
    struct lab_pipe *pipe = talk_party(play, side)->pipe;

    (void)word;
    if (lab_tls_stage(pipe) != TLS_ABSENT)
        lab_tls_records(pipe, strtoul(text.ptr, NULL, 10));
    else
        play_fail(play, "there are no records");
}

const struct side_directive tls_lines[] = {
    {"C tls", "U tls", shake},
    {"C tls-begin", "U tls-begin", begin},
    {"S encrypted", "U encrypted", expect},
    {"C plain", "U plain", say_beneath},
    {"C truncate", "U truncate", truncate_here},
    {"C close-notify", "U close-notify", notify},
    {"C records", "U records", cut_records},
    {NULL, NULL, NULL},
};
