/*
 * Where an agent's files are.
 */
#ifndef AGENT_LOCATION_H
#define AGENT_LOCATION_H

#include <stdbool.h>

/*
 * The configuration is at path, or where it is built in, or, if a directory is
 * given, all of it is below that: csrc-dca.conf, key, credentials, profiles/,
 * state/.
 */
struct dca_place {
	const char *path;      /* NULL: none */
	const char *directory; /* NULL: none; else absolute */
	bool public; /* without what only root may read, and unchecked */
};

#endif
