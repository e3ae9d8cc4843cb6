/*
 * The registry of agents: a thread that reads it from the daemon, for the roll,
 * and for the web server as a directory of empty files, one an agent, by which
 * it refuses strangers before it takes anything from them.
 */
#ifndef RECEIVE_REGISTRY_H
#define RECEIVE_REGISTRY_H

#include "base/error.h"
#include "receive/configuration.h"
#include "receive/roll.h"

struct registry;

/* Both outlive it. */
int registry_start(const struct receive_configuration *configuration,
	struct roll *roll, struct registry **registry_r, struct error *e);
void registry_stop(struct registry **registry);

/* It has changed: it is read again now. */
void registry_changed(struct registry *registry);

#endif
