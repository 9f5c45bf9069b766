/* base_buf.c: tests of the fixed block with two cursors: against a model, pinned, full and without memory. */
#include "base/buf.h"

#include "base/mem.h"
#include "test.h"

enum { BLOCK = 64 };

static struct pool pool;

static void test_cursors(void)
{
    struct buf buf;
    size_t room;
    char *space;

    buf_init(&buf, &pool);
    CHECK(buf_len(&buf) == 0 && buf_room(&buf) == BLOCK && buf_data(&buf).len == 0);
    CHECK(pool.leased == 0);
    space = buf_space(&buf, &room);
    CHECK(space != NULL && room == BLOCK && pool.leased == 1);
    buf_release_if_empty(&buf);
    CHECK(pool.leased == 0);

    space = buf_space(&buf, &room);
    memcpy(space, "hello", 5);
    buf_added(&buf, 5);
    buf_release_if_empty(&buf);
    CHECK_SPAN(buf_data(&buf), SPAN("hello"));
    buf_consume(&buf, 2);
    CHECK_SPAN(buf_data(&buf), SPAN("llo"));
    buf_consume(&buf, 3);
    CHECK(pool.leased == 0 && buf_len(&buf) == 0);
}

static void test_full(void)
{
    struct buf buf;
    char bytes[BLOCK];
    size_t room;

    memset(bytes, 'x', sizeof(bytes));
    buf_init(&buf, &pool);
    CHECK(buf_append(&buf, span_of(NULL, 0), false) && pool.leased == 0);
    CHECK(!buf_append(&buf, span_of(bytes, BLOCK + 1), false));
    CHECK(buf_append(&buf, span_of(bytes, BLOCK), false));
    CHECK(buf_space(&buf, &room) == NULL && room == 0);
    CHECK(buf_append_room(&buf, false) == 0);
    buf_consume(&buf, 10);
    CHECK(buf_append_room(&buf, true) == 0);
    CHECK(!buf_append(&buf, SPAN("y"), true));
    CHECK(buf_append_room(&buf, false) == 10);
    CHECK(buf_append(&buf, SPAN("0123456789"), false));
    CHECK_SPAN(span_skip(buf_data(&buf), BLOCK - 10), SPAN("0123456789"));
    buf_consume(&buf, 1);
    CHECK(buf_space(&buf, &room) != NULL && room == 1);
    buf_clear(&buf);
    CHECK(pool.leased == 0);
}

/* Pinned bytes stay where they are while others are appended behind them. */
static void test_pinned(void)
{
    struct buf buf;
    const char *at;

    buf_init(&buf, &pool);
    CHECK(buf_append(&buf, SPAN("0123456789"), false));
    buf_consume(&buf, 4);
    at = buf_data(&buf).ptr;
    CHECK(buf_append(&buf, SPAN("abc"), true));
    CHECK(buf_data(&buf).ptr == at);
    CHECK_SPAN(buf_data(&buf), SPAN("456789abc"));
    buf_clear(&buf);
}

/* A long mixed run against a model that is plainly right. */
static void test_model(void)
{
    struct buf buf;
    unsigned seed = 1, put = 0, got = 0;

    buf_init(&buf, &pool);
    for (int i = 0; i < 20000; i++) {
        size_t n, room;
        char *space;
        struct span held;

        seed = seed * 1103515245u + 12345u;
        n = seed >> 16 & 31;
        switch (seed >> 24 & 1) {
        case 0:
            space = buf_space(&buf, &room);
            CHECK((space != NULL) == (put - got < BLOCK));
            n = n < room ? n : room;
            for (size_t k = 0; k < n; k++)
                space[k] = (char)put++;
            buf_added(&buf, n);
            buf_release_if_empty(&buf);
            break;
        default:
            held = buf_data(&buf);
            n = n < held.len ? n : held.len;
            REQUIRE(n == 0 || held.ptr != NULL);
            for (size_t k = 0; k < n; k++)
                CHECK(held.ptr[k] == (char)got++);
            buf_consume(&buf, n);
        }
        CHECK(buf_len(&buf) == put - got && buf_room(&buf) == BLOCK - (put - got));
        CHECK(pool.leased == (buf_len(&buf) != 0));
    }
    CHECK(put > 10000);
    buf_clear(&buf);
}

static bool refuse(void *arg, size_t size)
{
    (void)arg;
    (void)size;
    return false;
}

static void test_no_memory(void)
{
    struct buf buf;
    size_t room = 1;

    pool_free(&pool);
    buf_init(&buf, &pool);
    mem_set_gate(refuse, NULL);
    CHECK(buf_space(&buf, &room) == NULL && room == 0);
    CHECK(!buf_append(&buf, SPAN("x"), false));
    mem_set_gate(NULL, NULL);
    CHECK(buf_len(&buf) == 0);
}

int main(void)
{
    pool_init(&pool, BLOCK, 2);
    test_cursors();
    test_full();
    test_pinned();
    test_model();
    test_no_memory();
    pool_free(&pool);
    return test_end("base_buf");
}
