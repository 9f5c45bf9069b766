/* disclaimer.h: the keys of the filter and a message under way, as the files of disclaimer see them. Private
 * to disclaimer/. */
#ifndef DISCLAIMER_DISCLAIMER_H
#define DISCLAIMER_DISCLAIMER_H

#include "filters/disclaimer/choose.h"
#include "filters/disclaimer/pending.h"
#include "filters/disclaimer/part.h"
#include "filters/disclaimer/section.h"
#include "filters/refusal.h"

enum disclaimer_position { POSITION_END, POSITION_START };
enum disclaimer_unfit { UNFIT_CONVERT, UNFIT_SKIP };
enum disclaimer_sealed { SEALED_SKIP, SEALED_REFUSE };

struct disclaimer_config {
    const char *text, *html, *marker, *reply;
    int position, unfit, sealed;
    struct option_strings senders;
    struct option_networks clients;
    bool authenticated;
    /* derived */
    struct span plain, page; /* UTF-8; HTML in ASCII */
    struct refusal refusal;
};

/* options.c */
extern const struct option disclaimer_options[];
int disclaimer_open(void *opened, struct filter_setup *setup, unsigned *interests, unsigned *edits);

enum disclaimer_stage {
    STAGE_SEEK,      /* what comes is copied */
    STAGE_CANDIDATE, /* a part has begun that may get the wording: it is held back */
    STAGE_INSIDE,    /* it is being written */
    STAGE_OVER       /* what comes is copied, wherever it belongs */
};

/* The header section of a part. */
struct disclaimer_section {
    unsigned part; /* one more than its index; 0: none yet */
    uint64_t at;   /* octets of the message before it */
    bool open;     /* it is being read */
    bool wide;     /* its transfer encoding is 8bit or binary */
    bool flowed;   /* format=flowed */
};

struct disclaimer_message {
    enum disclaimer_stage stage;
    uint64_t content;    /* octets of the message so far */
    bool based;          /* `base` is known */
    uint64_t base;       /* octets of the message before those in `held` */
    struct pending held; /* of the body: not yet known where they belong */
    bool replaced;       /* there is a new body */
    struct choice choice;
    struct disclaimer_section section;
    struct filter_part is; /* of CANDIDATE and INSIDE: index, subtype, charset, encoding */
    uint64_t body_at;
    struct pending opening, text; /* its first octets, decoded; the same as UTF-8 */
    struct part part;
    /* for the header section of the message */
    bool edited;
    bool versioned;   /* it has a MIME-Version */
    struct said said; /* if the message itself is the part */
    bool resaid;
};

/* copy.c: the octets of the body up to a place in the message go where they belong. -1: as
 * filter_replace_body(). */
int disclaimer_pass(struct filter_ctx *ctx, struct disclaimer_message *message, uint64_t upto);

/* start.c: enough of the candidate is known. CONTINUE: it is being written, or left alone. */
enum verdict disclaimer_start(struct filter_ctx *ctx, struct disclaimer_message *message);
/* The message, or a part of it, is signed or encrypted. */
enum verdict disclaimer_sealed(struct filter_ctx *ctx);

#endif
