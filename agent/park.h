/*
 * The printers that are known here, and how each did when it was asked last.
 * Kept in a file of a line each, which is for people and "status" too; what is
 * lost with it is found again.
 */
#ifndef AGENT_PARK_H
#define AGENT_PARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include "agent/configuration.h"
#include "base/error.h"
#include "parser/claims.h"

enum {
	PARK_MAX = 65536, /* printers */
	PARK_TEXT_SIZE = 96,
	PARK_WORD_SIZE = 24,
	PARK_FORGOTTEN =
		30 * 86400 /* seconds of silence of one that was found */
};

struct park_printer {
	struct sockaddr_storage address;
	char section[DCA_NAME_SIZE]; /* [printers NAME] */
	char serial[SERIAL_SIZE];    /* the rest is "" or 0 where unknown */
	char model[PARK_TEXT_SIZE], profile[PARK_TEXT_SIZE];
	/* of the last poll: a poll_outcome's name, or "no-serial", "conflict"
	 */
	char outcome[PARK_WORD_SIZE];
	char why[PARK_TEXT_SIZE];
	int64_t found, asked, heard; /* seconds since 1970, by our clock */
	uint64_t reports;            /* put into the queue */
	bool listed;  /* one address of its own in the configuration */
	bool covered; /* by its section, as it is now */
};

struct park {
	struct park_printer *printers; /* in order of address */
	size_t count, room;
	bool changed;
};

/* What is in the file, which need not be there; lines that cannot be read are
 * left out. ERROR_TROUBLE. */
int park_load(const char *path, struct park *park_r, struct error *e);
/* Durable, if something has changed. */
int park_save(struct park *park, const char *path, struct error *e);
void park_clear(struct park *park);

/* NULL: it is not there. */
struct park_printer *
park_find(const struct park *park, const struct sockaddr_storage *address);
/* The one at that address, new or not; NULL: there are too many, or no memory.
 */
struct park_printer *
park_add(struct park *park, const struct sockaddr_storage *address,
	const char *section, int64_t now, struct error *e);
/* Another one, at another address, that was heard lately as this serial. */
const struct park_printer *park_other(const struct park *park,
	const struct park_printer *printer, const char *serial, int64_t now);

/* The addresses of a section; hosts: only those that stand there one by one.
 * ERROR_BAD, ERROR_LIMIT. */
struct ranges;
int park_ranges(const struct dca_printers *section, bool hosts,
	struct ranges **ranges_r, struct error *e);
/*
 * As the configuration is now: addresses of their own, and those of sections
 * without discovery, are in it, and what no section has, or what was found and
 * has been silent for PARK_FORGOTTEN, is not. ERROR_BAD: addresses are none.
 */
int park_match(struct park *park, const struct dca_configuration *c,
	int64_t now, struct error *e);

/* For people, or a line of JSON each. */
int park_print(const struct park *park, bool json, FILE *out, struct error *e);

#endif
