/*
 * See hash.h.
 */
#include "webdav/hash.h"

uint64_t
hash_name(const char *name)
{
	uint64_t value = 0xcbf29ce484222325;

	for (; *name != '\0'; name++)
		value = (value ^ (unsigned char)*name) * 0x100000001b3;
	return value != 0 ? value : 1;
}
