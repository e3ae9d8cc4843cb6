/*
 * The parts of a mail that are not its report, kept in it.
 */
#ifndef PARSER_ATTACHMENTS_H
#define PARSER_ATTACHMENTS_H

#include <stdbool.h>

#include "base/error.h"
#include "parser/entity.h"

struct json_t; /* Jansson's */

/*
 * Adds the member "attachments" to object (a json_t, as void so that the
 * type stays out of headers) if entity has parts that are no reports; reports
 * has a bool for each part. A member of that name that the device put there
 * becomes "device_attachments". octets: with what is in them, and not only its
 * digest.
 */
int attachments_add(struct json_t *object, const struct entity *entity,
	const bool *reports, bool octets, struct error *e);

#endif
