/* literal_atom.c: reads one character, class or escape of a regular expression. What they make together is
 * literal.c's. */
#include "filters/regex/literal_private.h"

enum atom literal_lose(struct reader *reader)
{
    reader->lost = true;
    return ATOM_NOTHING;
}

static enum atom set_of(struct shape *shape, unsigned min, unsigned max)
{
    *shape = (struct shape){.min = min, .max = max};
    return ATOM_SET;
}

enum atom literal_any(const struct reader *reader, struct shape *shape)
{
    return set_of(shape, 1, reader->utf ? 4 : 1);
}

/* A character as itself, unless others are equal to it: beyond ASCII cases may differ in length, "k" and "s"
 * are also U+212A and U+017F, and U+001A is what octets that are no characters are seen as. */
static enum atom itself(struct reader *reader, struct shape *shape, struct span character)
{
    unsigned char first = (unsigned char)character.ptr[0];

    if (reader->utf && (first == 0x1A || (reader->caseless && (first >= 0x80 || strchr("kKsS", first)))))
        return literal_any(reader, shape);
    memcpy(reader->character, character.ptr, character.len);
    reader->character_len = character.len;
    *shape = (struct shape){.min = (unsigned)character.len, .max = (unsigned)character.len};
    return ATOM_CHARACTER;
}

static enum atom one_octet(struct reader *reader, struct shape *shape, unsigned octet)
{
    char c = (char)octet;

    return octet < 0x80 || !reader->utf ? itself(reader, shape, span_of(&c, 1)) : literal_any(reader, shape);
}

enum atom literal_plain(struct reader *reader, struct shape *shape)
{
    size_t len = 1;

    if (reader->utf && (unsigned char)*reader->at >= 0xC0)
        while (len < 4 && ((unsigned char)reader->at[len] & 0xC0) == 0x80)
            len++;
    reader->at += len;
    return itself(reader, shape, span_of(reader->at - len, len));
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = span_lower_byte(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \xhh, \x{h...} */
static enum atom hexadecimal(struct reader *reader, struct shape *shape)
{
    bool braces = *reader->at == '{';
    unsigned value = 0;
    int digit;

    reader->at += braces;
    for (unsigned n = 0; (braces ? n < 8 : n < 2) && (digit = hex_digit(*reader->at)) >= 0; n++) {
        value = value << 4 | (unsigned)digit;
        reader->at++;
    }
    if (braces && *reader->at++ != '}')
        return literal_lose(reader);
    return value < 0x100 ? one_octet(reader, shape, value) : literal_any(reader, shape);
}

/* \p{...}, \pL */
static enum atom property(struct reader *reader, struct shape *shape)
{
    if (*reader->at == '{') {
        reader->at = strchr(reader->at, '}');
        if (reader->at == NULL)
            reader->at = "";
    }
    if (*reader->at == '\0')
        return literal_lose(reader);
    reader->at++;
    return literal_any(reader, shape);
}

/* A back reference; it may be to nothing. */
static enum atom reference(struct reader *reader, struct shape *shape)
{
    reader->at += strspn(reader->at, "0123456789");
    return set_of(shape, 0, LITERAL_WIDTH_MAX);
}

/* Behind a backslash. */
enum atom literal_escape(struct reader *reader, struct shape *shape)
{
    static const char names[] = "aefnrt", octets[] = "\a\x1B\f\n\r\t";
    char c = *reader->at;
    const char *name = c != '\0' ? strchr(names, c) : NULL;

    if (c == '\0')
        return literal_lose(reader);
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
        return literal_plain(reader, shape);
    reader->at++;
    if (name != NULL)
        return one_octet(reader, shape, (unsigned char)octets[name - names]);
    if (strchr("bBAzZK", c) != NULL)
        return ATOM_NOTHING;
    if (strchr("dDwWsShHvV", c) != NULL)
        return literal_any(reader, shape);
    if (c == 'R')
        return set_of(shape, 1, 3);
    if (c == 'X')
        return set_of(shape, 1, LITERAL_WIDTH_MAX);
    if (c == 'x')
        return hexadecimal(reader, shape);
    if (c == 'p' || c == 'P')
        return property(reader, shape);
    if (c == 'N' && *reader->at != '{')
        return literal_any(reader, shape);
    return c >= '1' && c <= '9' ? reference(reader, shape) : literal_lose(reader);
}

/* A class; one that holds a single character is that character. */
enum atom literal_class(struct reader *reader, struct shape *shape)
{
    const char *begin = reader->at += *reader->at == '^';

    if (begin[0] != '\0' && strchr("\\[]^", begin[0]) == NULL && begin[1] == ']' && begin[-1] != '^' &&
        (unsigned char)begin[0] < 0x80) {
        reader->at += 2;
        return itself(reader, shape, span_of(begin, 1));
    }
    while (*reader->at != '\0' && (*reader->at != ']' || reader->at == begin)) {
        const char *end =
            reader->at[0] == '[' && strchr(":.=", reader->at[1] != '\0' ? reader->at[1] : '[') != NULL
                ? strchr(reader->at + 2, ']')
                : NULL;
        if (end != NULL && end - reader->at > 2 && end[-1] == reader->at[1])
            reader->at = end + 1;
        else if (*reader->at == '\\' && strchr("QE", reader->at[1]) != NULL) /* NUL included */
            return literal_lose(reader);
        else
            reader->at += *reader->at == '\\' ? 2 : 1;
    }
    if (*reader->at == '\0')
        return literal_lose(reader);
    reader->at++;
    return literal_any(reader, shape);
}
