/* options.c: the keys of a disclaimer filter in proxy.yaml. */
#include "filters/disclaimer/disclaimer.h"

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
