/*
 * Which command somebody may have meant.
 */
#ifndef ADMIN_NEAR_H
#define ADMIN_NEAR_H

#include <stddef.h>

enum { NEAR_SIZE = 64 };

/* "device list", or a verb alone; "" if there is nothing near. Returns near_r.
 */
const char *near_command(int argc, char **argv, char near_r[NEAR_SIZE]);

#endif
