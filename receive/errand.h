/*
 * What a request is for, by its path; csrc-agent(5). Each path has one
 * spelling, and any other one is none.
 */
#ifndef RECEIVE_ERRAND_H
#define RECEIVE_ERRAND_H

#include <stdbool.h>

#include "parser/claims.h"
#include "parser/principal.h"

enum errand_kind {
	ERRAND_AGENT,     /* /csrc/agent/ID */
	ERRAND_REPORTS,   /* /csrc/agent/ID/reports */
	ERRAND_REQUESTS,  /* /csrc/agent/ID/requests */
	ERRAND_REQUEST,   /* /csrc/agent/ID/requests/EMAIL-ID */
	ERRAND_DELIVERED, /* /csrc/agent/ID/requests/EMAIL-ID/delivered */
	ERRAND_KINDS
};

struct errand {
	enum errand_kind kind;
	char id[AGENT_ID_SIZE];
	char principal[PRINCIPAL_SIZE]; /* "agent:ID" */
	char email_id[EMAIL_ID_SIZE];   /* or "" */
};

/* NULL is no path. */
bool errand_read(const char *path, struct errand *errand_r);

#endif
