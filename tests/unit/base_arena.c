/* base_arena.c: tests of bounded bump memory: alignment, zeroing, the limit and a failing heap. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>

#include "base/mem.h"
#include "test.h"

static bool refuse(void *arg, size_t size)
{
    (void)arg;
    (void)size;
    return false;
}

static void test_alloc(void)
{
    struct arena arena;
    char *seen[64];

    arena_init(&arena, 100000);
    CHECK(arena.chunks == NULL);
    for (size_t i = 0; i < 64; i++) {
        size_t size = i * 37 % 200 + 1;

        seen[i] = arena_alloc(&arena, size);
        REQUIRE(seen[i] != NULL);
        CHECK((uintptr_t)seen[i] % alignof(max_align_t) == 0);
        for (size_t k = 0; k < size; k++)
            CHECK(seen[i][k] == 0);
        memset(seen[i], (int)i + 1, size);
    }
    for (size_t i = 0; i < 64; i++)
        CHECK(seen[i][0] == (char)(i + 1) && seen[i][i * 37 % 200] == (char)(i + 1));
    CHECK(arena_alloc(&arena, 5000) != NULL); /* larger than a chunk */
    arena_reset(&arena);
    CHECK(arena.used == 0 && arena.chunks == NULL);
}

static void test_limit(void)
{
    struct arena arena;

    arena_init(&arena, 64);
    CHECK(arena_alloc(&arena, 65) == NULL);
    CHECK(arena_alloc(&arena, SIZE_MAX) == NULL);
    CHECK(arena_alloc(&arena, 33) != NULL);
    CHECK(arena.used == 48);
    CHECK(arena_alloc(&arena, 17) == NULL);
    CHECK(arena_alloc(&arena, 16) != NULL);
    CHECK(arena_alloc(&arena, 1) == NULL);
    arena_reset(&arena);
    CHECK(arena_alloc(&arena, 64) != NULL);
    arena_reset(&arena);
}

static void test_copy(void)
{
    struct arena arena;
    struct span copy;

    arena_init(&arena, 100);
    copy = arena_copy(&arena, SPAN("hello"));
    CHECK_SPAN(copy, SPAN("hello"));
    CHECK(copy.ptr[5] == '\0');
    copy = arena_copy(&arena, span_of(NULL, 0));
    CHECK(copy.ptr != NULL && copy.len == 0);
    copy = arena_copy(&arena,
                      span_of("0123456789012345678901234567890123456789012345678901234567890123456", 67));
    CHECK(copy.ptr == NULL && copy.len == 0);
    arena_reset(&arena);
}

static void test_heap_fails(void)
{
    struct arena arena;

    arena_init(&arena, 10000);
    mem_set_gate(refuse, NULL);
    CHECK(arena_alloc(&arena, 1) == NULL);
    CHECK(arena.used == 0);
    mem_set_gate(NULL, NULL);
    CHECK(arena_alloc(&arena, 1) != NULL);
    arena_reset(&arena);
}

int main(void)
{
    test_alloc();
    test_limit();
    test_copy();
    test_heap_fails();
    return test_end("base_arena");
}
