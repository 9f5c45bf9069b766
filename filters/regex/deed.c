/* deed.c: checks what rules and thresholds do: actions, replies, fields to add. Doing it is left to act.c. */
#include <stdio.h>

#include "filters/regex/rules.h"

static int complain(struct filter_setup *setup, const char *path, const char *key, const char *text)
{
    char place[96];

    snprintf(place, sizeof place, "%s.%s", path, key);
    filter_complain(setup, place, "%s", text);
    return -1;
}

static bool printable(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 127)
            return false;
    return true;
}

/* Reply-code = %x32-35 %x30-35 %x30-39          RFC 5321 4.2
 * Returns the octets read. */
static size_t read_code(const char *text, unsigned *code)
{
    if (text[0] < '2' || text[0] > '5' || text[1] < '0' || text[1] > '5' || text[2] < '0' || text[2] > '9')
        return 0;
    *code = (unsigned)(text[0] - '0') * 100 + (unsigned)(text[1] - '0') * 10 + (unsigned)(text[2] - '0');
    return 3;
}

/* status-code = class "." subject "." detail
 * class = "2" / "4" / "5"
 * subject = 1*3digit
 * detail = 1*3digit                              RFC 3463 2
 * Returns the octets read; 0 when the text does not begin with one that ends it or a space follows. */
static size_t read_enhanced(const char *text)
{
    if (strchr("245", text[0]) == NULL || text[0] == '\0')
        return 0;
    size_t at = 1;
    for (int part = 0; part < 2; part++) {
        if (text[at] != '.')
            return 0;
        size_t digits = strspn(text + ++at, "0123456789");
        if (digits < 1 || digits > 3)
            return 0;
        at += digits;
    }
    return text[at] == ' ' || text[at] == '\0' ? at : 0;
}

/* Takes the codes off the head of the reply; what is wrong with it, or NULL. */
static const char *read_codes(struct deed *deed)
{
    bool reject = deed->action == ACTION_REJECT;
    const char *at = deed->reply;
    size_t len = read_code(at, &deed->code);

    if (len == 0 || at[len] != ' ')
        return "a reply is a code, a space and a text, e.g. \"550 5.7.1 Refused\"";
    if (deed->code / 100 != (reject ? 5 : 4))
        return reject ? "reject needs a 5xx code" : "tempfail needs a 4xx code";
    if (deed->code == 421)
        return "421 would say that the connection is closed";
    at += len + 1;
    len = read_enhanced(at);
    if (len > 0 && *at != *deed->reply)
        return "the enhanced code is of another class than the code";
    memcpy(deed->enhanced, at, len);
    at += len + (len > 0 && at[len] == ' ');
    if (*at == '\0' || strlen(at) > 400 || !printable(span_str(at)))
        return "the text is one line of at most 400 printable octets";
    return template_read(&deed->text, at);
}

static int check_reply(struct deed *deed, const char *path, struct filter_setup *setup)
{
    const char *wrong;

    if (deed->reply == NULL)
        return 0;
    if (deed->action != ACTION_REJECT && deed->action != ACTION_TEMPFAIL)
        return complain(setup, path, "reply", "only reject and tempfail have a reply");
    wrong = read_codes(deed);
    return wrong != NULL ? complain(setup, path, "reply", wrong) : 0;
}

static int check_header(struct deed *deed, const char *path, struct filter_setup *setup)
{
    bool tag = deed->action == ACTION_TAG;
    const char *colon, *value, *wrong;

    if (deed->header == NULL)
        return tag ? complain(setup, path, "action", "tag needs the key header") : 0;
    if (!tag)
        return complain(setup, path, "header", "only tag has a header");
    colon = strchr(deed->header, ':');
    deed->tag_name = span_of(deed->header, colon != NULL ? (size_t)(colon - deed->header) : 0);
    value = colon != NULL ? colon + 1 + strspn(colon + 1, " \t") : "";
    if (!scope_field_name(deed->tag_name))
        return complain(setup, path, "header",
                        "a header is a name, a colon and a value, e.g. \"X-Tag: invoice\"");
    if (*value == '\0' || strlen(value) > 900 || !printable(span_str(value)))
        return complain(setup, path, "header", "the value is one line of at most 900 printable octets");
    wrong = template_read(&deed->text, value);
    deed->text.text = span_trim(deed->text.text);
    return wrong != NULL ? complain(setup, path, "header", wrong) : 0;
}

int deed_check(struct deed *deed, const char *path, struct filter_setup *setup)
{
    int result = check_reply(deed, path, setup);

    return check_header(deed, path, setup) | result;
}
