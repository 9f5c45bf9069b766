/* anomaly.h: what is wrong with a message, or can be read in two ways, by name. What to do about it is left
 * to filters. */
#ifndef MAIL_ANOMALY_H
#define MAIL_ANOMALY_H

#include <stdint.h>

/* In the order of the table of names. */
enum anomaly {
    ANOMALY_HEADER_SYNTAX,       /* a line of a header section that is no field; what follows is body */
    ANOMALY_HEADER_NO_END,       /* a header section without the blank line behind it */
    ANOMALY_HEADER_LIMIT,        /* a field, or a part's header section, longer than the limit: cut there */
    ANOMALY_HEADER_SPACE_COLON,  /* white space between a field's name and its colon */
    ANOMALY_HEADER_OCTETS,       /* octets beyond ASCII in a header section that is no UTF-8 */
    ANOMALY_DUPLICATE_FIELD,     /* a field twice that may be there once: Content-Type, From, Subject, … */
    ANOMALY_DUPLICATE_PARAMETER, /* two boundaries, two charsets, two names */
    ANOMALY_PARAMETER_SYNTAX,    /* a parameter that cannot be read, or missing pieces of RFC 2231 */
    ANOMALY_PARAMETERS_MANY,     /* more than the limit: the rest is not looked at */
    ANOMALY_NAME_CONFLICT,       /* name and filename, or filename and filename*, differ */
    ANOMALY_NAME_DANGEROUS,   /* a file name with a path, NUL, control or bidirectional-override characters */
    ANOMALY_ENCODED_WORD,     /* =?…?= that cannot be decoded */
    ANOMALY_BOUNDARY_MISSING, /* multipart without a boundary: read as one body */
    ANOMALY_BOUNDARY_BAD,     /* empty, longer than 70 octets, or with octets that RFC 2046 forbids */
    ANOMALY_BOUNDARY_REUSED,  /* an inner multipart's boundary is, or begins like, an outer one's */
    ANOMALY_NO_CLOSE,         /* a multipart without its closing delimiter */
    ANOMALY_PREAMBLE,         /* text before the first delimiter that looks like more than a note */
    ANOMALY_EPILOGUE,         /* likewise behind the closing one */
    ANOMALY_ENCODING_UNKNOWN, /* a Content-Transfer-Encoding that is none, or several */
    ANOMALY_ENCODING_ON_MULTIPART, /* base64 or quoted-printable around a multipart or a message */
    ANOMALY_BASE64,                /* octets that are no base64, or padding in the middle */
    ANOMALY_QUOTED_PRINTABLE,      /* = without two hexadecimal digits or the end of a line */
    ANOMALY_UUENCODE,              /* a uuencoded file in a text, or a bad line in one */
    ANOMALY_CHARSET_UNKNOWN,
    ANOMALY_CHARSET_INVALID, /* octets that the charset does not have */
    ANOMALY_NUL,             /* NUL in text */
    ANOMALY_DEPTH,           /* nested deeper than the limit: what is inside is not taken apart */
    ANOMALY_PARTS,           /* more parts than the limit: likewise */
    ANOMALY_PARTIAL,         /* message/partial: only a piece of a message */
    ANOMALY_EXTERNAL,        /* message/external-body: the content is elsewhere */
    ANOMALY_CONTENT_TYPE,    /* a Content-Type that cannot be read: taken as text/plain and as what it says */
    ANOMALY_COUNT
};

/* A word in lower case, as in logs and configuration: "boundary-missing". */
const char *anomaly_name(enum anomaly anomaly);
/* One sentence for people. */
const char *anomaly_help(enum anomaly anomaly);

static inline uint64_t anomaly_bit(enum anomaly anomaly)
{
    return UINT64_C(1) << anomaly;
}

_Static_assert(ANOMALY_COUNT <= 64, "a set of them is a word");

#endif
