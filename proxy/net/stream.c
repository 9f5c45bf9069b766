/* stream.c: carries a wire over a TCP connection or a local socket; making connections is left to listener.c
 * and dial.c. */
#include "net/stream.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/address.h"
#include "net/transparent.h"

/* Lives until libuv has closed the handle, which may be after the wire has let go. Requests are allocated
 * only while they are under way: an idle connection is this struct alone. */
struct stream {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } as;
    struct wire *wire; /* NULL: not attached yet, or let go */
};

/* family: of the socket to be made now; AF_UNSPEC: of TCP, none yet; AF_UNIX: likewise, of a local socket. */
static struct stream *stream_new(uv_loop_t *loop, unsigned family, int *error)
{
    struct stream *stream = mem_alloc(sizeof(*stream));

    if (stream == NULL)
        *error = -ENOMEM;
    else if (family == AF_UNIX)
        *error = uv_pipe_init(loop, &stream->as.pipe, 0);
    else
        *error = uv_tcp_init_ex(loop, &stream->as.tcp, family);
    if (*error != 0) {
        mem_free(stream);
        return NULL;
    }
    stream->as.handle.data = stream;
    return stream;
}

static void on_closed(uv_handle_t *handle)
{
    mem_free(handle->data);
}

void stream_discard(struct stream *stream)
{
    stream->wire = NULL;
    uv_close(&stream->as.handle, on_closed);
}

/* --- reading ------------------------------------------------------------------------------------------- */

static void on_space(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct stream *stream = handle->data;
    size_t room = 0;
    char *space = stream->wire != NULL ? wire_space(stream->wire, &room) : NULL;

    (void)suggested;
    *buf = uv_buf_init(space, (unsigned)room);
}

/* The owner of the wire may close it in any of these calls, so the wire is not touched afterwards. */
static void on_read(uv_stream_t *handle, ssize_t n, const uv_buf_t *buf)
{
    struct stream *stream = handle->data;

    (void)buf;
    if (stream->wire == NULL) {
        uv_read_stop(handle);
    } else if (n >= 0) {
        wire_received(stream->wire, (size_t)n);
    } else {
        /* The wire asks for bytes only when it has room, so "no space" means that there is no memory. */
        int error = n == UV_ENOBUFS ? -ENOMEM : (int)n;
        uv_read_stop(handle);
        wire_ended(stream->wire, error == UV_EOF ? 0 : error);
    }
}

static void stream_read(struct wire *wire, bool on)
{
    struct stream *stream = wire->carrier;

    stream->wire = wire;
    if (!on) {
        uv_read_stop(&stream->as.stream);
        return;
    }
    int error = uv_read_start(&stream->as.stream, on_space, on_read);
    assert(error == 0 || error == UV_EALREADY);
}

/* --- writing ------------------------------------------------------------------------------------------- */

static void on_written(uv_write_t *request, int status)
{
    struct stream *stream = request->handle->data;

    mem_free(request);
    if (stream->wire != NULL)
        wire_sent(stream->wire, status);
}

/* The rest that the socket did not take stays in the wire's buffer until on_written(). */
static int write_later(struct stream *stream, struct span rest)
{
    uv_buf_t buf = uv_buf_init((char *)rest.ptr, (unsigned)rest.len);
    uv_write_t *request = mem_alloc(sizeof(*request));
    int error;

    if (request == NULL)
        return -ENOMEM;
    error = uv_write(request, &stream->as.stream, &buf, 1, on_written);
    if (error != 0)
        mem_free(request);
    return error;
}

static long stream_write(struct wire *wire, struct span s)
{
    struct stream *stream = wire->carrier;
    uv_buf_t buf = uv_buf_init((char *)s.ptr, (unsigned)s.len);
    int n = uv_try_write(&stream->as.stream, &buf, 1);
    int error = 0;

    stream->wire = wire;
    if (n == UV_EAGAIN)
        n = 0;
    if (n < 0)
        return n;
    if ((size_t)n < s.len)
        error = write_later(stream, span_skip(s, (size_t)n));
    return error != 0 ? error : n;
}

/* wire.c asks for this when nothing is left to write, so there is nothing for uv_shutdown() to wait for. */
static void stream_finish(struct wire *wire)
{
    struct stream *stream = wire->carrier;
    uv_os_fd_t fd;

    if (uv_fileno(&stream->as.handle, &fd) == 0)
        (void)shutdown(fd, SHUT_WR);
}

