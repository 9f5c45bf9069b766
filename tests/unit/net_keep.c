/* Messages on their way into a quarantine while the loop goes on: many at once, cancelled, failing. */
#include "net/keep.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "net_fixture.h"
#include "quarantine/listing.h"

#define MESSAGES 40
#define OCTETS   300000 /* several pieces */

static char root[] = "/tmp/postern-keep-XXXXXX";
static struct fixture f;
static unsigned left;

struct message {
    struct keep keep;
    char id[16];
    size_t octets, given;
    int fails; /* reading does, in the middle */
    int status;
    unsigned calls;
};

static long give(void *owner, char *to, size_t len)
{
    struct message *message = owner;
    size_t n = message->octets - message->given;

    if (message->fails != 0 && message->given > message->octets / 2)
        return message->fails;
    n = n < len ? n : len;
    memset(to, 'x', n);
    message->given += n;
    return (long)n;
}

static void done(void *owner, int status)
{
    struct message *message = owner;

    message->status = status;
    message->calls++;
    if (--left == 0)
        loop_stop(&f.loop);
}

static struct quarantine *make(uint64_t messages)
{
    const struct quarantine_bounds bounds = {.directory = root, .messages = messages};
    struct quarantine *quarantine = quarantine_new(&bounds);

    REQUIRE(quarantine != NULL);
    return quarantine;
}

static void begin(struct message *message, struct quarantine *quarantine, unsigned n)
{
    struct world *world = &f.loop.world;

    *message = (struct message){.octets = OCTETS + n, .status = 1};
    (void)snprintf(message->id, sizeof(message->id), "M%03u", n);
    message->keep = (struct keep){.where = quarantine,
                                  .id = span_str(message->id),
                                  .facts = SPAN("{}"),
                                  .read = give,
                                  .done = done,
                                  .owner = message};
    CHECK(world->ops->keep_begin(world, &message->keep) == 0);
    CHECK(message->calls == 0 && message->given == 0 && message->keep.handle != NULL);
    left++;
}

/* The messages there, of the size that they should have; all are removed. */
static size_t found(struct quarantine *quarantine)
{
    struct listing listing = {0};
    size_t count;

    CHECK(quarantine_tend(quarantine) == 0);
    CHECK(listing_read(&listing, quarantine) == 0);
    count = listing.count;
    for (size_t i = 0; i < count; i++) {
        char path[128];
        CHECK(listing.items[i].octets == OCTETS + strtoul(listing.items[i].id + 1, NULL, 10));
        CHECK(listing.items[i].facts == 2);
        (void)snprintf(path, sizeof(path), "%s/%s.eml", root, listing.items[i].id);
        CHECK(unlink(path) == 0);
        (void)snprintf(path, sizeof(path), "%s/%s.json", root, listing.items[i].id);
        CHECK(unlink(path) == 0);
    }
    listing_free(&listing);
    return count;
}

static size_t files_in_tmp(void)
{
    char path[64];
    size_t n = 0;
    DIR *dir;

    (void)snprintf(path, sizeof(path), "%s/tmp", root);
    dir = opendir(path);
    REQUIRE(dir != NULL);
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n - 2;
}

static void test_many(void)
{
    static struct message messages[MESSAGES];
    struct quarantine *quarantine = make(0);

    for (unsigned i = 0; i < MESSAGES; i++)
        begin(&messages[i], quarantine, i);
    loop_run(&f.loop);
    for (unsigned i = 0; i < MESSAGES; i++)
        CHECK(messages[i].calls == 1 && messages[i].status == 0 && messages[i].keep.handle == NULL);
    CHECK(found(quarantine) == MESSAGES && files_in_tmp() == 0);
    quarantine_unref(quarantine);
}

static void test_fails(void)
{
    static struct message messages[3];
    struct quarantine *quarantine = make(1);

    begin(&messages[0], quarantine, 0);
    messages[0].fails = -EIO;
    begin(&messages[1], quarantine, 1); /* while the first one takes the only place */
    loop_run(&f.loop);
    begin(&messages[2], quarantine, 2);
    loop_run(&f.loop);
    CHECK(messages[0].status == -EIO && messages[1].status == -EDQUOT && messages[2].status == 0);
    CHECK(found(quarantine) == 1 && files_in_tmp() == 0);
    quarantine_unref(quarantine);
}

/* Cancelled at every stage: nothing is called any more, nothing half remains. The quarantine may go first. */
static void test_cancelled(void)
{
    static struct message messages[MESSAGES];
    struct world *world = &f.loop.world;
    struct quarantine *quarantine = make(0), *later;

    for (unsigned i = 0; i < MESSAGES; i++)
        begin(&messages[i], quarantine, i);
    left = 1; /* until the first one is done */
    loop_run(&f.loop);
    quarantine_unref(quarantine);
    for (unsigned i = 0; i < MESSAGES; i++) {
        unsigned calls = messages[i].calls;
        world->ops->keep_cancel(world, &messages[i].keep);
        CHECK(messages[i].keep.handle == NULL);
        memset(&messages[i], 0, sizeof(messages[i]));
        messages[i].calls = calls;
    }
    later = make(0);
    left = 1;
    begin(&messages[0], later, MESSAGES);
    left = 1;
    loop_run(&f.loop); /* in turn: what was cancelled has been removed by then */
    CHECK(messages[0].status == 0 && files_in_tmp() == 0);
    CHECK(found(later) >= 2);
    quarantine_unref(later);
}

/* Ends with a message half written: loop_free() waits for what is in the pool. */
static void test_loop_ends(void)
{
    static struct message message;
    struct quarantine *quarantine = make(0);

    begin(&message, quarantine, 0);
    f.loop.world.ops->keep_cancel(&f.loop.world, &message.keep);
    quarantine_unref(quarantine);
}

int main(void)
{
    char path[64];

    REQUIRE(mkdtemp(root) != NULL);
    fixture_start(&f);
    test_many();
    test_fails();
    test_cancelled();
    test_loop_ends();
    fixture_end(&f);
    CHECK(files_in_tmp() == 0);
    (void)snprintf(path, sizeof(path), "%s/tmp", root);
    CHECK(rmdir(path) == 0 && rmdir(root) == 0);
    return test_end("net_keep");
}
