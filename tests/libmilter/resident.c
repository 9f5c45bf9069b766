/* resident.c: loads a milter as a module and answers for it on the socket that the milter would have listened
 * on, so that it can be asked in both ways. MODULE in the environment is its file, the command line is its
 * own. MODULE=FILE resident -p unix:PATH ... */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "filters/libmilter/host.h"

#define HELD_MAX (4u * 65541)

static struct module *module;

struct client {
    int fd;
    struct visit *visit;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool answered;
    char held[HELD_MAX];
    size_t len;
};

static void on_answered(void *arg)
{
    struct client *client = arg;

    (void)pthread_mutex_lock(&client->lock);
    client->answered = true;
    (void)pthread_cond_signal(&client->changed);
    (void)pthread_mutex_unlock(&client->lock);
}

static void on_progress(void *arg)
{
    (void)send(((struct client *)arg)->fd, "\0\0\0\1p", 5, MSG_NOSIGNAL);
}

/* Octets of whole packets; of what is no packet, all. */
static size_t whole(const struct client *client)
{
    size_t at = 0;

    while (client->len - at >= 5) {
        const unsigned char *head = (const unsigned char *)client->held + at;
        size_t len = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
        if (len == 0 || len > 65536)
            return client->len;
        if (client->len - at < 4 + len)
            break;
        at += 4 + len;
    }
    return at;
}

static bool send_all(int fd, struct span octets)
{
    while (octets.len > 0) {
        ssize_t n = send(fd, octets.ptr, octets.len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        octets = span_skip(octets, (size_t)n);
    }
    return true;
}

/* False: the session is over. */
static bool pass_on(struct client *client, size_t len)
{
    client->answered = false;
    if (!visit_tell(client->visit, span_of(client->held, len)))
        return false;
    (void)pthread_mutex_lock(&client->lock);
    while (!client->answered)
        (void)pthread_cond_wait(&client->changed, &client->lock);
    (void)pthread_mutex_unlock(&client->lock);
    client->len -= len;
    memmove(client->held, client->held + len, client->len);
    return send_all(client->fd, visit_said(client->visit)) && !visit_over(client->visit);
}

static void *serve(void *arg)
{
    struct client *client = arg;
    bool goes_on = client->visit != NULL;

    while (goes_on) {
        ssize_t n = recv(client->fd, client->held + client->len, HELD_MAX - client->len, 0);
        size_t len;
        if (n <= 0)
            break;
        client->len += (size_t)n;
        len = whole(client);
        goes_on = len == 0 || pass_on(client, len);
    }
    if (client->visit != NULL)
        visit_end(client->visit);
    close(client->fd);
    free(client);
    return NULL;
}

static void accept_one(int listener)
{
    struct client *client = calloc(1, sizeof(*client));
    pthread_t thread;

    if (client == NULL)
        exit(EXIT_FAILURE);
    client->fd = accept(listener, NULL, NULL);
    (void)pthread_mutex_init(&client->lock, NULL);
    (void)pthread_cond_init(&client->changed, NULL);
    client->visit = visit_begin(module, (struct visitor){on_answered, on_progress, client});
    if (client->fd < 0 || pthread_create(&thread, NULL, serve, client) != 0)
        exit(EXIT_FAILURE);
    (void)pthread_detach(thread);
}

static int listen_on(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], "-p") == 0 && strncmp(argv[i + 1], "unix:", 5) == 0)
            (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[i + 1] + 5);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 64) != 0) {
        perror("resident");
        exit(EXIT_FAILURE);
    }
    return fd;
}

int main(int argc, char **argv)
{
    char error[256];
    int listener;

    module = module_start(getenv("MODULE"), (const char *const *)argv, 16, 10000, error, sizeof(error));
    if (module == NULL) {
        fprintf(stderr, "resident: %s\n", error);
        return EXIT_FAILURE;
    }
    listener = listen_on(argc, argv);
    while (!module_gone(module))
        accept_one(listener);
    return EXIT_SUCCESS;
}
