/* subject_tag.c: marks messages whose subject begins with a word of your choice. */
#include "postern/filter.h"

struct subject_tag_config {
    const char *word;
};

static int subject_tag_open(void *config, struct filter_setup *setup, unsigned *interests, unsigned *edits)
{
    (void)config, (void)setup, (void)interests;
    *edits |= FILTER_EDITS_HEADERS;
    return 0;
}

static enum verdict subject_tag_on_header(struct filter_ctx *ctx, struct span name, struct span value)
{
    const struct subject_tag_config *config = filter_config(ctx);
    struct span word = span_str(config->word);

    if (!span_eq_nocase(name, SPAN("Subject")) || !span_starts_nocase(span_trim(value), word))
        return VERDICT_CONTINUE;
    return filter_add_header(ctx, SPAN("X-Subject-Tag"), word) == 0 ? VERDICT_SKIP : VERDICT_FAIL;
}

static const struct option subject_tag_options[] = {{.key = "word",
                                                     .type = OPTION_STRING,
                                                     .offset = offsetof(struct subject_tag_config, word),
                                                     .required = true},
                                                    {.key = NULL}};

static const struct filter subject_tag = {
    .api = FILTER_API,
    .name = "subject_tag",
    .options = subject_tag_options,
    .config_size = sizeof(struct subject_tag_config),
    .open = subject_tag_open,
    .on_header = subject_tag_on_header,
};
FILTER_PLUGIN(subject_tag);
