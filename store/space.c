/*
 * See space.h.
 */
#include "store/space.h"

#include <sys/statvfs.h>

int
space_enough(const char *directory, int64_t least, struct error *e)
{
	struct statvfs space;

	if (least <= 0)
		return 0;
	if (statvfs(directory, &space) == -1)
		return error_errno(e, "cannot look at %s", directory);
	if ((uint64_t)space.f_bavail >= (uint64_t)least / space.f_frsize)
		return 0;
	return error_set(e, ERROR_TROUBLE, "%s has less than %lld octets free",
		directory, (long long)least);
}
