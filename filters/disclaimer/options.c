/* options.c: the keys of a disclaimer filter in proxy.yaml, and what they come to. */
#include "filters/disclaimer/disclaimer.h"
#include "filters/disclaimer/wording.h"
#include "filters/names.h"
#include "filters/networks.h"

static const char *const positions[] = {"end", "start", NULL};
static const char *const unfits[] = {"convert", "skip", NULL};
static const char *const seals[] = {"skip", "refuse", NULL};

#define KEY(member) offsetof(struct disclaimer_config, member)
const struct option disclaimer_options[] = {
    {.key = "text",
     .type = OPTION_STRING,
     .offset = KEY(text),
     .required = true,
     .help = "What is put into text/plain parts, on lines of its own."},
    {.key = "html",
     .type = OPTION_STRING,
     .offset = KEY(html),
     .help = "A fragment of HTML for text/html parts; when absent it is made from `text`."},
    {.key = "position",
     .type = OPTION_ENUM,
     .offset = KEY(position),
     .fallback = "end",
     .words = positions,
     .help = "Where: behind the text, or before it; in HTML before </body>, or behind <body>."},
    {.key = "unfit",
     .type = OPTION_ENUM,
     .offset = KEY(unfit),
     .fallback = "convert",
     .words = unfits,
     .help = "What becomes of a part whose charset cannot say the text: it is made UTF-8, or left alone."},
    {.key = "sealed",
     .type = OPTION_ENUM,
     .offset = KEY(sealed),
     .fallback = "skip",
     .words = seals,
     .help = "What becomes of messages that are signed or encrypted (S/MIME, PGP): they are left alone, or "
             "refused."},
    {.key = "reply",
     .type = OPTION_STRING,
     .offset = KEY(reply),
     .fallback = "550 5.7.1 Signed and encrypted messages are not taken here",
     .help = "The reply of refuse."},
    {.key = "senders",
     .type = OPTION_STRINGS,
     .offset = KEY(senders),
     .help = "Reverse-paths whose messages get it: address, domain or @domain, .domain for all below it, <>, "
             "or *; all when absent."},
    {.key = "clients",
     .type = OPTION_NETWORKS,
     .offset = KEY(clients),
     .help = "Addresses and networks of clients whose messages get it; all when absent, unless "
             "`authenticated` is set."},
    {.key = "authenticated",
     .type = OPTION_BOOL,
     .offset = KEY(authenticated),
     .fallback = "false",
     .help = "Messages of clients that have authenticated get it, besides those of `clients`."},
    {.key = "marker",
     .type = OPTION_STRING,
     .offset = KEY(marker),
     .fallback = "X-Disclaimer",
     .help =
         "The header field that is added, and by which a message is known that has it already; empty: none."},
    {.key = NULL}};

static int check(const struct disclaimer_config *config, struct filter_setup *setup)
{
    struct span marker = span_str(config->marker);
    int error = 0;

    for (size_t i = 0; i < marker.len; i++)
        if (marker.ptr[i] <= ' ' || marker.ptr[i] > '~' || marker.ptr[i] == ':' || marker.len > 70) {
            filter_complain(setup, "marker", "no name of a header field");
            error = -1;
            break;
        }
    if (!wording_fits(config->plain) || !wording_fits(config->page)) {
        filter_complain(setup, wording_fits(config->plain) ? "html" : "text",
                        "a line is longer than %d octets; in HTML a character beyond ASCII takes up to 10",
                        WORDING_LINE);
        error = -1;
    }
    return error;
}

int disclaimer_open(void *opened, struct filter_setup *setup, unsigned *interests, unsigned *edits)
{
    struct disclaimer_config *config = opened;

    (void)interests;
    *edits |= FILTER_EDITS_MESSAGE | FILTER_EDITS_BODY | FILTER_SEES_EDITS;
    names_sort(&config->senders);
    networks_sort(&config->clients);
    config->plain = wording_plain(setup, config->text);
    config->page =
        wording_html(setup, config->html != NULL ? config->html : config->text, config->html == NULL);
    if (config->plain.ptr == NULL || config->page.ptr == NULL) {
        filter_complain(setup, "", "memory is short");
        return -1;
    }
    if (config->plain.len == 0) {
        filter_complain(setup, "text", "is empty");
        return -1;
    }
    return check(config, setup) | refusal_parse(&config->refusal, config->reply, setup, "reply");
}
