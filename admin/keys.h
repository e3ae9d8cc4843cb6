/*
 * Where keys, passwords and codes go that a command makes: a file for each in a
 * directory, or one CSV file for all. None of them is for anybody else to read,
 * and none is there before.
 */
#ifndef ADMIN_KEYS_H
#define ADMIN_KEYS_H

#include "control/command.h"

struct keys {
	const char *directory; /* or */
	const char *file;
	bool json;
};

/* Do the arguments of that command ask for it? */
bool keys_wanted(
	const struct command *row, const struct arguments *a, struct keys *k);

/* Runs make in a process of its own; what it prints beside keys is printed. The
 * exit code is its own, unless a key could not be put where it belongs. */
enum exit_code
keys_run(const struct keys *k, enum exit_code (*make)(void *arg), void *arg);

#endif
