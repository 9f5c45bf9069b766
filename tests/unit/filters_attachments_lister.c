/* filters_attachments_lister.c: what is told of archives of every kind, of damaged, encrypted, nested and
 * hostile ones, and that the bounds hold. */
#include <locale.h>
#include <time.h>

#include "archive_made.h"
#include "filters/attachments/lister.h"

static struct made one, other;

/* What was told, in order: <name>, [first octets], !finding. */
struct told {
    char text[8192];
    unsigned names;  /* told of so far */
    unsigned enough; /* "enough" after so many names; 0: never */
};

static void add(struct told *told, const char *form, struct span text)
{
    size_t used = strlen(told->text);

    (void)snprintf(told->text + used, sizeof(told->text) - used, form, (int)text.len, text.ptr);
}

static bool on_name(void *arg, struct span name)
{
    struct told *told = arg;

    add(told, "<%.*s>", name);
    return ++told->names != told->enough;
}

static bool on_sample(void *arg, struct span name, struct span octets)
{
    (void)name;
    add(arg, "[%.*s]", span_first(octets, 8));
    return true;
}

static bool on_finding(void *arg, enum lister_finding finding, struct span name)
{
    static const char *const words[FINDINGS] = {"encrypted", "unreadable", "large", "deep", "many", "bomb"};

    (void)name;
    add(arg, "!%.*s", span_str(words[finding]));
    return true;
}

static const struct lister_bounds generous = {.memory = 1 << 20,
                                              .depth = 4,
                                              .ratio = 100,
                                              .grace = 1 << 16,
                                              .members = 100,
                                              .names = 100000,
                                              .unpacked = 4 << 20,
                                              .sample = 1024};
static const struct lister_calls calls = {on_name, on_sample, on_finding};

static const char *list_within(struct span octets, const char *name, struct lister_bounds bounds)
{
    static struct told told;

    told = (struct told){.text = ""};
    CHECK(lister_list(octets, span_str(name), &bounds, &calls, &told) == 0);
    return told.text;
}

static const char *list(struct span octets, const char *name)
{
    return list_within(octets, name, generous);
}

#define CHECK_TOLD(actual, expected) CHECK_SPAN(span_str(actual), span_str(expected))

static bool tells(const char *told, const char *what)
{
    if (strstr(told, what) != NULL)
        return true;
    fprintf(stderr, "told: %s\n", told);
    return false;
}

/* --- kinds ---------------------------------------------------------------------------------------------- */

