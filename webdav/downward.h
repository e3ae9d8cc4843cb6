/*
 * The way down: the requests that wait for the devices of a server's center are
 * put into their outboxes there.
 */
#ifndef WEBDAV_DOWNWARD_H
#define WEBDAV_DOWNWARD_H

#include "webdav/round.h"

/* All that wait, by the first link of the station. */
void downward(struct station *s);

#endif
