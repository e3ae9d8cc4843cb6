/*
 * The gateway has them from its configuration. The device's end has none: it
 * holds to the defaults, so that what passes here passes there.
 */
#include "parser/limits.h"

const struct limits limits_default = {
	.message_size = 4 << 20,
	.header_size = 64 << 10,
	.header_fields = 200,
	.line_length = 8192,
	.parts = 32,
	.pieces = 250,
	.reports = 10000,
	.depth = 8,
	.report_size = 1 << 20,
};
