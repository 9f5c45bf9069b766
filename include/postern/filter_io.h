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

#pragma GCC visibility pop

#endif
