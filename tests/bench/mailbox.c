/* mailbox.c: makes ordinary mail. */
#include "mailbox.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORDS = 2000, LINE = 72, MESSAGE_MOST = 1 << 20 };

static uint64_t state = 88172645463325252u;

static size_t below(size_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state % n);
}

void mailbox_word(unsigned n, char out[16])
{
    static const char *const syllables[] = {"an", "ber", "co",  "de", "el",  "fo", "ga", "hin", "in", "ka",
                                            "lo", "men", "nor", "or", "pre", "ri", "so", "ter", "un", "ver"};
    size_t len = 0;

    for (n += 20; n != 0; n /= 20)
        len += (size_t)snprintf(out + len, 16 - len, "%s", syllables[n % 20]);
}

__attribute__((format(printf, 2, 3))) static void print(struct mailbox *box, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    box->len += (size_t)vsnprintf(box->octets + box->len, box->size - box->len, format, args);
    va_end(args);
}

/* Common words are common. */
static const char *word(char out[16])
{
    size_t most = below(3) == 0 ? WORDS : 1 + below(120);

    mailbox_word((unsigned)below(most), out);
    return out;
}

static void lines_of_text(struct mailbox *box, size_t octets)
{
    char w[16];

    for (size_t end = box->len + octets; box->len < end;) {
        for (size_t line = box->len + LINE; box->len < line;)
            print(box, "%s%s", word(w), below(9) == 0 ? ", " : " ");
        print(box, "%s", below(12) == 0 ? "\r\n\r\n" : "\r\n");
    }
}

static void lines_of_html(struct mailbox *box, size_t octets)
{
    char w[16];

    print(box, "<html><body style=3D\"font-family:Arial\">\r\n");
    for (size_t end = box->len + octets; box->len < end;) {
        print(box, "<p class=3D\"%s\"><a href=3D\"https://www.%s.example/?%zu\">", word(w), w, below(99999));
        for (size_t n = below(12) + 2; n-- != 0;)
            print(box, "%s%s", word(w), n % 4 == 0 ? "=C3=A9 =\r\n" : "&nbsp;");
        print(box, "</a></p>\r\n");
    }
    print(box, "</body></html>\r\n");
}

static void lines_of_base64(struct mailbox *box, size_t octets)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t end = box->len + octets; box->len < end;) {
        for (unsigned n = 0; n < 76; n++)
            box->octets[box->len++] = digits[below(64)];
        print(box, "\r\n");
    }
}

static void header_section(struct mailbox *box)
{
    char w[16];

    for (unsigned n = 0; n < 4; n++)
        print(box,
              "Received: from mx%zu.example.net (mx.example.net [192.0.2.%zu])\r\n\tby mx.example.com "
              "with ESMTPS id %zu;\r\n\tMon, 2 Mar 2026 10:%02zu:00 +0100\r\n",
              below(9), below(250), below(1000000), below(60));
    print(box, "From: %s <", word(w));
    print(box, "%s@example.net>\r\nTo: <bob@example.com>\r\nMessage-ID: <%zu@example.net>\r\nSubject: ", w,
          below(1000000));
    print(box, "%s ", word(w));
    print(box, "%s\r\nMIME-Version: 1.0\r\n", word(w));
}

static void message(struct mailbox *box)
{
    size_t kind = below(4);

    header_section(box);
    if (kind == 0) {
        print(box, "Content-Type: text/plain; charset=utf-8\r\n\r\n");
        lines_of_text(box, 500 + below(6000));
        return;
    }
    print(box, "Content-Type: multipart/mixed; boundary=\"outer=_\"\r\n\r\n--outer=_\r\n"
               "Content-Type: multipart/alternative; boundary=\"inner=_\"\r\n\r\n--inner=_\r\n"
               "Content-Type: text/plain; charset=utf-8\r\n\r\n");
    lines_of_text(box, 500 + below(4000));
    print(box, "--inner=_\r\nContent-Type: text/html; charset=utf-8\r\n"
               "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
    lines_of_html(box, 3000 + below(20000));
    print(box, "--inner=_--\r\n");
    if (kind > 1) {
        print(box,
              "--outer=_\r\nContent-Type: application/pdf; name=\"a%zu.pdf\"\r\n"
              "Content-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n",
              below(100));
        lines_of_base64(box, 5000 + below(60000));
    }
    print(box, "--outer=_--\r\n");
}

void mailbox_make(struct mailbox *box, size_t octets)
{
    size_t room = octets / 1000 + 1;

    *box = (struct mailbox){.size = octets + MESSAGE_MOST};
    box->octets = malloc(box->size);
    box->messages = malloc(room * sizeof *box->messages);
    if (box->octets == NULL || box->messages == NULL)
        abort();
    while (box->len < octets && box->count < room) {
        size_t start = box->len;
        message(box);
        box->messages[box->count++] = span_of(box->octets + start, box->len - start);
    }
}

void mailbox_free(struct mailbox *box)
{
    free(box->octets);
    free(box->messages);
}
