/* proxy_tlv.h: the type-length-value fields behind the addresses of a PROXY header of version 2. The header
 * itself is left to proxy_header.c. */
#ifndef SMTP_PROXY_TLV_H
#define SMTP_PROXY_TLV_H

#include "smtp/proxy_header.h"

/* Reads the TLVs of a whole header, which begin at `at`, into out->authority and out->tls_version. False: one
 * does not end within what it belongs to, one that is read here comes twice, or the CRC32C is wrong. */
bool proxy_tlv_read(struct span header, size_t at, struct proxy_header *out);

#endif
