/* ehlo_offer.c: what a client is offered, given what the upstream offers now. The treatment of each keyword
 * is ehlo.c's table; policy is left to filters. */
#include "smtp/ehlo.h"
#include "smtp/words.h"

/* SASL mechanisms bound to the TLS channel or adding a security layer: broken by any relay that ends TLS. */
static const char *const DIRECT_MECHANISMS[] = {"EXTERNAL", "NTLM", "GSSAPI", "GSS-SPNEGO", "DIGEST-MD5"};

/* 0 declares no limit. */
static uint64_t smaller_limit(uint64_t a, uint64_t b)
{
    if (a == 0 || b == 0)
        return a + b;
    return a < b ? a : b;
}

static void offer_size(struct ehlo *out, uint64_t upstream, uint64_t own, uint64_t growth)
{
    char bytes[20];
    struct text text = TEXT(bytes);
    uint64_t size = smaller_limit(upstream, own);

    /* A limit eaten up by growth must not turn into 0, which declares none. */
    if (size != 0)
        size = size > growth ? size - growth : 1;
    text_number(&text, size);
    (void)ehlo_set(out, KEYWORD_SIZE, text_span(&text));
}

static void offer_limits(struct ehlo *out, const struct ehlo_limits *upstream, const struct ehlo_limits *own)
{
    const struct ehlo_limits both = {
        (uint32_t)smaller_limit(upstream->mail_max, own->mail_max),
        (uint32_t)smaller_limit(upstream->rcpt_max, own->rcpt_max),
        (uint32_t)smaller_limit(upstream->rcpt_domain_max, own->rcpt_domain_max),
    };

    (void)ehlo_set_limits(out, &both);
}

static bool mechanism_relays(struct span mechanism)
{
    static const struct span suffix = {"-PLUS", 5};

    for (size_t i = 0; i < sizeof(DIRECT_MECHANISMS) / sizeof(DIRECT_MECHANISMS[0]); i++)
        if (span_eq_nocase(mechanism, span_str(DIRECT_MECHANISMS[i])))
            return false;
    return mechanism.len < suffix.len || !span_starts_nocase(mechanism, SPAN("SCRAM-")) ||
           !span_eq_nocase(span_skip(mechanism, mechanism.len - suffix.len), suffix);
}

static void offer_auth(struct ehlo *out, struct span mechanisms)
{
    char bytes[sizeof(out->text)];
    struct text text = TEXT(bytes);
    struct span word;

    while (words_next(&mechanisms, &word))
        if (mechanism_relays(word))
            words_add(&text, word);
    if (text.len != 0)
        (void)ehlo_set(out, KEYWORD_AUTH, text_span(&text));
}

static bool offered(const struct ehlo *upstream, enum keyword keyword, uint64_t allowed)
{
    switch (ehlo_treatment(keyword)) {
    case TREATMENT_OWN: /* PIPELINING costs an upstream nothing; HELP is listed where the upstream listed it
                         */
        return keyword == KEYWORD_PIPELINING || ehlo_has(upstream, keyword);
    case TREATMENT_PASS:
    case TREATMENT_REWRITE:
        return ehlo_has(upstream, keyword);
    case TREATMENT_STRIP:
        return ehlo_has(upstream, keyword) && (allowed >> keyword & 1u) != 0;
    case TREATMENT_NEVER:
        break;
    }
    return false;
}

void ehlo_offer(struct ehlo *out, const struct ehlo *upstream, uint64_t allowed, uint64_t own_size,
                uint64_t growth, const struct ehlo_limits *own)
{
    ehlo_clear(out);
    for (unsigned i = 0; i < KEYWORD_COUNT; i++) {
        enum keyword keyword = (enum keyword)i;
        if (!offered(upstream, keyword, allowed))
            continue;
        if (keyword == KEYWORD_SIZE)
            offer_size(out, upstream->size, own_size, growth);
        else if (keyword == KEYWORD_LIMITS)
            offer_limits(out, &upstream->limits, own);
        else if (keyword == KEYWORD_AUTH)
            offer_auth(out, ehlo_arguments(upstream, keyword));
        else
            (void)ehlo_set(out, keyword, ehlo_arguments(upstream, keyword));
    }
    if (!ehlo_has(out, KEYWORD_CHUNKING))
        ehlo_remove(out, KEYWORD_BINARYMIME);
}
