/* sink.c: how content is framed toward the upstream, for both bodies of sink: dots or chunks, and the end of
 * data. */
#include "session/sink.h"

#include <errno.h>

#include "session/body.h"
#include "session/leg.h"

#define CHUNK_HEAD  32   /* octets for "BDAT n" CRLF */
#define CHUNK_LEAST 4096 /* less room than this is waited for: small chunks cost a reply each */

static long send_dotted(struct sink *sink, struct span content)
{
    struct wire *wire = &sink->session->leg->wire;
    struct text text = {0};
    size_t n;

    text.ptr = wire_reserve(wire, &text.size);
    if (text.ptr == NULL)
        return 0;
    n = dot_write(&sink->dot, content, &text);
    wire_reserved(wire, text.len);
    return (long)n;
}

/* A BDAT may follow an unanswered one only if the upstream pipelines (RFC 3030 4.2). */
static bool may_send(const struct session *session)
{
    return session->leg->outstanding == 0 || leg_offers(session, KEYWORD_PIPELINING);
}

static long send_chunk(struct sink *sink, struct span content)
{
    struct session *session = sink->session;
    struct wire *wire = &session->leg->wire;
    size_t room = wire_put_room(wire);
    char bytes[CHUNK_HEAD];
    struct text head = TEXT(bytes);

    if (!may_send(session) || room < CHUNK_HEAD + (content.len < CHUNK_LEAST ? content.len : CHUNK_LEAST))
        return 0;
    content = span_first(content, room - CHUNK_HEAD);
    text_add(&head, SPAN("BDAT "));
    text_number(&head, content.len);
    text_add(&head, SPAN("\r\n"));
    if (!body_piece_sent(session))
        return -ENOMEM;
    if (!wire_put(wire, text_span(&head)) || !wire_put(wire, content))
        return -ENOMEM; /* no block to be had: the connection is given up, no half chunk is ever completed */
    return (long)content.len;
}

long sink_send(struct sink *sink, struct span content)
{
    long n;

    if (sink->session->leg == NULL)
        return -ECONNRESET;
    n = sink->framing == SINK_DOT ? send_dotted(sink, content) : send_chunk(sink, content);
    if (n > 0)
        sink->sent += (uint64_t)n;
    return n;
}

enum sink_result sink_finish(struct sink *sink, struct exchange *exchange)
{
    struct session *session = sink->session;
    struct span end = sink->framing == SINK_DOT ? dot_end(&sink->dot) : SPAN("BDAT 0 LAST\r\n");

    if (session->leg == NULL)
        return SINK_FAILED;
    /* The last chunk completes the message: no other may have been refused by then. */
    if (sink->framing == SINK_BDAT && session->body->unanswered != 0)
        return SINK_WAIT;
    if (!may_send(session) || !wire_put(&session->leg->wire, end))
        return SINK_WAIT;
    leg_expect(session, exchange);
    return SINK_DONE;
}
