/* filter.h: all that the author of a filter needs: events, verdicts, facts, edits, and the one const struct
 * that a filter is. Services that take time (timers) are in filter_io.h. */
#ifndef POSTERN_FILTER_H
#define POSTERN_FILTER_H

#include <stdarg.h>
#include <stdint.h>

#include "postern/option.h"
#include "postern/span.h"

#define FILTER_API 3U /* a plugin built for another value is not loaded */

/* The answer to an event. The first decisive one (neither CONTINUE, ACCEPT nor SKIP) ends the question. */
enum verdict {
    VERDICT_CONTINUE,   /* ask the next filter */
    VERDICT_ACCEPT,     /* this filter is done with the message (before MAIL: with the connection) */
    VERDICT_SKIP,       /* no more events of this kind in this message for this filter */
    VERDICT_REJECT,     /* 5xx; at RCPT only that recipient; at CONNECT and HELO every later command */
    VERDICT_TEMPFAIL,   /* 4xx; as REJECT */
    VERDICT_DISCARD,    /* from MAIL on: 250 to the client, nothing to the upstream; always logged */
    VERDICT_QUARANTINE, /* from MAIL on: the message is received to its end and kept, not delivered; other
                           filters are not asked about it any more, the client is told as configured; see
                           FILTER_QUARANTINES */
    VERDICT_DISCONNECT, /* 421 and close */
    VERDICT_PENDING,    /* filter_resume() will be called once, never from inside the question */
    VERDICT_FAIL        /* the filter could not decide: its on_failure applies */
};

/* The events, in the order of a session. */
enum filter_event {
    FILTER_CONNECT,
    FILTER_COMMAND,
    FILTER_HELO,
    FILTER_CAPABILITIES,
    FILTER_MAIL,
    FILTER_RCPT,
    FILTER_RECIPIENT,
    FILTER_DATA,
    FILTER_HEADER,
    FILTER_END_OF_HEADERS,
    FILTER_CONTENT,
    FILTER_BODY,
    FILTER_PART,
    FILTER_END_OF_MESSAGE,
    FILTER_REPLY,
    FILTER_EVENTS
};

/* The edits a filter may make; declared, because they decide how much of a message must be held back. */
#define FILTER_EDITS_HEADERS 1u /* edits the header section no later than on_end_of_headers */
#define FILTER_EDITS_MESSAGE 2u /* as late as on_end_of_message: the whole message is held back */
#define FILTER_EDITS_BODY    4u /* writes another body; likewise */
/* Changes sender or recipients at on_end_of_message; likewise, and the upstream is given the envelope once
 * more. */
#define FILTER_EDITS_ENVELOPE 8u
/* Reads the message as the filters before it have made it. Behind a filter that edits header section or body
 * its events of the message (on_header to on_end_of_message), and those of the filters behind it, come late:
 * in a pass of their own, when the message has ended and the filters before it have answered
 * on_end_of_message. The whole message is held back for that. */
#define FILTER_SEES_EDITS 16u
/* No edit, but told in the same way: on_connect waits until the client's name has been looked up. */
#define FILTER_NEEDS_CLIENT_NAME 32u
/* Nor this: VERDICT_QUARANTINE may be answered. Messages are held back until the filters have had their last
 * word, so that there is all of one to keep and the upstream has heard nothing of it. Without it, or where
 * proxy.yaml names no quarantine, the verdict is TEMPFAIL. */
#define FILTER_QUARANTINES 64u
/* Nor this: values of fields come with what stands between colon and value, and folded as they shall be. They
 * are written so, as far as they can be without ending the field or a line that is too long. */
#define FILTER_EXACT_HEADERS 128u

struct filter_ctx; /* one filter in one session; given to every callback, valid during it */

