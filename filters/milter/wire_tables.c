/* wire_tables.c: the commands of the milter protocol and the bits that it negotiates, by name. */
#include <stdio.h>

#include "filters/milter/wire.h"

static const struct milter_shape of_mta[] = {
    {MILTER_OPTNEG, 2, "OPTNEG", "444r"},
    {MILTER_MACRO, 2, "MACRO", "1l"},
    {MILTER_CONNECT, 2, "CONNECT", "s1?2s"},
    {MILTER_HELO, 2, "HELO", "s"},
    {MILTER_MAIL, 2, "MAIL", "sl"},
    {MILTER_RCPT, 2, "RCPT", "sl"},
    {MILTER_DATA, 4, "DATA", ""},
    {MILTER_UNKNOWN, 3, "UNKNOWN", "s"},
    {MILTER_HEADER, 2, "HEADER", "ss"},
    {MILTER_EOH, 2, "EOH", ""},
    {MILTER_BODY, 2, "BODY", "r"},
    {MILTER_EOM, 2, "BODYEOB", "r"},
    {MILTER_ABORT, 2, "ABORT", ""},
    {MILTER_QUIT, 2, "QUIT", ""},
    {MILTER_QUIT_ANEW, 6, "QUIT_NC", ""},
    {.command = '\0'},
};

static const struct milter_shape of_filter[] = {
    {MILTER_OPTNEG, 2, "OPTNEG", "444r"},
    {MILTER_SAY_CONTINUE, 2, "CONTINUE", ""},
    {MILTER_SAY_ACCEPT, 2, "ACCEPT", ""},
    {MILTER_SAY_REJECT, 2, "REJECT", ""},
    {MILTER_SAY_TEMPFAIL, 2, "TEMPFAIL", ""},
    {MILTER_SAY_DISCARD, 2, "DISCARD", ""},
    {MILTER_SAY_REPLY, 2, "REPLYCODE", "s"},
    {MILTER_SAY_SHUTDOWN, 2, "SHUTDOWN", ""},
    {MILTER_SAY_CONN_FAIL, 2, "CONN_FAIL", ""},
    {MILTER_SAY_SKIP, 6, "SKIP", ""},
    {MILTER_SAY_PROGRESS, 2, "PROGRESS", ""},
    {MILTER_ADD_HEADER, 2, "ADDHEADER", "ss"},
    {MILTER_INSERT_HEADER, 2, "INSHEADER", "4ss"},
    {MILTER_CHANGE_HEADER, 2, "CHGHEADER", "4ss"},
    {MILTER_REPLACE_BODY, 2, "REPLBODY", "r"},
    {MILTER_CHANGE_SENDER, 6, "CHGFROM", "s?s"},
    {MILTER_ADD_RCPT, 2, "ADDRCPT", "s"},
    {MILTER_ADD_RCPT_PAR, 6, "ADDRCPT_PAR", "s?s"},
    {MILTER_DELETE_RCPT, 2, "DELRCPT", "s"},
    {MILTER_QUARANTINE, 2, "QUARANTINE", "s"},
    {.command = '\0'},
};

const struct milter_shape *milter_shape(enum milter_side side, char command)
{
    const struct milter_shape *row = side == MILTER_OF_MTA ? of_mta : of_filter;

    while (row->command != '\0' && row->command != command)
        row++;
    return row->command != '\0' ? row : NULL;
}

const struct milter_bit milter_actions[] = {
    {MILTER_MAY_ADD_HEADERS, 2, "ADDHDRS"},     {MILTER_MAY_CHANGE_BODY, 2, "CHGBODY"},
    {MILTER_MAY_ADD_RCPT, 2, "ADDRCPT"},        {MILTER_MAY_DELETE_RCPT, 2, "DELRCPT"},
    {MILTER_MAY_CHANGE_HEADERS, 2, "CHGHDRS"},  {MILTER_MAY_QUARANTINE, 2, "QUARANTINE"},
    {MILTER_MAY_CHANGE_SENDER, 6, "CHGFROM"},   {MILTER_MAY_ADD_RCPT_PAR, 6, "ADDRCPT_PAR"},
    {MILTER_MAY_LIST_SYMBOLS, 6, "SETSYMLIST"}, {0, 0, NULL},
};

const struct milter_bit milter_steps[] = {
    {MILTER_NO_CONNECT, 2, "NOCONNECT"},   {MILTER_NO_HELO, 2, "NOHELO"},
    {MILTER_NO_MAIL, 2, "NOMAIL"},         {MILTER_NO_RCPT, 2, "NORCPT"},
    {MILTER_NO_BODY, 2, "NOBODY"},         {MILTER_NO_HEADERS, 2, "NOHDRS"},
    {MILTER_NO_EOH, 2, "NOEOH"},           {MILTER_NR_HEADER, 6, "NR_HDR"},
    {MILTER_NO_UNKNOWN, 3, "NOUNKNOWN"},   {MILTER_NO_DATA, 4, "NODATA"},
    {MILTER_CAN_SKIP, 6, "SKIP"},          {MILTER_REFUSED, 6, "RCPT_REJ"},
    {MILTER_NR_CONNECT, 6, "NR_CONN"},     {MILTER_NR_HELO, 6, "NR_HELO"},
    {MILTER_NR_MAIL, 6, "NR_MAIL"},        {MILTER_NR_RCPT, 6, "NR_RCPT"},
    {MILTER_NR_DATA, 6, "NR_DATA"},        {MILTER_NR_UNKNOWN, 6, "NR_UNKN"},
    {MILTER_NR_EOH, 6, "NR_EOH"},          {MILTER_NR_BODY, 6, "NR_BODY"},
    {MILTER_LEAD_SPACE, 6, "HDR_LEADSPC"}, {0, 0, NULL},
};

uint32_t milter_bits(const struct milter_bit *table, unsigned version)
{
    uint32_t bits = 0;

    for (; table->bit != 0; table++)
        if (table->since <= version)
            bits |= table->bit;
    return bits;
}

const char *milter_bit_names(const struct milter_bit *table, uint32_t bits, char *to, size_t size)
{
    size_t len = 0;

    to[0] = '\0';
    for (; table->bit != 0 && len < size; table++) {
        if ((bits & table->bit) == 0)
            continue;
        bits &= ~table->bit;
        len += (size_t)snprintf(to + len, size - len, "%s%s", len != 0 ? " " : "", table->name);
    }
    if (bits != 0 && len < size)
        (void)snprintf(to + len, size - len, "%s0x%x", len != 0 ? " " : "", bits);
    return to;
}

const char *milter_error_text(long error)
{
    static const char *const texts[] = {
        [-MILTER_ERROR_EMPTY] = "the packet is empty",
        [-MILTER_ERROR_LONG] = "the packet is too long",
        [-MILTER_ERROR_STRANGE] = "the packet is of no kind that may be sent",
        [-MILTER_ERROR_SHAPE] = "the packet does not hold what its kind has",
        [-MILTER_ERROR_MEMORY] = "out of memory",
    };

    return texts[-error];
}
