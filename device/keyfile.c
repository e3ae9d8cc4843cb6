/*
 * The key file is checked on the open descriptor, so that it cannot be another
 * one by the time it is read. Empty lines and lines that begin with # are
 * skipped; whatever else is not one of the two lines is refused, with its
 * number and never with its text.
 */
#include "device/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

enum { FILE_MAX = 4096 };

/* The value if line is "name: value", else NULL. */
static const char *
value_of(const char *line, const char *name)
{
	size_t length = strlen(name);

	if (strncmp(line, name, length) != 0 || line[length] != ':')
		return NULL;
	line += length + 1;
	return line + strspn(line, " \t");
}

static int
take_hex(const char *hex, unsigned char *out, size_t size, size_t *length_r)
{
	int length = text_unhex(hex, out, size);

	if (length < 1 || *length_r != 0)
		return -1;
	*length_r = (size_t)length;
	return 0;
}

static int
take_line(char *line, struct device_key *key)
{
	const char *value;

	line[strcspn(line, "\r")] = '\0';
	if (line[0] == '\0' || line[0] == '#')
		return 0;
	value = value_of(line, "key-id");
	if (value != NULL)
		return take_hex(
			value, key->id, sizeof(key->id), &key->id_length);
	value = value_of(line, "key");
	if (value != NULL)
		return take_hex(
			value, key->key, sizeof(key->key), &key->length);
	return -1;
}

static int
take_lines(char *text, struct device_key *key, struct error *e)
{
	char *line, *rest = text;
	int number = 0;

	while ((line = strsep(&rest, "\n")) != NULL) {
		number++;
		if (take_line(line, key))
			return error_set(e, ERROR_BAD,
				"line %d is not \"key-id: HEX\" or \"key: "
				"HEX\", or there are two of a kind",
				number);
	}
	if (key->id_length == 0)
		return error_set(e, ERROR_BAD, "there is no key-id");
	if (key->length != 16 && key->length != 32)
		return error_set(
			e, ERROR_BAD, "there is no key of 16 or 32 octets");
	return 0;
}

int
keyfile_parse(
	const struct buffer *text, struct device_key *key_r, struct error *e)
{
	struct buffer copy = { .limit = FILE_MAX };
	int rc = -1;

	memset(key_r, 0, sizeof(*key_r));
	if (text->length == 0 || text->length > FILE_MAX ||
		memchr(text->data, '\0', text->length) != NULL)
		return error_set(e, ERROR_BAD, "is no text");
	if (buffer_append(&copy, text->data, text->length) == BUFFER_OK)
		rc = take_lines((char *)copy.data, key_r, e);
	else
		error_memory(e);
	buffer_clear(&copy);
	return rc;
}

static int
read_key(int fd, struct device_key *key, struct error *e)
{
	struct buffer text = { .limit = FILE_MAX };
	int rc = -1;

	if (file_check_private(fd, e) == 0 && file_read_fd(fd, &text, e) == 0)
		rc = keyfile_parse(&text, key, e);
	buffer_clear(&text);
	return rc;
}

int
keyfile_read(
	const char *path, int fd, struct device_key *key_r, struct error *e)
{
	int opened = -1;
	int rc;

	memset(key_r, 0, sizeof(*key_r));
	if (fd == -1) {
		opened = fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (fd == -1)
			return error_set(e, ERROR_BAD, "key file %s: %s", path,
				strerror(errno));
	}
	rc = read_key(fd, key_r, e);
	if (rc == -1 && opened != -1)
		error_prefix(e, "key file %s", path);
	else if (rc == -1)
		error_prefix(e, "key from descriptor %d", fd);
	if (opened != -1)
		close(opened);
	return rc;
}
