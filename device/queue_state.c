#include "device/queue_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int
queue_state_write(
	const struct queue_entry *entry, struct buffer *text, struct error *e)
{
	char next[TEXT_TIME_SIZE], expires[TEXT_TIME_SIZE];

	text_time(entry->schedule.next, next);
	text_time(entry->expires, expires);
	if (buffer_format(text, "sent %u\nfailed %u\nnext %s\n",
		    entry->schedule.sent, entry->schedule.failed,
		    next) != BUFFER_OK)
		return error_memory(e);
	if (entry->answers[0] != '\0' &&
		buffer_format(text, "answers %s %s\n", entry->answers,
			expires) != BUFFER_OK)
		return error_memory(e);
	return 0;
}

static bool
take_number(const char *value, unsigned int *number_r)
{
	char *end;
	unsigned long number = strtoul(value, &end, 10);

	*number_r = (unsigned int)number;
	return *value >= '0' && *value <= '9' && *end == '\0' &&
		number == *number_r;
}

static bool
take_answers(char *value, struct queue_entry *entry)
{
	size_t length = strcspn(value, " ");

	return value[length] == ' ' &&
		claims_email_id(value, length, entry->answers) &&
		text_time_parse(value + length + 1, &entry->expires) == 0;
}

static bool
take_line(char *line, struct queue_entry *entry)
{
	char *value = strchr(line, ' ');

	if (value == NULL)
		return false;
	*value++ = '\0';
	if (strcmp(line, "sent") == 0)
		return take_number(value, &entry->schedule.sent);
	if (strcmp(line, "failed") == 0)
		return take_number(value, &entry->schedule.failed);
	if (strcmp(line, "next") == 0)
		return text_time_parse(value, &entry->schedule.next) == 0;
	if (strcmp(line, "answers") == 0)
		return take_answers(value, entry);
	return false;
}

void
queue_state_read(const char *text, size_t length, struct queue_entry *entry)
{
	struct queue_entry read = *entry;
	char copy[QUEUE_STATE_MAX + 1], *line, *rest = copy;

	if (length == 0 || length > QUEUE_STATE_MAX ||
		text[length - 1] != '\n' || memchr(text, '\0', length) != NULL)
		return;
	memcpy(copy, text, length);
	copy[length - 1] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL)
		if (!take_line(line, &read))
			return;
	*entry = read;
}
