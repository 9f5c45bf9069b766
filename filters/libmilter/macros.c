/* macros.c: keeps the lists as they came and looks through them. */
#include "filters/libmilter/macros.h"

#include <stdlib.h>

/* The command whose macros a stage has. */
static const char commands[MILTER_STAGES] = {
    [MILTER_AT_CONNECT] = MILTER_CONNECT, [MILTER_AT_HELO] = MILTER_HELO, [MILTER_AT_MAIL] = MILTER_MAIL,
    [MILTER_AT_RCPT] = MILTER_RCPT,       [MILTER_AT_DATA] = MILTER_DATA, [MILTER_AT_EOM] = MILTER_EOM,
    [MILTER_AT_EOH] = MILTER_EOH,
};

/* The latest stage first; their numbers are not in the order of a session. */
static const enum milter_stage latest_first[MILTER_STAGES] = {
    MILTER_AT_EOM,  MILTER_AT_EOH,  MILTER_AT_DATA,    MILTER_AT_RCPT,
    MILTER_AT_MAIL, MILTER_AT_HELO, MILTER_AT_CONNECT,
};

int macros_tell(struct macros *macros, char command, struct span list)
{
    const char *at = memchr(commands, command, sizeof(commands));
    char *octets;

    if (at == NULL)
        return -1;
    octets = malloc(list.len + 1);
    if (octets == NULL)
        return -1;
    if (list.len != 0)
        memcpy(octets, list.ptr, list.len);
    free(macros->lists[at - commands].octets);
    macros->lists[at - commands].octets = octets;
    macros->lists[at - commands].len = list.len;
    return 0;
}

void macros_forget(struct macros *macros, unsigned stage)
{
    for (; stage < MILTER_STAGES; stage++) {
        free(macros->lists[stage].octets);
        macros->lists[stage].octets = NULL;
        macros->lists[stage].len = 0;
    }
}

/* "{x}" and "x" are the same macro. */
static struct span without_braces(struct span name)
{
    if (name.len == 3 && name.ptr[0] == '{' && name.ptr[2] == '}')
        return span_of(name.ptr + 1, 1);
    return name;
}

char *macros_find(struct macros *macros, struct span name)
{
    name = without_braces(name);
    for (size_t i = 0; i < MILTER_STAGES; i++) {
        char *octets = macros->lists[latest_first[i]].octets;
        struct span list = {octets, macros->lists[latest_first[i]].len}, told, value;
        while (milter_next_macro(&list, &told, &value))
            if (span_eq(without_braces(told), name))
                return octets + (value.ptr - octets);
    }
    return NULL;
}
