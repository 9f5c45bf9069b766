/* rights.c: what the process may do; who it should be is said in proxy.yaml. */
#include "rights.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

void rights_raise_files(struct log *log)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_note(log, LOG_LEVEL_WARN, "start", "cannot raise the limit of open files: %s", strerror(errno));
}

static bool become(const char *user, uid_t uid, gid_t gid, struct log *log)
{
    if (initgroups(user, gid) != 0 || setgid(gid) != 0 || setuid(uid) != 0) {
        log_note(log, LOG_LEVEL_ERROR, "start", "cannot become user %s: %s", user, strerror(errno));
        return false;
    }
    if (uid != 0 && setuid(0) == 0) {
        log_note(log, LOG_LEVEL_ERROR, "start", "the rights of root could be taken back");
        return false;
    }
    return true;
}

bool rights_drop(const char *user, const char *group, struct log *log)
{
    const struct passwd *passwd;
    gid_t gid;

    if (user == NULL) {
        if (group != NULL)
            log_note(log, LOG_LEVEL_WARN, "start", "group %s is not taken on without a user", group);
        return true;
    }
    if (geteuid() != 0) {
        log_note(log, LOG_LEVEL_INFO, "start", "not started as root: user %s is not taken on", user);
        return true;
    }
    passwd = getpwnam(user);
    if (passwd == NULL) {
        log_note(log, LOG_LEVEL_ERROR, "start", "there is no user %s", user);
        return false;
    }
    gid = passwd->pw_gid;
    if (group != NULL) {
        const struct group *entry = getgrnam(group);
        if (entry == NULL) {
            log_note(log, LOG_LEVEL_ERROR, "start", "there is no group %s", group);
            return false;
        }
        gid = entry->gr_gid;
    }
    return become(user, passwd->pw_uid, gid, log);
}
