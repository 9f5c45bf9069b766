/* readable.c: looks at files with the eyes of the user that Postern will be. */
#include "config/readable.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/fsuid.h>
#include <unistd.h>

static bool opens(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool works_in(const char *directory)
{
    return faccessat(AT_FDCWD, directory, R_OK | W_OK | X_OK, AT_EACCESS) == 0;
}

/* Of this thread alone; without root's identity the kernel gives no right to what others may not. */
static bool ask_as(bool (*question)(const char *path), const char *path, const struct passwd *user)
{
    bool answer;

    (void)setfsgid(user->pw_gid);
    (void)setfsuid(user->pw_uid);
    answer = question(path);
    (void)setfsuid(geteuid());
    (void)setfsgid(getegid());
    return answer;
}

bool readable_by(const char *path, const char *user)
{
    const struct passwd *known = user != NULL && geteuid() == 0 ? getpwnam(user) : NULL;

    return known == NULL || known->pw_uid == 0 || ask_as(opens, path, known);
}

bool workable_by(const char *directory, const char *user)
{
    const struct passwd *known = user != NULL ? getpwnam(user) : NULL;

    if (user == NULL || (known != NULL && known->pw_uid == geteuid()))
        return works_in(directory);
    return known == NULL || geteuid() != 0 || ask_as(works_in, directory, known);
}
