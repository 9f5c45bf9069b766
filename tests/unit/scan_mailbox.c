/* Files, directories, Maildirs and mboxes, one message after the other. */
#include "scan/mailbox.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static char root[] = "/tmp/postern-mailbox-XXXXXX";
static char made[16][64]; /* what is to be removed, the other way round */
static size_t made_count;

static const char *path_of(const char *name)
{
    REQUIRE(made_count < 16);
    snprintf(made[made_count], sizeof(made[0]), "%s/%s", root, name);
    return made[made_count++];
}

static void put_directory(const char *name)
{
    REQUIRE(mkdir(path_of(name), 0700) == 0);
}

static void put_file(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");

    REQUIRE(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

static struct mailbox *open_mailbox(const char *name)
{
    struct mailbox *mailbox = mailbox_new();
    char path[64];

    REQUIRE(mailbox != NULL);
    snprintf(path, sizeof(path), "%s/%s", root, name);
    CHECK(mailbox_add(mailbox, path) == 0);
    return mailbox;
}

static void check_next(struct mailbox *mailbox, const char *name, const char *content)
{
    struct letter letter;

    REQUIRE(mailbox_next(mailbox, &letter) == 1);
    CHECK_SPAN(span_str(letter.name + strlen(root) + 1), span_str(name));
    CHECK_SPAN(letter.content, span_str(content));
    CHECK(letter.quoted == (strchr(name, ':') != NULL));
}

static void check_end(struct mailbox *mailbox, uint64_t octets)
{
    struct mailbox_extent extent;
    struct letter letter;

    for (int again = 0; again < 2; again++)
        CHECK(mailbox_next(mailbox, &letter) == 0);
    mailbox_extent(mailbox, &extent);
    CHECK(extent.octets == octets && extent.octets_done == octets);
    mailbox_free(mailbox);
}

static void check_kinds(void)
{
    struct mailbox *mailbox = open_mailbox("Maildir");

    check_next(mailbox, "Maildir/cur/1.a,S", "one");
    check_next(mailbox, "Maildir/cur/2.b,S", "");
    check_next(mailbox, "Maildir/new/0.c", "three");
    check_end(mailbox, 8);
    mailbox = open_mailbox("plain");
    check_next(mailbox, "plain/a.eml", "A");
    check_next(mailbox, "plain/b.EML", "B");
    check_end(mailbox, 2);
    mailbox = open_mailbox("box");
    check_next(mailbox, "box:1", "a\n");
    check_next(mailbox, "box:2", "b\n");
    check_end(mailbox, 26);
    mailbox = open_mailbox("plain/note.txt");
    check_next(mailbox, "plain/note.txt", "no message");
    check_end(mailbox, 10);
}

static void check_trouble(void)
{
    struct mailbox *mailbox = mailbox_new();
    struct letter letter;

    CHECK(mailbox_add(mailbox, "/nonexistent/file") == -ENOENT);
    CHECK(mailbox_next(mailbox, &letter) == 0);
    mailbox_free(mailbox);
    put_file("gone", "x");
    mailbox = open_mailbox("gone");
    CHECK(unlink(made[--made_count]) == 0);
    CHECK(mailbox_next(mailbox, &letter) == -ENOENT);
    CHECK_SPAN(span_str(letter.name + strlen(root)), SPAN("/gone"));
    check_end(mailbox, 1);
}

static void check_standard_input(void)
{
    struct mailbox *mailbox = mailbox_new();
    struct letter letter;
    int ends[2];

    REQUIRE(pipe(ends) == 0 && dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
    CHECK(write(ends[1], "From a\nb\n", 9) == 9);
    close(ends[1]);
    CHECK(mailbox_add(mailbox, "-") == 0);
    CHECK(mailbox_next(mailbox, &letter) == 1);
    CHECK_SPAN(span_str(letter.name), SPAN("-:1"));
    CHECK_SPAN(letter.content, SPAN("b\n"));
    check_end(mailbox, 0);
    close(ends[0]);
}

int main(void)
{
    REQUIRE(mkdtemp(root) != NULL);
    put_directory("Maildir");
    put_directory("Maildir/cur");
    put_directory("Maildir/new");
    put_file("Maildir/cur/2.b,S", "");
    put_file("Maildir/cur/1.a,S", "one");
    put_file("Maildir/cur/.hidden", "x");
    put_file("Maildir/new/0.c", "three");
    put_directory("plain");
    put_file("plain/b.EML", "B");
    put_file("plain/a.eml", "A");
    put_file("plain/note.txt", "no message");
    put_file("box", "From 1\na\n\nFrom 2 (two)\nb\n\n");
    check_kinds();
    check_trouble();
    check_standard_input();
    while (made_count > 0)
        CHECK(remove(made[--made_count]) == 0);
    CHECK(rmdir(root) == 0);
    return test_end("scan_mailbox");
}
