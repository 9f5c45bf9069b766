/* mfapi.h: all that the author of a mail filter (milter) calls and is called by. What the bits stand for on
 * the wire is in mfdef.h.
 *
 * A filter fills a struct smfiDesc, hands it to smfi_register(), names a socket with smfi_setconn() and calls
 * smfi_main(), which calls it back for each SMTP session that a mail server tells of. Callbacks of one
 * session come one after the other, each on some thread of a pool; those of different sessions run at the
 * same time. They may wait for as long as they like: see README.md beside the library for how many may at
 * once.
 *
 * Functions return MI_SUCCESS or MI_FAILURE unless said otherwise. Strings given to them are copied. */
#ifndef LIBMILTER_MFAPI_H
#define LIBMILTER_MFAPI_H

#include <sys/socket.h>
#include <sys/types.h>

#include "libmilter/mfdef.h"

#ifndef SMFI_VERSION
#define SMFI_VERSION 0x01000001 /* for xxfi_version: 1.0.1 */
#endif
#define SM_LM_VRS_MAJOR(v) (((v)&0x7f000000) >> 24)
#define SM_LM_VRS_MINOR(v) (((v)&0x007fff00) >> 8)
#define SM_LM_VRS_PLVL(v)  ((v)&0x0000007f)

#ifndef LIBMILTER_API
#define LIBMILTER_API extern
#endif
#ifndef _SOCK_ADDR
#define _SOCK_ADDR struct sockaddr
#endif

/* Sources that were written before <stdbool.h> find these names here. */
#if !defined(__cplusplus) && !defined(__bool_true_false_are_defined) && !defined(bool) &&                    \
    !(defined(__STDC_VERSION__) && __STDC_VERSION__ >= 202311L)
typedef int bool;
#define false 0
#define true 1
#define __bool_true_false_are_defined 1
#endif

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define MI_SUCCESS 0
#define MI_FAILURE (-1)

typedef struct smfi_str SMFICTX; /* one SMTP session as this filter sees it; ours alone */
typedef struct smfi_str *SMFICTX_PTR;
typedef struct smfiDesc smfiDesc_str;
typedef struct smfiDesc *smfiDesc_ptr;

/* What a callback says of the session, the message or the recipient that it was asked about. */
typedef int sfsistat;
#define SMFIS_CONTINUE 0
#define SMFIS_REJECT   1  /* 5xx, or what smfi_setreply() says; of xxfi_envrcpt only this recipient */
#define SMFIS_DISCARD  2  /* the client is told that it was taken; from xxfi_envfrom on */
#define SMFIS_ACCEPT   3  /* no more callbacks for this message; of xxfi_connect, xxfi_helo: this session */
#define SMFIS_TEMPFAIL 4  /* 4xx, otherwise as SMFIS_REJECT */
#define SMFIS_NOREPLY  7  /* where SMFIP_NR_* was negotiated, and nowhere else; there it is the only answer */
#define SMFIS_SKIP     8  /* xxfi_body: the rest of the body is not needed, if SMFIP_SKIP was negotiated */
#define SMFIS_ALL_OPTS 10 /* xxfi_negotiate: all actions, all steps that have a callback */

/* What a filter may do to a message (xxfi_flags); it cannot do what it has not said. */
#define SMFIF_NONE        0x00000000L
#define SMFIF_ADDHDRS     0x00000001L
#define SMFIF_CHGBODY     0x00000002L
#define SMFIF_MODBODY     SMFIF_CHGBODY
#define SMFIF_ADDRCPT     0x00000004L
#define SMFIF_DELRCPT     0x00000008L
#define SMFIF_CHGHDRS     0x00000010L
#define SMFIF_QUARANTINE  0x00000020L
#define SMFIF_CHGFROM     0x00000040L
#define SMFIF_ADDRCPT_PAR 0x00000080L
#define SMFIF_SETSYMLIST  0x00000100L

/* Stages for which smfi_setsymlist() names macros. */
#define SMFIM_NOMACROS (-1)
#define SMFIM_FIRST    0
#define SMFIM_CONNECT  0
#define SMFIM_HELO     1
#define SMFIM_ENVFROM  2
#define SMFIM_ENVRCPT  3
#define SMFIM_DATA     4
#define SMFIM_EOM      5
#define SMFIM_EOH      6
#define SMFIM_LAST     6

/* A filter. A callback that is NULL is not wanted, and the mail server is asked to leave its step out. What
 * callbacks are given is theirs to read, and to write on, until they return. */
struct smfiDesc {
    char *xxfi_name;          /* for the log; NULL: "Unknown" */
    int xxfi_version;         /* SMFI_VERSION */
    unsigned long xxfi_flags; /* SMFIF_*: what it needs; xxfi_negotiate may say otherwise */

