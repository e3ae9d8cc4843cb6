/*
 * The collectors of one configuration, one a server.
 */
#ifndef WEBDAV_FLEET_H
#define WEBDAV_FLEET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "control/protocol.h"
#include "webdav/configuration.h"

struct fleet;

/*
 * Reads the configuration (NULL: the default one) and checks all that can be
 * checked without traffic. What fails is the configuration's fault, unless it
 * is ERROR_TROUBLE.
 */
int fleet_open(const char *path, struct fleet **fleet_r, struct error *e);
/* Ended, or never started. */
void fleet_close(struct fleet **fleet);
const struct configuration *fleet_configuration(const struct fleet *f);

/* once: each ends when there is nothing more to do, or it fails. */
int fleet_start(struct fleet *f, bool once, struct error *e);
/* Asks all of them to end; returns at once. */
void fleet_ask(struct fleet *f);
/* Have all ended, or do they within so many milliseconds? */
bool fleet_ended(struct fleet *f, int64_t milliseconds);

/* How a fleet that ran once has ended; prints a line a server, for people or
 * JSON. */
enum exit_code fleet_report(const struct fleet *f, FILE *out, bool json);

#endif
