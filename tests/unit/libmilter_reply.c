/* Tests filters/libmilter/reply.c: which replies are taken, and what is made of them. */
#include "libmilter_lab.h"

#define END ((char *)NULL) /* of lines */

static char text_980[981], text_981[982];

static const struct {
    const char *code, *enhanced, *text, *reply; /* reply NULL: refused */
} replies[] = {
    {"550", "5.7.1", "no", "550 5.7.1 no"},
    {"421", "4.7.0", "bye", "421 4.7.0 bye"},
    {"450", NULL, "later", "450 later"},
    {"550", "5.7.1", NULL, "550 5.7.1"},
    {"550", NULL, NULL, "550 "},
    {"599", "5.999.999", "", "599 5.999.999 "},
    {"550", "5.7.1", "100%% sure", "550 5.7.1 100%% sure"},
    {"550", "2.0.0", "other class", "550 2.0.0 other class"},
    {"350", "5.7.1", "no", NULL},
    {"650", NULL, "no", NULL},
    {"250", NULL, "no", NULL},
    {"55", NULL, "no", NULL},
    {"5500", NULL, "no", NULL},
    {"5x0", NULL, "no", NULL},
    {"55 ", NULL, "no", NULL},
    {"", NULL, "no", NULL},
    {NULL, NULL, "no", NULL},
    {"550", "", "no", NULL},
    {"550", "5", "no", NULL},
    {"550", "5.", "no", NULL},
    {"550", "5.7", "no", NULL},
    {"550", "5.7.", "no", NULL},
    {"550", "5..1", "no", NULL},
    {"550", "5.7.1234", "no", NULL},
    {"550", "5.1234.1", "no", NULL},
    {"550", "5.7.1 ", "no", NULL},
    {"550", "3.7.1", "no", NULL},
    {"550", "5.7.1", "two\nlines", NULL},
    {"550", "5.7.1", "two\rlines", NULL},
    {"550", "5.7.1", text_981, NULL},
};

static char *plain(const char *s)
{
    return (char *)(uintptr_t)s;
}

static void test_one_line(void)
{
    SMFICTX *ctx = lab_new(&lab_all);

    for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
        int result;
        CHECK(smfi_setreply(ctx, plain("451"), NULL, plain("before")) == MI_SUCCESS);
        result =
            smfi_setreply(ctx, plain(replies[i].code), plain(replies[i].enhanced), plain(replies[i].text));
        CHECK(result == (replies[i].reply != NULL ? MI_SUCCESS : MI_FAILURE));
        CHECK(strcmp(ctx->reply, replies[i].reply != NULL ? replies[i].reply : "451 before") == 0);
    }
    CHECK(smfi_setreply(ctx, plain("550"), NULL, text_980) == MI_SUCCESS);
    context_free(ctx);
}

static int thirty(SMFICTX *ctx, const char *a, const char *b, const char *c)
{
    return smfi_setmlreply(ctx, "550", "5.7.1", "l", "l", "l", "l", "l", "l", "l", "l", "l", "l", "l", "l",
                           "l", "l", "l", "l", "l", "l", "l", "l", "l", "l", "l", "l", "l", "l", "l", "l",
                           "l", "l", a, b, c, END);
}

static void test_lines(void)
{
    SMFICTX *ctx = lab_new(&lab_all);

    CHECK(smfi_setmlreply(ctx, "550", "5.7.1", "one", END) == MI_SUCCESS);
    CHECK(strcmp(ctx->reply, "550 5.7.1 one") == 0);
    CHECK(smfi_setmlreply(ctx, "450", NULL, "one", "two", "", END) == MI_SUCCESS);
    CHECK(strcmp(ctx->reply, "450-4.0.0 one\r\n450-4.0.0 two\r\n450 4.0.0 ") == 0);
    CHECK(smfi_setmlreply(ctx, "550", NULL, END) == MI_SUCCESS);
    CHECK(strcmp(ctx->reply, "550 5.0.0") == 0);
    CHECK(thirty(ctx, "31", "32", NULL) == MI_SUCCESS);
    CHECK(strlen(ctx->reply) == 30 * 13 + 2 * 14 - 2);
    CHECK(thirty(ctx, "31", "32", "33") == MI_FAILURE);
    CHECK(smfi_setmlreply(ctx, "550", "5.7.1", "one", text_981, END) == MI_FAILURE);
    CHECK(smfi_setmlreply(ctx, "550", "5.7.1", "one", "t\nwo", END) == MI_FAILURE);
    CHECK(smfi_setmlreply(ctx, "550", "5.7", "one", END) == MI_FAILURE);
    CHECK(smfi_setmlreply(ctx, "250", NULL, "one", END) == MI_FAILURE);
    CHECK(smfi_setmlreply(ctx, NULL, NULL, "one", END) == MI_FAILURE);
    CHECK(strlen(ctx->reply) == 30 * 13 + 2 * 14 - 2);
    context_free(ctx);
}

int main(void)
{
    memset(text_980, 'x', 980);
    memset(text_981, 'x', 981);
    test_one_line();
    test_lines();
    return test_end("libmilter_reply");
}
