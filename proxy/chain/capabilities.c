/* capabilities.c: what a filter may do to the EHLO keywords about to be offered. What is offered to begin
 * with is left to smtp/ehlo; holding the client to it, to session/. */
#include "chain/capabilities.h"

#include "chain/note.h"

static void note_changes(struct filter_ctx *ctx, const struct ehlo *before, const struct ehlo *after)
{
    uint64_t changed = before->set ^ after->set;

    for (unsigned keyword = 0; keyword < KEYWORD_COUNT; keyword++)
        if ((changed >> keyword & 1u) != 0)
            (void)note_withheld(ctx, ehlo_has(after, keyword) ? "allow" : "hide",
                                span_str(ehlo_name(keyword)));
}

void capabilities_ask(struct filter_ctx *ctx, const struct chain_question *question)
{
    struct filter_capabilities capabilities = {question->capabilities.upstream, question->capabilities.offer};
    const struct filter *filter = ctx_member(ctx)->as.filter;
    struct ehlo trial;

    if (ctx_member(ctx)->as.mode == CHAIN_ENFORCE) {
        filter->on_capabilities(ctx, &capabilities);
        return;
    }
    trial = *question->capabilities.offer;
    capabilities.offer = &trial;
    filter->on_capabilities(ctx, &capabilities);
    note_changes(ctx, question->capabilities.offer, &trial);
}

bool filter_offers(const struct filter_capabilities *capabilities, struct span keyword)
{
    return ehlo_has(capabilities->offer, ehlo_keyword(keyword));
}

static void hide(struct ehlo *offer, enum keyword keyword)
{
    if (!ehlo_has(offer, keyword))
        return;
    ehlo_remove(offer, keyword);
    if (keyword == KEYWORD_CHUNKING) /* RFC 3030 3: BINARYMIME needs BDAT */
        hide(offer, KEYWORD_BINARYMIME);
}

void filter_hide(struct filter_capabilities *capabilities, struct span keyword)
{
    hide(capabilities->offer, ehlo_keyword(keyword));
}

/* What the listener's own keys say (TLS, who may introduce clients) is not the upstream's offer: it is hidden
 * only by name. */
void filter_hide_others(struct filter_capabilities *capabilities, const struct option_strings *keep)
{
    uint64_t kept = 0;

    for (size_t i = 0; i < keep->count; i++) {
        enum keyword keyword = ehlo_keyword(span_str(keep->items[i]));
        if (keyword != KEYWORD_NONE)
            kept |= UINT64_C(1) << keyword;
    }
    for (unsigned keyword = 0; keyword < KEYWORD_COUNT; keyword++)
        if ((kept >> keyword & 1u) == 0 && ehlo_treatment(keyword) != TREATMENT_NEVER)
            hide(capabilities->offer, keyword);
}

void filter_allow(struct filter_capabilities *capabilities, struct span keyword)
{
    const struct ehlo *upstream = capabilities->upstream;
    enum keyword known = ehlo_keyword(keyword);

    if (known == KEYWORD_NONE || ehlo_treatment(known) != TREATMENT_STRIP)
        return;
    if (upstream != NULL && ehlo_has(upstream, known))
        (void)ehlo_set(capabilities->offer, known, ehlo_arguments(upstream, known));
}

int filter_set_arguments(struct filter_capabilities *capabilities, struct span keyword, struct span arguments)
{
    enum keyword known = ehlo_keyword(keyword);

    if (!ehlo_has(capabilities->offer, known))
        return -1;
    for (size_t i = 0; i < arguments.len; i++)
        if (arguments.ptr[i] < 0x20 || arguments.ptr[i] > 0x7e)
            return -1;
    return ehlo_set(capabilities->offer, known, arguments) ? 0 : -1;
}
