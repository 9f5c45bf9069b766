/* refusal.c: reads a refusal once and gives it often; whether its codes fit each other is left to the chain.
 */
#include "filters/refusal.h"

#include <ctype.h>

/* Reply-code of RFC 5321 4.2, of class 4 or 5; 0 when there is none. */
static unsigned read_code(const char *s)
{
    unsigned code = 0;

    for (size_t i = 0; i < 3; i++) {
        if (!isdigit((unsigned char)s[i]))
            return 0;
        code = code * 10 + (unsigned)(s[i] - '0');
    }
    return code >= 400 && code <= 599 && code != 421 && (s[3] == ' ' || s[3] == '\0') ? code : 0;
}

/* The length of status-code at the start of s, 0 when there is none.
 * status-code = class "." subject "." detail ; subject, detail = 1*3digit ; RFC 3463 2 */
static size_t enhanced_len(const char *s)
{
    size_t at = 1;

    if (s[0] != '4' && s[0] != '5')
        return 0;
    for (unsigned part = 0; part < 2; part++) {
        size_t digits;
        if (s[at++] != '.')
            return 0;
        for (digits = 0; digits < 3 && isdigit((unsigned char)s[at]); digits++)
            at++;
        if (digits == 0)
            return 0;
    }
    return s[at] == ' ' || s[at] == '\0' ? at : 0;
}

int refusal_parse(struct refusal *out, const char *written, struct filter_setup *setup, const char *path)
{
    size_t len;

    *out = (struct refusal){.code = read_code(written)};
    if (out->code == 0) {
        filter_complain(setup, path,
                        "\"%s\" is no refusal; it begins with a code 400 to 599 except 421, then an enhanced "
                        "code if you like, then text: \"550 5.7.1 Not here\"",
                        written);
        return -1;
    }
    written += 3;
    written += strspn(written, " ");
    len = enhanced_len(written);
    memcpy(out->enhanced, written, len);
    written += len;
    out->text = written + strspn(written, " ");
    return 0;
}

enum verdict refusal_give(struct filter_ctx *ctx, const struct refusal *refusal)
{
    const char *enhanced = refusal->enhanced[0] != '\0' ? refusal->enhanced : NULL;

    filter_set_reply(ctx, refusal->code, enhanced, "%s", refusal->text);
    return refusal->code < 500 ? VERDICT_TEMPFAIL : VERDICT_REJECT;
}

enum verdict refusal_give_about(struct filter_ctx *ctx, const struct refusal *refusal, struct span what)
{
    const char *enhanced = refusal->enhanced[0] != '\0' ? refusal->enhanced : NULL;
    const char *place = strstr(refusal->text, "%s");

    if (place == NULL)
        return refusal_give(ctx, refusal);
    filter_set_reply(ctx, refusal->code, enhanced, "%.*s%.*s%s", (int)(place - refusal->text), refusal->text,
                     (int)what.len, what.ptr, place + 2);
    return refusal->code < 500 ? VERDICT_TEMPFAIL : VERDICT_REJECT;
}