/* What is known of the session. Spans are valid during the callback. Absent facts are {NULL, 0}. */
struct filter_facts {
    struct span session;     /* id, also in every log line */
    struct span transaction; /* id of the transaction, absent outside */
    uint8_t client_family;   /* 4 or 6; 0: its address is not known, by the word of a trusted server */
    uint8_t client_address[16];
    uint16_t client_port;
    struct span client;       /* printed address, without brackets */
    struct span listener;     /* name or address of the listener in proxy.yaml */
    struct span helo;         /* as the client said it */
    bool extended;            /* EHLO rather than HELO */
    bool authenticated;       /* the upstream accepted an AUTH of this session */
    struct span reverse_path; /* re-serialised, without angle brackets; present and empty for <> */
    unsigned recipients;      /* forward-paths that the upstream accepted so far */
    uint64_t size;            /* octets of content seen so far */

    bool again; /* the session begins anew after STARTTLS (RFC 3207 4.2) or XCLIENT: CONNECT is asked again */

    /* The address that the client connected to, before any redirection; family 0 when that is not known. */
    uint8_t server_family;
    uint8_t server_address[16];
    uint16_t server_port;
    /* The client's TLS; tls_version is absent without. */
    struct span tls_version; /* TLSv1.2, TLSv1.3 */
    struct span tls_cipher;  /* IANA's name of the suite */
    unsigned tls_bits;
    struct span tls_name;        /* the server name that the client asked for */
    struct span tls_subject;     /* of the client's certificate; absent when it showed none */
    struct span tls_issuer;      /* likewise */
    struct span tls_fingerprint; /* its SHA-256 in hexadecimal, lower case */
    bool tls_verified;           /* it is by an authority of tls.client_ca */

    struct span hostname; /* the name that Postern goes by */

    struct span
        client_name; /* the client's name by its address, confirmed by the address of that name; absent when
                        it has none or nobody has asked for it: see FILTER_NEEDS_CLIENT_NAME */
    struct span authentication; /* the mechanism of the AUTH that the upstream accepted; absent without */
    struct span
        identity; /* who authenticated, where the mechanism shows it (PLAIN, LOGIN); absent otherwise */
};

/* A command as the client wrote it, before its meaning is checked. AUTH arguments are never shown. */
struct filter_command {
    struct span verb;      /* upper case */
    struct span arguments; /* after the verb, without CRLF */
    bool known;            /* a verb that Postern knows */
};

/* A reverse-path or forward-path. */
struct filter_path {
    struct span address; /* local-part@domain re-serialised, without angle brackets; empty for <> */
    struct span local;   /* as in address */
    struct span
        domain; /* as in address; an address literal keeps its brackets; empty for <> and <Postmaster> */
    struct span parameters; /* ESMTP parameters, re-serialised, space-separated */
};

/* A reply on its way to the client, whoever made it. A filter may change text, code and enhanced code through
 * filter_rewrite_reply(). */
struct filter_reply {
    struct span verb; /* the verb it answers; "CONNECT" for the greeting, "." for the end of data */
    unsigned code;    /* 200..599 */
    struct span text; /* text of its last line, enhanced code included */
    bool local;       /* made here, not by the upstream */
};

/* A part of a message, known from its header section on (RFC 2045, 2046); the message itself is part 0. Names
 * are UTF-8. */
struct filter_part {
    unsigned index, parent, depth;
    struct span type, subtype; /* lower case; text/plain when the message does not say */
    struct span charset;       /* as given; absent when not */
    struct span disposition;   /* lower case: attachment, inline; absent when not given */
    struct span filename;      /* absent when not given */
    struct span other_name;    /* what other readers would call it, where two names are given; else absent */
    struct span id;            /* Content-ID without angle brackets */
    bool text;                 /* text/…: TEXT follows */
    bool multipart;
    bool message;         /* message/rfc822 */
    struct span encoding; /* base64, quoted-printable, uuencode, identity (7bit, 8bit, binary), unknown */
};

enum filter_part_kind {
    FILTER_PART_BEGIN,
    FILTER_PART_FIELD, /* a field of its header section: name, and value as in on_header; before BEGIN */
    FILTER_PART_BYTES, /* octets of its body, transfer encoding undone; what a multipart has around its parts
                        */
    FILTER_PART_UNDECODED, /* the same before that, where another reader would not undo it */
    FILTER_PART_TEXT,      /* the same of a text as UTF-8 */
    FILTER_PART_RENDERED,  /* the same of HTML as a person reads it */
    FILTER_PART_ANOMALY,   /* something is wrong with it, or can be read in two ways: name says what */
    FILTER_PART_END
};

