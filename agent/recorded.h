/*
 * A printer's answers from a file, for profiles that are tried without it: what
 * net-snmp's "snmpwalk -On" prints, or lines as snmpsim has them,
 * "OID|TAG|VALUE".
 */
#ifndef AGENT_RECORDED_H
#define AGENT_RECORDED_H

#include "agent/answer.h"
#include "base/error.h"

/*
 * "-" is standard input. ERROR_BAD: a line is neither, with its number;
 * ERROR_LIMIT: more than a printer may answer; ERROR_TROUBLE.
 */
int
recorded_read(const char *path, struct answers **answers_r, struct error *e);
/* The same from octets; name is for errors. */
int recorded_parse(const char *octets, size_t length, const char *name,
	struct answers **answers_r, struct error *e);

#endif
