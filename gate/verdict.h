/*
 * The words of a verdict: names, which kind a reason belongs to, and what the
 * settings say is to be done with each kind.
 */
#ifndef GATE_VERDICT_H
#define GATE_VERDICT_H

#include "config/settings.h"
#include "gate/gate.h"

/* REASON_NONE is of no kind of its own: VERDICT_GENUINE. */
enum verdict_kind reason_kind(enum reason reason);

/* The configured action for a verdict that is not trouble. */
enum action verdict_action(const struct verdict *v, const struct settings *s);

/* Must a copy be kept whatever the settings say? */
bool verdict_must_keep(const struct verdict *v);

/* A client's address as text; "-" if it is not known. */
void client_text(const struct sockaddr_storage *client, char *out, size_t size);

/* The log line of an arrival; or, with its number, of one of its reports. */
void verdict_log(const struct arrival *arrival, const struct verdict *v,
	size_t number, size_t total);

#endif
