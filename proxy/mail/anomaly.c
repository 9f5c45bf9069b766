/* anomaly.c: the names of what can be wrong with a message; what to do about it is left to filters. */
#include "mail/anomaly.h"

#include <assert.h>

static const struct {
    const char *name, *help;
} anomalies[ANOMALY_COUNT] = {
    [ANOMALY_HEADER_SYNTAX] = {"header-syntax", "A header section ends at a line that is no field."},
    [ANOMALY_HEADER_NO_END] = {"header-no-end", "A header section has no blank line behind it."},
    [ANOMALY_HEADER_LIMIT] = {"header-limit", "A header field or section is longer than the limit."},
    [ANOMALY_HEADER_SPACE_COLON] = {"header-space-colon", "White space stands before a field's colon."},
    [ANOMALY_HEADER_OCTETS] = {"header-octets",
                               "A header section has octets that are neither ASCII nor UTF-8."},
    [ANOMALY_DUPLICATE_FIELD] = {"duplicate-field", "A field that may be there once is there twice."},
    [ANOMALY_DUPLICATE_PARAMETER] = {"duplicate-parameter", "A boundary, charset or name is given twice."},
    [ANOMALY_PARAMETER_SYNTAX] = {"parameter-syntax",
                                  "A parameter cannot be read, or pieces of it are missing."},
    [ANOMALY_PARAMETERS_MANY] = {"parameters-many", "A field has more parameters than are looked at."},
    [ANOMALY_NAME_CONFLICT] = {"name-conflict", "A part is given two different file names."},
    [ANOMALY_NAME_DANGEROUS] =
        {"name-dangerous", "A file name has a path, control characters or characters that change direction."},
    [ANOMALY_ENCODED_WORD] = {"encoded-word", "An encoded word cannot be decoded."},
    [ANOMALY_BOUNDARY_MISSING] = {"boundary-missing", "A multipart names no boundary."},
    [ANOMALY_BOUNDARY_BAD] = {"boundary-bad",
                              "A boundary is empty, too long, or has octets it must not have."},
    [ANOMALY_BOUNDARY_REUSED] = {"boundary-reused",
                                 "A boundary is, or begins like, that of an outer multipart."},
    [ANOMALY_NO_CLOSE] = {"no-close", "A multipart has no closing delimiter."},
    [ANOMALY_PREAMBLE] = {"preamble", "Text before the first delimiter looks like more than a note."},
    [ANOMALY_EPILOGUE] = {"epilogue", "Text behind the closing delimiter looks like more than a note."},
    [ANOMALY_ENCODING_UNKNOWN] = {"encoding-unknown",
                                  "A transfer encoding is not known, or several are given."},
    [ANOMALY_ENCODING_ON_MULTIPART] = {"encoding-on-multipart",
                                       "A multipart or message is encoded as a whole."},
    [ANOMALY_BASE64] = {"base64", "Base64 has octets that it must not have, or padding in the middle."},
    [ANOMALY_QUOTED_PRINTABLE] = {"quoted-printable", "Quoted-printable has an escape that is none."},
    [ANOMALY_UUENCODE] = {"uuencode", "A text has a uuencoded file in it."},
    [ANOMALY_CHARSET_UNKNOWN] = {"charset-unknown", "A charset is not known."},
    [ANOMALY_CHARSET_INVALID] = {"charset-invalid", "A text has octets that its charset does not have."},
    [ANOMALY_NUL] = {"nul", "A text has NUL in it."},
    [ANOMALY_DEPTH] = {"depth", "Parts are nested deeper than the limit."},
    [ANOMALY_PARTS] = {"parts", "There are more parts than the limit."},
    [ANOMALY_PARTIAL] = {"partial", "The message is only a piece of one."},
    [ANOMALY_EXTERNAL] = {"external", "The content of a part is elsewhere."},
    [ANOMALY_CONTENT_TYPE] = {"content-type", "A content type cannot be read."},
};

const char *anomaly_name(enum anomaly anomaly)
{
    assert(anomaly < ANOMALY_COUNT);
    return anomalies[anomaly].name;
}

const char *anomaly_help(enum anomaly anomaly)
{
    assert(anomaly < ANOMALY_COUNT);
    return anomalies[anomaly].help;
}
