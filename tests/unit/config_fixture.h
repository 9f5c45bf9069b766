/* config_fixture.h: memory and complaints for the tests of config/, and what was complained about as one
 * text. */
#ifndef CONFIG_FIXTURE_H
#define CONFIG_FIXTURE_H

#include "config/complaint.h"
#include "config/decode.h"
#include "test.h"

struct fixture {
    struct arena arena;
    struct complaints complaints;
    struct decoder decoder;
    char *said;
    size_t said_len;
};

static inline void fixture_begin(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    arena_init(&fixture->arena, (size_t)16 << 20);
    fixture->complaints = (struct complaints){.file = "f", .arena = &fixture->arena};
    fixture->decoder = (struct decoder){&fixture->arena, &fixture->complaints, "."};
}

/* Every complaint so far; valid until fixture_end(). */
static inline const char *fixture_said(struct fixture *fixture)
{
    FILE *out;

    free(fixture->said);
    out = open_memstream(&fixture->said, &fixture->said_len);
    complaints_print(&fixture->complaints, out);
    fclose(out);
    return fixture->said;
}

static inline void fixture_end(struct fixture *fixture)
{
    free(fixture->said);
    arena_reset(&fixture->arena);
}

#define CHECK_TEXT(actual, expected) CHECK_SPAN(span_str(actual), span_str(expected))

#endif
