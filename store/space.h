/*
 * Room on a file system.
 */
#ifndef STORE_SPACE_H
#define STORE_SPACE_H

#include <stdint.h>

#include "base/error.h"

/* ERROR_TROUBLE: fewer than least octets are free there for who is not root,
 * or it cannot be looked at. least 0 or less: not looked at, 0. */
int space_enough(const char *directory, int64_t least, struct error *e);

#endif
