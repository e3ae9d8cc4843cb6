/*
 * A call to the daemon as the typed ones make it: its words, its files, and
 * what is read out of an answer's lines, which may be anything.
 */
#ifndef CONTROL_HANDOVER_CALL_H
#define CONTROL_HANDOVER_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "base/buffer.h"
#include "base/error.h"
#include "control/client.h"

enum { CALL_WORDS_MAX = 20 };

/* A request, and what came of it. */
struct call {
	char *words[CALL_WORDS_MAX];
	int count;
	struct client_files files;
	enum exit_code code;
};

/* In any case call_end closes what call_begin opened. */
int call_begin(struct call *c, const char *verb, struct error *e);
void call_end(struct call *c);
void call_word(struct call *c, const char *word);
/* NULL: not at all. */
void call_option(struct call *c, const char *name, const char *value);
/* The message as the call's input file. */
int
call_attach(struct call *c, const void *octets, size_t length, struct error *e);
/* 0: it ran; c->code is how it ended. */
int call_ask(struct client *client, struct call *c, struct error *e);

/* From its start; the octets up to the end, at most size. */
ssize_t call_read(int fd, off_t from, char *out, size_t size, struct error *e);
/* All of it behind what out holds, or out is as before. ERROR_LIMIT: longer
 * than limit. */
int call_whole(int fd, size_t limit, struct buffer *out, struct error *e);
/* Why the daemon did not do it: its first line, without whose it is. */
int call_why(struct call *c, struct error *e);

/* An object that is a whole line; NULL: it is none. */
json_t *call_load(const char *line, size_t length);
/* A text that must be there, unless there may be null instead. */
bool call_text(const json_t *o, const char *name, bool or_null, char *out,
	size_t size);
bool call_number(const json_t *o, const char *name, uint64_t *out);
bool call_time(const json_t *o, const char *name, int64_t *out);
int call_senseless(struct error *e);

#endif