/* What happens to a part, in pieces of any size. */
struct filter_piece {
    enum filter_part_kind kind;
    struct span name;  /* FIELD, ANOMALY */
    struct span value; /* FIELD, BYTES, TEXT, RENDERED */
    /* Octets of the message before the part's header section (FIELD), before its body (BEGIN), up to the end
     * of its body (END); of a part inside what is encoded as a whole: 0. On_content and on_body have shown
     * them by then, and of the body at most 1 KiB more than the piece under way: a delimiter that had begun.
     */
    uint64_t at;
};

struct filter_capabilities; /* the EHLO keywords about to be offered */

struct filter_setup; /* a filter's configuration being opened */

/* A filter. One of these stands at the foot of one file; NULL callbacks cost nothing. Callbacks of one
 * session never run together; callbacks of different sessions may run on different threads, so whatever is
 * not in the session or message state must be immutable after open(). */
struct filter {
    unsigned api;                 /* FILTER_API */
    const char *name;             /* its key under `filters:` */
    const char *help;             /* one sentence */
    const struct option *options; /* its keys; NULL: none but the common ones */
    size_t config_size;           /* of the struct that options fill */
    size_t session_size;          /* of the state per session, zeroed, made at the first event */
    size_t message_size;          /* of the state per message, zeroed, made at MAIL */

    /* After the options are decoded: compile, check, open. Complains through filter_complain() and returns
     * -1. May clear bits of *interests (1u << enum filter_event) and set bits of *edits for this
     * configuration. */
    int (*open)(void *config, struct filter_setup *setup, unsigned *interests, unsigned *edits);
    /* The configuration generation ends; no session uses it any more. */
    void (*shut)(void *config);

    enum verdict (*on_connect)(struct filter_ctx *ctx);
    enum verdict (*on_command)(struct filter_ctx *ctx, const struct filter_command *command);
    enum verdict (*on_helo)(struct filter_ctx *ctx, struct span name);
    /* Not a question: the answer is in what it does to the capabilities. */
    void (*on_capabilities)(struct filter_ctx *ctx, struct filter_capabilities *capabilities);
    enum verdict (*on_mail)(struct filter_ctx *ctx, const struct filter_path *reverse_path);
    enum verdict (*on_rcpt)(struct filter_ctx *ctx, const struct filter_path *forward_path);
    /* What the upstream said of a forward-path that on_rcpt let pass; code 0: there was no answer. REJECT and
     * TEMPFAIL take back a recipient that it accepted: the client is told so, and the upstream is given the
     * envelope once more without it before it gets the message. For one it refused the answer counts for
     * nothing. */
    enum verdict (*on_recipient)(struct filter_ctx *ctx, const struct filter_path *forward_path,
                                 const struct filter_reply *reply);
    enum verdict (*on_data)(struct filter_ctx *ctx);
    /* One field: name without the colon; value as transmitted after the colon, folding kept, final CRLF
     * removed. */
    enum verdict (*on_header)(struct filter_ctx *ctx, struct span name, struct span value);
    enum verdict (*on_end_of_headers)(struct filter_ctx *ctx);
    /* Every octet of the message, header section included, dots unstuffed, in pieces of any size. */
    enum verdict (*on_content)(struct filter_ctx *ctx, struct span bytes);
    /* The octets after the header section's blank line. */
    enum verdict (*on_body)(struct filter_ctx *ctx, struct span bytes);
    /* The parts of the message, decoded; the parts in a part come between its BEGIN and its END. A message is
     * only taken apart if a filter asks for this. */
    enum verdict (*on_part)(struct filter_ctx *ctx, const struct filter_part *part,
                            const struct filter_piece *piece);
    enum verdict (*on_end_of_message)(struct filter_ctx *ctx);
    /* CONTINUE, or DISCONNECT to close after this reply. Never PENDING. */
    enum verdict (*on_reply)(struct filter_ctx *ctx, const struct filter_reply *reply);

