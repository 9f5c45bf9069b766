/* html_tag.c: what the names of elements and attributes mean to a reader of text. */
#include "mail/html_private.h"

#define NAME(literal)                                                                                        \
    {                                                                                                        \
        (literal), sizeof(literal) - 1                                                                       \
    }

/* Elements that begin a line of their own, and so does what follows them. */
static const struct span blocks[] = {
    NAME("address"), NAME("article"), NAME("aside"),    NAME("blockquote"), NAME("body"),   NAME("br"),
    NAME("caption"), NAME("center"),  NAME("dd"),       NAME("details"),    NAME("dir"),    NAME("div"),
    NAME("dl"),      NAME("dt"),      NAME("fieldset"), NAME("figcaption"), NAME("figure"), NAME("footer"),
    NAME("form"),    NAME("h1"),      NAME("h2"),       NAME("h3"),         NAME("h4"),     NAME("h5"),
    NAME("h6"),      NAME("head"),    NAME("header"),   NAME("hr"),         NAME("html"),   NAME("legend"),
    NAME("li"),      NAME("main"),    NAME("menu"),     NAME("nav"),        NAME("ol"),     NAME("optgroup"),
    NAME("option"),  NAME("p"),       NAME("pre"),      NAME("section"),    NAME("select"), NAME("summary"),
    NAME("table"),   NAME("tbody"),   NAME("textarea"), NAME("tfoot"),      NAME("thead"),  NAME("title"),
    NAME("tr"),      NAME("ul"),
};

static const struct span cells[] = {NAME("td"), NAME("th"), NAME("button"), NAME("input")};

/* Elements whose content is no text, and holds no tag but the one that ends it. */
static const struct span hidden[] = {NAME("script"), NAME("style")};

static const struct {
    struct span name;
    enum html_show show;
} attributes[] = {
    {NAME("href"), HTML_URL},
    {NAME("src"), HTML_URL},
    {NAME("alt"), HTML_NOTE},
};

/* One more than the index of the name; 0: it is not listed. */
static uint8_t find(struct span name, const struct span *names, size_t count)
{
    for (size_t i = 0; name.len != 0 && i < count; i++)
        if (name.ptr[0] == names[i].ptr[0] && span_eq(name, names[i]))
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
        if (span_eq(name, attributes[i].name))
            return attributes[i].show;
    return HTML_NOT_SHOWN;
}

struct span html_hidden(const struct html *html)
{
    return hidden[html->hidden - 1];
}
