/*
 * libxml2 has globals that must be set before threads use it.
 */
#include "parser/libxml.h"

#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/xmlmemory.h>

#include "base/wipe.h"

int
libxml_init(struct error *e)
{
	if (xmlMemSetup(wipe_free, malloc, realloc, strdup))
		return error_set(e, ERROR_TROUBLE, "libxml2 takes no memory");
	xmlInitParser();
	return 0;
}
