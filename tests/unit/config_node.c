/* Paths to nodes and back, and what is written short. */
#include "config/node.h"

#include "config/parse.h"
#include "config_fixture.h"

static struct node *tree(struct fixture *f, const char *yaml)
{
    fixture_begin(f);
    return parse_text(span_str(yaml), &f->arena, &f->complaints);
}

static void check_path(const struct node *node, const char *expected)
{
    char bytes[128];
    struct text text = TEXT(bytes);

    node_path(&text, node);
    CHECK_SPAN(text_span(&text), span_str(expected));
}

static void test_paths(void)
{
    static const struct {
        const char *asked, *found;
    } cases[] = {
        {"", ""},
        {"a", "a"},
        {"a.b", "a.b"},
        {"a.b[1].c", "a.b[1].c"},
        {"a.b[7].c", "a.b"},
        {"a.x[1]", "a"},
        {"a.b[", "a.b[0]"},
        {"a.b.c", "a.b"},
        {"b[0]", "b"},
    };
    struct fixture f;
    struct node *root = tree(&f, "a: {b: [{c: 1}, {c: 2}]}\nb: x\n");

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        check_path(node_below(root, cases[i].asked), cases[i].found);
    fixture_end(&f);
}

/* An item that became three leaves the fourth to the next item. */
static void test_stands_for(void)
{
    struct fixture f;
    struct node *root = tree(&f, "a: [p, many, none, q]\n");
    struct node *list = root->first;

    list->first->next->stands_for = 3;
    list->first->next->next->stands_for = 0;
    check_path(node_below(root, "a[0]"), "a[0]");
    check_path(node_below(root, "a[1]"), "a[1]");
    check_path(node_below(root, "a[3]"), "a[1]");
    check_path(node_below(root, "a[4]"), "a[3]");
    fixture_end(&f);
}

static void test_wrap(void)
{
    struct fixture f;
    struct node *root = tree(&f, "a: x\nb: [p, q]\n");

    CHECK(node_wrap_list(root->first, &f.arena));
    check_path(node_below(root, "a[0]"), "a[0]");
    CHECK(node_wrap_map(root->first->first, &f.arena, SPAN("k")));
    CHECK_SPAN(node_below(root, "a[0].k")->text, SPAN("x"));
    CHECK(node_wrap_map(root->last, &f.arena, SPAN("list")));
    check_path(node_below(root, "b.list[1]"), "b.list[1]");
    f.arena.limit = 0;
    CHECK(!node_wrap_list(root->last, &f.arena));
    check_path(node_below(root, "b.list[1]"), "b.list[1]");
    fixture_end(&f);
}

static void test_null(void)
{
    static const char *const nulls[] = {"a:", "a: ~", "a: null"};
    static const char *const texts[] = {"a: ''", "a: \"\"", "a: 'null'", "a: [ ]", "a: { }", "a: 0"};
    struct fixture f;

    for (size_t i = 0; i < sizeof(nulls) / sizeof(*nulls); i++) {
        CHECK(node_null(tree(&f, nulls[i])->first));
        fixture_end(&f);
    }
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        CHECK(!node_null(tree(&f, texts[i])->first));
        fixture_end(&f);
    }
}

int main(void)
{
    test_paths();
    test_stands_for();
    test_wrap();
    test_null();
    return test_end("config_node");
}
