/* Every piece of YAML that is understood, and every one that is not with its place. */
#include "config/parse.h"

#include "config_fixture.h"

static void test_tree(void)
{
    struct fixture f;
    struct node *root, *list;

    fixture_begin(&f);
    root = parse_text(SPAN("a: 1\nb:\n  - x\n  - {k: 'null', e: }\n  - |\n    two\n    lines\n"), &f.arena,
                      &f.complaints);
    CHECK_TEXT(fixture_said(&f), "");
    REQUIRE(root != NULL && root->kind == NODE_MAP && root->count == 2);
    CHECK_SPAN(root->first->text, SPAN("1"));
    list = node_find(root, SPAN("b"));
    REQUIRE(list != NULL && list->kind == NODE_SEQUENCE && list->count == 3 && list->key_line == 2);
    CHECK(list->first->line == 3 && list->first->column == 5);
    CHECK(!node_null(list->first->next->first) && node_null(list->first->next->last));
    CHECK_SPAN(list->last->text, SPAN("two\nlines\n"));
    fixture_end(&f);
}

static void test_complaints(void)
{
    static const struct {
        const char *yaml, *said;
    } cases[] = {
        {"", ""},
        {"# only a comment\n", ""},
        {"\xef\xbb\xbf"
         "a: 1\n",
         ""},
        {"a: 1\na: 2\nb: 3\nb: [4]\n", "f:2:1: a: is given twice, first in line 1; allowed: once\n"
                                       "f:4:1: b: is given twice, first in line 3; allowed: once\n"},
        {"a: {b: 1, b: 2}\n", "f:1:11: a.b: is given twice, first in line 1; allowed: once\n"},
        {"a: &x 1\nb: *x\n", "f:1:4: an anchor (&) is not understood; allowed: the value itself\n"
                             "f:2:4: an alias (*) is not understood; allowed: the value itself\n"},
        {"a: !!int 1\n", "f:1:4: a tag (!) is not understood; allowed: the value itself\n"},
        {"a: !x [1]\n", "f:1:4: a tag (!) is not understood; allowed: the value itself\n"},
        {"a: 1\n---\nb: 2\n", "f:2:1: a second document begins; allowed: one in a file\n"},
        {"c:\n  - ? [a]\n    : 1\n", "f:2:7: c[0]: a key is a list; allowed: text\n"},
        {"{a: 1}: 2\n", "f:1:1: a key is a map; allowed: text\n"},
        {"a:\n\tb: 1\n", "f:2:1: a tab indents the line; allowed: spaces\n"},
        {"a: [1\n", "f:2:1: a: while parsing a flow sequence: did not find expected ',' or ']'; allowed: "
                    "well-formed YAML\n"},
        {"a: 'x\n", "f:2:1: while scanning a quoted scalar: found unexpected end of stream; allowed: "
                    "well-formed YAML\n"},
        {"a: b: c\n", "f:1:5: mapping values are not allowed in this context; allowed: well-formed YAML\n"},
        {"\xc3\xa4: \xff\n",
         "f:1:4: invalid leading UTF-8 octet; allowed: UTF-8 without control characters\n"},
        {"a: b\nc: \x01\n", "f:2:4: control characters are not allowed; allowed: UTF-8 without control "
                            "characters\n"},
        {"a: \"x\\0y\"\n", "f:1:4: a text holds NUL; allowed: any other character\n"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct fixture f;
        fixture_begin(&f);
        (void)parse_text(span_str(cases[i].yaml), &f.arena, &f.complaints);
        CHECK_TEXT(fixture_said(&f), cases[i].said);
        fixture_end(&f);
    }
}

static void test_depth(void)
{
    char yaml[128];
    struct fixture f;

    for (size_t depth = 32; depth <= 33; depth++) {
        memset(yaml, '[', depth);
        memset(yaml + depth, ']', depth);
        fixture_begin(&f);
        CHECK((parse_text(span_of(yaml, 2 * depth), &f.arena, &f.complaints) != NULL) == (depth == 32));
        CHECK((strstr(fixture_said(&f), "is nested too deeply; allowed: 32 levels") != NULL) ==
              (depth == 33));
        fixture_end(&f);
    }
}

/* Any arena that is too small leads to a complaint about memory, never to a half-read tree. */
static void test_memory(void)
{
    for (size_t limit = 0; limit < 2000; limit += 16) {
        struct fixture f;
        struct node *root;
        fixture_begin(&f);
        f.arena.limit = limit;
        root = parse_text(SPAN("a: [1, 2]\nb: {c: d}\n"), &f.arena, &f.complaints);
        CHECK((root == NULL) == f.complaints.starved);
        CHECK((root == NULL) == (f.complaints.count > 0));
        fixture_end(&f);
    }
}

int main(void)
{
    test_tree();
    test_complaints();
    test_depth();
    test_memory();
    return test_end("config_parse");
}
