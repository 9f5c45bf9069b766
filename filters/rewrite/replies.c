/* replies.c: a reply as one line, through patterns, and taken apart again. That a class is never changed is
 * seen to here, that nothing harmful is said by the chain. */
#include "filters/rewrite/replies.h"

#include <ctype.h>
#include <stdio.h>

#include "filters/rewrite/map.h"

#define REPLY_OCTETS    512 /* RFC 5321 4.5.3.1.5 */
#define ENHANCED_OCTETS 12

/* --- reading -------------------------------------------------------------------------------------------- */

/* A code, or what may become one. */
static bool is_target(struct span target)
{
    for (size_t i = 0; i < 3 && i < target.len; i++) {
        if (target.ptr[i] == '$')
            return true;
        if (!isdigit((unsigned char)target.ptr[i]))
            return false;
    }
    return target.len > 3 && target.ptr[0] >= '2' && target.ptr[0] <= '5' && target.ptr[3] == ' ';
}

static int add(struct replies *replies, size_t n, const char *key, struct filter_setup *setup)
{
    struct map_place place = map_place(&replies->lines, n, key);
    char error[SUBSTITUTION_ERROR] = "a line is \"/pattern/ 550 5.7.1 text\"";
    struct substitution *pattern =
        substitution_is(replies->lines.items[n]) ? substitution_new(replies->lines.items[n], error) : NULL;

    if (pattern != NULL && is_target(substitution_target(pattern))) {
        replies->patterns[replies->count++] = pattern;
        return 0;
    }
    if (pattern != NULL)
        (void)snprintf(error, sizeof(error), "the replacement does not begin with a code");
    substitution_free(pattern);
    filter_complain(setup, place.path, "%s\"%s\": %s", place.at, replies->lines.items[n], error);
    return -1;
}

int replies_open(struct replies *replies, const char *key, struct filter_setup *setup)
{
    int rc = 0;

    replies->patterns = filter_setup_alloc(setup, (replies->lines.count + 1) * sizeof(struct substitution *));
    if (replies->patterns == NULL) {
        filter_complain(setup, key, "memory is short");
        return -1;
    }
    for (size_t i = 0; i < replies->lines.count; i++)
        rc |= add(replies, i, key, setup);
    return rc;
}

void replies_free(struct replies *replies)
{
    for (size_t i = 0; i < replies->count; i++)
        substitution_free(replies->patterns[i]);
    replies->count = 0;
}

/* --- rewriting ------------------------------------------------------------------------------------------ */

/* Reply-code = %x32-35 %x30-35 %x30-39 ; RFC 5321 4.2. 0: there is none, or nothing behind it. */
static unsigned code_of(struct span line)
{
    unsigned code = 0;

    if (line.len < 4 || line.ptr[3] != ' ')
        return 0;
    for (size_t i = 0; i < 3; i++) {
        if (!isdigit((unsigned char)line.ptr[i]))
            return 0;
        code = code * 10 + (unsigned)(line.ptr[i] - '0');
    }
    return code;
}

/* The enhanced code at the start of *text (RFC 2034 4), taken off it; "" when there is none. */
static void take_enhanced(struct span *text, char out[ENHANCED_OCTETS])
{
    size_t len = 0;
    unsigned dots = 0;

    while (len < text->len && (isdigit((unsigned char)text->ptr[len]) || text->ptr[len] == '.'))
        dots += text->ptr[len++] == '.';
    if (dots != 2 || len >= ENHANCED_OCTETS || (len < text->len && text->ptr[len] != ' '))
        len = 0;
    memcpy(out, text->ptr, len);
    out[len] = '\0';
    *text = len != 0 ? span_trim(span_skip(*text, len)) : *text;
}

static void say(struct filter_ctx *ctx, const struct filter_reply *reply, struct span line)
{
    unsigned code = code_of(line);
    struct span text = code != 0 ? span_trim(span_skip(line, 4)) : line;
    char enhanced[ENHANCED_OCTETS];

    if (code / 100 != reply->code / 100) {
        filter_log(ctx, "reply %u stays as it is: \"%.*s\" is of another class", reply->code,
                   (int)span_first(line, 80).len, line.ptr);
        return;
    }
    take_enhanced(&text, enhanced);
    filter_rewrite_reply(ctx, code, enhanced[0] != '\0' ? enhanced : NULL, text);
}

void replies_rewrite(struct filter_ctx *ctx, const struct replies *replies, const struct filter_reply *reply)
{
    char line[REPLY_OCTETS], made[REPLY_OCTETS];
    size_t len;
    int n;

    /* The last line of an EHLO reply is a keyword, the text of a 334 is a challenge: neither is for reading.
     */
    if (reply->code / 100 == 3 || (reply->code == 250 && span_eq(reply->verb, SPAN("EHLO"))))
        return;
    n = snprintf(line, sizeof(line), "%u %.*s", reply->code, (int)span_first(reply->text, REPLY_OCTETS).len,
                 reply->text.ptr != NULL ? reply->text.ptr : "");
    for (size_t i = 0; i < replies->count; i++)
        switch (substitution_apply(replies->patterns[i],
                                   span_first(span_of(line, (size_t)n), sizeof(line) - 1), made, sizeof(made),
                                   &len)) {
        case SUBSTITUTION_DONE:
            say(ctx, reply, span_of(made, len));
            return;
        case SUBSTITUTION_LIMIT:
            filter_log(ctx, "reply %u stays as it is: a pattern takes too long, or makes too much of it",
                       reply->code);
            return;
        case SUBSTITUTION_NONE:
            break;
        }
}
