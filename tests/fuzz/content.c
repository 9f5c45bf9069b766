/* Fuzzes mail/content.c: what is told lies in the lent room, more room never tells less, and a name that is
 * given once and plainly is found. */
#include "mail/content.h"

#include <stdlib.h>

#include "fuzz.h"
#include "mail/encoded_word.h"

static void check(const struct content *content, const struct text *to)
{
    const char *end = to->ptr + to->len;

    DEMAND(to->len <= to->size && content->count <= CONTENT_PARAMETERS_MAX);
    DEMAND(content->type.ptr >= to->ptr && content->type.ptr + content->type.len <= end);
    for (unsigned i = 0; i < content->count; i++) {
        const struct content_parameter *parameter = &content->parameters[i];
        DEMAND(parameter->name.len != 0 && parameter->name.ptr >= to->ptr);
        DEMAND(parameter->value.ptr >= to->ptr && parameter->value.ptr + parameter->value.len <= end);
        for (size_t k = 0; k < parameter->name.len; k++)
            DEMAND(parameter->name.ptr[k] == span_lower_byte(parameter->name.ptr[k]));
        DEMAND(content_parameter(content, parameter->name, 0) != NULL);
    }
}

/* wanted: the name of a parameter that is there, or absent. Returns how many there are. */
static unsigned parse(struct span in, bool disposition, size_t room, struct span wanted)
{
    struct content content;
    struct span field = fuzz_copy(in);
    char *octets = malloc(room);
    struct text to = {octets, 0, room, false};
    unsigned count;

    DEMAND(octets != NULL);
    content_parse(field, disposition, &content, &to);
    check(&content, &to);
    DEMAND(wanted.ptr == NULL || content_parameter(&content, wanted, 0) != NULL);
    count = content.count;
    free(octets);
    fuzz_free(field);
    return count;
}

void fuzz_one(struct span in)
{
    bool disposition = fuzz_choice(&in, 2) != 0;
    size_t little = fuzz_position(&in);
    static char octets[1 << 16];
    struct text field = TEXT(octets);
    unsigned count = parse(in, disposition, 8 * in.len + 16, span_of(NULL, 0));

    DEMAND(parse(in, disposition, little, span_of(NULL, 0)) <= count);
    text_add(&field, SPAN("a/b; fuzz=\"x\"; "));
    text_add(&field, in);
    (void)parse(text_span(&field), false, 8 * field.len, SPAN("fuzz"));
}
