/* header.c: streams the header section into fields, without copying one that lies whole in the input. What a
 * field means is left to others. */
#include "mail/header.h"

#include <assert.h>

#include "base/mem.h"

#define FIRST_OCTETS 512 /* most fields that lie across pieces fit at once */

enum state {
    STATE_START, /* a field or the blank line begins */
    STATE_NAME,
    STATE_GAP,   /* spaces between name and colon (obsolete, RFC 5322 4.5) */
    STATE_VALUE, /* up to the LF of this line */
    STATE_FOLD,  /* behind that LF: the next octet tells whether the field goes on */
    STATE_BLANK  /* at the LF of the blank line, behind its CR if it has one */
};

enum found { FOUND_NOTHING, FOUND_FIELD, FOUND_BLANK_LINE, FOUND_BODY };

/* RFC 5322 3.6.8: ftext = %d33-57 / %d59-126 */
static bool is_ftext(char c)
{
    return c > ' ' && c < 0x7f && c != ':';
}

static bool is_wsp(char c)
{
    return c == ' ' || c == '\t';
}

/* RFC 5322 3.6.8, 4.5.8: field = field-name *WSP ":" unstructured CRLF ; field-name = 1*ftext
 * Takes the octet at *at of a name; false when it makes the line no field. */
static bool scan_name(struct header_reader *reader, char c, size_t *at)
{
    if (reader->state != STATE_GAP && is_ftext(c)) {
        reader->state = STATE_NAME;
    } else if (reader->state == STATE_START) {
        if (c != '\r' && c != '\n')
            return false;
        reader->state = STATE_BLANK;
        if (c == '\n')
            return true;
    } else if (c == ':') {
        reader->colon = reader->used + *at;
        reader->state = STATE_VALUE;
    } else if (is_wsp(c)) {
        reader->state = STATE_GAP;
    } else {
        return false;
    }
    (*at)++;
    return true;
}

/* Goes on from the state of the last call. *at: where the thing found ends; the input's end for nothing. */
static enum found scan(struct header_reader *reader, struct span in, size_t *at)
{
    *at = 0;
    while (*at < in.len) {
        char c = in.ptr[*at];
        const char *lf;

        switch ((enum state)reader->state) {
        case STATE_START:
        case STATE_NAME:
        case STATE_GAP:
            if (!scan_name(reader, c, at))
                return FOUND_BODY;
            break;
        case STATE_VALUE:
            lf = memchr(in.ptr + *at, '\n', in.len - *at);
            *at = lf != NULL ? (size_t)(lf - in.ptr) + 1 : in.len;
            if (lf != NULL)
                reader->state = STATE_FOLD;
            break;
        case STATE_FOLD:
            if (!is_wsp(c))
                return FOUND_FIELD;
            reader->state = STATE_VALUE;
            break;
        case STATE_BLANK:
            if (c != '\n')
                return FOUND_BODY;
            (*at)++;
            return FOUND_BLANK_LINE;
        }
    }
    return FOUND_NOTHING;
}

static void fail(struct header_reader *reader, enum header_error error, enum header_event *event)
{
    reader->error = error;
    *event = HEADER_ERROR;
}

/* Whichever limit lies nearer is the one exceeded, so that the answer does not depend on the pieces. */
static enum header_error check_limits(const struct header_reader *reader, size_t octets)
{
    size_t left = reader->section_limit > reader->octets ? reader->section_limit - reader->octets : 0;

    if (octets > reader->field_limit && reader->field_limit <= left)
        return HEADER_FIELD_LONG;
    return octets > left ? HEADER_SECTION_LONG : HEADER_OK;
}

/* Puts s behind what is kept of the field under way; check_limits() has bounded the sum. */
static bool keep(struct header_reader *reader, struct span s)
{
    size_t need = reader->used + s.len;

    if (s.len == 0)
        return true;
    if (need > reader->size) {
        size_t size = reader->size != 0 ? 2 * reader->size : FIRST_OCTETS;
        char *field;

        size = size < reader->field_limit ? size : reader->field_limit;
        size = size > need ? size : need;
        field = mem_resize(reader->field, size);
        if (field == NULL)
            return false;
        reader->field = field;
        reader->size = size;
    }
    memcpy(reader->field + reader->used, s.ptr, s.len);
    reader->used = need;
    return true;
}

static struct span without_crlf(struct span s)
{
    if (s.len > 0 && s.ptr[s.len - 1] == '\n')
        s.len--;
    if (s.len > 0 && s.ptr[s.len - 1] == '\r')
        s.len--;
    return s;
}

/* `last` is the end of the field, behind what is kept of it. */
static void emit(struct header_reader *reader, struct span last, struct span *name, struct span *value,
                 enum header_event *event)
{
    struct span field = last;

    if (reader->count >= reader->count_limit) {
        fail(reader, HEADER_FIELDS_MANY, event);
        return;
    }
    if (reader->used != 0) {
        if (!keep(reader, last)) {
            fail(reader, HEADER_NO_MEMORY, event);
            return;
        }
        field = span_of(reader->field, reader->used);
    }
    assert(field.len > reader->colon);
    *name = span_trim(span_first(field, reader->colon));
    reader->spaced = name->len != reader->colon;
    *value = without_crlf(span_skip(field, reader->colon + 1));
    *event = HEADER_FIELD;
    reader->count++;
    reader->received += span_eq_nocase(*name, SPAN("Received"));
    reader->octets += field.len;
    reader->used = 0;
    reader->state = STATE_START;
}

static void end(struct header_reader *reader, bool malformed, enum header_event *event)
{
    reader->done = true;
    reader->malformed = malformed;
    *event = HEADER_END;
}

size_t header_read(struct header_reader *reader, struct span in, struct span *name, struct span *value,
                   enum header_event *event)
{
    enum header_error error;
    enum found found;
    size_t at;

    *event = HEADER_MORE;
    if (reader->error != HEADER_OK)
        *event = HEADER_ERROR;
    else if (reader->done)
        *event = HEADER_END;
    if (*event != HEADER_MORE)
        return 0;
    found = scan(reader, in, &at);
    error = check_limits(reader, reader->used + at);
    if (error != HEADER_OK) {
        fail(reader, error, event);
        return 0;
    }
    switch (found) {
    case FOUND_NOTHING:
        if (!keep(reader, span_first(in, at)))
            fail(reader, HEADER_NO_MEMORY, event);
        break;
    case FOUND_FIELD:
        emit(reader, span_first(in, at), name, value, event);
        break;
    case FOUND_BLANK_LINE:
        reader->octets += reader->used + at;
        reader->used = 0;
        end(reader, false, event);
        break;
    case FOUND_BODY: /* the octets of this line that are in the input are left there */
        at = 0;
        end(reader, true, event);
        break;
    }
    return *event == HEADER_ERROR ? 0 : at;
}

struct span header_tail(const struct header_reader *reader)
{
    return reader->malformed ? span_of(reader->field, reader->used) : span_of(NULL, 0);
}

void header_finish(struct header_reader *reader, struct span *name, struct span *value,
                   enum header_event *event)
{
    *event = HEADER_ERROR;
    if (reader->error != HEADER_OK)
        return;
    if (!reader->done && (reader->state == STATE_VALUE || reader->state == STATE_FOLD))
        emit(reader, SPAN(""), name, value, event);
    else
        end(reader, reader->malformed || reader->used != 0, event);
}

void header_free(struct header_reader *reader)
{
    mem_free(reader->field);
    reader->field = NULL;
    reader->used = reader->size = 0;
}