static void test_kinds(void)
{
    static const struct {
        const char *kind, *compression;
    } rows[] = {
        {"zip", "none"},       {"7zip", "none"}, {"gnutar", "none"}, {"pax", "none"},     {"gnutar", "gzip"},
        {"pax", "bzip2"},      {"gnutar", "xz"}, {"gnutar", "zstd"}, {"gnutar", "lzma"},  {"gnutar", "lz4"},
        {"ustar", "compress"}, {"cpio", "none"}, {"newc", "gzip"},   {"iso9660", "none"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span octets = made_of(&one, rows[i].kind, rows[i].compression, "virus.exe", SPAN("MZ hello"));
        const char *told = list(octets, "x");
        if (!tells(told, "<virus.exe>") || !tells(told, "[MZ hello]") || strchr(told, '!') != NULL) {
            fprintf(stderr, "%s %s: %s\n", rows[i].kind, rows[i].compression, told);
            test_failures++;
        }
    }
    CHECK(lister_ready());
}

/* Compressed files are called as their archive is, but for its ending. */
static void test_compressed(void)
{
    struct span octets = made_of(&one, "raw", "gzip", "-", SPAN("MZ hello"));

    CHECK_TOLD(list(octets, "virus.exe.gz"), "<virus.exe>[MZ hello]");
    CHECK_TOLD(list(octets, ""), "[MZ hello]");
    octets = made_of(&other, "raw", "gzip", "-", octets);
    CHECK_TOLD(list(octets, "virus.exe.gz.gz"), "!deep");
}

static void test_none(void)
{
    CHECK_TOLD(list(SPAN("Only text.\r\n"), "note.txt"), "");
    CHECK_TOLD(list(SPAN(""), "x"), "");
    CHECK_TOLD(list(SPAN("a"), ""), "");
    CHECK_TOLD(list(SPAN("#mtree\n./a type=file\n"), "list.txt"), "");
    made_begin(&one, "zip", "none", NULL);
    CHECK_TOLD(list(made_end(&one), "empty.zip"), "");
}

/* --- names ---------------------------------------------------------------------------------------------- */

static void test_names(void)
{
    made_begin(&one, "gnutar", "none", NULL);
    made_add(&one, "../../../etc/cron.d/x", SPAN("1"));
    made_add(&one, "`touch x`;$(id)|'\"\n.sh", SPAN("2"));
    made_add(&one, "\xC3\xA4.exe", SPAN("3"));
    made_add(&one, "\xE4.exe", SPAN("4"));
    CHECK_TOLD(list(made_end(&one), "x.tar"),
               "<../../../etc/cron.d/x>[1]<`touch x`;$(id)|'\"\n.sh>[2]<\xC3\xA4.exe>[3]<\xE4.exe>[4]");
}

/* The second half of a zip names its members once more, and differently. */
static void test_names_of_zip(void)
{
    struct span octets = made_of(&one, "zip", "none", "note.txt", SPAN("hello"));
    char *last = memmem(octets.ptr + 60, octets.len - 60, "note.txt", 8);

    REQUIRE(last != NULL);
    memset(last, 'z', 4);
    CHECK(tells(list(octets, "x.zip"), "<zzzz.txt>") && tells(list(octets, "x.zip"), "<note.txt>"));
}

/* Every name in a zip that begins elsewhere (a program in front) is seen. */
static void test_prefixed_zip(void)
{
    struct span octets = made_of(&one, "zip", "none", "virus.exe", SPAN("hello"));

    memcpy(other.octets, "MZ something", 12);
    memcpy(other.octets + 12, octets.ptr, octets.len);
    CHECK(tells(list(span_of(other.octets, octets.len + 12), "photo.jpg"), "<virus.exe>"));
}

/* --- damage --------------------------------------------------------------------------------------------- */

static void test_truncated(void)
{
    static const char *const kinds[] = {"zip", "7zip", "gnutar"};
    static char noise[8192];

    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (char)(i * i >> 3 ^ i);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct span octets = made_of(&one, kinds[i], strcmp(kinds[i], "gnutar") == 0 ? "gzip" : "none",
                                     "a.exe", span_of(noise, sizeof(noise)));
        CHECK(strchr(list(octets, "x"), '!') == NULL);
        CHECK(tells(list(span_first(octets, octets.len / 2), "x"), "!unreadable"));
    }
}

static void test_every_length(void)
{
    static const char *const compressions[] = {"none", "gzip", "xz"};
    struct span zip = made_of(&one, "zip", "none", "a.exe", SPAN("MZ hello"));

    for (size_t len = 0; len < zip.len; len++)
        (void)list(span_first(zip, len), "x");
    for (size_t i = 0; i < 3; i++) {
        struct span tar = made_of(&one, "gnutar", compressions[i], "a.exe", SPAN("MZ hello"));
        for (size_t len = 0; len < tar.len; len += len < 600 ? 1 : 97)
            (void)list(span_first(tar, len), "x");
    }
}

