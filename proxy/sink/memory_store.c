/* memory_store.c: messages kept in memory, for tests; storing on disk is left to maildir.c. */
#include "sink/memory_store.h"

#include <errno.h>
#include <limits.h>

#include "base/mem.h"

#define ENVELOPE_MAX 1048576 /* octets */

static struct memory_store *self(struct sink_store *store)
{
    return (struct memory_store *)store;
}

static bool spend(unsigned *left)
{
    if (*left == 0)
        return false;
    (*left)--;
    return true;
}

static void letter_free(struct memory_message *message)
{
    arena_reset(&message->arena);
    mem_free(message->content);
    mem_free(message);
}

static bool copy_recipients(struct memory_message *message)
{
    struct sink_recipient **link = &message->envelope.recipients;

    for (const struct sink_recipient *from = *link; from != NULL; from = from->next) {
        struct sink_recipient *copy = arena_alloc(&message->arena, sizeof(*copy));
        if (copy == NULL)
            return false;
        copy->address = arena_copy(&message->arena, from->address);
        copy->parameters = arena_copy(&message->arena, from->parameters);
        if (copy->address.ptr == NULL || copy->parameters.ptr == NULL)
            return false;
        *link = copy;
        link = &copy->next;
    }
    *link = NULL;
    return true;
}

static bool copy_envelope(struct memory_message *message, const struct sink_envelope *from)
{
    struct sink_envelope *to = &message->envelope;
    struct span *const spans[] = {&to->helo, &to->hostname, &to->reverse_path, &to->parameters, NULL};

    *to = *from;
    for (size_t i = 0; spans[i] != NULL; i++) {
        *spans[i] = arena_copy(&message->arena, *spans[i]);
        if (spans[i]->ptr == NULL)
            return false;
    }
    return copy_recipients(message);
}

static struct sink_letter *begin(struct sink_store *store, const struct sink_envelope *envelope)
{
    struct memory_message *message = spend(&self(store)->begins_left) ? mem_alloc(sizeof(*message)) : NULL;

    if (message == NULL)
        return NULL;
    arena_init(&message->arena, ENVELOPE_MAX);
    if (!copy_envelope(message, envelope)) {
        letter_free(message);
        return NULL;
    }
    self(store)->open++;
    return (struct sink_letter *)message;
}

static int write_content(struct sink_store *store, struct sink_letter *letter, struct span content)
{
    struct memory_message *message = (struct memory_message *)letter;
    char *grown =
        spend(&self(store)->writes_left) ? mem_resize(message->content, message->len + content.len) : NULL;

    if (grown == NULL)
        return -ENOSPC;
    message->content = grown;
    memcpy(grown + message->len, content.ptr, content.len);
    message->len += content.len;
    return 0;
}

static void abort_letter(struct sink_store *store, struct sink_letter *letter)
{
    self(store)->open--;
    letter_free((struct memory_message *)letter);
}

static int commit(struct sink_store *store, struct sink_letter *letter)
{
    struct memory_message *message = (struct memory_message *)letter;
    struct memory_store *memory = self(store);

    if (!spend(&memory->commits_left)) {
        abort_letter(store, letter);
        return -ENOSPC;
    }
    memory->open--;
    memory->count++;
    if (memory->last != NULL)
        memory->last->next = message;
    else
        memory->first = message;
    memory->last = message;
    return 0;
}

static const struct sink_store_ops memory_ops = {
    .begin = begin, .write = write_content, .commit = commit, .abort = abort_letter};

void memory_store_init(struct memory_store *store)
{
    *store = (struct memory_store){
        .store.ops = &memory_ops, .begins_left = UINT_MAX, .writes_left = UINT_MAX, .commits_left = UINT_MAX};
}

void memory_store_free(struct memory_store *store)
{
    while (store->first != NULL) {
        struct memory_message *message = store->first;
        store->first = message->next;
        letter_free(message);
    }
    store->last = NULL;
    store->count = 0;
}
