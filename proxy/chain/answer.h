/* answer.h: what a filter says beside its verdict: reply and reason, made harmless. Private to chain/. */
#ifndef CHAIN_ANSWER_H
#define CHAIN_ANSWER_H

#include "chain/chain.h"

#define ANSWER_TEXT_MAX   400  /* octets of a line; with codes it stays below 512 (RFC 5321 4.5.3.1.5) */
#define ANSWER_OCTETS_MAX 2000 /* octets of all lines of a reply */
#define ANSWER_LINES_MAX  32
#define ANSWER_REASON_MAX 200

/* Exists only when a filter said something. */
struct answer {
    unsigned code;     /* 0: no reply was set */
    char enhanced[12]; /* as given; empty: none */
    uint16_t text_len, reason_len;
    unsigned lines;
    char *all; /* of a reply of several lines, separated by LF; NULL: there is text alone */
    char text[ANSWER_TEXT_MAX];
    char reason[ANSWER_REASON_MAX];
};

/* Frees *answer and forgets it. */
void answer_forget(struct answer **answer);
/* Fills the reply of a REJECT, TEMPFAIL or DISCONNECT: as the filter said where it fits the verdict, else the
 * verdict's default. answer may be NULL. */
void answer_reply(const struct answer *answer, enum verdict verdict, struct decision *out);
/* Fills the reply of a filter that could not decide. */
void answer_failure_reply(enum verdict verdict, struct decision *out);
/* The reason given, or absent. */
struct span answer_reason(const struct answer *answer);

#endif
