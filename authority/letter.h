/*
 * The letter in which a WebDAV server's certificate goes to whoever runs that
 * server: ready to install, by mail.
 */
#ifndef AUTHORITY_LETTER_H
#define AUTHORITY_LETTER_H

#include "authority/configuration.h"
#include "authority/issuer.h"
#include "base/buffer.h"
#include "base/error.h"
#include "control/handover_authority.h"

/* The whole mail, its lines ending in LF, behind what out holds. ERROR_BAD: no
 * certificate; ERROR_TROUBLE. */
int letter_write(const struct ca_configuration *c, struct issuer *issuer,
	const struct authority_mail *mail, struct buffer *out, struct error *e);

/* Writes it and hands it to sendmail(1). ERROR_BAD: no address. ERROR_TROUBLE:
 * it was not taken. */
int letter_send(const struct ca_configuration *c, struct issuer *issuer,
	const struct authority_mail *mail, struct error *e);

#endif
