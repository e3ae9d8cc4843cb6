/*
 * Asks an MTA by SMTP whether it would take mail for somebody, and sends none:
 * no look at its configuration can tell as well as it does itself.
 */
#ifndef CONTROL_COMMANDS_SMTP_ASK_H
#define CONTROL_COMMANDS_SMTP_ASK_H

#include "base/error.h"

struct smtp_ask;

enum { SMTP_REPLY_SIZE = 256 };

/* A connected TCP socket; -1: ERROR_NOT_FOUND, nobody listens there. */
int smtp_connect(const char *host, const char *port, struct error *e);

/* Begins a mail from <>. ERROR_NOT_FOUND; ERROR_TROUBLE: it does not let us. */
int smtp_ask_open(const char *host, const char *port, struct smtp_ask **ask_r,
	struct error *e);
/* Its reply to RCPT: the code, and what it says; -1. */
int smtp_ask_recipient(struct smtp_ask *ask, const char *address,
	char reply_r[SMTP_REPLY_SIZE], struct error *e);
void smtp_ask_close(struct smtp_ask **ask);

#endif
