/* library.c: smfi_* that a filter calls before and around its service: what it registers and how it wants to
 * be served. */
#include "filters/libmilter/library.h"

#include <stdio.h>
#include <string.h>

#include "filters/libmilter/context.h"
#include "filters/libmilter/say.h"
#include "filters/libmilter/server.h"

static struct library own = {LIBRARY_BEGIN};
_Thread_local struct library *library_here;
struct library *(*library_find)(const void *caller);

static struct library *library_of(const void *caller)
{
    struct library *found = library_here;

    if (found == NULL && library_find != NULL)
        found = library_find(caller);
    return found != NULL ? found : &own;
}

/* The filter whose code has called a function of this file. */
#define CALLER library_of(__builtin_return_address(0))

static const struct smfiDesc *filter(const struct library *library)
{
    return library->registered ? &library->filter : NULL;
}

int smfi_register(struct smfiDesc described)
{
    struct library *library = CALLER;

    if (filter_describe(&described) != 0) {
        say(filter(library), LOG_ERR, "smfi_register: version 0x%x is not served",
            (unsigned)described.xxfi_version);
        return MI_FAILURE;
    }
    (void)snprintf(library->name, sizeof(library->name), "%s",
                   described.xxfi_name != NULL ? described.xxfi_name : "Unknown");
    library->filter = described;
    library->filter.xxfi_name = library->name;
    library->registered = true;
    return MI_SUCCESS;
}

int smfi_setconn(char *conn)
{
    struct library *library = CALLER;

    if (conn == NULL || *conn == '\0' || strlen(conn) >= sizeof(library->conn))
        return MI_FAILURE;
    (void)snprintf(library->conn, sizeof(library->conn), "%s", conn);
    return MI_SUCCESS;
}

static int open_socket(struct library *library, bool clear)
{
    if (!library->registered || library->conn[0] == '\0')
        return MI_FAILURE;
    if (!library->open && library->serve == NULL)
        library->open =
            door_open(&library->door, filter(library), library->conn, library->backlog, clear) == 0;
    return library->open || library->serve != NULL ? MI_SUCCESS : MI_FAILURE;
}

int smfi_opensocket(bool clear)
{
    return open_socket(CALLER, clear);
}

int smfi_setbacklog(int backlog)
{
    struct library *library = CALLER;

    if (backlog <= 0)
        return MI_FAILURE;
    library->backlog = backlog;
    return MI_SUCCESS;
}

int smfi_settimeout(int seconds)
{
    CALLER->timeout = seconds;
    return MI_SUCCESS;
}

int smfi_setdbg(int level)
{
    CALLER->debug = level;
    return MI_SUCCESS;
}

size_t smfi_setmaxdatasize(size_t octets)
{
    struct library *library = CALLER;
    size_t before = library->limit;

    library->limit = octets;
    return before;
}

int smfi_stop(void)
{
    struct library *library = CALLER;

    if (library->stop != NULL)
        library->stop(library);
    else
        server_stop();
    return MI_SUCCESS;
}

/* Over the socket. */
static int serve(struct library *library)
{
    struct service service = {
        .filter = &library->filter,
        .door = &library->door,
        .timeout = library->timeout,
        .debug = library->debug,
        .limit = library->limit,
    };

    if (open_socket(library, false) != MI_SUCCESS)
        return MI_FAILURE;
    library->open = false; /* whatever comes of the service, its end closes the socket */
    return server_run(&service) == 0 ? MI_SUCCESS : MI_FAILURE;
}

int smfi_main(void)
{
    struct library *library = CALLER;

    if (!library->registered || library->conn[0] == '\0') {
        say(filter(library), LOG_ERR, "smfi_main: smfi_register() or smfi_setconn() is missing");
        return MI_FAILURE;
    }
    return library->serve != NULL ? library->serve(library) : serve(library);
}
