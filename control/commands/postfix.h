/*
 * A Postfix as postconf(1) describes it, and what of it is to be changed.
 */
#ifndef CONTROL_COMMANDS_POSTFIX_H
#define CONTROL_COMMANDS_POSTFIX_H

#include "control/commands/mta.h"
#include "config/settings.h"

struct postfix {
	const char *place;          /* for postconf -c; NULL: the usual */
	char config[MTA_PATH_SIZE]; /* directory of main.cf */
	char queue[MTA_PATH_SIZE];
	char owner[64]; /* its user */
	char version[32];
	bool chroot;                /* smtpd or cleanup is in one */
	char milter[MTA_PATH_SIZE]; /* our socket, as Postfix should call it */
	char socket[MTA_PATH_SIZE]; /* its path; "": it has none */
	char host[64], port[16];    /* where its smtpd listens */
	char service[64]; /* that alone has our milter; "": main.cf has it */
	bool maps;        /* smtpd_milter_maps is set */
	char services[16384], overrides[16384]; /* postconf -M, postconf -P */
};

/* ERROR_NOT_FOUND: there is no postconf. */
int postfix_find(struct postfix *p, const struct settings *s, const char *place,
	struct error *e);
/* Is our socket where Postfix cannot see it? */
bool postfix_hidden(const struct postfix *p);

struct postfix_change {
	const char *name, *why;
	bool needed, known;         /* known: this Postfix has the setting */
	char now[MTA_VALUE_SIZE];   /* as it is, with what it refers to */
	char value[MTA_VALUE_SIZE]; /* as it should be written */
};
int postfix_change(const struct postfix *p, const struct mta_setting *row,
	struct postfix_change *change_r, struct error *e);

/* Runs postconf with these words, NULL behind them; out gets the first line
 * that it prints, without its end, or (lines) all. */
enum { POSTFIX_WORDS_MAX = 16 };
int postfix_ask(const struct postfix *p, const char *const *words, bool lines,
	char *out, size_t size, struct error *e);

/* What is there, a row each. */
void postfix_rows(struct diagnosis *d, const struct postfix *p);

#endif
