/* readable.c: looks at a file with the eyes of the user that Postern will be. */
#include "config/readable.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/fsuid.h>
#include <unistd.h>

/* Of this thread alone; without root's identity the kernel gives no right to read what others may not. */
static bool opens_as(const char *path, const struct passwd *user)
{
    int fd;

    (void)setfsgid(user->pw_gid);
    (void)setfsuid(user->pw_uid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    (void)setfsuid(geteuid());
    (void)setfsgid(getegid());
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

bool readable_by(const char *path, const char *user)
{
    const struct passwd *known = user != NULL && geteuid() == 0 ? getpwnam(user) : NULL;

    return known == NULL || known->pw_uid == 0 || opens_as(path, known);
}
