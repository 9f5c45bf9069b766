/* Every configuration that is shipped loads. */
#include "config/config.h"

#include <glob.h>

#include "chain/registry.h"
#include "filters/filters.h"
#include "test.h"

static void check(const char *path)
{
    struct settings *settings = config_load(path, stderr);

    CHECK(settings != NULL);
    if (settings != NULL)
        settings->release(settings);
}

int main(void)
{
    glob_t found;

    for (size_t i = 0; filters_builtin[i] != NULL; i++)
        registry_add(filters_builtin[i]);
    CHECK(glob(TEST_SOURCE_DIR "/config/*.yaml", 0, NULL, &found) == 0);
    CHECK(glob(TEST_SOURCE_DIR "/config/examples/*.yaml", GLOB_APPEND, NULL, &found) == 0);
    CHECK(found.gl_pathc >= 6);
    for (size_t i = 0; i < found.gl_pathc; i++)
        check(found.gl_pathv[i]);
    globfree(&found);
    return test_end("config_examples");
}
