#include "control/commands/moment.h"

#include "base/text.h"

static int
read_text(const char *text, int64_t now, int64_t *when_r)
{
	char midnight[TEXT_TIME_SIZE];
	int64_t age;
	time_t when;

	if (text_duration(text, &age) == 0) {
		*when_r = now - age;
		return 0;
	}
	if (text_time_parse(text, &when) == -1 &&
		(!text_format(
			 midnight, sizeof(midnight), "%sT00:00:00Z", text) ||
			text_time_parse(midnight, &when) == -1))
		return -1;
	*when_r = when;
	return 0;
}

int
moment_read(const struct arguments *a, const char *option, int64_t now,
	int64_t *when_r, struct error *e)
{
	const char *text = options_value(a, option);

	if (text == NULL || read_text(text, now, when_r) == 0)
		return 0;
	return error_set(e, ERROR_USAGE,
		"--%s takes a date, a time with its zone, or an age such as "
		"30d, not %s",
		option, text);
}
