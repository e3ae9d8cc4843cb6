/*
 * The library that reads HTML and XML, made ready for the whole process.
 */
#ifndef PARSER_LIBXML_H
#define PARSER_LIBXML_H

#include "base/error.h"

/* Once, before threads start. What the library frees is wiped. */
int libxml_init(struct error *e);

#endif
