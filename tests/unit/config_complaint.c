/* Complaints come out in the order of the file, harmless to a terminal, and say when memory ran out. */
#include "config_fixture.h"

static void test_order(void)
{
    struct fixture f;
    struct node root = {.kind = NODE_MAP, .line = 1, .column = 1};
    struct node late = {.key = SPAN("late"), .line = 9, .column = 3, .key_line = 8, .key_column = 1};
    struct node early = {.key = SPAN("early"), .line = 2, .column = 30};

    fixture_begin(&f);
    node_append(&root, &early);
    node_append(&root, &late);
    complain(&f.complaints, &late, "value %d", 1);
    complain_key(&f.complaints, &late, "key");
    complain(&f.complaints, &early, "first of a place");
    complain_key(&f.complaints, &early, "second of a place");
    complain_lack(&f.complaints, &late, "inner", "is missing");
    complain(&f.complaints, &root, "about all");
    CHECK_TEXT(fixture_said(&f), "f:1:1: about all\n"
                                 "f:2:30: early: first of a place\n"
                                 "f:2:30: early: second of a place\n"
                                 "f:8:1: late: key\n"
                                 "f:9:3: late: value 1\n"
                                 "f:9:3: late.inner: is missing\n");
    CHECK(f.complaints.count == 6);
    fixture_end(&f);
}

static void test_harmless(void)
{
    struct fixture f;
    struct node node = {.line = 1, .column = 1};
    static char long_text[5000];

    fixture_begin(&f);
    memset(long_text, 'x', sizeof(long_text) - 1);
    complain(&f.complaints, &node, "a\nb\x1b[2J\xc3\xa4");
    CHECK_TEXT(fixture_said(&f), "f:1:1: a?b?[2J\xc3\xa4\n");
    complain(&f.complaints, &node, "%s", long_text);
    CHECK(strlen(fixture_said(&f)) > 2000 && strlen(f.said) < 2200);
    fixture_end(&f);
}

/* Warnings stand among complaints and are not counted; the same is not said twice. */
static void test_warnings(void)
{
    struct fixture f;
    struct node root = {.kind = NODE_MAP, .line = 1, .column = 1};
    struct node inner = {.kind = NODE_MAP, .key = SPAN("inner"), .line = 2, .column = 3};
    struct node value = {.key = SPAN("value"), .line = 2, .column = 9};

    fixture_begin(&f);
    node_append(&root, &inner);
    node_append(&inner, &value);
    warn_below(&f.complaints, &root, "inner.value", "doubtful");
    CHECK(f.complaints.count == 0);
    complain_below(&f.complaints, &root, "inner.value", "doubtful");
    complain_below(&f.complaints, &root, "inner.other", "is %s", "missing");
    complain_below(&f.complaints, &inner, "other", "is missing");
    warn_below(&f.complaints, &inner, "value", "doubtful");
    CHECK(f.complaints.count == 2);
    CHECK_TEXT(fixture_said(&f), "f:2:3: inner.other: is missing\n"
                                 "f:2:9: inner.value: warning: doubtful\n"
                                 "f:2:9: inner.value: doubtful\n");
    fixture_end(&f);
}

static void test_memory(void)
{
    struct fixture f;
    struct node node = {.line = 1, .column = 1};

    fixture_begin(&f);
    f.arena.limit = 0;
    complain(&f.complaints, &node, "lost");
    complain(&f.complaints, &node, "lost too");
    CHECK(f.complaints.count == 1);
    CHECK_TEXT(fixture_said(&f), "f:1:1: there is not enough memory to load it\n");
    fixture_end(&f);
}

int main(void)
{
    test_order();
    test_harmless();
    test_warnings();
    test_memory();
    return test_end("config_complaint");
}
