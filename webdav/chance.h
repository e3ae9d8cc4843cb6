/*
 * A number by chance, for pauses and orders: no secret.
 */
#ifndef WEBDAV_CHANCE_H
#define WEBDAV_CHANCE_H

#include <stdint.h>

uint64_t chance(void);

#endif
