/* tls_complaint.h: how those who load certificates say what is wrong with them. Where it is printed is left
 * to the caller. */
#ifndef TLS_TLS_COMPLAINT_H
#define TLS_TLS_COMPLAINT_H

#include <stdbool.h>
#include <stddef.h>

/* About one file. key: which of the terms ("chain", "key", "names", "client_ca", "ca", "fingerprints");
 * index: of the certificate in the list, or 0. text: "what is wrong; what is allowed". A warning does not
 * keep the rest from being used. */
struct tls_complaints {
    void (*complain)(void *owner, size_t index, const char *key, bool warning, const char *text);
    void *owner;
};

#endif
