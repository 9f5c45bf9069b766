/* verbs.c: the table of verbs. What each of them does is in its own file, the order of questions in
 * dialogue.c. */
#include "session/verbs.h"

#define NONE FILTER_EVENTS
#define ANY  KEYWORD_NONE

#define NOT_IMPLEMENTED                                                                                      \
    {                                                                                                        \
        502, "5.5.1", "Command not implemented"                                                              \
    }
#define HIDDEN(verb_name)                                                                                    \
    {                                                                                                        \
        verb_name, 0, ANY, NOT_IMPLEMENTED, NONE, NULL, NULL, NULL, verb_hidden_proceed                      \
    }

static const struct verb_row verbs[VERB_COUNT] = {
    [VERB_UNKNOWN] =
        {"?", 0, ANY, {500, "5.5.1", "Command unrecognised"}, NONE, NULL, NULL, NULL, verb_hidden_proceed},
    [VERB_FOREIGN] = {"?",
                      VERB_WHEN_BARRED | VERB_WITHOUT_TLS,
                      ANY,
                      {521, "5.5.1", "This is a mail server"},
                      NONE,
                      NULL,
                      NULL,
                      NULL,
                      verb_foreign_proceed},
    [VERB_HELO] = {"HELO",
                   VERB_ALONE | VERB_ENDS_GROUP | VERB_WITHOUT_TLS,
                   ANY,
                   {0},
                   FILTER_HELO,
                   verb_helo_check,
                   verb_helo_question,
                   verb_helo_refused,
                   verb_helo_proceed},
    [VERB_EHLO] = {"EHLO",
                   VERB_ALONE | VERB_ENDS_GROUP | VERB_WITHOUT_TLS,
                   ANY,
                   {0},
                   FILTER_HELO,
                   verb_helo_check,
                   verb_helo_question,
                   verb_helo_refused,
                   verb_helo_proceed},
    [VERB_MAIL] = {"MAIL",
                   VERB_NEEDS_HELO | VERB_NO_TRANSACTION,
                   ANY,
                   {0},
                   FILTER_MAIL,
                   verb_mail_check,
                   verb_mail_question,
                   verb_mail_refused,
                   verb_mail_proceed},
    [VERB_RCPT] = {"RCPT",
                   VERB_NEEDS_HELO | VERB_NEEDS_TRANSACTION,
                   ANY,
                   {0},
                   FILTER_RCPT,
                   verb_rcpt_check,
                   verb_rcpt_question,
                   verb_rcpt_refused,
                   verb_rcpt_proceed},
    [VERB_DATA] = {"DATA",
                   VERB_NEEDS_HELO | VERB_NEEDS_TRANSACTION | VERB_ENDS_GROUP | VERB_INVITES_CONTENT,
                   ANY,
                   {0},
                   FILTER_DATA,
                   verb_data_check,
                   verb_data_question,
                   verb_data_refused,
                   verb_data_proceed},
    [VERB_BDAT] = {"BDAT",
                   VERB_ALONE | VERB_ENDS_GROUP | VERB_WHEN_BARRED |
                       VERB_WITHOUT_TLS, /* its octets come all the same */
                   ANY,
                   {0},
                   FILTER_DATA,
                   verb_bdat_check,
                   verb_bdat_question,
                   verb_bdat_refused,
                   verb_bdat_proceed},
    [VERB_RSET] =
        {"RSET", 0, ANY, {250, "2.0.0", "Ok"}, NONE, verb_plain_check, NULL, NULL, verb_rset_proceed},
    [VERB_NOOP] = {"NOOP",
                   VERB_ENDS_GROUP | VERB_WITHOUT_TLS,
                   ANY,
                   {250, "2.0.0", "Ok"},
                   NONE,
                   NULL,
                   NULL,
                   NULL,
                   verb_noop_proceed},
    [VERB_QUIT] = {"QUIT",
                   VERB_ENDS_GROUP | VERB_WHEN_BARRED | VERB_WITHOUT_TLS,
                   ANY,
                   {221, "2.0.0", "Bye"},
                   NONE,
                   verb_plain_check,
                   NULL,
                   NULL,
                   verb_quit_proceed},
    [VERB_HELP] = {"HELP", VERB_ENDS_GROUP, ANY, {0}, NONE, NULL, NULL, NULL, verb_help_proceed},
    [VERB_VRFY] = {"VRFY",
                   VERB_ENDS_GROUP,
                   KEYWORD_VRFY,
                   {252, "2.5.2", "Cannot VRFY user, but will accept message and attempt delivery"},
                   NONE,
                   verb_optional_check,
                   NULL,
                   NULL,
                   verb_pass_proceed},
    [VERB_EXPN] = {"EXPN", VERB_ENDS_GROUP, KEYWORD_EXPN, NOT_IMPLEMENTED, NONE, verb_optional_check, NULL,
                   NULL, verb_pass_proceed},
    [VERB_ETRN] = {"ETRN", VERB_ENDS_GROUP | VERB_NEEDS_HELO | VERB_NO_TRANSACTION, KEYWORD_ETRN,
                   NOT_IMPLEMENTED, NONE, verb_optional_check, NULL, NULL, verb_pass_proceed},
    [VERB_AUTH] = {"AUTH", VERB_ALONE | VERB_ENDS_GROUP | VERB_NEEDS_HELO | VERB_NO_TRANSACTION | VERB_SECRET,
                   KEYWORD_AUTH, NOT_IMPLEMENTED, NONE, verb_auth_check, NULL, NULL, verb_auth_proceed},
    [VERB_STARTTLS] = {"STARTTLS",
                       VERB_ALONE | VERB_ENDS_GROUP | VERB_NEEDS_HELO | VERB_NO_TRANSACTION |
                           VERB_WITHOUT_TLS,
                       ANY, NOT_IMPLEMENTED, NONE, verb_starttls_check, NULL, NULL, verb_starttls_proceed},
    [VERB_ATRN] = HIDDEN("ATRN"),
    [VERB_TURN] = HIDDEN("TURN"),
    [VERB_BURL] = HIDDEN("BURL"),
    [VERB_XCLIENT] = {"XCLIENT", VERB_ALONE | VERB_ENDS_GROUP | VERB_NO_TRANSACTION, KEYWORD_XCLIENT,
                      NOT_IMPLEMENTED, NONE, NULL, NULL, NULL, verb_xclient_proceed},
    [VERB_XFORWARD] = {"XFORWARD", VERB_NO_TRANSACTION, KEYWORD_XFORWARD, NOT_IMPLEMENTED, NONE, NULL, NULL,
                       NULL, verb_xforward_proceed},
    [VERB_SEND] = HIDDEN("SEND"),
    [VERB_SOML] = HIDDEN("SOML"),
    [VERB_SAML] = HIDDEN("SAML"),
    [VERB_VERB] = HIDDEN("VERB"),
    [VERB_ONEX] = HIDDEN("ONEX"),
    [VERB_CLIENTID] = HIDDEN("CLIENTID"),
    [VERB_XEXCH50] = HIDDEN("XEXCH50"),
    [VERB_X_EXPS] = HIDDEN("X-EXPS"),
    [VERB_X_LINK2STATE] = HIDDEN("X-LINK2STATE"),
    [VERB_X_ANONYMOUSTLS] = HIDDEN("X-ANONYMOUSTLS"),
};

const struct verb_row verbs_greeting = {.name = "CONNECT", .keyword = ANY, .event = NONE};
const struct verb_row verbs_end_of_data = {.name = ".", .keyword = ANY, .event = NONE};
const struct verb_row verbs_closing = {.name = "CLOSE", .keyword = ANY, .event = NONE};

const struct verb_row *verbs_row(enum verb verb)
{
    return &verbs[verb];
}
