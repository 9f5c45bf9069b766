/* mail_html.c: tests of the text of HTML: the same however the input is cut, and however little room there
 * is.
 */
#include "mail/html.h"

#include "mail/html_entity.h"
#include "mail_pieces.h"

static const struct {
    const char *in, *out;
} cases[] = {
    {"", ""},
    {"plain", "plain"},
    {"  a \r\n\t b\f ", "a b"},
    /* elements */
    {"v<b>ia</b>gra", "viagra"},
    {"v<B class='x'>ia</B >gra", "viagra"},
    {"a<br>b<br/>c<BR />d", "a\nb\nc\nd"},
    {"<p>a</p>\n<p>b</p>", "a\nb"},
    {"<p></p><p> </p>a <p> b", "a\nb"},
    {"<ul><li>a<li>b</ul>c", "a\nb\nc"},
    {"<table><tr><td>a</td><td>b</td></tr><tr><td>c</table>", "a b\nc"},
    {"<html><head><title>t</title></head><body>b", "t\nb"},
    {"<unknown-element-with-a-long-name>a</unknown>b", "ab"},
    {"<h1>a</h1>b<h2x>c", "a\nbc"},
    {"a<pre>b\nc</pre>", "a\nb c"},
    /* what is not shown */
    {"a<!-- b --c> <p> -->d", "ad"},
    {"a<!-->b<!--->c<!---->d", "abcd"},
    {"a<!--b--!>c<!--d-!>e-->f", "acf"},
    {"a<!--b", "a"},
    {"<!DOCTYPE html>a<?xml b?>c</ d>e</>f", "acef"},
    {"a<![CDATA[b]]>c<!-b>d", "acd"},
    {"a<script>b < c </scrip </scripts> </SCRIPT >d", "ad"},
    {"a<script src=\"http://x/\">b</script>c", "<http://x/> ac"},
    {"a<style type=x>b<</style/>c", "ac"},
    {"a<script>b", "a"},
    {"a<script>b<</script>c", "ac"},
    {"a</script>b", "ab"},
    /* entities */
    {"&lt;&amp;&gt;&quot;&apos;", "<&>\"'"},
    {"&eacute;&Eacute;&euro;&hearts;&thetasym;", "\xc3\xa9\xc3\x89\xe2\x82\xac\xe2\x99\xa5\xcf\x91"},
    {"&#118;&#x69;&#X61;&#00000000000000000103;ra", "viagra"},
    {"&#118&#x69&eacute&lt x", "vi\xc3\xa9< x"},
    {"&#128;&#x99;&#0;&#xd800;&#x110000;&#99999999999999;",
     "\xe2\x82\xac\xe2\x84\xa2\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"&#xd7ff;&#xd800;&#xdfff;&#xe000;&#x10ffff;",
     "\xed\x9f\xbf\xef\xbf\xbd\xef\xbf\xbd\xee\x80\x80\xf4\x8f\xbf\xbf"},
    {"&#x1f4a9;&#x7ff;&#x800;", "\xf0\x9f\x92\xa9\xdf\xbf\xe0\xa0\x80"},
    {"&no; &nosuchentity; &nosuchentit& &; & && &# &#; &#x; &#xg; &1;",
     "&no; &nosuchentity; &nosuchentit& &; & && &# &#; &#x; &#xg; &1;"},
    {"a&nbsp;&#160;\xc2\xa0&Tab;b", "a b"},
    {"a&period;b&commat;c&sol;", "a.b@c/"},
    {"&LT;&AMP;", "<&"},
    {"&amp", "&"},
    {"&am", "&am"},
    {"&", "&"},
    {"&#", "&#"},
    {"&#x", "&#x"},
    {"&#65", "A"},
    /* no width */
    {"v&shy;i\xc2\xad"
     "a&#8203;g\xe2\x80\x8br&#x200d;a\xef\xbb\xbf&#xfeff;",
     "viagra"},
    {"\xe2\x80\x93\xc2\xa9\xe2\x81\xa1", "\xe2\x80\x93\xc2\xa9\xe2\x81\xa1"},
    /* attributes */
    {"see <a href=\"http://x/\">this</a>.", "see <http://x/> this."},
    {"v<a href='http://x/?a=1&amp;b'>ia</a>gra", "<http://x/?a=1&b> viagra"},
    {"a <img src=x.png alt='a \"b\"\n c'> d", "a <x.png> <a \"b\"  c> d"},
    {"<a class=b href = x  target=y>z", "<x> z"},
    {"<a href=x>z</a href=y>", "<x> z"},
    {"<a href=a/b/>z", "<a/b/> z"},
    {"<a href=\"ja\n va\tscript:x\">z", "<ja vascript:x> z"},
    {"<a href=x&copy=1&lt;>z", "<x&copy=1<> z"},
    {"<a href=\"&#104;ttp&colon;//x\">z", "<http://x> z"},
    {"<a href=''>z<a href>y<a href=>x", "zyx"},
    {"<a title=x name='href' hrefs=y>z", "z"},
    {"<p><a href=x>a</a></p><p><a href=y>b", "<x> a\n<y> b"},
    {"a<br><a href=x>b", "a\n<x> b"},
    {"a<br>b<a href=x>c", "a\n<x> bc"},
    {"<a/href=x>z", "<x> z"},
    {"<a title='>'href=x>z", "<x> z"},
    /* broken */
    {"a < b > c", "a < b > c"},
    {"a <1> <", "a <1> <"},
    {"a<b", "a"},
    {"a</b", "a"},
    {"a</", "a"},
    {"a<!", "a"},
    {"a<b c", "a"},
    {"a<b href=\"x", "<x> a"},
    {"a<b href=\"x&am", "<x&am> a"},
    {"a<b href=&#65", "<A> a"},
    {"a<b <i>c", "ac"},
    {"a<b =x>c", "ac"},
    {"a<b a='x'b=\"y\">c", "ac"},
    /* words longer than are kept */
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaa b",
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaa b"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xe2\x80\x8b\xe2\x82\xac\xe2\x80\x8b\xe2\x82\xac\xe2\x82\xac&"
     "shy;b",
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
     "b"},
    {"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"
     "\x80\x80"
     "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"
     "\x80\x80",
     "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"
     "\x80\x80"
     "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"
     "\x80\x80"},
    {"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb&nosuchen",
     "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb&nosuchen"},
};