static void stream_close(struct wire *wire, bool abort)
{
    struct stream *stream = wire->carrier;

    stream->wire = NULL;
    if (!abort || stream->as.handle.type != UV_TCP || uv_tcp_close_reset(&stream->as.tcp, on_closed) != 0)
        uv_close(&stream->as.handle, on_closed);
}

const struct wire_ops stream_wire_ops = {
    .write = stream_write,
    .read = stream_read,
    .finish = stream_finish,
    .close = stream_close,
};

/* --- beginning ------------------------------------------------------------------------------------------ */

struct stream *stream_adopt(uv_loop_t *loop, int fd)
{
    int error;
    struct stream *stream = stream_new(loop, AF_UNSPEC, &error);

    if (stream == NULL) {
        close(fd);
        return NULL;
    }
    if (uv_tcp_open(&stream->as.tcp, fd) != 0) {
        close(fd);
        stream_discard(stream);
        return NULL;
    }
    return stream;
}

static bool is_plain(const struct stream_route *route)
{
    return route->source.family == 0 && route->mark == 0;
}

/* What has to be told to a socket before it connects needs one. */
static unsigned route_family(const struct stream_route *route)
{
    if (route->path != NULL)
        return AF_UNIX;
    if (is_plain(route))
        return AF_UNSPEC;
    return route->peer.family == 4 ? AF_INET : AF_INET6;
}

/* An address that is not ours can be bound to by a transparent socket only. The port is chosen when
 * connecting: then only the whole quadruple must be free. */
static int bind_source(int fd, const struct ip *source)
{
    const int on = 1;
    struct ip any_port = *source;
    struct sockaddr_storage address;
    socklen_t len;
    bool transparent = transparent_set(fd, source, true) == 0;

    any_port.port = 0;
    len = address_of_ip(&any_port, &address);
    (void)setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&address, len) == 0)
        return 0;
    return errno == EADDRNOTAVAIL && !transparent ? -EPERM : -errno;
}

/* What has to be told to the socket before it connects. */
static int prepare(struct stream *stream, const struct stream_route *route)
{
    uv_os_fd_t fd;
    int error = uv_fileno(&stream->as.handle, &fd);

    if (error == 0 && route->mark != 0 &&
        setsockopt(fd, SOL_SOCKET, SO_MARK, &route->mark, sizeof(route->mark)) != 0)
        error = -errno;
    if (error == 0 && route->source.family != 0)
        error = bind_source(fd, &route->source);
    return error;
}

static int connect_tcp(struct stream *stream, const struct stream_route *route, uv_connect_t *request,
                       uv_connect_cb done)
{
    struct sockaddr_storage address;
    int error = 0;

    address_of_ip(&route->peer, &address);
    uv_tcp_nodelay(&stream->as.tcp, 1);
    if (!is_plain(route))
        error = prepare(stream, route);
    return error != 0 ? error : uv_tcp_connect(request, &stream->as.tcp, (struct sockaddr *)&address, done);
}

/* libuv would cut off what is too long. */
static int connect_local(struct stream *stream, const char *path, uv_connect_t *request, uv_connect_cb done)
{
    if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
        return -ENAMETOOLONG;
    uv_pipe_connect(request, &stream->as.pipe, path, done);
    return 0;
}

/* Reading begins together with connecting: the loop then changes its interest in the socket once, from both
 * directions to one, instead of dropping the socket and adding it again. */
struct stream *stream_connect(uv_loop_t *loop, const struct stream_route *route, uv_connect_t *request,
                              uv_connect_cb done, int *error)
{
    struct stream *stream = stream_new(loop, route_family(route), error);

    if (stream == NULL)
        return NULL;
    *error = route->path != NULL ? connect_local(stream, route->path, request, done)
                                 : connect_tcp(stream, route, request, done);
    if (*error != 0) {
        stream_discard(stream);
        return NULL;
    }
    uv_read_start(&stream->as.stream, on_space, on_read);
    return stream;
}

void stream_attach(struct stream *stream, struct wire *wire)
{
    stream->wire = wire;
    wire_attach(wire, &stream_wire_ops, stream);
}

void stream_settle(struct stream *stream)
{
    if (stream->wire != NULL && !stream->wire->reading)
        uv_read_stop(&stream->as.stream);
}
