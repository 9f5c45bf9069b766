/* sink_session.h: the state of one connection to the sink, shared by the files that act on it: sequence
 * (sink_session.c), commands (sink_verbs.c, sink_path.c), login (sink_auth.c), content (sink_content.c), TLS
 * and PROXY (sink_front.c), who the client is (sink_client.c). Of no concern above this layer. */
#ifndef SINK_SINK_SESSION_H
#define SINK_SINK_SESSION_H

#include "base/arena.h"
#include "sink/sink_server.h"
#include "smtp/address.h"
#include "smtp/command.h"
#include "smtp/dot.h"
#include "smtp/line.h"
#include "smtp/params.h"
#include "smtp/reply.h"

struct sink_session;

/* What a step came to. */
enum sink_step {
    SINK_AGAIN, /* something was done: run the phase that is now current */
    SINK_WAIT   /* needs more octets, room, or time */
};

enum sink_phase {
    SINK_PROXY,     /* a PROXY header is to come first */
    SINK_TLS_BEGIN, /* TLS begins as soon as nothing is being sent */
    SINK_HANDSHAKE,
    SINK_GREETING,
    SINK_COMMAND,
    SINK_LOGIN,   /* the next line belongs to AUTH */
    SINK_CONTENT, /* after 354 */
    SINK_CHUNK,   /* after BDAT */
    SINK_END,     /* the content is complete */
    SINK_STORED,  /* and stored */
    SINK_CLOSING, /* nothing more is read; what is queued leaves */
    SINK_PHASES
};

/* Between MAIL and its end. Zeroed outside. */
struct sink_transaction {
    struct sink_envelope envelope; /* what it points to lives in the session's arena */
    struct sink_recipient **tail;
    unsigned recipients;
    bool open;    /* MAIL was accepted */
    bool chunked; /* a BDAT has come: no DATA any more */
    bool spoilt;  /* a chunk was refused: nothing but RSET helps (RFC 3030 4.2) */
    bool utf8;
    bool answered;     /* the scripted reply left before the content had ended */
    bool store_failed; /* 452 */
    uint64_t octets;   /* of content */
    struct sink_letter *letter;
    struct dot_reader dot;
};

struct sink_chunk {
    uint64_t left; /* octets still to come */
    uint64_t size;
    bool last;
    bool unwanted;               /* its octets are read and thrown away */
    const struct reply *refusal; /* given after them; NULL: none, or given already */
};

/* A login under way. */
struct sink_login {
    enum { LOGIN_PLAIN, LOGIN_USER, LOGIN_PASSWORD } stage;
    char user[256];
    size_t user_len;
};

struct sink_session {
    struct sink_server *server;
    struct sink_session *next, **link; /* in the server's list */
    uint64_t number;                   /* in transcripts */
    struct wire wire;
    struct alarm alarm; /* of a scripted delay, else of idleness */
    struct ip peer;
    enum sink_phase phase;
    enum sink_phase resume; /* when TLS is up */
    struct line line;
    uint64_t seen;    /* octets received that the transcript has */
    bool delaying;    /* the alarm is that of a delay */
    bool delayed;     /* the delay is over */
    bool reset;       /* close with a TCP reset */
    bool turned_away; /* greeted with a refusal: only QUIT is understood */
    bool extended;
    bool authenticated;
    char helo[256];
    size_t helo_len;             /* 0: not greeted yet */
    uint64_t times[SINK_POINTS]; /* how often each point was passed; at BODY: octets of content */
    struct sink_login login;
    struct sink_chunk chunk;
    struct sink_transaction transaction;
    struct arena arena;
};

/* The server, as its sessions see it. */
struct sink_server {
    struct world *world;
    struct sink_options options;
    struct ehlo offer;
    struct sink_session *sessions;
    size_t count;
    uint64_t numbers;
    uint64_t stored;
    bool draining;
    void (*emptied)(void *owner);
    void *owner;
};

int sink_session_new(struct sink_server *server, const struct ip *peer, const struct wire_ops *ops,
                     void *carrier);
/* 421 now if no transaction is open; otherwise nothing. */
void sink_session_drain(struct sink_session *session);
/* Ends and frees it. */
void sink_session_free(struct sink_session *session);
/* Called by the session when it has freed itself, and when it has stored a message. */
void sink_server_left(struct sink_server *server);
void sink_server_stored(struct sink_server *server);

/* --- what the files of a session do for one another -------------------------------------------------------
 */

/* Queues a reply; there is always room for one when a step runs. 421 closes (RFC 5321 3.8). */
void sink_session_reply(struct sink_session *session, const struct reply *reply);
/* No more input is read; the connection closes when everything queued has left. */
void sink_session_close(struct sink_session *session);
/* HELO, login and transaction, as if the client had just come. */
void sink_session_forget(struct sink_session *session);
/* The transcript gets what is queued, which is about to leave. */
void sink_session_note_write(const struct sink_session *session);
/* Asks the script about a point that is reached for the first time or again, and carries its answer out.
 * SINK_SCRIPT_NOTHING: go on; SINK_SCRIPT_DONE: the client has had its answer, or none; SINK_SCRIPT_LATER:
 * ask again when the step next runs. */
enum sink_scripted { SINK_SCRIPT_NOTHING, SINK_SCRIPT_DONE, SINK_SCRIPT_LATER };
enum sink_scripted sink_session_script(struct sink_session *session, enum sink_point point);
/* The next line: true with *line (valid until the next consume) and its octets with CRLF; false: not
 * complete. Nothing has been consumed. Over-long and otherwise faulty lines come with *faults set. */
bool sink_session_line(struct sink_session *session, size_t limit, struct span *line, size_t *octets,
                       unsigned *faults);
/* Bits of enum keyword that this client may make use of. */
uint64_t sink_session_offer(const struct sink_session *session);
void sink_session_event(const struct sink_session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* sink_verbs.c: one command line. */
enum sink_step sink_verbs_step(struct sink_session *session);
/* sink_front.c: the first phase; STARTTLS. */
void sink_front_begin(struct sink_session *session);
enum sink_step sink_front_proxy_step(struct sink_session *session);
void sink_front_starttls(struct sink_session *session, const struct command *command);
enum sink_step sink_front_begin_step(struct sink_session *session);
enum sink_step sink_front_handshake_step(struct sink_session *session);
/* sink_client.c: XCLIENT and XFORWARD. */
void sink_client_xclient(struct sink_session *session, const struct command *command);
void sink_client_xforward(struct sink_session *session, const struct command *command);
/* sink_path.c: MAIL and RCPT. */
extern const struct address_limits sink_path_limits;
void sink_path_mail(struct sink_session *session, const struct command *command);
void sink_path_rcpt(struct sink_session *session, const struct command *command);
/* sink_auth.c: AUTH and the lines that follow it. */
void sink_auth_begin(struct sink_session *session, const struct command *command);
enum sink_step sink_auth_step(struct sink_session *session);
/* sink_content.c: the message. DATA and BDAT have passed the checks that belong to verbs. */
void sink_content_data(struct sink_session *session);
void sink_content_chunk(struct sink_session *session, const struct sink_chunk *chunk);
enum sink_step sink_content_step(struct sink_session *session);
enum sink_step sink_content_chunk_step(struct sink_session *session);
enum sink_step sink_content_end_step(struct sink_session *session);
enum sink_step sink_content_stored_step(struct sink_session *session);
/* Forgets the transaction, whatever its state; a letter is aborted. */
void sink_content_reset(struct sink_session *session);

#endif
