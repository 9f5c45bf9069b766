/* client.h: a client that follows a program of errands and keeps account of every answer. What becomes of its
 * messages is the ledger's affair. */
#ifndef SIM_CLIENT_H
#define SIM_CLIENT_H

#include "dice.h"
#include "faults.h"
#include "message.h"
#include "upstream.h"

#define MESSAGES_MAX 4
#define COMMANDS_MAX 160

enum client_verb {
    SAY_NOTHING, /* waits for the greeting */
    SAY_EHLO,
    SAY_HELO,
    SAY_STARTTLS,
    SAY_AUTH,
    SAY_RESPONSE, /* in the dialogue of AUTH */
    SAY_NOISE,    /* something odd */
    SAY_NOOP,
    SAY_MAIL,
    SAY_RCPT,
    SAY_DATA,
    SAY_CONTENT, /* up to the dot */
    SAY_BDAT,
    SAY_RSET,
    SAY_QUIT,
    SAY_VERBS
};

struct command {
    enum client_verb verb;
    struct message *message;
    unsigned which; /* recipient or chunk */
    char text[64];  /* SAY_NOISE: what is said; others: arguments */
    size_t len;
};

struct client {
    struct sim *sim;
    unsigned number;
    struct dice dice;
    struct lab_pipe *pipe;
    struct lab_manner carry;
    struct upstream_manners upstream;
    size_t read; /* of pipe->from */
    struct command commands[COMMANDS_MAX];
    unsigned answered, sent, planned; /* answered <= sent <= planned */
    struct message messages[MESSAGES_MAX];
    unsigned message_count;
    unsigned wanted;      /* messages it has to send */
    unsigned errands;     /* odd things it does in between */
    struct lab_bytes out; /* the content under way, as it is sent */
    unsigned stage;       /* parts of the command under way that have been sent */
    uint64_t wake;        /* does nothing before */
    uint64_t touched;     /* when anything last moved in its session */
    unsigned code;        /* of the last reply */
    unsigned thinks;      /* percent of steps it hesitates at */
    unsigned passed[POINTS];
    unsigned dials;
    unsigned octets; /* of replies */
    bool pipelines, introduced, asked_auth, asked_tls, extended, offers_chunking, offers_auth, offers_size;
    bool offers_tls;
    bool plain;    /* does nothing odd and meets nothing odd: all must go well */
    bool barred;   /* a filter refused the session */
    bool abandons; /* leaves without QUIT */
    bool begun, gone, mute, finished;
    bool dismissed;     /* told 421: what follows is of no interest any more */
    bool authenticated; /* without its upstream it cannot go on */
    bool early;         /* has said more than it may: the session may end */
    bool lied_to;       /* its upstream said something that nobody can attribute */
    bool cut_short;     /* something (a filter) may end the session after any reply */
    bool upset;         /* the upstream, memory or a limit failed: all may come to 4xx */
    bool refuse_dial, hang_dial;
};

/* Draws what it will do. */
void client_draw(struct client *client);
/* Connects. */
void client_begin(struct client *client);
/* Reads all that was sent to it and checks it; then perhaps says something. True: something happened. */
bool client_act(struct client *client);
uint64_t client_due(const struct client *client);
void client_end(struct client *client);
/* Its connection is encrypted. */
bool client_encrypted(const struct client *client);
/* Goes: FIN both ways, a reset, or one way only. */
void client_leave(struct client *client, bool reset);

/* --- between the client's files */
/* Reads and judges all replies that have come. */
void client_hear(struct client *client);
/* Plans what comes next, if it is time. */
void client_program(struct client *client);
/* The next command to be sent is not sent after all. */
void client_drop(struct client *client);
/* Its end begins to shake hands. */
void client_encrypt(struct client *client);
/* "MAIL"; for people. */
const char *client_verb_name(enum client_verb verb);

#endif
