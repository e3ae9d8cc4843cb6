/*
 * A maker's text in the form in which labels and values are compared: what
 * looks like ASCII is ASCII. Inside parser/formats/ only.
 */
#ifndef PARSER_FORMATS_PLAIN_H
#define PARSER_FORMATS_PLAIN_H

#include <stddef.h>

/*
 * Changes UTF-8 in place; it never grows. Full-width forms become the ASCII
 * that they are forms of, blanks of all kinds a blank, dashes "-", a raised
 * comma "'"; marks without width go.
 */
void plain_text(char *text);

/* The same of a copy, which the caller frees; NULL: no memory. */
char *plain_copy(const char *text);

/* Columns that the UTF-8 character at text takes on a screen of such devices,
 * and its octets. */
size_t plain_width(const char *text, size_t *octets_r);

#endif