static void test_garbage(void)
{
    CHECK_TOLD(list(SPAN("this is no zip at all"), "a.zip"), "!unreadable");
    CHECK_TOLD(list(SPAN("this is no zip at all"), "a.txt"), "");
    CHECK(tells(list(SPAN("PK\3\4\x14\0\0\0\x08\0 and nothing of a zip behind it, which goes on"), "a.txt"),
                "!unreadable"));
    CHECK_TOLD(list(SPAN("7z\xBC\xAF\x27\x1C and nothing"), "a.txt"), "!unreadable");
    CHECK_TOLD(list(SPAN("Rar!\x1A\x07\x01 and nothing"), "a.txt"), "!unreadable");
    CHECK_TOLD(list(SPAN("\x1F\x8B\x08\0\0\0\0\0\0\3 and nothing"), "a.txt"), "!unreadable");
}

/* Octets overwritten everywhere: whatever is told, it ends. */
static void test_damaged(void)
{
    static const char *const kinds[] = {"zip", "7zip", "gnutar", "cpio"};
    unsigned chance = 1;

    for (unsigned round = 0; round < 400; round++) {
        struct span octets = made_of(&one, kinds[round % 4], "none", "a.exe", SPAN("MZ hello, MZ hello"));
        for (unsigned i = 0; i < 4; i++) {
            chance = chance * 1103515245U + 12345U;
            one.octets[(chance >> 8) % octets.len] = (char)(chance >> 24);
        }
        (void)list(octets, "x");
    }
}

static void test_encrypted(void)
{
    made_begin(&one, "zip", "none", "zip:encryption=zipcrypt");
    made_add(&one, "a.exe", SPAN("secret"));
    made_add(&one, "b.exe", SPAN("secret"));
    struct span octets = made_end(&one);
    const char *told = list(octets, "x.zip");

    CHECK(tells(told, "!encrypted") && tells(told, "<a.exe>") && tells(told, "<b.exe>"));
    CHECK(strstr(strchr(told, '!') + 1, "!") == NULL); /* once */
    made_begin(&one, "zip", "none", "zip:encryption=aes256");
    made_add(&one, "a.exe", SPAN("secret"));
    CHECK(tells(list(made_end(&one), "x.zip"), "!encrypted"));
}

/* --- bounds --------------------------------------------------------------------------------------------- */

static char zeros[512 * 1024];

static void test_depth(void)
{
    struct lister_bounds bounds = generous;

    CHECK(tells(list(made_nested(&one, &other, 4, "a.exe", SPAN("MZ")), "x.zip"), "<a.exe>"));
    CHECK(tells(list(made_nested(&one, &other, 5, "a.exe", SPAN("MZ")), "x.zip"), "!deep"));
    CHECK(tells(list(made_nested(&one, &other, 10, "a.exe", SPAN("MZ")), "x.zip"), "!deep"));
    bounds.depth = 1;
    CHECK(tells(list_within(made_nested(&one, &other, 1, "a.exe", SPAN("MZ")), "x.zip", bounds), "[MZ]"));
    CHECK(tells(list_within(made_nested(&one, &other, 2, "a.exe", SPAN("MZ")), "x.zip", bounds), "!deep"));
    bounds.depth = LISTER_DEPTH_MOST;
    CHECK(tells(list_within(made_nested(&one, &other, 100, "a.exe", SPAN("MZ")), "x.zip", bounds), "!deep"));
}

static void test_members(void)
{
    struct lister_bounds bounds = generous;

    made_begin(&one, "gnutar", "none", NULL);
    for (unsigned i = 0; i < 7; i++)
        made_add(&one, "a", SPAN(""));
    struct span octets = made_end(&one);
    bounds.members = 6;
    CHECK_TOLD(list_within(octets, "x.tar", bounds), "<a><a><a><a><a><a>!many");
    bounds.members = 7;
    CHECK_TOLD(list_within(octets, "x.tar", bounds), "<a><a><a><a><a><a><a>");
}

