/* pool.h: blocks of one size, leased and given back; a small stock is kept. What is in them is left to buf.c.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>

/* One per worker; not shared between threads. Embedded by value. */
struct pool {
    size_t block_size;
    size_t stock_max; /* free blocks kept at most */
    size_t stocked;
    size_t leased; /* blocks out now */
    void *stock;   /* singly linked through the blocks' first word */
};

/* block_size in octets, at least sizeof(void *). */
void pool_init(struct pool *pool, size_t block_size, size_t stock_max);
/* Frees the stock; every lease must have come back. */
void pool_free(struct pool *pool);
/* A block of block_size octets, not zeroed, or NULL. */
void *pool_lease(struct pool *pool);
/* NULL is a no-op. */
void pool_return(struct pool *pool, void *block);

#endif
