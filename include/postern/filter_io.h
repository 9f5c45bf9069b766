/* filter_io.h: the services a filter may await before it answers. What to do with the answer is the filter's.
 */
#ifndef POSTERN_FILTER_IO_H
#define POSTERN_FILTER_IO_H

#include "postern/filter.h"

#pragma GCC visibility push(default)

/* Answers a question that was left PENDING. Called once, on the session's own thread, never from inside the
 * question. Verdicts and filter_set_reply() work as in a callback. Ignored when the question was cancelled.
 */
void filter_resume(struct filter_ctx *ctx, enum verdict verdict);

/* Calls fn(ctx) once after at least `ms` milliseconds, on the session's thread. One timer per filter and
 * session; a new one replaces it; it is cancelled with the question and with the session. Returns -1 when
 * memory is short. */
int filter_timer(struct filter_ctx *ctx, uint64_t ms, void (*fn)(struct filter_ctx *ctx));

/* A clock that only goes forward, in milliseconds from some begin; the same for all sessions. */
uint64_t filter_now(const struct filter_ctx *ctx);

/* --- bells -----------------------------------------------------------------------------------------------
 *
 * For a filter whose answer is found on another thread. fn(ctx) is called on the session's thread, soon after
 * the bell has been rung and never from inside a function of this file, as a timer's is; rings that come
 * before it is called count as one. What they are about is kept by the filter, behind a lock of its own.
 *
 * A bell outlives questions and messages. It ends when the filter closes it, behind cancel() and behind
 * on_close(): nobody may ring it by then, so that both of them, and whoever closes it, have to make sure
 * first that no other thread will. fn is not called any more afterwards, whatever had been rung. */
struct filter_bell;

/* NULL when memory is short. */
struct filter_bell *filter_bell_open(struct filter_ctx *ctx, void (*fn)(struct filter_ctx *ctx));
/* On any thread; does not wait. */
void filter_bell_ring(struct filter_bell *bell);
/* NULL is a no-op. */
void filter_bell_close(struct filter_bell *bell);

/* --- byte channels ---------------------------------------------------------------------------------------
 *
 * A connection to a daemon, over a socket of the local machine or TCP. Its callbacks run on the session's
 * thread, never from inside a call of these functions and never while another callback of the session runs;
 * they may do what filter_timer()'s may, filter_resume() included, and close the channel. What they find out
 * while the filter is not being asked anything is to be kept until it is: replies, reasons and edits belong
 * to questions.
 *
 * A channel outlives questions and messages. It ends when the filter closes it, behind ended(), behind
 * cancel() and behind on_close(): a filter that has been told by one of them forgets it. */
struct filter_channel;

struct filter_channel_calls {
    /* The connection has been made. May be NULL. */
    void (*connected)(struct filter_ctx *ctx, struct filter_channel *channel);
    /* The octets that have arrived and have not been taken yet. Returns how many of them are taken; is called
     * again with the rest when more has arrived, and at once while it takes some but not all. When
     * FILTER_CHANNEL_OCTETS wait and none are taken the channel ends with -EMSGSIZE. */
    size_t (*bytes)(struct filter_ctx *ctx, struct filter_channel *channel, struct span bytes);
    /* There is room again after a filter_channel_send() that did not take everything. May be NULL. */
    void (*writable)(struct filter_ctx *ctx, struct filter_channel *channel);
    /* The last call: the peer has ended its direction, and all it has sent has been shown (0); or a negative
     * errno: the connection could not be made (connected() was not called) or broke. The channel is gone when
     * this returns. */
    void (*ended)(struct filter_ctx *ctx, struct filter_channel *channel, int error);
};

#define FILTER_CHANNEL_OCTETS  32768 /* that wait at most, in each direction */
#define FILTER_CHANNEL_ADDRESS 256   /* octets of an address, its NUL included, at most */

/* True for an address that a channel can be opened to: "unix:/path", "host:port", "inet:host:port", with
 * "[IPv6]" for a host that is such an address. For open(), which complains otherwise. */
bool filter_channel_address(const char *address);

/* Begins to connect; what comes of it is told by connected() or ended(). Each address that a name has is
 * given limit_ms milliseconds. calls must live as long as the channel. NULL when memory is short or the
 * address is none. */
struct filter_channel *filter_channel_open(struct filter_ctx *ctx, const char *address, uint64_t limit_ms,
                                           const struct filter_channel_calls *calls);
/* Queues octets, also before connected(). Returns how many have been taken: fewer than there are when the
 * buffer is full, and writable() is called once when it no longer is; none when the channel is about to end.
 */
size_t filter_channel_send(struct filter_channel *channel, struct span bytes);
/* Nothing more will be sent: the peer sees the end behind what has been. It may still answer. */
void filter_channel_finish(struct filter_channel *channel);
/* Closes; no callback follows. Octets that are still queued are lost, but behind filter_channel_finish()
 * those leave that the system takes at once. NULL is a no-op. */
void filter_channel_close(struct filter_channel *channel);

#pragma GCC visibility pop

#endif