/* Headers in one another's names: these are not asked about without end. */
static void test_headers(void)
{
    struct lister_bounds bounds = generous;
    struct span octets = made_of(&one, "zip", "none", "a", SPAN("b"));
    size_t len = 0;

    for (; len < (size_t)46 * 50; len += 46)
        memcpy(memset(other.octets + len, 0, 46), "PK\1\2", 4);
    memcpy(other.octets + len, octets.ptr, octets.len);
    for (size_t at = 0; at < len; at += 46)
        other.octets[at + 28] = other.octets[at + 29] =
            (char)0xFF; /* names of 65535 octets over one another */
    bounds.names = 20000;
    CHECK(tells(list_within(span_of(other.octets, len + octets.len), "x.zip", bounds), "!many"));
}

static void test_bomb(void)
{
    struct lister_bounds bounds = generous;
    struct span zip = made_of(&one, "zip", "none", "zeros", span_of(zeros, sizeof(zeros)));

    CHECK(zip.len < 2048);
    CHECK(tells(list(zip, "x.zip"), "!bomb"));
    bounds.grace = sizeof(zeros);
    CHECK(strchr(list_within(zip, "x.zip", bounds), '!') == NULL);
    bounds.unpacked = sizeof(zeros) - 1;
    CHECK(tells(list_within(zip, "x.zip", bounds), "!large"));
    CHECK(tells(list(made_of(&one, "gnutar", "gzip", "zeros", span_of(zeros, sizeof(zeros))), "x"), "!bomb"));
    CHECK(tells(list(made_of(&one, "raw", "xz", "-", span_of(zeros, sizeof(zeros))), "x.xz"), "!bomb"));
    CHECK(
        tells(list(made_of(&one, "7zip", "none", "zeros", span_of(zeros, sizeof(zeros))), "x.7z"), "!bomb"));
    /* behind another one, it counts for the outermost */
    zip = made_of(&one, "zip", "none", "zeros", span_of(zeros, sizeof(zeros)));
    CHECK(tells(list(made_of(&other, "zip", "none", "inner.zip", zip), "x.zip"), "!bomb"));
}

static void test_memory(void)
{
    struct lister_bounds bounds = generous;
    static char noise[8192];
    unsigned chance = 1;

    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (char)((chance = chance * 1103515245U + 12345U) >> 24);
    bounds.memory = 4096;
    made_of(&one, "zip", "none", "noise.bin", span_of(noise, sizeof(noise)));
    CHECK(strchr(list_within(span_of(one.octets, one.len), "x.zip", bounds), '!') == NULL);
    made_of(&other, "zip", "none", "inner.zip", span_of(one.octets, one.len));
    CHECK(tells(list_within(span_of(other.octets, other.len), "x.zip", bounds), "!large"));
    made_of(&other, "zip", "none", "inner.jpg", span_of(one.octets, one.len)); /* by how it begins */
    CHECK(tells(list_within(span_of(other.octets, other.len), "x.zip", bounds), "!large"));
}

/* "Enough" is heard, and what is used up is used up for the next archive. */
static void test_enough(void)
{
    struct lister_bounds bounds = generous;
    struct told told = {.enough = 2};

    made_begin(&one, "gnutar", "none", NULL);
    made_add(&one, "a", SPAN("1"));
    made_add(&one, "b", SPAN("2"));
    made_add(&one, "c", SPAN("3"));
    struct span octets = made_end(&one);
    CHECK(lister_list(octets, SPAN("x.tar"), &bounds, &calls, &told) == 0);
    CHECK_TOLD(told.text, "<a>[1]<b>");
    CHECK(bounds.members == 98 && bounds.unpacked == (4 << 20) - 1);
}

int main(void)
{
    test_kinds();
    test_compressed();
    test_none();
    test_names();
    test_names_of_zip();
    test_prefixed_zip();
    test_truncated();
    test_every_length();
    test_garbage();
    test_damaged();
    test_encrypted();
    test_depth();
    test_members();
    test_headers();
    test_bomb();
    test_memory();
    test_enough();
    return test_end("attachments_lister");
}
