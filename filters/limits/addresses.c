/* addresses.c: walks an address-list once. */
#include "filters/limits/addresses.h"

/* What the walk is inside of. */
struct inside {
    bool quotes, angle, literal;
    size_t comments;
};

/* An octet that quotes, comments, angle brackets or a domain literal keep from being a separator. */
static bool hidden(struct inside *in, char c)
{
    if (in->quotes) {
        in->quotes = c != '"';
        return true;
    }
    if (c == '(' || in->comments != 0) {
        in->comments += c == '(';
        in->comments -= c == ')';
        return true;
    }
    if (c == '"')
        in->quotes = true;
    else if (c == '<' || c == '>')
        in->angle = c == '<';
    else if (c == '[' || c == ']')
        in->literal = c == '[';
    return in->quotes || in->angle || in->literal;
}

/* address-list = (address *("," address)) ; group = display-name ":" [group-list] ";" [CFWS] */
size_t addresses_count(struct span value)
{
    struct inside in = {false, false, false, 0};
    bool something = false; /* since the last separator */
    size_t count = 0;

    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        bool comment = in.comments != 0 || (c == '(' && !in.quotes);
        bool escaped = c == '\\' && (in.quotes || comment);
        i += escaped && i + 1 < value.len;
        if (escaped || hidden(&in, c)) {
            something = something || !comment;
        } else if (c == ',' || c == ';') {
            count += something;
            something = false;
        } else if (c == ':') {
            something = false; /* the name of a group is no address */
        } else if (strchr(" \t\r\n)", c) == NULL) {
            something = true;
        }
    }
    return count + something;
}
