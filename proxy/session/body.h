/* body.h: the content of a message on its way from the client's framing (DATA or BDAT) through the chain to a
 * sink; its refusal, its end. What the upstream hears is left to the sinks. */
#ifndef SESSION_BODY_H
#define SESSION_BODY_H

#include "mail/header.h"
#include "mail/mime.h"
#include "session/sink.h"
#include "smtp/clean.h"

/* How far filters have been shown the message; begins anew in each pass. */
struct reading {
    struct header_reader header;
    unsigned interests;  /* events that somebody in the pass cares for */
    int64_t hops;        /* Received fields that may be seen; 0: any number */
    struct mime *mime;   /* NULL: no filter asks for parts */
    struct span piece;   /* content under way, in the client's buffer, the pass's or static */
    size_t headed;       /* of the piece: seen by the header reader or the BODY question */
    size_t parted;       /* of the piece: seen by the reader of parts */
    bool asked;          /* CONTENT has been asked for the piece */
    bool tail_done;      /* body octets that the header reader held have been shown */
    bool end_of_headers; /* END_OF_HEADERS has been asked */
    bool headers_done;   /* and answered: what follows is body */
    bool parts_done;     /* all parts have been shown */
    bool final_asked;    /* END_OF_MESSAGE has been asked */
};

/* Where the content under way has come to; one piece at a time. */
struct body {
    struct sink *sink; /* NULL: refused or discarded, content is only read to its end */
    struct dot_reader dot;
    struct reading reading;
    struct pass *pass;              /* NULL: the content is read as it arrives */
    struct clean clean;             /* BDAT to an upstream without CHUNKING: line ends are checked here */
    size_t input;                   /* octets of the client's buffer that are used up with the piece */
    size_t sunk;                    /* of the piece: given to the sink */
    uint64_t chunk_left;            /* BDAT: octets of the chunk still to come */
    struct exchange *exchange;      /* BDAT: the chunk's until answered; at the end: the end of data's */
    struct chain_question question; /* parked, or about to be asked */
    unsigned unanswered;            /* BDAT pieces sent to the upstream whose replies are awaited */
    bool begun;                     /* BDAT: the filters have been asked about the beginning of content */
    bool chunked;                   /* BDAT rather than DATA */
    bool opening;                   /* DATA has been sent: the upstream waits for content, or will */
    bool chunk_read;                /* BDAT: the chunk under way has been read to its end */
    bool questioning;               /* `question` has not been answered */
    bool last;                      /* BDAT: the chunk under way is the last */
    bool late;                      /* the upstream is asked for content when it has ended: late.c */
    bool ended;                     /* the end of data has been read */
    bool released;                  /* the sink has been released */
    bool handed_over;               /* the end of data is on its way to the upstream */
    bool discarded;
    struct custody *custody;   /* the message is being kept: quarantine.c; NULL: it is not */
    struct kept_reply refusal; /* code != 0: the answer that the client will get at the end */
};

/* Content begins, so far without a sink: it is read and shown to the chain, and waits to be sent. NULL: no
 * memory. */
struct body *body_new(struct session *session, bool chunked);
/* The upstream is ready for content in this framing: opens the sink that the chain's edits call for. A
 * failure refuses the body. */
void body_open(struct session *session, enum sink_framing framing);
void body_free(struct session *session);
/* The upstream waits for content: it would take a command for it. */
bool body_holds_leg(const struct session *session);

/* The steps of PHASE_BODY and PHASE_COMMIT. */
enum step body_step(struct session *session);
enum step body_commit_step(struct session *session);

/* The message will not be accepted: the upstream is closed without an end of data, the rest is read and
 * dropped, the client is answered at the end. The first refusal counts. */
void body_refuse(struct session *session, unsigned code, struct span enhanced, struct span text);
/* For sinks: a piece of content in a BDAT of ours has been sent; its reply is awaited by body.c. False: no
 * memory. */
bool body_piece_sent(struct session *session);

/* A BDAT chunk of size octets begins, answered by exchange. */
void body_chunk(struct session *session, struct exchange *exchange, uint64_t size, bool last);

#endif
