/* script.c: what every session of a run says and expects to hear. */
#include "script.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"

#define EHLO     "EHLO client.example\r\n"
#define STARTTLS "STARTTLS\r\n"
#define MAIL     "MAIL FROM:<sender@client.example>\r\n"
#define RCPT     "RCPT TO:<recipient@server.example>\r\n"
#define DATA     "DATA\r\n"
#define QUIT     "QUIT\r\n"

#define HEADER                                                                                               \
    "From: <sender@client.example>\r\n"                                                                      \
    "To: <recipient@server.example>\r\n"                                                                     \
    "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"                                                              \
    "Message-ID: <1@client.example>\r\n"                                                                     \
    "Subject: a message of the load generator\r\n"

/* What stands around the text, and around the attachment where there is one. */
static const struct {
    const char *opening, *between, *closing;
} frames[] = {
    [SCRIPT_TEXT] = {HEADER "\r\n", NULL, "\r\n"},
    [SCRIPT_ATTACHMENT] = {HEADER "MIME-Version: 1.0\r\n"
                                  "Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n"
                                  "--b\r\nContent-Type: text/plain\r\n\r\n",
                           "\r\n--b\r\nContent-Type: application/octet-stream; name=data.bin\r\n"
                           "Content-Transfer-Encoding: base64\r\n\r\n",
                           "\r\n--b--\r\n"},
};

enum { LINE = 76, DOT_LINE = 3 };

/* Lines of pseudo-random letters, the last of which lacks its end. None begins with a dot. */
static char *script_fill(char *at, const char *end, const char *letters)
{
    size_t count = strlen(letters);
    uint32_t state = 1;

    for (size_t column = 0; at < end; column++) {
        state = state * 1664525 + 1013904223;
        if (column == LINE && end - at >= 2) {
            *at++ = '\r';
            *at++ = '\n';
            column = 0;
        }
        if (at < end)
            *at++ = letters[(state >> 16) % count];
    }
    return at;
}

static char *script_put(char *at, const char *text)
{
    while (*text != '\0')
        *at++ = *text++;
    return at;
}

static size_t script_least(enum script_content content)
{
    const char *between = frames[content].between;

    return strlen(frames[content].opening) + (between != NULL ? strlen(between) : 0) +
           strlen(frames[content].closing);
}

/* The message and the dot line. */
static char *script_message(size_t size, enum script_content content)
{
    static const char words[] = "etaoinshrdlu cmfwypvbgk 0123456789";
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *between = frames[content].between;
    char *message = malloc(size + DOT_LINE), *at;
    size_t filling = size - script_least(content);

    if (message == NULL)
        peer_die("memory for a message of %zu octets", size);
    at = script_put(message, frames[content].opening);
    at = script_fill(at, at + (between != NULL ? filling / 2 : filling), words);
    if (between != NULL) {
        at = script_put(at, between);
        at = script_fill(at, message + size - strlen(frames[content].closing), base64);
    }
    at = script_put(at, frames[content].closing);
    memcpy(at, ".\r\n", DOT_LINE);
    return message;
}

/* first (length octets) with `second` behind it. */
static char *script_join(const char *first, size_t length, const char *second)
{
    size_t tail = strlen(second);
    char *joined = malloc(length + tail + 1);
    if (joined == NULL)
        peer_die("memory for %zu octets", length + tail);
    memcpy(joined, first, length);
    memcpy(joined + length, second, tail + 1);
    return joined;
}

static void script_add(struct script *script, struct step step)
{
    script->steps[script->count++] = step;
}

static void script_add_command(struct script *script, const char *text, unsigned code)
{
    script_add(script, (struct step){.text = text, .length = strlen(text), .expect = {code}});
}

static void script_lock_step(struct script *script, size_t messages, size_t length)
{
    for (size_t i = 0; i < messages; i++) {
        script_add_command(script, MAIL, 250);
        script_add_command(script, RCPT, 250);
        script_add_command(script, DATA, 354);
        script_add(script, (struct step){script->message, length, {250}, .delivers = true});
    }
    script_add_command(script, QUIT, 221);
}

static void script_pipelined(struct script *script, size_t messages, size_t length)
{
    static const char group[] = MAIL RCPT DATA;
    size_t group_length = sizeof(group) - 1;
    script->group = script_join(script->message, length, group);
    script->farewell = script_join(script->message, length, QUIT);
    script_add(script, (struct step){group, group_length, {250, 250, 354}, .delivers = false});
    for (size_t i = 1; i < messages; i++)
        script_add(script, (struct step){
                               script->group, length + group_length, {250, 250, 250, 354}, .delivers = true});
    script_add(script,
               (struct step){script->farewell, length + sizeof(QUIT) - 1, {250, 221}, .delivers = true});
}

static void script_opening(struct script *script, bool starttls)
{
    script_add_command(script, "", 220);
    script_add_command(script, EHLO, 250);
    if (starttls) {
        script_add_command(script, STARTTLS, 220);
        script->steps[script->count - 1].encrypts = true;
        script_add_command(script, EHLO, 250);
    }
    script->steps[script->count - 1].opens = true;
}

void script_init(struct script *script, enum script_kind kind, size_t messages, size_t size,
                 enum script_content content, bool starttls)
{
    enum { OPENING = 4, PER_MESSAGE = 4, CLOSING = 1 };
    *script =
        (struct script){.steps = calloc(OPENING + messages * PER_MESSAGE + CLOSING, sizeof(struct step))};
    if (script->steps == NULL)
        peer_die("memory for a script of %zu messages", messages);
    if (size < script_least(content))
        size = script_least(content);
    script_opening(script, starttls);
    if (kind == SCRIPT_HOLD)
        return;
    script->message = script_message(size, content);
    if (kind == SCRIPT_PIPELINED)
        script_pipelined(script, messages, size + DOT_LINE);
    else
        script_lock_step(script, messages, size + DOT_LINE);
}

void script_free(struct script *script)
{
    free(script->farewell);
    free(script->group);
    free(script->message);
    free(script->steps);
}
