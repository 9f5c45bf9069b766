/* options_private.h: the keys that a milter has wherever it is. Private to the options. */
#ifndef FILTERS_MILTER_OPTIONS_PRIVATE_H
#define FILTERS_MILTER_OPTIONS_PRIVATE_H

#include "filters/milter/config.h"
#include "filters/milter/options.h"

extern const char *const milter_edits_words[], *const milter_envelope_words[],
                                                   *const milter_authenticated_words[];

/* Opens what the keys below say, and `addresses`, whose form has been seen to. 0, or -1 after a complaint. */
int milter_open_common(struct milter_config *config, struct filter_setup *setup, unsigned *edits);

#define AT(member) .offset = offsetof(struct milter_config, member)
#define TIME(name, standard, says)                                                                           \
    {                                                                                                        \
        .key = #name, .type = OPTION_DURATION, AT(name), .fallback = (standard), .min = 1, .max = 86400000,  \
        .help = (says)                                                                                       \
    }

#define MILTER_OPTIONS_COMMON                                                                                \
    TIME(command_timeout, "30s", "Time for an answer to what comes before the content."),                    \
        TIME(content_timeout, "2m",                                                                          \
             "Time for an answer to a header field, to a piece of the body and at the end of the message; "  \
             "there "                                                                                        \
             "the milter can ask for more."),                                                                \
        TIME(                                                                                                \
            eom_timeout, "4m",                                                                               \
            "Time for all answers to one question together, however often the milter asks for more; counts " \
            "instead of time_limit when it is longer."),                                                     \
        {.key = "failures",                                                                                  \
         .type = OPTION_INT,                                                                                 \
         AT(failures),                                                                                       \
         .fallback = "5",                                                                                    \
         .min = 0,                                                                                           \
         .max = 1000000,                                                                                     \
         .help =                                                                                             \
             "After so many failures in a row an address is not tried for retry_after; 0: it always is."},   \
        {.key = "retry_after",                                                                               \
         .type = OPTION_DURATION,                                                                            \
         AT(rule.pause),                                                                                     \
         .fallback = "30s",                                                                                  \
         .min = 1,                                                                                           \
         .max = 86400000,                                                                                    \
         .help = "How long an address that keeps failing is left alone."},                                   \
        {.key = "edits",                                                                                     \
         .type = OPTION_ENUM,                                                                                \
         AT(edits),                                                                                          \
         .fallback = "all",                                                                                  \
         .words = milter_edits_words,                                                                        \
         .help = "What of a message the milter may change: nothing, its header section, or its body, too. "  \
                 "Unless "                                                                                   \
                 "that "                                                                                     \
                 "is none each message is held back for it, and it may send it into the quarantine."},       \
        {.key = "envelope",                                                                                  \
         .type = OPTION_ENUM,                                                                                \
         AT(envelope),                                                                                       \
         .fallback = "keep",                                                                                 \
         .words = milter_envelope_words,                                                                     \
         .help = "Whether the milter may change sender and recipients: it is told that it may not; it is "   \
                 "told that "                                                                                \
                 "it "                                                                                       \
                 "may, but has failed where it does; or it may, and the upstream is given the envelope "     \
                 "once more."},                                                                              \
        {.key = "max_body",                                                                                  \
         .type = OPTION_SIZE,                                                                                \
         AT(max_body),                                                                                       \
         .fallback = "64MiB",                                                                                \
         .min = 0,                                                                                           \
         .max = INT64_MAX,                                                                                   \
         .help = "Octets of a new body that are taken from the milter at most."},                            \
        {.key = "client_names",                                                                              \
         .type = OPTION_BOOL,                                                                                \
         AT(client_names),                                                                                   \
         .fallback = "false",                                                                                \
         .help = "Whether the name of the client is looked up for the milter, which costs time in each "     \
                 "session; "                                                                                 \
                 "otherwise it is told the address in brackets."},                                           \
        {.key = "listeners",                                                                                 \
         .type = OPTION_STRINGS,                                                                             \
         AT(listeners),                                                                                      \
         .help = "Only sessions of these listeners are shown to the milter; when absent those of all."},     \
        {.key = "networks",                                                                                  \
         .type = OPTION_NETWORKS,                                                                            \
         AT(networks),                                                                                       \
         .help = "Only clients from here are shown; when absent all."},                                      \
        {.key = "except_networks",                                                                           \
         .type = OPTION_NETWORKS,                                                                            \
         AT(except_networks),                                                                                \
         .help = "Clients from here are not shown."},                                                        \
        {.key = "authenticated",                                                                             \
         .type = OPTION_ENUM,                                                                                \
         AT(authenticated),                                                                                  \
         .fallback = "any",                                                                                  \
         .words = milter_authenticated_words,                                                                \
         .help = "Whether only messages of clients that have, or have not, authenticated are shown."},       \
    {                                                                                                        \
        .key = "macros", .type = OPTION_STRINGS, AT(macros),                                                 \
        .help = "Macros with values of your own, name=value; without a value the macro is not sent."         \
    }

#endif
