/*
 * As in csrc-milter.conf(5).
 */
#include "device/bounds.h"

const struct limits device_limits = {
	.message_size = 4 << 20,
	.header_size = 64 << 10,
	.header_fields = 200,
	.line_length = 8192,
	.parts = 32,
	.depth = 8,
	.report_size = 1 << 20,
};
