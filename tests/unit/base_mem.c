/* base_mem.c: tests of the door to the heap: zeroing, copies and the gate that makes allocations fail. */
#include "base/mem.h"

#include "test.h"

struct budget {
    int left;
    size_t last;
};

static bool spend(void *arg, size_t size)
{
    struct budget *budget = arg;

    budget->last = size;
    return budget->left-- > 0;
}

static void test_alloc(void)
{
    char *bytes = mem_alloc(100);
    char *nothing = mem_alloc(0);
    char *copy = mem_copy(SPAN("a\0b"));
    char *empty = mem_copy(span_of(NULL, 0));

    REQUIRE(bytes != NULL && nothing != NULL && copy != NULL && empty != NULL);
    for (size_t i = 0; i < 100; i++)
        CHECK(bytes[i] == 0);
    memset(bytes, 'x', 100);
    bytes = mem_resize(bytes, 1000);
    CHECK(bytes != NULL && bytes[99] == 'x');
    CHECK(memcmp(copy, "a\0b", 4) == 0);
    CHECK(empty[0] == '\0');
    mem_free(bytes);
    mem_free(nothing);
    mem_free(copy);
    mem_free(empty);
    mem_free(NULL);
}

static void test_gate(void)
{
    struct budget budget = {2, 0};
    char *bytes, *copy;

    mem_set_gate(spend, &budget);
    bytes = mem_alloc(10);
    CHECK(bytes != NULL && budget.last == 10);
    copy = mem_copy(SPAN("abc"));
    CHECK(copy != NULL && budget.last == 4);
    CHECK(mem_alloc(1) == NULL);
    CHECK(mem_copy(SPAN("abc")) == NULL);
    CHECK(mem_resize(bytes, 2000) == NULL && budget.last == 2000);
    mem_set_gate(NULL, NULL);
    bytes[9] = 'x'; /* a refused resize leaves the block alone */
    mem_free(bytes);
    mem_free(copy);
}

int main(void)
{
    test_alloc();
    test_gate();
    return test_end("base_mem");
}
