/*
 * The WebDAV server, as the command line says.
 */
#ifndef DEVICE_CONNECTION_H
#define DEVICE_CONNECTION_H

#include "base/error.h"
#include "dav/dav.h"
#include "device/arguments.h"

/*
 * Reads the password files, which must be closed to others as a key file is;
 * nothing goes over the network yet. ERROR_USAGE, ERROR_BAD, ERROR_TROUBLE.
 * dav_close.
 */
int
connection_open(const struct arguments *a, struct dav **dav_r, struct error *e);

#endif
