/*
 * Who calls, as the web server has proved it.
 */
#ifndef RECEIVE_CALLER_H
#define RECEIVE_CALLER_H

#include <netinet/in.h>
#include <stdbool.h>

#include "fcgi/fcgi.h"
#include "parser/certificate.h"
#include "receive/configuration.h"

struct caller {
	char principal[PRINCIPAL_SIZE];       /* "": nobody, and why is so */
	const char *how;                      /* as handover_message has it */
	char number[CERTIFICATE_NUMBER_SIZE]; /* of the certificate; or "" */
	char address[INET6_ADDRSTRLEN];       /* IP; "": not known */
	const char *why;
};

/* request: what the web server says. A certificate names its owner twice, and
 * both must agree. */
void caller_read(const struct fcgi_request *request, enum proof proof,
	struct caller *caller_r);

#endif
