/* Tests filters/libmilter/macros.c: names with and without braces, the latest stage first, what is forgotten.
 */
#include "filters/libmilter/macros.h"
#include "test.h"

static void tell(struct macros *macros, char command, const char *list, size_t len)
{
    CHECK(macros_tell(macros, command, span_of(list, len)) == 0);
}
#define TELL(macros, command, list) tell(macros, command, list, sizeof(list) - 1)

static const char *find(struct macros *macros, const char *name)
{
    const char *value = macros_find(macros, span_str(name));

    return value != NULL ? value : "(none)";
}

static void test_names(void)
{
    struct macros macros = {0};

    CHECK(macros_find(&macros, SPAN("i")) == NULL);
    TELL(&macros, 'M', "i\0one\0{j}\0two\0{auth_type}\0three\0empty\0\0");
    CHECK(strcmp(find(&macros, "i"), "one") == 0 && strcmp(find(&macros, "{i}"), "one") == 0);
    CHECK(strcmp(find(&macros, "j"), "two") == 0 && strcmp(find(&macros, "{j}"), "two") == 0);
    CHECK(strcmp(find(&macros, "{auth_type}"), "three") == 0 &&
          strcmp(find(&macros, "auth_type"), "(none)") == 0);
    CHECK(strcmp(find(&macros, "empty"), "") == 0 && strcmp(find(&macros, "{empty}"), "(none)") == 0);
    CHECK(strcmp(find(&macros, "one"), "(none)") == 0 && strcmp(find(&macros, "{}"), "(none)") == 0);
    TELL(&macros, 'M', "odd\0last\0name");
    CHECK(strcmp(find(&macros, "odd"), "last") == 0 && strcmp(find(&macros, "name"), "(none)") == 0);
    CHECK(strcmp(find(&macros, "i"), "(none)") == 0);
    CHECK(macros_tell(&macros, 'L', SPAN("i\0x")) != 0 && macros_tell(&macros, '\0', SPAN("i\0x")) != 0);
    CHECK(strcmp(find(&macros, "odd"), "last") == 0);
    macros_forget(&macros, MILTER_AT_CONNECT);
}

/* In the order of a session. */
static const char commands[] = "CHMRTNE";

static void test_stages(void)
{
    struct macros macros = {0};

    for (size_t i = 0; commands[i] != '\0'; i++) {
        char list[] = {'s', '\0', commands[i], '\0'};
        tell(&macros, commands[i], list, sizeof(list));
        CHECK(find(&macros, "s")[0] == commands[i]);
    }
    macros_forget(&macros, MILTER_AT_RCPT);
    CHECK(find(&macros, "s")[0] == 'M');
    macros_forget(&macros, MILTER_STAGES);
    CHECK(find(&macros, "s")[0] == 'M');
    macros_forget(&macros, MILTER_AT_MAIL);
    CHECK(find(&macros, "s")[0] == 'H');
    tell(&macros, 'H', "", 0);
    CHECK(find(&macros, "s")[0] == 'C');
    macros_forget(&macros, MILTER_AT_CONNECT);
    CHECK(macros_find(&macros, SPAN("s")) == NULL);
}

int main(void)
{
    test_names();
    test_stages();
    return test_end("libmilter_macros");
}
