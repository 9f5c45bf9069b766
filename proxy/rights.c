/* rights.c: what the process may do; who it should be is said in proxy.yaml. */
#include "rights.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PORT_OF_ROOT 1024 /* below it, listening needs CAP_NET_BIND_SERVICE */

void rights_raise_files(struct log *log)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_note(log, LOG_LEVEL_WARN, "start", "cannot raise the limit of open files: %s", strerror(errno));
}

/* --- capabilities --------------------------------------------------------------------------------------- */

/* The bits of what the settings need beyond what anyone may do. */
static uint32_t needed(const struct settings *settings)
{
    const struct settings_listener *listeners = settings->listeners.items;
    const struct settings_upstream *upstreams = settings->upstreams.items;
    uint32_t bits = 0;

    for (size_t i = 0; i < settings->listeners.count; i++) {
        if (listeners[i].transparent == TRANSPARENT_TPROXY)
            bits |= CAP_TO_MASK(CAP_NET_ADMIN);
        if (listeners[i].port < PORT_OF_ROOT)
            bits |= CAP_TO_MASK(CAP_NET_BIND_SERVICE);
    }
    for (size_t i = 0; i < settings->upstreams.count; i++)
        if (upstreams[i].identity == IDENTITY_SOURCE_ADDRESS || upstreams[i].mark != 0)
            bits |= CAP_TO_MASK(CAP_NET_ADMIN);
    return bits;
}

static bool caps_get(struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3])
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

    return syscall(SYS_capget, &header, data) == 0;
}

/* Of this thread, and of those that it starts: these and no others. */
static bool caps_reduce_to(uint32_t bits)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

    data[0].effective = data[0].permitted = bits;
    return syscall(SYS_capset, &header, data) == 0;
}

/* A socket for a low port may have been passed to us, so that lack shows when listening fails. */
bool rights_suffice(const struct settings *settings, struct log *log)
{
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
    uint32_t admin = CAP_TO_MASK(CAP_NET_ADMIN);

    if ((needed(settings) & admin) == 0 || (caps_get(data) && (data[0].effective & admin) != 0))
        return true;
    log_note(log, LOG_LEVEL_ERROR, "rights",
             "transparent: tproxy, identity: source-address and mark need CAP_NET_ADMIN, which is missing");
    return false;
}

/* --- the user ------------------------------------------------------------------------------------------- */

static bool become(const char *user, uid_t uid, gid_t gid, uint32_t keep, struct log *log)
{
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

    if (!caps_get(data) || prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || initgroups(user, gid) != 0 ||
        setgid(gid) != 0 || setuid(uid) != 0 || (uid != 0 && !caps_reduce_to(keep & data[0].permitted))) {
        log_note(log, LOG_LEVEL_ERROR, "start", "cannot become user %s: %s", user, strerror(errno));
        return false;
    }
    if (uid != 0 && setuid(0) == 0) {
        log_note(log, LOG_LEVEL_ERROR, "start", "the rights of root could be taken back");
        return false;
    }
    return true;
}

static bool find_group(const char *group, gid_t *gid, struct log *log)
{
    const struct group *entry = getgrnam(group);

    if (entry == NULL)
        log_note(log, LOG_LEVEL_ERROR, "start", "there is no group %s", group);
    else
        *gid = entry->gr_gid;
    return entry != NULL;
}

static bool take_on_user(const struct settings *settings, struct log *log)
{
    const char *user = settings->user, *group = settings->group;
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
    if (group != NULL && !find_group(group, &gid, log))
        return false;
    return become(user, passwd->pw_uid, gid, needed(settings), log);
}

bool rights_drop(const struct settings *settings, struct log *log)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        log_note(log, LOG_LEVEL_WARN, "start", "cannot forbid programs to gain rights: %s", strerror(errno));
    return take_on_user(settings, log) && rights_suffice(settings, log);
}