    /* A PENDING question is withdrawn (time limit, client gone): forget it, do not resume. */
    void (*cancel)(struct filter_ctx *ctx);
    /* The message ended without on_end_of_message, or was refused after it by another. Message state follows.
     */
    void (*on_abort)(struct filter_ctx *ctx);
    /* The session ends. Session state is freed afterwards. */
    void (*on_close)(struct filter_ctx *ctx);
};

/* --- services; legal inside a callback, unless said otherwise ------------------------------------------- */
#pragma GCC visibility push(default)

/* State: the decoded options; zeroed memory of session_size; zeroed memory of message_size (NULL outside a
 * transaction). NULL too when memory is short: answer VERDICT_FAIL. */
const void *filter_config(const struct filter_ctx *ctx);
void *filter_session(struct filter_ctx *ctx);
void *filter_message(struct filter_ctx *ctx);

/* The facts of the session, valid during the callback. */
const struct filter_facts *filter_facts(struct filter_ctx *ctx);

/* Bytes that live as long as the message, from the transaction's bounded arena; NULL when it is full. */
void *filter_alloc(struct filter_ctx *ctx, size_t size);

/* The reply for the REJECT, TEMPFAIL or DISCONNECT that this callback is about to return. code 400..599,
 * enhanced like "5.7.1" or NULL for a fitting one; the text is printed as by printf and made harmless (no CR,
 * LF, NUL, one line, 400 octets). A code whose class contradicts the verdict is replaced by the verdict's
 * default. */
