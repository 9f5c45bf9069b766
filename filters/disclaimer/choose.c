/* choose.c: the first part of a multipart, every part of an alternative, the same within each. */
#include "filters/disclaimer/choose.h"

static const struct {
    const char *type, *subtype;
    enum choose what;
} kinds[] = {
    {"multipart", "mixed", CHOOSE_OPEN},
    {"multipart", "related", CHOOSE_OPEN},
    {"multipart", "alternative", CHOOSE_OPEN},
    {"text", "plain", CHOOSE_TEXT},
    {"text", "html", CHOOSE_TEXT},
    {"multipart", "signed", CHOOSE_SEALED},
    {"multipart", "encrypted", CHOOSE_SEALED},
    {"application", "pkcs7-mime", CHOOSE_SEALED},
    {"application", "x-pkcs7-mime", CHOOSE_SEALED},
    {"application", "pgp-encrypted", CHOOSE_SEALED},
    {"application", "pgp", CHOOSE_SEALED},
};

static enum choose kind_of(const struct filter_part *part)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (span_eq(part->type, span_str(kinds[i].type)) &&
            span_eq(part->subtype, span_str(kinds[i].subtype)))
            return kinds[i].what;
    return CHOOSE_NOT;
}

/* The multipart that the part stands in, if a text is looked for there. */
static const struct container *around(const struct choice *choice, const struct filter_part *part)
{
    const struct container *top = choice->depth != 0 ? &choice->open[choice->depth - 1] : NULL;

    return top != NULL && top->index == part->parent ? top : NULL;
}

bool choose_may(const struct choice *choice, const struct filter_part *part)
{
    const struct container *container = around(choice, part);

    return part->index == 0 || (container != NULL && (container->all || !container->passed));
}

enum choose choose_begin(struct choice *choice, const struct filter_part *part)
{
    bool identity = span_eq(part->encoding, SPAN("identity"));
    enum choose what = kind_of(part);

    if (!choose_may(choice, part))
        return CHOOSE_NOT;
    if (part->index != 0)
        choice->open[choice->depth - 1].passed = true;
    if (what == CHOOSE_TEXT && (span_eq(part->disposition, SPAN("attachment")) || part->filename.ptr != NULL))
        return CHOOSE_NOT;
    if (what != CHOOSE_OPEN)
        return what;
    if (!part->multipart || !identity || choice->depth == CHOOSE_DEPTH)
        return CHOOSE_NOT;
    choice->open[choice->depth++] =
        (struct container){.index = part->index, .all = span_eq(part->subtype, SPAN("alternative"))};
    return CHOOSE_OPEN;
}

void choose_doubt(struct choice *choice, const struct filter_part *part)
{
    for (unsigned i = 0; i < choice->depth; i++)
        if (choice->open[i].index == part->index)
            choice->depth = i;
}

void choose_end(struct choice *choice, const struct filter_part *part)
{
    choose_doubt(choice, part);
}

bool choose_over(const struct choice *choice)
{
    for (unsigned i = 0; i < choice->depth; i++)
        if (choice->open[i].all || !choice->open[i].passed)
            return false;
    return true;
}
