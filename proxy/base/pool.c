/* pool.c: blocks of one size; what is in them is left to buf.c. */
#include "base/pool.h"

#include <assert.h>

#include "base/mem.h"

struct link {
    struct link *next;
};

void pool_init(struct pool *pool, size_t block_size, size_t stock_max)
{
    assert(block_size >= sizeof(struct link));
    *pool = (struct pool){.block_size = block_size, .stock_max = stock_max};
}

void pool_free(struct pool *pool)
{
    assert(pool->leased == 0);
    while (pool->stock != NULL) {
        struct link *head = pool->stock;
        pool->stock = head->next;
        mem_free(head);
    }
    pool->stocked = 0;
}

void *pool_lease(struct pool *pool)
{
    struct link *head = pool->stock;

    if (head != NULL) {
        pool->stock = head->next;
        pool->stocked--;
    } else {
        head = mem_resize(NULL, pool->block_size);
    }
    if (head != NULL)
        pool->leased++;
    return head;
}

void pool_return(struct pool *pool, void *block)
{
    struct link *link = block;

    if (block == NULL)
        return;
    assert(pool->leased > 0);
    pool->leased--;
    if (pool->stocked >= pool->stock_max) {
        mem_free(block);
        return;
    }
    link->next = pool->stock;
    pool->stock = link;
    pool->stocked++;
}
