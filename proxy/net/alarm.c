/* alarm.c: every alarm of one loop behind a single timer; what rings is the owner's affair. */
#include "net/alarm.h"

#include <assert.h>

#include "base/mem.h"

/* `due` orders the heap. An alarm moved to a later time keeps its place and is moved when it comes up, so a
 * deadline that is pushed forward with every command costs one store. */
struct alarm_entry {
    uint64_t due;
    uint64_t at; /* >= due */
    struct alarm *alarm;
};

static size_t index_of(const struct alarm *alarm)
{
    return (size_t)(uintptr_t)alarm->handle - 1;
}

static void place(struct alarms *alarms, size_t i, struct alarm_entry entry)
{
    alarms->entries[i] = entry;
    entry.alarm->handle = (void *)(uintptr_t)(i + 1); // NOLINT(performance-no-int-to-ptr)
}

static void sift_up(struct alarms *alarms, size_t i, struct alarm_entry entry)
{
    while (i > 0 && alarms->entries[(i - 1) / 2].due > entry.due) {
        place(alarms, i, alarms->entries[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    place(alarms, i, entry);
}

static void sift_down(struct alarms *alarms, size_t i, struct alarm_entry entry)
{
    for (size_t child = 2 * i + 1; child < alarms->count; child = 2 * i + 1) {
        if (child + 1 < alarms->count && alarms->entries[child + 1].due < alarms->entries[child].due)
            child++;
        if (alarms->entries[child].due >= entry.due)
            break;
        place(alarms, i, alarms->entries[child]);
        i = child;
    }
    place(alarms, i, entry);
}

static void take_out(struct alarms *alarms, size_t i)
{
    struct alarm_entry last = alarms->entries[--alarms->count];

    alarms->entries[i].alarm->handle = NULL;
    if (i == alarms->count)
        return;
    if (i > 0 && last.due < alarms->entries[(i - 1) / 2].due)
        sift_up(alarms, i, last);
    else
        sift_down(alarms, i, last);
}

static void on_timer(uv_timer_t *timer);

static void arm(struct alarms *alarms)
{
    uint64_t now = uv_now(alarms->timer.loop);

    if (alarms->count == 0) {
        uv_timer_stop(&alarms->timer);
        return;
    }
    uint64_t due = alarms->entries[0].due;
    uv_timer_start(&alarms->timer, on_timer, due > now ? due - now : 0, 0);
}

/* At most as many as there were at the beginning: an alarm set again at once waits for the next round. */
static void on_timer(uv_timer_t *timer)
{
    struct alarms *alarms = timer->data;
    uint64_t now = uv_now(timer->loop);

    for (size_t n = alarms->count; n > 0 && alarms->count > 0 && alarms->entries[0].due <= now; n--) {
        struct alarm_entry first = alarms->entries[0];
        if (first.at > now) {
            first.due = first.at;
            sift_down(alarms, 0, first);
            continue;
        }
        take_out(alarms, 0);
        first.alarm->ring(first.alarm->owner);
    }
    arm(alarms);
}

void alarms_init(struct alarms *alarms, uv_loop_t *loop)
{
    *alarms = (struct alarms){0};
    uv_timer_init(loop, &alarms->timer);
    alarms->timer.data = alarms;
}

void alarms_close(struct alarms *alarms)
{
    while (alarms->count > 0)
        take_out(alarms, alarms->count - 1);
    mem_free(alarms->entries);
    alarms->entries = NULL;
    alarms->size = 0;
    uv_close((uv_handle_t *)&alarms->timer, NULL);
}

static bool grow(struct alarms *alarms)
{
    size_t size = alarms->size != 0 ? 2 * alarms->size : 64;
    struct alarm_entry *entries = mem_resize(alarms->entries, size * sizeof(*entries));

    if (entries == NULL)
        return false;
    alarms->entries = entries;
    alarms->size = size;
    return true;
}

bool alarms_set(struct alarms *alarms, struct alarm *alarm, uint64_t at)
{
    struct alarm_entry entry = {.due = at, .at = at, .alarm = alarm};
    size_t i;

    if (alarm->handle == NULL) {
        if (alarms->count == alarms->size && !grow(alarms))
            return false;
        i = alarms->count++;
    } else {
        i = index_of(alarm);
        assert(i < alarms->count && alarms->entries[i].alarm == alarm);
        if (at >= alarms->entries[i].due) {
            alarms->entries[i].at = at;
            return true;
        }
    }
    sift_up(alarms, i, entry);
    if (alarms->entries[0].alarm == alarm)
        arm(alarms);
    return true;
}

void alarms_clear(struct alarms *alarms, struct alarm *alarm)
{
    if (alarm->handle == NULL)
        return;
    assert(index_of(alarm) < alarms->count && alarms->entries[index_of(alarm)].alarm == alarm);
    take_out(alarms, index_of(alarm));
}
