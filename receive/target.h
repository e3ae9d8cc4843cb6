/*
 * What a request is for, by its path; csrc-agent(5). Each path has one
 * spelling, and any other one is none.
 */
#ifndef RECEIVE_TARGET_H
#define RECEIVE_TARGET_H

#include <stdbool.h>

#include "parser/claims.h"
#include "parser/principal.h"

enum target_kind {
	TARGET_AGENT,     /* /csrc/agent/ID */
	TARGET_REPORTS,   /* /csrc/agent/ID/reports */
	TARGET_REQUESTS,  /* /csrc/agent/ID/requests */
	TARGET_REQUEST,   /* /csrc/agent/ID/requests/EMAIL-ID */
	TARGET_DELIVERED, /* /csrc/agent/ID/requests/EMAIL-ID/delivered */
	TARGET_KINDS
};

struct target {
	enum target_kind kind;
	char id[AGENT_ID_SIZE];
	char principal[PRINCIPAL_SIZE]; /* "agent:ID" */
	char email_id[EMAIL_ID_SIZE];   /* or "" */
};

/* NULL is no path. */
bool target_read(const char *path, struct target *target_r);

#endif
