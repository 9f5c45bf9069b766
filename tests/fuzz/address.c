/* Fuzzes smtp/address.c: what parses ends where it says, prints as a mailbox that parses and prints alike and
 * names the same one, and SMTPUTF8 only adds to what is allowed. */
#include "fuzz.h"
#include "smtp/address.h"

enum kind { REVERSE_PATH, FORWARD_PATH, MAILBOX, HELO, KINDS };

static struct address_limits limits;
static char printed[2][FUZZ_OCTETS_MAX];

static int parse(enum kind kind, struct span s, bool utf8, struct path *out)
{
    static int (*const parsers[])(struct span, const struct address_limits *, bool, struct path *) = {
        address_reverse_path, address_forward_path, address_mailbox};

    return kind == HELO ? address_helo(s, &limits, utf8) : parsers[kind](s, &limits, utf8, out);
}

/* The octets that a local part stands for. */
static struct span meaning(struct span local, char *octets)
{
    size_t n = 0;

    if (local.len == 0 || local.ptr[0] != '"')
        return local;
    for (size_t i = 1; i + 1 < local.len; i++)
        octets[n++] = local.ptr[local.ptr[i] == '\\' ? ++i : i];
    return span_of(octets, n);
}

static void check_print(enum kind kind, const struct path *path, bool utf8)
{
    static char meanings[2][FUZZ_OCTETS_MAX];
    struct text text = TEXT(printed[0]), again = TEXT(printed[1]);
    struct path second;
    int status;

    if (kind != MAILBOX)
        text_char(&text, '<');
    address_print(&text, path);
    if (kind != MAILBOX)
        text_char(&text, '>');
    for (size_t i = 0; i < text.len; i++)
        DEMAND((unsigned char)text.ptr[i] >= ' ' && text.ptr[i] != 0x7f);
    status = parse(kind, text_span(&text), utf8, &second);
    DEMAND(!text.cut && status == (kind == MAILBOX ? 0 : (int)text.len));
    address_print(&again, &second);
    DEMAND(span_eq(text_span(&again), span_of(text.ptr + (kind != MAILBOX), again.len)));
    DEMAND(second.null == path->null && second.postmaster == path->postmaster);
    DEMAND(span_eq(second.domain, path->domain));
    DEMAND(span_eq(meaning(second.local, meanings[0]), meaning(path->local, meanings[1])));
    DEMAND(path->postmaster || path->local.len <= limits.local_part);
    DEMAND(path->domain.len <= limits.domain);
}

/* RFC 3629 3, by arithmetic: the shortest form of a code point that is no surrogate. */
static bool utf8_model(struct span s)
{
    static const unsigned least[] = {0, 0x80, 0x800, 0x10000};

    for (size_t i = 0; i < s.len;) {
        unsigned c = (unsigned char)s.ptr[i++];
        unsigned more = c < 0x80 ? 0 : c < 0xc0 ? 9 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : c < 0xf8 ? 3 : 9;
        unsigned point = more == 0 ? c : c & (0x3fu >> more);

        if (more > 3 || s.len - i < more)
            return false;
        for (unsigned k = 0; k < more; k++, i++) {
            if (((unsigned char)s.ptr[i] & 0xc0) != 0x80)
                return false;
            point = point << 6 | ((unsigned char)s.ptr[i] & 0x3f);
        }
        if (point < least[more] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
            return false;
    }
    return true;
}

void fuzz_one(struct span in)
{
    static const struct address_limits choices[] = {{64, 255, 256}, {8000, 8000, 8000}, {4, 8, 16}};
    enum kind kind = (enum kind)fuzz_choice(&in, KINDS);
    struct span s, exact = {NULL, 0};
    struct path path = {0}, other = {0};
    int status, ascii;

    limits = choices[fuzz_choice(&in, 3)];
    s = fuzz_copy(in);
    status = parse(kind, s, true, &path);
    ascii = parse(kind, s, false, &other);
    DEMAND(address_utf8_valid(s) == utf8_model(s));
    DEMAND(!address_is_literal(s) || (s.ptr[0] == '[' && s.ptr[s.len - 1] == ']'));
    if (kind == HELO && s.len > 0 && s.ptr[0] == '[' && status != ADDRESS_DOMAIN_LONG)
        DEMAND(address_is_literal(s) == (status == 0));
    DEMAND(ascii == ADDRESS_NEEDS_UTF8 ? status >= 0 || status == ADDRESS_BAD_UTF8 : ascii == status);
    DEMAND(status >= ADDRESS_BAD_UTF8 && status <= (int)s.len && status != ADDRESS_NEEDS_UTF8);
    if (status >= 0 && kind != HELO) {
        exact = fuzz_copy(kind == MAILBOX ? s : span_first(s, (size_t)status));
        DEMAND(parse(kind, exact, true, &other) == status && utf8_model(exact));
        DEMAND(span_eq(other.local, path.local) && span_eq(other.domain, path.domain));
        check_print(kind, &path, path.utf8);
    }
    fuzz_free(exact);
    fuzz_free(s);
}
