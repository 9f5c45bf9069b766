/* Whole files, and where relative paths start from. */
#include "config/file.h"

#include <errno.h>
#include <unistd.h>

#include "base/mem.h"
#include "test.h"

static char path[] = "/tmp/postern-file-XXXXXX";

static void test_read(void)
{
    static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 100000};
    static char bytes[100000];
    struct arena arena;
    struct span text;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)('a' + i % 26);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        FILE *file = fopen(path, "w");
        CHECK(file != NULL && fwrite(bytes, 1, sizes[i], file) == sizes[i] && fclose(file) == 0);
        arena_init(&arena, 1 << 20);
        CHECK(file_read(path, &arena, &text) == 0);
        CHECK_SPAN(text, span_of(bytes, sizes[i]));
        CHECK(text.ptr != NULL && text.ptr[text.len] == '\0');
        arena_reset(&arena);
    }
    arena_init(&arena, 1000);
    CHECK(file_read(path, &arena, &text) == -ENOMEM);
    CHECK(file_read("/tmp/postern-no-such-file", &arena, &text) == -ENOENT);
    CHECK(file_read("/tmp", &arena, &text) == -EISDIR);
    CHECK(truncate(path, (off_t)FILE_OCTETS_MAX + 1) == 0);
    CHECK(file_read(path, &arena, &text) == -EFBIG);
    arena_reset(&arena);
}

static void test_paths(void)
{
    struct arena arena;

    arena_init(&arena, 1000);
    CHECK_SPAN(span_str(file_directory("proxy.yaml", &arena)), SPAN("."));
    CHECK_SPAN(span_str(file_directory("etc/proxy.yaml", &arena)), SPAN("etc"));
    CHECK_SPAN(span_str(file_beside("/etc", "list", &arena)), SPAN("/etc/list"));
    CHECK_SPAN(span_str(file_beside("/etc", "/list", &arena)), SPAN("/list"));
    CHECK_SPAN(span_str(file_beside(file_directory("/proxy.yaml", &arena), "list", &arena)), SPAN("/list"));
    arena_reset(&arena);
}

int main(void)
{
    int fd = mkstemp(path);

    if (fd < 0)
        return 1;
    (void)close(fd);
    test_read();
    test_paths();
    CHECK(unlink(path) == 0);
    return test_end("config_file");
}
