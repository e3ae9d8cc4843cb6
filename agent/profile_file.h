/*
 * One profile file as its readers see it. Inside agent/ only.
 */
#ifndef AGENT_PROFILE_FILE_H
#define AGENT_PROFILE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "agent/answer.h"
#include "agent/profile.h"
#include "agent/source.h"
#include "base/error.h"

enum {
	PROFILE_RULES = 128,  /* lines with an OID in a file */
	PROFILE_QUERIES = 80, /* what a file may ask of a printer */
	PROFILE_WORDS = 512,
	PROFILE_LOW = 10 /* percent */
};

enum rule_kind {
	RULE_PRINTER, /* serial, model, firmware */
	RULE_COUNTER,
	RULE_SUPPLY, /* columns of one table, by the names in the file */
	RULE_ALERT,
	RULE_SETTING,
	RULE_PERSONAL, /* a setting that may be about people */
	RULE_KINDS
};

struct rule {
	enum rule_kind kind;
	char *name;
	struct source source;
};

/* What numbers mean in a printer's tables. */
enum word_kind {
	WORD_ALERT_CODE,
	WORD_ALERT_GROUP,
	WORD_ALERT_SEVERITY,
	WORD_SUPPLY_TYPE,
	WORD_SUPPLY_UNIT,
	WORD_KINDS
};

struct word {
	enum word_kind kind;
	char *number, *text;
};

struct profile_file {
	char *name; /* of the file, without ".profile" */
	char *source, *certainty;
	bool everybody;      /* for printers of every kind */
	struct oid *devices; /* or those whose sysObjectID begins so */
	size_t device_count;
	char **none; /* texts that say nothing */
	size_t none_count;
	long low;           /* percent at which a supply is low; 0: not said */
	struct rule *rules; /* in the order of the file */
	size_t rule_count;
	struct word *words;
	size_t word_count;
};

/* sysUpTime: it is asked of every printer. */
extern const struct oid profile_up_time;

/* Reads the file at path; name is what the profile is called. Errors begin with
 * "PATH:LINE: " or "PATH: ". */
int profile_file_read(const char *path, const char *name, bool personal,
	struct profile_file **file_r, struct error *e);
int profile_file_stream(FILE *stream, const char *path, const char *name,
	bool personal, struct profile_file **file_r, struct error *e);
void profile_file_free(struct profile_file *file);

/* The next rule of a kind behind *at, which moves; from 0. NULL: no more. With
 * a name only those called so. */
const struct rule *profile_file_rule(const struct profile_file *file,
	enum rule_kind kind, const char *name, size_t *at);
/* The word for a number in a printer's table; NULL: there is none. */
const char *profile_file_word(const struct profile_file *file,
	enum word_kind kind, const char *number);

#endif
