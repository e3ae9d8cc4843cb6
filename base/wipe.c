#include "base/wipe.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

void
wipe(void *octets, size_t length)
{
	if (octets != NULL)
		explicit_bzero(octets, length);
}

void
wipe_free(void *memory)
{
	wipe(memory, malloc_usable_size(memory));
	free(memory);
}
