/* tell.c: tells what proxy/mail makes of what it is given, for compare.py. A request is a line "KIND OCTETS"
 * and so many octets; the answer is lines of words, texts in hexadecimal behind a colon, and a line ".". */
#include <stdio.h>
#include <stdlib.h>

#include "mail/content.h"
#include "mail/encoded_word.h"
#include "mail/mime.h"

static void tell(const char *word, struct span s)
{
    printf(" %s:", word);
    for (size_t i = 0; i < s.len; i++)
        printf("%02x", (unsigned char)s.ptr[i]);
}

static void tell_anomalies(uint64_t anomalies)
{
    for (unsigned i = 0; i < ANOMALY_COUNT; i++)
        if ((anomalies & anomaly_bit((enum anomaly)i)) != 0)
            printf("anomaly %s\n", anomaly_name((enum anomaly)i));
}

static void tell_content(struct span in, struct text *room)
{
    struct content content;

    content_parse(in, false, &content, room);
    printf("content");
    tell("type", content.type);
    tell("subtype", content.subtype);
    printf("\n");
    for (unsigned i = 0; i < content.count; i++) {
        printf("parameter");
        tell("name", content.parameters[i].name);
        tell("value", content.parameters[i].value);
        printf("\n");
    }
    tell_anomalies(content.anomalies);
}

static void tell_text(struct span in, struct text *room)
{
    uint64_t anomalies = encoded_word_text(in, room);

    printf("text");
    tell("value", text_span(room));
    printf("\n");
    tell_anomalies(anomalies);
}

static void tell_part(const struct mime_part *part)
{
    printf("begin %u %u %s", part->index, part->parent,
           part->multipart ? "multipart"
           : part->message ? "message"
           : part->text    ? "text"
                           : "other");
    tell("type", part->type);
    tell("subtype", part->subtype);
    if (part->filename.ptr != NULL)
        tell("filename", part->filename);
    printf("\n");
}

static void tell_event(const struct mime_event *event)
{
    switch (event->kind) {
    case MIME_PART_BEGIN:
        tell_part(event->part);
        break;
    case MIME_FIELD:
        printf("field %u", event->part->index);
        tell("name", event->name);
        tell("value", event->value);
        printf("\n");
        break;
    case MIME_BYTES:
        printf("bytes %u", event->part->index);
        tell("value", event->bytes);
        printf("\n");
        break;
    case MIME_TEXT:
        printf("%s %u", event->rendered ? "rendered" : "text", event->part->index);
        tell("value", event->bytes);
        printf("\n");
        break;
    case MIME_ANOMALY:
        printf("anomaly %s %u\n", anomaly_name(event->anomaly), event->part->index);
        break;
    default:
        break;
    }
}

static void tell_message(struct span in)
{
    static const struct mime_limits limits = {
        .depth = 100, .parts = 10000, .field = 100000, .header_section = 1000000};
    struct mime *mime = mime_new(&limits);
    struct mime_event event = {.kind = MIME_MORE};

    if (mime == NULL)
        abort();
    while (event.kind != MIME_END && !mime_failed(mime)) {
        in = span_skip(in, mime_read(mime, in, true, &event));
        tell_event(&event);
    }
    mime_free(mime);
}

int main(void)
{
    char kind[16];
    size_t len;

    while (scanf("%15s %zu%*1[\n]", kind, &len) == 2) {
        char *in = malloc(len), *octets = malloc(4 * len + 16);
        struct text room = {octets, 0, 4 * len + 16, false};
        if (in == NULL || octets == NULL || fread(in, 1, len, stdin) != len)
            abort();
        if (strcmp(kind, "content") == 0)
            tell_content(span_of(in, len), &room);
        else if (strcmp(kind, "text") == 0)
            tell_text(span_of(in, len), &room);
        else
            tell_message(span_of(in, len));
        printf(".\n");
        (void)fflush(stdout);
        free(in);
        free(octets);
    }
    return EXIT_SUCCESS;
}
