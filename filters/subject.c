/* subject.c: puts a tag in front of the subject of messages from strangers, once. */
#include <stdlib.h>

#include "filters/filters.h"
#include "filters/networks.h"

#define PREFIX_LETTERS 5 /* of "Re:", "Fwd:", "Antw:" */

struct subject_config {
    const char *tag;
    struct option_networks except;
    bool authenticated;
};

struct subject_message {
    unsigned seen; /* Subject fields */
};

/* FWS, as it stands in a folded value. */
static struct span skip_space(struct span s)
{
    while (s.len != 0 && strchr(" \t\r\n", s.ptr[0]) != NULL)
        s = span_skip(s, 1);
    return s;
}

/* What follows one "Re:"; absent when there is none. */
static struct span skip_prefix(struct span s)
{
    size_t len = 0;

    while (len < s.len && len < PREFIX_LETTERS && span_lower_byte(s.ptr[len]) >= 'a' &&
           span_lower_byte(s.ptr[len]) <= 'z')
        len++;
    return len != 0 && len < s.len && s.ptr[len] == ':' ? span_skip(s, len + 1) : span_of(NULL, 0);
}

/* True when the tag stands first, or first behind what replies and forwarding put there. */
static bool is_tagged(struct span subject, struct span tag)
{
    while (subject.len != 0) {
        subject = skip_space(subject);
        if (span_starts_nocase(subject, tag))
            return true;
        subject = skip_prefix(subject);
    }
    return false;
}

static bool is_stranger(struct filter_ctx *ctx)
{
    const struct subject_config *config = filter_config(ctx);
    const struct filter_facts *facts = filter_facts(ctx);

    return (config->authenticated || !facts->authenticated) &&
           !networks_match(&config->except, facts->client_family, facts->client_address);
}

/* The subject itself goes on as it is, folding and encoded words included. */
static enum verdict tag_subject(struct filter_ctx *ctx, unsigned nth, struct span subject)
{
    const struct subject_config *config = filter_config(ctx);
    struct span tag = span_trim(span_str(config->tag));
    char *value;
    int error;

    subject = skip_space(subject);
    value = malloc(tag.len + 1 + subject.len);
    if (value == NULL)
        return VERDICT_FAIL;
    memcpy(value, tag.ptr, tag.len);
    value[tag.len] = ' ';
    if (subject.len != 0)
        memcpy(value + tag.len + 1, subject.ptr, subject.len);
    error = filter_change_header(ctx, SPAN("Subject"), nth, span_of(value, tag.len + 1 + subject.len));
    free(value);
    if (error == 0)
        return VERDICT_CONTINUE;
    filter_set_reason(ctx, "the subject cannot be written with a tag");
    return VERDICT_FAIL;
}

static enum verdict subject_on_header(struct filter_ctx *ctx, struct span name, struct span value)
{
    const struct subject_config *config = filter_config(ctx);
    struct subject_message *message;

    if (!span_eq_nocase(name, SPAN("Subject")))
        return VERDICT_CONTINUE;
    message = filter_message(ctx);
    if (message == NULL)
        return VERDICT_FAIL;
    message->seen++;
    if (!is_stranger(ctx) || is_tagged(value, span_trim(span_str(config->tag))))
        return VERDICT_CONTINUE;
    return tag_subject(ctx, message->seen, value);
}

static enum verdict subject_on_end_of_headers(struct filter_ctx *ctx)
{
    const struct subject_message *message = filter_message(ctx);

    if (message == NULL)
        return VERDICT_FAIL;
    return message->seen == 0 && is_stranger(ctx) ? tag_subject(ctx, 1, SPAN("")) : VERDICT_CONTINUE;
}

static int subject_open(void *opened, struct filter_setup *setup, unsigned *interests, unsigned *edits)
{
    struct subject_config *config = opened;
    struct span tag = span_trim(span_str(config->tag));
    bool good = tag.len != 0 && tag.len <= 70;

    (void)interests;
    networks_sort(&config->except);
    *edits |= FILTER_EDITS_HEADERS;
    for (size_t i = 0; i < tag.len; i++)
        good = good && tag.ptr[i] >= ' ' && tag.ptr[i] <= '~';
    if (!good)
        filter_complain(setup, "tag",
                        "a tag is 1 to 70 printable ASCII characters; write others as an encoded word");
    return good ? 0 : -1;
}

#define ROW(name) offsetof(struct subject_config, name)

static const struct option subject_options[] = {
    {.key = "tag",
     .type = OPTION_STRING,
     .offset = ROW(tag),
     .fallback = "[EXTERNAL]",
     .help =
         "What is put in front of the subject, with a space behind it, unless it stands there already, or "
         "behind \"Re:\", \"Fwd:\" and the like."},
    {.key = "except",
     .type = OPTION_NETWORKS,
     .offset = ROW(except),
     .help = "Addresses and networks of clients whose messages are left alone."},
    {.key = "authenticated",
     .type = OPTION_BOOL,
     .offset = ROW(authenticated),
     .fallback = "false",
     .help = "Messages of clients that have authenticated are tagged, too."},
    {.key = NULL}};

const struct filter filter_subject = {
    .api = FILTER_API,
    .name = "subject",
    .help = "Tags the subject of messages from outside.",
    .options = subject_options,
    .config_size = sizeof(struct subject_config),
    .message_size = sizeof(struct subject_message),
    .open = subject_open,
    .on_header = subject_on_header,
    .on_end_of_headers = subject_on_end_of_headers,
};
