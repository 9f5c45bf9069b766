/* Lists of texts, and the files they name. */
#include "config/strings.h"

#include <unistd.h>

#include "config/parse.h"
#include "config_fixture.h"

static char directory[] = "/tmp/postern-strings-XXXXXX";

static void write_file(const char *name, struct span text)
{
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    file = fopen(path, "w");
    CHECK(file != NULL && fwrite(text.ptr, 1, text.len, file) == text.len);
    if (file != NULL)
        fclose(file);
}

static void remove_file(const char *name)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    CHECK(unlink(path) == 0);
}

/* What the list came to, items joined by "|". */
static void check(const char *yaml, const char *joined, const char *said)
{
    struct fixture f;
    struct entries entries = {0};
    char bytes[512];
    struct text text = TEXT(bytes);
    struct node *root;

    fixture_begin(&f);
    f.decoder.directory = directory;
    root = parse_text(span_str(yaml), &f.arena, &f.complaints);
    strings_collect(&f.decoder, root->first, &entries);
    for (const struct entry *entry = entries.first; entry != NULL; entry = entry->next)
        text_format(&text, "%s%s", entry->text, entry->next != NULL ? "|" : "");
    CHECK_SPAN(text_span(&text), span_str(joined));
    CHECK((strlen(said) == 0) == (f.complaints.count == 0));
    CHECK(strstr(fixture_said(&f), said) != NULL);
    fixture_end(&f);
}

/* The item after a file is found by its decoded place. */
static void test_place(void)
{
    struct fixture f;
    struct entries entries = {0};
    struct node *root;

    fixture_begin(&f);
    f.decoder.directory = directory;
    root = parse_text(SPAN("a: [p, 'file:list', q]\n"), &f.arena, &f.complaints);
    strings_collect(&f.decoder, root->first, &entries);
    CHECK(entries.count == 5);
    CHECK(node_below(root, "a[3]")->column == 8 && node_below(root, "a[4]")->column == 21);
    CHECK(entries.first->next->line == 2 && entries.first->file == NULL);
    fixture_end(&f);
}

int main(void)
{
    if (mkdtemp(directory) == NULL)
        return 1;
    write_file("list", SPAN("# names\n  one\t\r\n\n  # more\ntwo words\nthree"));
    write_file("empty", SPAN(""));
    write_file("broken", SPAN("good\nb\xff\n\nn\0l\nfine\n"));

    check("a: x", "x", "");
    check("a: [x, 'y z', 3]", "x|y z|3", "");
    check("a: ", "", "");
    check("a: []", "", "");
    check("a: [x, [y], ~, z]", "x|z",
          "f:1:8: a[1]: is a list; allowed: text, or file:PATH\n"
          "f:1:13: a[2]: is empty; allowed: text, or file:PATH\n");
    check("a: file:list", "one|two words|three", "");
    check("a: [p, 'file:list', 'file:empty', q]", "p|one|two words|three|q", "");
    check("a: [p, 'file:none', q]", "p|q", "f:1:8: a[1]: cannot read ");
    check("a: [p, 'file:none', q]", "p|q",
          "/none: No such file or directory; allowed: a text file with one item in a line\n");
    check("a: 'file:.'", "", "Is a directory");
    check("a: ['file:broken']", "good|fine", "/broken:2: is not text; allowed: UTF-8 without NUL\n");
    check("a: ['file:broken']", "good|fine", "/broken:4: is not text; allowed: UTF-8 without NUL\n");
    test_place();

    remove_file("list");
    remove_file("empty");
    remove_file("broken");
    CHECK(rmdir(directory) == 0);
    return test_end("config_strings");
}
