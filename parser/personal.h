/*
 * Job logs and address books: what a device mails if the wrong kind of report
 * was switched on. They are about people, and nobody bills by them.
 */
#ifndef PARSER_PERSONAL_H
#define PARSER_PERSONAL_H

#include <stdbool.h>

#include "parser/entity.h"

/*
 * Is a part of the entity such a list? To be asked of what holds no report. A
 * list is known by its headings, in a few languages; the names of people in it
 * are not looked at. One whose head has a serial or a counter too is none: a
 * table of devices may name their owners.
 */
bool personal_is(const struct entity *entity);

#endif
