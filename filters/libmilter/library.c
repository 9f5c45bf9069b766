/* library.c: smfi_* that a filter calls before and around its service: what it registers and how it wants to
 * be served. */
#include <stdlib.h>
#include <string.h>

#include "filters/libmilter/context.h"
#include "filters/libmilter/endpoint.h"
#include "filters/libmilter/say.h"
#include "filters/libmilter/server.h"

#define TIMEOUT 7210 /* seconds */

/* One filter to a process, as the functions have no place to say which. */
static struct {
    struct smfiDesc filter;
    bool registered;
    char *conn;
    struct door door;
    bool open;
    int backlog, timeout, debug;
    size_t limit;
} library = {.backlog = SOMAXCONN, .timeout = TIMEOUT, .limit = MILTER_MAX_DATA_SIZE};

static const struct smfiDesc *filter(void)
{
    return library.registered ? &library.filter : NULL;
}

int smfi_register(struct smfiDesc described)
{
    char *name;

    if (filter_describe(&described) != 0) {
        say(filter(), LOG_ERR, "smfi_register: version 0x%x is not served", (unsigned)described.xxfi_version);
        return MI_FAILURE;
    }
    name = strdup(described.xxfi_name != NULL ? described.xxfi_name : "Unknown");
    if (name == NULL)
        return MI_FAILURE;
    if (library.registered)
        free(library.filter.xxfi_name);
    library.filter = described;
    library.filter.xxfi_name = name;
    library.registered = true;
    return MI_SUCCESS;
}

int smfi_setconn(char *conn)
{
    char *copy;

    if (conn == NULL || *conn == '\0')
        return MI_FAILURE;
    copy = strdup(conn);
    if (copy == NULL)
        return MI_FAILURE;
    free(library.conn);
    library.conn = copy;
    return MI_SUCCESS;
}

int smfi_opensocket(bool clear)
{
    if (!library.registered || library.conn == NULL)
        return MI_FAILURE;
    if (!library.open)
        library.open = door_open(&library.door, filter(), library.conn, library.backlog, clear) == 0;
    return library.open ? MI_SUCCESS : MI_FAILURE;
}

int smfi_setbacklog(int backlog)
{
    if (backlog <= 0)
        return MI_FAILURE;
    library.backlog = backlog;
    return MI_SUCCESS;
}

int smfi_settimeout(int seconds)
{
    library.timeout = seconds;
    return MI_SUCCESS;
}

int smfi_setdbg(int level)
{
    library.debug = level;
    return MI_SUCCESS;
}

size_t smfi_setmaxdatasize(size_t octets)
{
    size_t before = library.limit;

    library.limit = octets;
    return before;
}

int smfi_stop(void)
{
    server_stop();
    return MI_SUCCESS;
}

int smfi_main(void)
{
    struct service service = {
        .filter = &library.filter,
        .door = &library.door,
        .timeout = library.timeout,
        .debug = library.debug,
        .limit = library.limit,
    };

    if (!library.registered || library.conn == NULL) {
        say(filter(), LOG_ERR, "smfi_main: smfi_register() or smfi_setconn() is missing");
        return MI_FAILURE;
    }
    if (smfi_opensocket(false) != MI_SUCCESS)
        return MI_FAILURE;
    library.open = false; /* whatever comes of the service, its end closes the socket */
    return server_run(&service) == 0 ? MI_SUCCESS : MI_FAILURE;
}
