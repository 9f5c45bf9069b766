/* Fuzzes quarantine/facts.c: what is read from a file is written and read again the same, and what was made
 * of any octets can be read. */
#include "quarantine/facts.h"

#include <errno.h>

#include "base/mem.h"
#include "fuzz.h"

static bool same(struct span a, struct span b)
{
    return (a.ptr == NULL) == (b.ptr == NULL) && span_eq(a, b);
}

static bool same_recipients(const struct facts *a, const struct facts *b)
{
    if (a->recipient_count != b->recipient_count)
        return false;
    for (size_t i = 0; i < a->recipient_count; i++)
        if (!same(a->recipients[i].address, b->recipients[i].address) ||
            !same(a->recipients[i].parameters, b->recipients[i].parameters) ||
            !same(a->recipients[i].given, b->recipients[i].given))
            return false;
    return true;
}

static bool same_facts(const struct facts *a, const struct facts *b)
{
    return same(a->id, b->id) && same(a->client, b->client) && same(a->helo, b->helo) &&
           same(a->tls_subject, b->tls_subject) && same(a->reverse_path, b->reverse_path) &&
           same(a->parameters, b->parameters) && same(a->reason, b->reason) &&
           same(a->upstream, b->upstream) && a->size == b->size && a->client_port == b->client_port &&
           a->smtputf8 == b->smtputf8 && same_recipients(a, b);
}

/* Written and read again; the octets written. */
static char *round_trip(const struct facts *facts, bool line, bool exact, size_t *len)
{
    struct facts_file again;
    char *json = facts_print(facts, line, len);

    DEMAND(json != NULL && (memchr(json, '\n', *len) == NULL) == line);
    DEMAND(facts_open(&again, span_of(json, *len)) == 0);
    DEMAND(!exact || same_facts(facts, &again.facts));
    facts_close(&again);
    return json;
}

static void read_file(struct span in)
{
    struct span copy = fuzz_copy(in);
    struct facts_file file;
    size_t len;
    int error = facts_open(&file, copy);

    fuzz_free(copy);
    DEMAND(error == 0 || error == -EBADMSG);
    if (error != 0)
        return;
    DEMAND(file.facts.id.ptr != NULL && file.facts.reverse_path.ptr != NULL &&
           file.facts.recipient_count != 0);
    for (unsigned line = 0; line < 2; line++)
        mem_free(round_trip(&file.facts, line != 0, true, &len));
    facts_close(&file);
}

/* Facts made of the input; never empty. */
static struct span draw(struct span *in)
{
    size_t n = in->len != 0 ? 1 + fuzz_choice(in, 20) : 0;
    struct span drawn = span_first(*in, n);

    *in = span_skip(*in, drawn.len);
    return drawn.len != 0 ? drawn : SPAN("x");
}

static void write_file(struct span in)
{
    struct facts_recipient recipients[3] = {
        {.address = draw(&in)}, {.address = draw(&in)}, {.address = draw(&in)}};
    struct facts facts = {.id = draw(&in),
                          .client = draw(&in),
                          .helo = draw(&in),
                          .tls_subject = draw(&in),
                          .reverse_path = draw(&in),
                          .reason = draw(&in),
                          .recipients = recipients,
                          .recipient_count = 1 + fuzz_choice(&in, 3)};
    struct facts_file again;
    size_t len, len_again;
    char *json = round_trip(&facts, false, false, &len), *json_again;

    /* What came of octets that are no text is text, and stays as it is. */
    DEMAND(facts_open(&again, span_of(json, len)) == 0);
    json_again = round_trip(&again.facts, false, true, &len_again);
    DEMAND(span_eq(span_of(json, len), span_of(json_again, len_again)));
    facts_close(&again);
    mem_free(json);
    mem_free(json_again);
}

void fuzz_one(struct span in)
{
    read_file(in);
    write_file(in);
}
