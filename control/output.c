/*
 * One place builds JSON lines, so that all of them are compact, sorted as
 * written, ASCII, and end in a newline; and one makes cells of text. Neither
 * lets a control character through to a terminal, in whatever alphabet.
 */
#include "control/output.h"

#include <stdarg.h>
#include <string.h>

#include <jansson.h>

int
output_json(FILE *out, struct error *e, const char *format, ...)
{
	json_error_t why;
	json_t *object;
	va_list values;
	int rc;

	va_start(values, format);
	object = json_vpack_ex(&why, 0, format, values);
	va_end(values);
	if (object == NULL)
		return error_set(e, ERROR_TROUBLE, "JSON: %s", why.text);
	rc = json_dumpf(object, out, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(object);
	if (rc == -1 || putc('\n', out) == EOF)
		return error_set(e, ERROR_TROUBLE, "the output is closed");
	return 0;
}

void
output_text(FILE *out, const char *text)
{
	json_t *value = json_pack("s?", output_or_null(text));

	(void)json_dumpf(
		value, out, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(value);
}

const char *
output_or_null(const char *text)
{
	return text[0] != '\0' && strcmp(text, "-") != 0 ? text : NULL;
}

const char *
output_cell(const char *text, char out[OUTPUT_CELL_SIZE])
{
	text_printable(text, strlen(text), out, OUTPUT_CELL_SIZE);
	return out;
}

const char *
output_time(int64_t when, char out[TEXT_TIME_SIZE])
{
	if (when == 0)
		text_copy(out, TEXT_TIME_SIZE, "-");
	else
		text_time((time_t)when, out);
	return out;
}
