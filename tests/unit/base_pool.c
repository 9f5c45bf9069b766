/* base_pool.c: tests of block leasing: reuse, the bounded stock and a failing heap. */
#include "base/pool.h"

#include "base/mem.h"
#include "test.h"

static bool refuse(void *arg, size_t size)
{
    (void)arg;
    (void)size;
    return false;
}

static void test_lease(void)
{
    struct pool pool;
    void *block[4];

    pool_init(&pool, 128, 2);
    for (size_t i = 0; i < 4; i++) {
        block[i] = pool_lease(&pool);
        CHECK(block[i] != NULL);
        memset(block[i], 0x55, 128);
    }
    CHECK(pool.leased == 4);
    for (size_t i = 0; i < 4; i++)
        pool_return(&pool, block[i]);
    CHECK(pool.leased == 0);
    CHECK(pool.stocked == 2);
    CHECK(pool_lease(&pool) == block[1]); /* the stock's last comes first: it is warm */
    CHECK(pool_lease(&pool) == block[0]);
    CHECK(pool.stocked == 0 && pool.leased == 2);
    pool_return(&pool, block[0]);
    pool_return(&pool, block[1]);
    pool_return(&pool, NULL);
    pool_free(&pool);
    CHECK(pool.stocked == 0 && pool.stock == NULL);
}

static void test_heap_fails(void)
{
    struct pool pool;
    void *block;

    pool_init(&pool, 64, 1);
    block = pool_lease(&pool);
    pool_return(&pool, block);
    mem_set_gate(refuse, NULL);
    CHECK(pool_lease(&pool) == block); /* from stock */
    CHECK(pool_lease(&pool) == NULL);
    CHECK(pool.leased == 1);
    mem_set_gate(NULL, NULL);
    pool_return(&pool, block);
    pool_free(&pool);
}

int main(void)
{
    test_lease();
    test_heap_fails();
    return test_end("base_pool");
}
