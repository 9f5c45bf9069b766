/* tls_complaint.h: how those who load certificates say what is wrong with them. Where it is printed is left
 * to the caller. */
#ifndef TLS_TLS_COMPLAINT_H
#define TLS_TLS_COMPLAINT_H

#include <stdbool.h>
#include <stddef.h>

/* About one file. key: which of the terms ("chain", "key", "names", "client_ca", "ca", "fingerprints");
 * index: of the certificate or the fingerprint in its list, or 0. text: "what is wrong; what is allowed". A
 * warning does not keep the rest from being used. */
struct tls_complaints {
    void (*complain)(void *owner, size_t index, const char *key, bool warning, const char *text);
    void *owner;
};

/* Says it as by printf. */
void tls_complain(const struct tls_complaints *to, size_t index, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void tls_warn(const struct tls_complaints *to, size_t index, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