void filter_set_reply(struct filter_ctx *ctx, unsigned code, const char *enhanced, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* One more line of the reply that filter_set_reply() has set: printed likewise, up to 400 octets; all of them
 * have that code and enhanced code. What exceeds 32 lines or 2000 octets in all is left out. */
void filter_add_reply_line(struct filter_ctx *ctx, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The reason as the transaction log shows it beside the filter's name, e.g. the rule that matched. */
void filter_set_reason(struct filter_ctx *ctx, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Edits of the header section. They need the declared edit; refused (-1) outside its stage, when the arena is
 * full, or for a field that cannot be written. name: printable ASCII but colon. value: folding (CRLF and
 * white space, RFC 5322 2.2.3) stays; other control characters become spaces; long lines are folded. They are
 * applied in the order in which they are made, whichever filter made them; fields that no edit names pass
 * octet for octet. Positions count as this filter knows the section: the fields that on_header shows, changed
 * by its own earlier edits; our own trace field is none of them. What other filters do is not counted, so
 * that no edit of theirs, and none dropped because they failed, makes this one hit another field; where two
 * change the same field the later one wins. With FILTER_SEES_EDITS what the filters of earlier passes have
 * done is part of the section like all else: only those that read the message together do not count each
 * other. */
/* At the top, below our own trace field and what has been prepended. */
int filter_add_header(struct filter_ctx *ctx, struct span name, struct span value);
/* Above everything, our own trace field included; the one prepended last stands highest. */
int filter_prepend_header(struct filter_ctx *ctx, struct span name, struct span value);
/* Behind the first `position` fields of whatever name; 0: as filter_add_header(). */
int filter_insert_header(struct filter_ctx *ctx, unsigned position, struct span name, struct span value);
/* Behind the last field. */
int filter_append_header(struct filter_ctx *ctx, struct span name, struct span value);
/* The nth field of that name (from 1, any case) is written anew; where there are fewer the field is appended.
 */
int filter_change_header(struct filter_ctx *ctx, struct span name, unsigned nth, struct span value);
/* The nth field of that name goes; where there are fewer nothing happens. */
int filter_delete_header(struct filter_ctx *ctx, struct span name, unsigned nth);

/* Edits of the rest, each needs its declared edit. -1: refused, outside the stage named, or no room.
 *
 * From on_end_of_headers to on_end_of_message: octets of the body that takes the place of the one that came;
 * the first call (it may be an empty span) says that there will be one, each further one adds to it. Lines
 * end in CRLF: a CR or LF alone becomes one, the last line is completed, NUL vanishes. What is added never
 * becomes part of the header section. Of several filters that read the message together and write a body,
 * that of the last in the chain counts. A filter that fails afterwards leaves the body as it was. */
int filter_replace_body(struct filter_ctx *ctx, struct span octets);
/* on_end_of_message only. The envelope that the upstream gets for this message. address: as
 * filter_rewrite_path(). parameters: ESMTP parameters, space-separated, may be absent; those that the
 * upstream does not offer are refused. A recipient to delete is named as on_rcpt shows it, without regard to
 * the case of its domain; 0 also when there is none. A message without recipients left is taken and goes
 * nowhere, which is logged. When the upstream refuses any of the new envelope the message is answered so and
 * nobody gets it. */
int filter_change_sender(struct filter_ctx *ctx, struct span address, struct span parameters);
int filter_add_recipient(struct filter_ctx *ctx, struct span address, struct span parameters);
int filter_delete_recipient(struct filter_ctx *ctx, struct span address);

/* on_mail and on_rcpt only: the upstream is told this path instead. The client, other filters and our
 * Received field keep the one that was given; the log shows both. address: without angle brackets, empty for
 * <> (on_mail), within the sizes of RFC 5321 4.5.3.1; internationalised (RFC 6531) only in place of one that
 * is. -1 when it is none, or when the arena is full. Where several filters rewrite a path the last one wins.
 */
int filter_rewrite_path(struct filter_ctx *ctx, struct span address);

/* on_helo only: the upstream is told this name, a domain or an address literal, in HELO and EHLO instead of
 * the client's, which everything else keeps: other filters, our Received field, and what an upstream is told
 * by XCLIENT and XFORWARD about who the client is. -1 when it is none, or memory is short. The last one wins.
 */
int filter_rewrite_helo(struct filter_ctx *ctx, struct span name);

/* One log line of the session, level info, with the filter's name. Untrusted bytes in it are escaped. */
void filter_log(struct filter_ctx *ctx, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* on_reply only: the reply's code (same class only), enhanced code (NULL: none) and text from now on. */
void filter_rewrite_reply(struct filter_ctx *ctx, unsigned code, const char *enhanced, struct span text);

/* on_capabilities only. Keywords compare without regard to case. hide() removes a keyword, its verb and its
 * parameters from the session; allow() lets a keyword be offered that Postern hides by default (ETRN, VRFY,
 * EXPN, MT-PRIORITY, FUTURERELEASE, MTRK, XVERP) when the upstream offers it; set() replaces its arguments
 * (SIZE). */
bool filter_offers(const struct filter_capabilities *capabilities, struct span keyword);
void filter_hide(struct filter_capabilities *capabilities, struct span keyword);
void filter_hide_others(struct filter_capabilities *capabilities, const struct option_strings *keep);
void filter_allow(struct filter_capabilities *capabilities, struct span keyword);
int filter_set_arguments(struct filter_capabilities *capabilities, struct span keyword,
                         struct span arguments);

/* The name of the n-th anomaly that FILTER_PART_ANOMALY may tell of, in order; NULL past the last. Any time.
 */
const char *filter_anomaly(unsigned n);
/* The value of a field, as on_header shows it, as a person reads it: unfolded, encoded words (RFC 2047)
 * decoded, UTF-8. Returns the octets put to out, of which there are `room`; what does not fit is left out.
 * Three times the octets of the value are always enough. Any time. */
size_t filter_field_text(struct span value, char *out, size_t room);

/* open() only: a complaint about the value at `path` below the filter's map ("rules[2].pattern", or "" for
 * the filter itself); the loader adds file, line and column. */
void filter_complain(struct filter_setup *setup, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* open() only: memory that lives as long as the configuration, zeroed; NULL when memory is short. */
void *filter_setup_alloc(struct filter_setup *setup, size_t size);

/* open() only: a question may take so many milliseconds, however short the administrator's time_limit is. For
 * a filter with time limits of its own. */
void filter_time_limit(struct filter_setup *setup, uint64_t ms);

#pragma GCC visibility pop

/* An out-of-tree filter is a shared object that exports this symbol. */
#define FILTER_PLUGIN(filter_struct)                                                                         \
    __attribute__((visibility("default"))) extern const struct filter *const postern_filter;                 \
    const struct filter *const postern_filter = &(filter_struct)

#endif