    /* The client's name, or its address in brackets; its address, NULL when that is of no known kind. */
    sfsistat (*xxfi_connect)(SMFICTX *, char *, _SOCK_ADDR *);
    /* The argument of HELO or EHLO; comes again after STARTTLS. */
    sfsistat (*xxfi_helo)(SMFICTX *, char *);
    /* <reverse-path> with its angle brackets, then ESMTP parameters, then NULL. */
    sfsistat (*xxfi_envfrom)(SMFICTX *, char **);
    /* <forward-path> likewise, once for each recipient. */
    sfsistat (*xxfi_envrcpt)(SMFICTX *, char **);
    /* A field: name, value. Lines of a folded value end in LF; without SMFIP_HDR_LEADSPC one space behind the
     * colon is not shown. */
    sfsistat (*xxfi_header)(SMFICTX *, char *, char *);
    /* The end of the header section. */
    sfsistat (*xxfi_eoh)(SMFICTX *);
    /* Octets of the body, at most MILTER_CHUNK_SIZE; lines end in CRLF. */
    sfsistat (*xxfi_body)(SMFICTX *, unsigned char *, size_t);
    /* The end of the message: the time for edits. */
    sfsistat (*xxfi_eom)(SMFICTX *);
    /* The message that began with xxfi_envfrom ends here, neither xxfi_eom nor this filter having ended it.
     * What it returns counts for nothing. */
    sfsistat (*xxfi_abort)(SMFICTX *);
    /* The session ends: exactly once for each, last of all, also where there was no xxfi_connect. What
     * smfi_setpriv() was given has to be freed here. What it returns counts for nothing. */
    sfsistat (*xxfi_close)(SMFICTX *);
    /* A command that the mail server does not know. From xxfi_version 3 on. */
    sfsistat (*xxfi_unknown)(SMFICTX *, const char *);
    /* DATA. From xxfi_version 4 on. */
    sfsistat (*xxfi_data)(SMFICTX *);
    /* First of all: actions and steps that the mail server offers, two numbers that are 0; where to put
     * actions and steps that are wanted, and two zeros. SMFIS_CONTINUE: as put there. SMFIS_ALL_OPTS: all
     * actions. Anything else: the session is not filtered. Steps SMFIP_NR_* are always offered. Later
     * versions than 4. */
    sfsistat (*xxfi_negotiate)(SMFICTX *, unsigned long, unsigned long, unsigned long, unsigned long,
                               unsigned long *, unsigned long *, unsigned long *, unsigned long *);
};

/* --- before smfi_main() ----------------------------------------------------------------------------------
 */

/* The filter. Its struct and name are copied. MI_FAILURE: xxfi_version is neither 2, 3, 4 nor of the same
 * major and minor version as SMFI_VERSION; or no memory. The last call counts. */
LIBMILTER_API int smfi_register(struct smfiDesc);

/* Where to listen: "unix:PATH", "local:PATH", PATH, "inet:PORT@HOST", "inet6:PORT@HOST" (without @HOST on all
 * addresses; a HOST in brackets is an address) or "fd:N", a socket that somebody else has bound. MI_FAILURE
 * for NULL, "" and more than 511 octets: all else is looked at by smfi_opensocket() or smfi_main(). The last
 * call counts. */
LIBMILTER_API int smfi_setconn(char *);

/* Binds the socket now, e.g. before giving up privileges, rather than in smfi_main(). With true a unix socket
 * that is in the way is removed. MI_SUCCESS also when that was done before. MI_FAILURE before smfi_register()
 * and smfi_setconn(), and when the address is none or cannot be had; the log says why. */
LIBMILTER_API int smfi_opensocket(bool);

/* Connections that may wait to be accepted; default SOMAXCONN. MI_FAILURE unless it is positive. */
LIBMILTER_API int smfi_setbacklog(int);

/* Seconds that a mail server may be silent, or not read, before its session is given up; default 7210. 0 is
 * not for ever but no time at all; negative is for ever. Sessions that begin later have it. */
LIBMILTER_API int smfi_settimeout(int);

/* Above 0 the log tells of each session, above 3 of each packet. Any time. */
LIBMILTER_API int smfi_setdbg(int);

/* Octets of data that a packet may hold; default MILTER_MAX_DATA_SIZE. Returns what it was. What is sent is
 * never larger than the default. */
LIBMILTER_API size_t smfi_setmaxdatasize(size_t);

/* --- the service -----------------------------------------------------------------------------------------
 */

/* Serves until smfi_stop() or SIGTERM, SIGHUP or SIGINT, which it blocks for the calling thread and all that
 * come of it; SIGPIPE is ignored from now on. No thread is made before this call, so that a filter may fork()
 * until then. At its end no more connections are accepted, callbacks under way have five seconds to return,
 * then sessions get xxfi_abort if they are within a message, and xxfi_close. MI_FAILURE without
 * smfi_register() and smfi_setconn(), or when the socket cannot be had. */
