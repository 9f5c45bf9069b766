/* Which word was meant, and when none was. */
#include "config/choices.h"

#include "test.h"

int main(void)
{
    static const struct {
        const char *given, *meant; /* NULL: no guess */
    } cases[] = {
        {"listners", "listeners"},
        {"listeners ", "listeners"},
        {"Listeners", "listeners"},
        {"lsiteners", "listeners"},
        {"lsitenres", "listeners"},
        {"lstnrs", NULL},
        {"timeout", "timeouts"},
        {"fitlers", "filters"},
        {"to", "to"},
        {"ot", "to"},
        {"xy", NULL},
        {"", NULL},
        {"a-word-that-is-much-too-long-to-be-anything-like-the-others", NULL},
    };
    struct choices choices;
    char expected[256];

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        choices_begin(&choices, span_str(cases[i].given));
        choices_offer(&choices, "listeners");
        choices_offer(&choices, "timeouts");
        choices_offer(&choices, "filters");
        choices_offer(&choices, "to");
        (void)snprintf(expected, sizeof(expected), "allowed: listeners, timeouts, filters, to%s%s%s",
                       cases[i].meant != NULL ? "; did you mean \"" : "",
                       cases[i].meant != NULL ? cases[i].meant : "", cases[i].meant != NULL ? "\"?" : "");
        CHECK_SPAN(span_str(choices_end(&choices)), span_str(expected));
    }

    /* A list too long to print still leaves room for the guess. */
    choices_begin(&choices, SPAN("lisp"));
    for (int i = 0; i < 100; i++)
        choices_offer(&choices, "a-rather-long-word");
    choices_offer(&choices, "list");
    CHECK(strstr(choices_end(&choices), "; did you mean \"list\"?") != NULL);
    return test_end("config_choices");
}
