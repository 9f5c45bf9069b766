/* tls_certificate.c: reads certificates, their keys and authorities; what is wrong with them is left to
 * tls_certificate_check.c, their names to tls_certificate_names.c. */
#include "tls/tls_certificate.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tls/tls_random.h"

/* NULL: it can be read. mbedTLS would take a folder for a file without end. */
static const char *unreadable(const char *path)
{
    struct stat is;

    if (stat(path, &is) != 0)
        return strerror(errno);
    if (!S_ISREG(is.st_mode))
        return "it is no file";
    return euidaccess(path, R_OK) != 0 ? strerror(errno) : NULL;
}

static bool load_chain(struct tls_certificate *certificate, const char *path, size_t index,
                       const struct tls_complaints *to)
{
    const char *why = unreadable(path);
    int rc;

    if (why != NULL) {
        tls_complain(to, index, "chain", "%s cannot be read: %s", path, why);
        return false;
    }
    rc = mbedtls_x509_crt_parse_file(&certificate->chain, path);
    if (rc == 0)
        return true;
    if (rc > 0)
        tls_complain(to, index, "chain", "%s holds a certificate that cannot be understood", path);
    else
        tls_complain(to, index, "chain", "%s holds no certificate; allowed: PEM, the certificate first",
                     path);
    return false;
}

/* Reading by a group is how Debian shares keys (ssl-cert); reading by everyone is an accident. */
static void check_mode(const char *path, size_t index, const struct tls_complaints *to)
{
    struct stat is;

    if (stat(path, &is) == 0 && (is.st_mode & (S_IROTH | S_IWOTH | S_IWGRP)) != 0)
        tls_warn(to, index, "key", "%s can be %s by others than its owner and group", path,
                 (is.st_mode & (S_IWOTH | S_IWGRP)) != 0 ? "changed" : "read");
}

static bool load_key(struct tls_certificate *certificate, const char *path, size_t index,
                     const struct tls_complaints *to)
{
    const char *why = unreadable(path);
    int rc;

    if (why != NULL) {
        tls_complain(to, index, "key", "%s cannot be read: %s", path, why);
        return false;
    }
    rc = mbedtls_pk_parse_keyfile(&certificate->key, path, NULL, tls_random, NULL);
    if (rc == 0) {
        check_mode(path, index, to);
        return true;
    }
    if (rc == MBEDTLS_ERR_PK_PASSWORD_REQUIRED || rc == MBEDTLS_ERR_PK_PASSWORD_MISMATCH)
        tls_complain(to, index, "key", "%s is behind a password; allowed: a key without one", path);
    else
        tls_complain(to, index, "key", "%s holds no key; allowed: PEM, RSA or ECDSA", path);
    return false;
}

bool tls_certificate_load(struct tls_certificate *certificate, const struct tls_certificate_files *files,
                          size_t index, const struct tls_complaints *to)
{
    bool chain, key;

    mbedtls_x509_crt_init(&certificate->chain);
    mbedtls_pk_init(&certificate->key);
    certificate->names = &files->names;
    chain = load_chain(certificate, files->chain, index, to);
    if (files->key == NULL && !chain)
        return false;
    key = load_key(certificate, files->key != NULL ? files->key : files->chain, index, to);
    return chain && key && tls_certificate_check(certificate, index, to);
}

void tls_certificate_free(struct tls_certificate *certificate)
{
    mbedtls_x509_crt_free(&certificate->chain);
    mbedtls_pk_free(&certificate->key);
}

/* A bundle may hold some that mbedTLS does not understand: nobody is believed because of those. */
bool tls_authorities_load(mbedtls_x509_crt *out, const char *path, const char *key,
                          const struct tls_complaints *to)
{
    const char *why = unreadable(path);

    if (why == NULL && mbedtls_x509_crt_parse_file(out, path) >= 0 && out->raw.p != NULL)
        return true;
    if (why != NULL)
        tls_complain(to, 0, key, "%s cannot be read: %s", path, why);
    else
        tls_complain(to, 0, key, "%s holds no certificate; allowed: PEM, one authority or many", path);
    return false;
}