LIBMILTER_API int smfi_main(void);

/* Lets smfi_main() return, now or, when it has not been called, as soon as it is. Any time, on any thread,
 * and in a signal handler. */
LIBMILTER_API int smfi_stop(void);

/* The version of the library that is running. NULL where a number is not wanted. Any time. */
LIBMILTER_API int smfi_version(unsigned int *, unsigned int *, unsigned int *);

/* --- in any callback -------------------------------------------------------------------------------------
 */

/* The value of a macro: "i" or "{i}", "{auth_type}"; NULL when the mail server has not told it. What it told
 * last is found first: a stage forgets what later stages said of the message before. Valid until the callback
 * returns. */
LIBMILTER_API char *smfi_getsymval(SMFICTX *, char *);

/* One pointer for each session, the filter's own. NULL at first. */
LIBMILTER_API int smfi_setpriv(SMFICTX *, void *);
LIBMILTER_API void *smfi_getpriv(SMFICTX *);

/* The reply for the next SMFIS_REJECT (a 5yz code) or SMFIS_TEMPFAIL (4yz) that is returned, in this callback
 * or a later one; with another class of code it stays unused. A mail server may make of it what it likes at
 * xxfi_connect; "421" closes the SMTP session. Code; enhanced code like "5.7.1", or NULL for none; text of at
 * most 980 octets, or NULL, without CR and LF, and with "%%" for "%". MI_FAILURE: one of them is not so. */
LIBMILTER_API int smfi_setreply(SMFICTX *, char *, char *, char *);
/* Likewise with up to 32 lines of text, the last followed by NULL. An enhanced code of NULL is x.0.0. */
LIBMILTER_API int smfi_setmlreply(SMFICTX *, const char *, const char *, ...);

/* Tells the mail server that the filter is still at work, so that it goes on waiting. MI_FAILURE where it is
 * not waiting (xxfi_negotiate, xxfi_abort, xxfi_close, a step that is not answered), or has gone. It may be
 * called on another thread while the callback runs. Mail servers are only sure to know it at xxfi_eom. */
LIBMILTER_API int smfi_progress(SMFICTX *);

/* --- in xxfi_negotiate only ------------------------------------------------------------------------------
 */

/* The macros, separated by spaces, that the mail server shall tell at a stage (SMFIM_*) in place of those
 * that it is configured for, "" for none; it drops what is above 50 of them. MI_FAILURE: elsewhere, no such
 * stage, NULL, or the second call for a stage. */
LIBMILTER_API int smfi_setsymlist(SMFICTX *, int, char *);

/* --- in xxfi_eom only: edits -----------------------------------------------------------------------------
 * MI_FAILURE: elsewhere, without the action named, when an argument is missing or too long for a packet, or
 * when the mail server has gone. It carries them out in their order, once the message is accepted. */

/* SMFIF_ADDHDRS: a field, name and value, behind the last. Lines of a folded value end in LF. */
LIBMILTER_API int smfi_addheader(SMFICTX *, char *, char *);
/* SMFIF_ADDHDRS: the same, as the field of this number from 0 on, counting those that the mail server itself
 * puts on top; beyond the last, behind it. */
LIBMILTER_API int smfi_insheader(SMFICTX *, int, char *, char *);
/* SMFIF_CHGHDRS: name, which one of this name from 1 on, new value; NULL or "" removes it. Beyond the last,
 * it is added. */
LIBMILTER_API int smfi_chgheader(SMFICTX *, char *, int, char *);
/* SMFIF_CHGFROM: reverse-path, and ESMTP parameters or NULL. */
LIBMILTER_API int smfi_chgfrom(SMFICTX *, char *, char *);
/* SMFIF_ADDRCPT: forward-path. */
LIBMILTER_API int smfi_addrcpt(SMFICTX *, char *);
/* SMFIF_ADDRCPT_PAR: forward-path, and ESMTP parameters or NULL. */
LIBMILTER_API int smfi_addrcpt_par(SMFICTX *, char *, char *);
/* SMFIF_DELRCPT: forward-path exactly as xxfi_envrcpt got it. */
LIBMILTER_API int smfi_delrcpt(SMFICTX *, char *);
/* SMFIF_CHGBODY: octets of the body that takes the place of the one that came, lines ending in CRLF; a
 * further call adds to it. 0 octets make it empty. */
LIBMILTER_API int smfi_replacebody(SMFICTX *, unsigned char *, int);
/* SMFIF_QUARANTINE: why the message is to be kept; not "". */
LIBMILTER_API int smfi_quarantine(SMFICTX *, char *);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
