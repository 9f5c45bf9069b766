/* ehlo.h: the capabilities of an EHLO reply: parsed, intersected, printed. Policy is left to filters. */
#ifndef SMTP_EHLO_H
#define SMTP_EHLO_H

#include <stdint.h>

#include "base/text.h"
#include "postern/span.h"

/* Every keyword that is known by name. */
enum keyword {
    KEYWORD_PIPELINING,
    KEYWORD_SIZE,
    KEYWORD_8BITMIME,
    KEYWORD_SMTPUTF8,
    KEYWORD_DSN,
    KEYWORD_ENHANCEDSTATUSCODES,
    KEYWORD_CHUNKING,
    KEYWORD_BINARYMIME,
    KEYWORD_AUTH,
    KEYWORD_STARTTLS,
    KEYWORD_LIMITS,
    KEYWORD_DELIVERBY,
    KEYWORD_MT_PRIORITY,
    KEYWORD_RRVS,
    KEYWORD_REQUIRETLS,
    KEYWORD_NO_SOLICITING,
    KEYWORD_FUTURERELEASE,
    KEYWORD_MTRK,
    KEYWORD_XVERP,
    KEYWORD_VRFY,
    KEYWORD_EXPN,
    KEYWORD_ETRN,
    KEYWORD_XCLIENT,
    KEYWORD_XFORWARD,
    KEYWORD_HELP,
    KEYWORD_COUNT,
    KEYWORD_NONE = KEYWORD_COUNT /* not one of ours */
};

/* How a keyword is treated when no filter says otherwise (the extensions table of the documentation). */
enum treatment {
    TREATMENT_PASS,    /* offered exactly if the upstream offers it */
    TREATMENT_OWN,     /* ours on the client's leg, whatever the upstream offers */
    TREATMENT_REWRITE, /* offered with changed arguments */
    TREATMENT_STRIP,   /* hidden; filter_allow() turns it into PASS */
    TREATMENT_NEVER    /* hidden, and no filter can change it; each side has its own (STARTTLS, XCLIENT) */
};

/* LIMITS of RFC 9422; 0: not given. */
struct ehlo_limits {
    uint32_t mail_max;
    uint32_t rcpt_max;
    uint32_t rcpt_domain_max;
};

/* What one side offers. The set is all a session keeps; arguments live in `text`. Copyable. */
struct ehlo {
    uint64_t set;  /* bit = enum keyword */
    uint64_t size; /* SIZE argument in octets; 0: none or "SIZE 0": no declared limit (RFC 1870 4) */
    struct ehlo_limits limits;
    uint16_t argument_at[KEYWORD_COUNT]; /* into text */
    uint16_t argument_len[KEYWORD_COUNT];
    uint16_t used;
    char text[768]; /* arguments of AUTH, DELIVERBY, MT-PRIORITY, …; what does not fit makes the keyword
                       unknown */
};

/* Facts of the keyword table. */
enum keyword ehlo_keyword(struct span name); /* case-insensitive; KEYWORD_NONE when unknown */
const char *ehlo_name(enum keyword keyword);
enum treatment ehlo_treatment(enum keyword keyword);

static inline bool ehlo_has(const struct ehlo *ehlo, enum keyword keyword)
{
    return keyword < KEYWORD_COUNT && (ehlo->set >> keyword & 1u) != 0;
}

void ehlo_clear(struct ehlo *ehlo);
/* One line of an EHLO reply, without code and separator; the greeting line must not be given. Understands
 * "AUTH=LOGIN" beside "AUTH LOGIN" (both fill AUTH). Unknown keywords and malformed lines are dropped
 * silently: they are hidden. */
void ehlo_add_line(struct ehlo *ehlo, struct span line);
/* Adds or replaces a keyword with arguments (may be empty; taken apart for SIZE and LIMITS, dropped for
 * keywords that have none). false when they are malformed or there is no room; then it is absent. */
bool ehlo_set(struct ehlo *ehlo, enum keyword keyword, struct span arguments);
/* LIMITS from its items, in place of arguments. false when all are 0; then it is absent. */
bool ehlo_set_limits(struct ehlo *ehlo, const struct ehlo_limits *limits);
void ehlo_remove(struct ehlo *ehlo, enum keyword keyword);
struct span ehlo_arguments(const struct ehlo *ehlo, enum keyword keyword);

/* What the client is offered: PASS and REWRITE keywords that the upstream has now, STRIP ones it has whose
 * bit is in `allowed`, and our own. SASL mechanisms that cannot work through a relay that ends TLS
 * (SCRAM-*-PLUS, EXTERNAL, NTLM, GSSAPI, GSS-SPNEGO, DIGEST-MD5) are edited out of AUTH; an AUTH left empty
 * vanishes. SIZE becomes the smaller of both limits, less `growth` octets for what we add, never the smaller
 * of something and 0; own_size 0: no limit of ours. LIMITS is combined item by item with `own`. BINARYMIME
 * vanishes without CHUNKING. */
void ehlo_offer(struct ehlo *out, const struct ehlo *upstream, uint64_t allowed, uint64_t own_size,
                uint64_t growth, const struct ehlo_limits *own);

/* Prints the complete EHLO reply, "250-hostname greeting" first, CRLF after each line, the last with "250 ".
 */
void ehlo_print(struct text *text, const struct ehlo *ehlo, struct span hostname, struct span greeting);

/* True when the SASL mechanism (one word) is listed in the AUTH arguments. */
bool ehlo_offers_mechanism(const struct ehlo *ehlo, struct span mechanism);

#endif
