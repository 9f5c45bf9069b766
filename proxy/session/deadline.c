/* deadline.c: the earliest time limit of a session and what its passing does. Values are left to settings. */
#include "session/deadline.h"

#include <errno.h>

#include "session/body.h"
#include "session/late.h"
#include "session/leg.h"
#include "session/phase.h"
#include "session/transaction.h"

#define NEVER UINT64_MAX

void deadline_restart(struct session *session)
{
    session->waiting = world_now(session->world);
    session->held = 0;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Whether the octets that moved since the wait began make it a new one: while the client takes our replies
 * any do; in a message they must make up for the time they took, or one octet every now and then would keep a
 * session for ever. */
static bool renews(const struct session *session, uint64_t moved, uint64_t now)
{
    uint64_t elapsed = (session->held != 0 ? session->held : now) - session->waiting;

    if (moved == 0)
        return false;
    if (session->phase == PHASE_BODY)
        return moved * 1000 >= session->settings->limits.min_data_rate * elapsed;
    return session->client.in_flight != 0;
}

/* A client that we do not read from (a filter thinks, the upstream is slow) is not the one that takes its
 * time: its clock stands still meanwhile. */
static void keep_clock(struct session *session, bool held, uint64_t now)
{
    uint64_t octets = session->client.received + session->client.sent;
    bool renewed = renews(session, octets - session->progress, now);

    if (renewed)
        deadline_restart(session);
    if (renewed || session->phase != PHASE_BODY)
        session->progress = octets;
    if (held && session->held == 0) {
        session->held = now;
    } else if (!held && session->held != 0) {
        session->waiting += now - session->held;
        session->held = 0;
    }
}

/* Somebody is waited for who has a limit of his own: a filter, an address, the upstream. */
static bool awaits_others(const struct session *session)
{
    const struct leg *leg = session->leg;

    return session->asking ||
           (leg != NULL && (leg->deadline != 0 || leg->dial.handle != NULL || leg->wire.in_flight != 0));
}

/* The client's limit counts from the beginning of a wait. When nobody at all is waited for, it is memory that
 * is missing, a block for what is to be sent: that has a limit too. */
static uint64_t client_limit(struct session *session, uint64_t now)
{
    const struct settings_timeouts *timeouts = &session->settings->timeouts;
    bool held = session->phase == PHASE_BODY && (session->client.paused || session->asking);
    uint64_t limit = held ? 0 : phase_limit(session);

    if (session_client_lost(session))
        return NEVER; /* only the upstream's answer is still awaited */
    keep_clock(session, held, now);
    if (session->client.in_flight != 0 && (limit == 0 || timeouts->write < limit))
        limit = timeouts->write;
    if (limit == 0 && !awaits_others(session))
        limit = timeouts->command;
    return limit != 0 ? session->waiting + limit : NEVER;
}

static uint64_t leg_limit(struct session *session, uint64_t now)
{
    struct leg *leg = session->leg;
    uint64_t at = NEVER;

    if (leg == NULL)
        return NEVER;
    if (leg->deadline != 0)
        at = leg->deadline;
    if (leg->wire.in_flight == 0) {
        leg->blocked = 0;
        return at;
    }
    if (leg->blocked == 0 || leg->progress != leg->wire.sent) {
        leg->blocked = now;
        leg->progress = leg->wire.sent;
    }
    return earlier(at, leg->blocked + session->settings->timeouts.upstream_block);
}

/* A client that cannot be told that its time is up. */
static bool mute(const struct session *session)
{
    return session->phase == PHASE_LINGER || session->phase == PHASE_PREFACE ||
           session->phase == PHASE_HANDSHAKE;
}

static void ring(void *owner)
{
    struct session *session = owner;
    uint64_t now = world_now(session->world);

    session->alarm_at = 0;
    if (late_reminder(session) <= now)
        late_remind(session);
    if (leg_limit(session, now) <= now) {
        leg_lose(session, "time limit");
    } else if (client_limit(session, now) <= now) {
        if (mute(session) || session->client.in_flight != 0)
            session->client.error = -ETIMEDOUT;
        else
            session_end(session, 421, "4.4.2", "Time limit exceeded");
    }
    session_advance(session);
}

void deadline_arm(struct session *session)
{
    uint64_t now = world_now(session->world);
    uint64_t at = earlier(client_limit(session, now), leg_limit(session, now));

    at = earlier(at, late_reminder(session));
    /* An alarm that rings too early only asks again; most limits move forward long before they pass. */
    if (at == NEVER || (session->alarm_at != 0 && session->alarm_at <= at))
        return;
    session->alarm.ring = ring;
    session->alarm.owner = session;
    session->alarm_at = at;
    if (!session->world->ops->alarm_set(session->world, &session->alarm, at))
        session->client.error = -ENOMEM;
}
