/* replay.c: runs a fuzzer over given files and folders where libFuzzer is not at hand: a plain regression
 * test. Finding new inputs is left to libFuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned inputs;

static int replay_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size);
    int status = -1;

    if (file != NULL && data != NULL && fread(data, 1, size, file) == size) {
        fprintf(stderr, "%s\n", path);
        status = LLVMFuzzerTestOneInput(data, size);
        inputs++;
    } else {
        perror(path);
    }
    free(data);
    if (file != NULL)
        (void)fclose(file);
    return status;
}

/* A file, or every file of a folder. */
static int replay(const char *path)
{
    struct dirent **entries = NULL;
    struct stat facts;
    int count, status = 0;

    if (stat(path, &facts) != 0) {
        perror(path);
        return -1;
    }
    if (!S_ISDIR(facts.st_mode))
        return replay_file(path, (size_t)facts.st_size);
    count = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char inside[4096];
        int length = snprintf(inside, sizeof(inside), "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && length < (int)sizeof(inside) && replay(inside) != 0)
            status = -1;
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* Arguments that begin with "-" are libFuzzer's and have no meaning here. */
int main(int argc, char **argv)
{
    int status = LLVMFuzzerTestOneInput((const uint8_t *)"", 0);

    for (int i = 1; i < argc; i++)
        if (argv[i][0] != '-' && replay(argv[i]) != 0)
            status = -1;
    printf("%u inputs\n", inputs);
    return status == 0 && inputs > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
