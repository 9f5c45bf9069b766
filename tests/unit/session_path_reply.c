/* session_path_reply.c: tests of session/path_reply: every error has its reply, codes fit; paths are split.
 */
#include "session/path_reply.h"

#include "session_fixture.h"
#include "smtp/params.h"

static void test_codes(void)
{
    for (int error = ADDRESS_BAD_UTF8; error <= ADDRESS_SYNTAX; error++)
        for (int reverse = 0; reverse < 2; reverse++) {
            const struct reply *reply = path_reply(error, reverse != 0);
            CHECK(reply->code == (error == ADDRESS_SYNTAX ? 501u : 553u));
            CHECK(reply_enhanced_valid(span_str(reply->enhanced), reply->code));
            CHECK(reply->text[0] != '\0');
        }
    CHECK(strcmp(path_reply(ADDRESS_SYNTAX, true)->enhanced, "5.1.7") == 0);
    CHECK(strcmp(path_reply(ADDRESS_SYNTAX, false)->enhanced, "5.1.3") == 0);
    CHECK(strcmp(path_reply(ADDRESS_NEEDS_UTF8, false)->enhanced, "5.6.7") == 0);
    for (int error = PARAMS_TOO_MANY; error <= PARAMS_SYNTAX; error++) {
        const struct reply *reply = path_params_reply(error);
        CHECK(reply->code == (error == PARAMS_UNKNOWN ? 555u : 501u));
        CHECK(strcmp(reply->enhanced, "5.5.4") == 0);
    }
}

static void test_question(void)
{
    struct filter_path path;

    path_question(SPAN("\"a@b\"@example.org"), SPAN("SIZE=1"), &path);
    CHECK_SPAN(path.local, SPAN("\"a@b\""));
    CHECK_SPAN(path.domain, SPAN("example.org"));
    CHECK_SPAN(path.parameters, SPAN("SIZE=1"));
    path_question(SPAN("Postmaster"), span_of(NULL, 0), &path);
    CHECK_SPAN(path.local, SPAN("Postmaster"));
    CHECK(path.domain.len == 0);
    path_question(span_of("", 0), span_of(NULL, 0), &path);
    CHECK(path.address.ptr != NULL && path.address.len == 0 && path.local.len == 0 && path.domain.len == 0);
}

int main(void)
{
    test_codes();
    test_question();
    return test_end("session_path_reply");
}