static struct html html;

static void begin(struct pieces *pieces)
{
    (void)pieces;
    html = (struct html){0};
}

static size_t feed(void *state, struct span in, char *out, size_t room, size_t *made)
{
    return html_feed(state, in, out, room, made);
}

static size_t finish(void *state, char *out)
{
    return html_finish(state, out);
}

static void end(struct pieces *pieces)
{
    (void)pieces;
}

static void test_cases(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pieces pieces = {.state = &html,
                                .begin = begin,
                                .feed = feed,
                                .finish = finish,
                                .end = end,
                                .expected = span_str(cases[i].out)};
        pieces_run(&pieces, span_str(cases[i].in), HTML_ROOM_MIN);
    }
}

static void test_entities(void)
{
    static const struct {
        const char *name;
        uint32_t code;
    } some[] = {{"AElig", 0xc6}, {"Tab", 9},     {"zwnj", 0x200c},    {"zeta", 0x3b6},  {"zwn", 0},
                {"zwnjj", 0},    {"", 0},        {"thetasym", 0x3d1}, {"thetasyms", 0}, {"amp", '&'},
                {"lt", '<'},     {"l", 0},       {"sup1", 0xb9},      {"frac12", 0xbd}, {"there4", 0x2234},
                {"yuml", 0xff},  {"Yuml", 0x178}};

    for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
        CHECK(html_entity(span_str(some[i].name)) == some[i].code);
}

int main(void)
{
    test_cases();
    test_entities();
    return test_end("mail_html");
}
