/* filters_attachments_filename.c: patterns of file names, and all the ways to read a name. */
#include <time.h>

#include "filters/attachments/glob.h"
#include "filters/attachments/filename.h"
#include "filters/attachments/signs.h"
#include "test.h"

static void test_patterns(void)
{
    static const struct {
        const char *pattern, *text;
        bool fits;
    } rows[] = {
        {"*.exe", "setup.exe", true},
        {"*.exe", "SETUP.EXE", true},
        {"*.EXE", "setup.exe", true},
        {"*.exe", ".exe", true},
        {"*.exe", "setup.exe.txt", false},
        {"*.exe", "exe", false},
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "anything at all", true},
        {"**", "a", true},
        {"a*b*c", "a--b--c", true},
        {"a*b*c", "abcb", false},
        {"*.doc?", "a.docm", true},
        {"*.doc?", "a.doc", false},
        {"?", "\xC3\xA4", true},
        {"??", "\xC3\xA4", false},
        {"?", "\xC3", true},
        {"?", "\x80\x80", false},
        {"*.[ep]xe", "a.pxe", true},
        {"*.[!e]xe", "a.exe", false},
        {"*.[^e]xe", "a.Pxe", true},
        {"[a-c]", "B", true},
        {"[A-C]", "b", true},
        {"[a-c]", "d", false},
        {"[]]", "]", true},
        {"[!]]", "]", false},
        {"[a-]", "-", true},
        {"[abc", "[abc", true},
        {"[", "[", true},
        {"[]", "[]", true},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"\\", "\\", true},
        {"a\\", "a\\", true},
        {"*.tar.*", "x.tar.gz", true},
        {"x?", "x", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (glob_match(span_str(rows[i].pattern), span_str(rows[i].text)) == rows[i].fits)
            continue;
        fprintf(stderr, "%s on %s: not %d\n", rows[i].pattern, rows[i].text, rows[i].fits);
        test_failures++;
    }
}

/* What costs a backtracking reader forever: many stars on a text that almost fits. */
static void test_patterns_time(void)
{
    static char text[65536];
    clock_t begun = clock();

    memset(text, 'a', sizeof(text));
    CHECK(!glob_match(SPAN("*a*a*a*a*a*a*a*a*a*a*a*a*b"), span_of(text, sizeof(text))));
    CHECK(clock() - begun < 2 * CLOCKS_PER_SEC);
}

/* --- names ---------------------------------------------------------------------------------------------- */

static char readings[512];

static bool add(void *arg, struct span name)
{
    size_t used = strlen(readings);

    (void)snprintf(readings + used, sizeof(readings) - used, "<%.*s>", (int)name.len, name.ptr);
    return *(int *)arg == 0;
}

static const char *read_name(struct span name, int only_first)
{
    readings[0] = '\0';
    CHECK(filename_read(name, add, &only_first) == 0);
    return readings;
}

static void test_readings(void)
{
    static const struct {
        struct span name;
        const char *readings;
    } rows[] = {
        {{"a.exe", 5}, "<a.exe>"},
        {{"", 0}, ""},
        {{"..", 2}, ""},
        {{"///", 3}, ""},
        {{"a.exe.", 6}, "<a.exe>"},
        {{"a.exe. . ", 9}, "<a.exe>"},
        {{"a.exe/", 6}, "<a.exe>"},
        {{"../../etc/a.exe", 15}, "<a.exe>"},
        {{"..\\a.exe", 8}, "<a.exe>"},
        {{"..%2fa.exe", 10}, "<..%2fa.exe><a.exe>"},
        {{"a%2Eexe", 7}, "<a%2Eexe><a.exe>"},
        {{"a%2", 3}, "<a%2><a%2>"},
        {{"100%", 4}, "<100%><100%>"},
        {{"a.exe%00.txt", 12}, "<a.exe%00.txt><a.exe><a.exe.txt>"},
        {{"a.exe\0.txt", 10}, "<a.exe><a.exe.txt>"},
        {{"a.exe:x", 7}, "<a.exe><a.exe:x>"},
        {{"a.exe::$DATA", 12}, "<a.exe><a.exe::$DATA>"},
        {{"a\r\n.e\x1b"
          "xe",
          8},
         "<a.exe>"},
        {{"a\xE2\x80\xAE.exe", 8}, "<a.exe>"}, /* U+202E */
        {{"a.\xE2\x80\x8B"
          "exe",
          8},
         "<a.exe>"}, /* U+200B */
        {{"a.ex\xC2\xAD"
          "e",
          7},
         "<a.exe>"},                               /* U+00AD */
        {{"a.exe\xEF\xBB\xBF", 8}, "<a.exe>"},     /* U+FEFF */
        {{"\xE4.exe", 5}, "<\xE4.exe>"},           /* no UTF-8 */
        {{"a.exe\xE2\x80", 7}, "<a.exe\xE2\x80>"}, /* a character that is only begun */
        {{"$(reboot);`id`|x.sh", 19}, "<$(reboot);`id`|x.sh>"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CHECK_SPAN(span_str(read_name(rows[i].name, 0)), span_str(rows[i].readings));
    CHECK_SPAN(span_str(read_name(SPAN("a.exe:x%41"), 1)), SPAN("<a.exe>"));
}

static void test_signs(void)
{
    CHECK(signs_begin(SPAN("PK\3\4....")) && signs_begin(SPAN("7z\xBC\xAF\x27\x1C")));
    CHECK(signs_begin(SPAN("BZh91AY&SY")) && signs_begin(SPAN("\x1F\x8B\x08")));
    CHECK(!signs_begin(SPAN("")) && !signs_begin(SPAN("PK\3")) && !signs_begin(SPAN("PK\3\5")));
    CHECK(signs_name(SPAN("a.ZIP")) && signs_name(SPAN("a.tar.gz")) && signs_name(SPAN("a.7z")));
    CHECK(!signs_name(SPAN(".zip")) && !signs_name(SPAN("zip")) && !signs_name(SPAN("")));
}

int main(void)
{
    test_patterns();
    test_patterns_time();
    test_readings();
    test_signs();
    return test_end("attachments_filename");
}
