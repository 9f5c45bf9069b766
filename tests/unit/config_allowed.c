/* What a key takes, in words, for every type. */
#include "config/allowed.h"

#include "test.h"

int main(void)
{
    static const char *const words[] = {"red", "blue", NULL};
    static const struct option inner[] = {{.key = "a"}, {.key = "b"}, {0}};
    static const struct {
        struct option option;
        const char *printed;
    } cases[] = {
        {{.type = OPTION_BOOL}, "true, false"},
        {{.type = OPTION_INT}, "a whole number, 0 or more"},
        {{.type = OPTION_INT, .min = -2}, "a whole number, -2 to 0"},
        {{.type = OPTION_INT, .min = 5}, "a whole number, 5 or more"},
        {{.type = OPTION_INT, .min = 1, .max = 9}, "a whole number, 1 to 9"},
        {{.type = OPTION_SIZE, .min = 512, .max = 1 << 20}, "a size such as 64KiB, 512 to 1MiB"},
        {{.type = OPTION_DURATION, .min = 1, .max = 3600000}, "a time such as 30s, 1ms to 1h"},
        {{.type = OPTION_STRING}, "text"},
        {{.type = OPTION_ENUM, .words = words}, "red, blue"},
        {{.type = OPTION_STRINGS}, "a list of texts, or file:PATH"},
        {{.type = OPTION_NETWORKS}, "a list of addresses and networks such as 192.0.2.0/24, or file:PATH"},
        {{.type = OPTION_WORDS, .words = words}, "a list of red, blue"},
        {{.type = OPTION_MAP, .row = inner}, "a map with a, b"},
        {{.type = OPTION_ROWS, .row = inner}, "a list of maps with a, b"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char bytes[128];
        struct text text = TEXT(bytes);
        allowed_print(&text, &cases[i].option);
        CHECK_SPAN(text_span(&text), span_str(cases[i].printed));
    }
    return test_end("config_allowed");
}
