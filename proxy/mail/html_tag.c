/* html_tag.c: what the names of elements and attributes mean to a reader of text. */
#include "mail/html_private.h"

/* Elements that begin a line of their own, and so does what follows them. */
static const char *const blocks[] = {
    "address", "article", "aside",  "blockquote", "body",   "br",       "caption",    "center", "dd",
    "details", "dir",     "div",    "dl",         "dt",     "fieldset", "figcaption", "figure", "footer",
    "form",    "h1",      "h2",     "h3",         "h4",     "h5",       "h6",         "head",   "header",
    "hr",      "html",    "legend", "li",         "main",   "menu",     "nav",        "ol",     "optgroup",
    "option",  "p",       "pre",    "section",    "select", "summary",  "table",      "tbody",  "textarea",
    "tfoot",   "thead",   "title",  "tr",         "ul",
};

static const char *const cells[] = {"td", "th", "button", "input"};

/* Elements whose content is no text, and holds no tag but the one that ends it. */
static const char *const hidden[] = {"script", "style"};

static const struct {
    const char *name;
    enum html_show show;
} attributes[] = {
    {"href", HTML_URL},
    {"src", HTML_URL},
    {"alt", HTML_NOTE},
};

/* One more than the index of the name; 0: it is not listed. */
static uint8_t find(struct span name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (span_eq(name, span_str(names[i])))
            return (uint8_t)(i + 1);
    return 0;
}

#define FIND(name, names) find(name, names, sizeof(names) / sizeof((names)[0]))

bool html_tag_end(struct html *html, struct output *out)
{
    struct span name = span_of(html->tag, html->tag_len);

    if (FIND(name, blocks) != 0)
        html_end_word(html, '\n', out);
    else if (FIND(name, cells) != 0)
        html_end_word(html, ' ', out);
    html->hidden = html->closing ? 0 : FIND(name, hidden);
    return html->hidden != 0;
}

enum html_show html_attribute(const struct html *html)
{
    struct span name = span_of(html->kept, html->kept_len);

    for (size_t i = 0; !html->closing && i < sizeof(attributes) / sizeof(attributes[0]); i++)
        if (span_eq(name, span_str(attributes[i].name)))
            return attributes[i].show;
    return HTML_NOT_SHOWN;
}

struct span html_hidden(const struct html *html)
{
    return span_str(hidden[html->hidden - 1]);
}
