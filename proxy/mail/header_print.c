/* header_print.c: a field on lines of lengths that RFC 5322 allows, with nothing in it that would end it. */
#include "mail/header_print.h"

#include "base/text.h"

#define LINE_WANTED 78  /* octets without CRLF, RFC 5322 2.1.1 */
#define LINE_MAX    998 /* likewise */

/* A field being printed. */
struct printer {
    struct text text;
    size_t line; /* where the line under way begins */
};

/* ftext = %d33-57 / %d59-126 ; RFC 5322 3.6.8 */
bool header_name_valid(struct span name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] < 33 || name.ptr[i] > 126 || name.ptr[i] == ':')
            return false;
    return name.len != 0 && name.len < LINE_WANTED;
}

size_t header_print_size(struct span name, struct span value)
{
    /* Two lines in a row hold more than LINE_WANTED octets: what folding adds stays below a sixteenth. */
    return name.len + value.len + value.len / 16 + 16;
}

/* An octet of a value as it may stand in the message: control characters would end or hide the field. */
static char harmless(char c)
{
    if (((unsigned char)c < 0x20 && c != '\t') || c == 0x7f)
        return ' ';
    return c;
}

static bool is_space(char c)
{
    return harmless(c) == ' ' || c == '\t';
}

/* The length of the spaces, or of the word, that s begins with. */
static size_t run_len(struct span s, bool spaces)
{
    size_t len = 0;

    while (len < s.len && is_space(s.ptr[len]) == spaces)
        len++;
    return len;
}

/* The offset of the last CRLF in a run of spaces that more of them follow; the run's length when there is
 * none. */
static size_t fold_at(struct span spaces)
{
    for (size_t at = spaces.len; at-- > 2;)
        if (spaces.ptr[at - 2] == '\r' && spaces.ptr[at - 1] == '\n' &&
            (spaces.ptr[at] == ' ' || spaces.ptr[at] == '\t'))
            return at - 2;
    return spaces.len;
}

static void print_harmless(struct printer *printer, struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        text_char(&printer->text, harmless(s.ptr[i]));
}

static void print_break(struct printer *printer)
{
    text_add(&printer->text, SPAN("\r\n"));
    printer->line = printer->text.len;
}

/* FWS = ([*WSP CRLF] 1*WSP) ; RFC 5322 3.2.2
 * Prints what stands in front of a word of `len` octets that is not the first. */
static void print_spaces(struct printer *printer, struct span spaces, size_t len)
{
    size_t fold = fold_at(spaces);

    if (fold < spaces.len) { /* what ends a line is not seen */
        spaces = span_skip(spaces, fold + 2);
        print_break(printer);
    } else if (printer->text.len - printer->line + spaces.len + len > LINE_WANTED) {
        print_break(printer);
    }
    print_harmless(printer, spaces);
}

size_t header_print(struct span name, struct span value, char *out, size_t size)
{
    struct printer printer = {.text = {out, 0, size, false}};

    if (!header_name_valid(name))
        return 0;
    text_add(&printer.text, name);
    text_add(&printer.text, SPAN(":"));
    for (bool first = true;; first = false) {
        struct span spaces = span_first(value, run_len(value, true));
        size_t len = run_len(span_skip(value, spaces.len), false);
        if (len == 0)
            break;
        if ((first ? name.len + 2 : spaces.len) + len > LINE_MAX)
            return 0;
        if (first)
            text_char(&printer.text, ' ');
        else
            print_spaces(&printer, spaces, len);
        text_add(&printer.text, span_of(value.ptr + spaces.len, len));
        value = span_skip(value, spaces.len + len);
    }
    text_add(&printer.text, SPAN("\r\n"));
    return printer.text.cut ? 0 : printer.text.len;
}

/* True at a CRLF that more of the field follows. */
static bool is_fold(struct span s, size_t at)
{
    return at + 2 < s.len && s.ptr[at] == '\r' && s.ptr[at + 1] == '\n' &&
           (s.ptr[at + 2] == ' ' || s.ptr[at + 2] == '\t');
}

/* True when all of a line is white space: it could be taken for the end of the header section. */
static bool is_blank(struct span line)
{
    return run_len(line, true) == line.len;
}

size_t header_print_exact(struct span name, struct span value, char *out, size_t size)
{
    struct text text = {out, 0, size, false};
    size_t line = 0;

    if (!header_name_valid(name))
        return 0;
    text_add(&text, name);
    text_char(&text, ':');
    for (size_t at = 0; at < value.len; at++) {
        if (!is_fold(value, at)) {
            text_char(&text, harmless(value.ptr[at]));
        } else if (!is_blank(span_of(out + line, text.len - line))) {
            text_add(&text, SPAN("\r\n"));
            line = text.len;
            at++;
        }
        if (text.cut || text.len - line > LINE_MAX)
            return header_print(name, value, out, size);
    }
    if (line != 0 && is_blank(span_of(out + line, text.len - line)))
        text.len = line - 2;
    text_add(&text, SPAN("\r\n"));
    return text.cut ? header_print(name, value, out, size) : text.len;
}
