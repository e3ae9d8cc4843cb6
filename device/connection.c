/*
 * A password is the first line of its file. It stands in our memory only until
 * dav has its own copy.
 */
#include "device/connection.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/regular.h"

enum { PASSWORD_MAX = 1024 };

static int
take_line(struct buffer *text, struct error *e)
{
	size_t length = text->length == 0
		? 0
		: strcspn((const char *)text->data, "\r\n");

	if (length == 0)
		return error_set(e, ERROR_BAD, "its first line is empty");
	for (size_t i = 0; i < length; i++)
		if (text->data[i] < ' ' || text->data[i] == 0x7f)
			return error_set(
				e, ERROR_BAD, "there is more than text in it");
	text->data[length] = '\0';
	return 0;
}

/* Leaves password as it is if there is no such file to read. */
static int
read_password(const char *path, struct buffer *password, struct error *e)
{
	int fd, rc = -1;

	if (path == NULL)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd == -1)
		error_errno(e, "open");
	else if (file_check_private(fd, e) == 0 &&
		file_read_fd(fd, password, e) == 0)
		rc = take_line(password, e);
	if (rc == -1 && fd == -1)
		e->code = ERROR_BAD;
	if (fd != -1)
		close(fd);
	return rc == 0 ? 0 : error_prefix(e, "password file %s", path);
}

/* It is read by path, and later: so this keeps out mistakes, no attack. */
static int
check_key(const char *path, struct error *e)
{
	int fd, rc;

	if (path == NULL)
		return 0;
	fd = regular_open(AT_FDCWD, path, O_RDONLY, e);
	if (fd == -1) {
		e->code = ERROR_BAD;
		return -1;
	}
	rc = file_check_private(fd, e);
	close(fd);
	return rc == 0 ? 0 : error_prefix(e, "%s", path);
}

int
connection_read(
	const struct arguments *a, struct connection *c, struct error *e)
{
	*c = (struct connection){ .password.limit = PASSWORD_MAX,
		.proxy_password.limit = PASSWORD_MAX,
		.options = { .user = a->user,
			.ca_file = a->ca_file,
			.proxy = a->proxy,
			.proxy_user = a->proxy_user,
			.agent = "csrc-device/" PACKAGE_VERSION } };
	if (read_password(a->password_file, &c->password, e) == -1 ||
		read_password(a->proxy_password_file, &c->proxy_password, e) ==
			-1)
		return -1;
	c->options.password = (const char *)c->password.data;
	c->options.proxy_password = (const char *)c->proxy_password.data;
	return 0;
}

void
connection_clear(struct connection *c)
{
	buffer_clear(&c->password);
	buffer_clear(&c->proxy_password);
}

int
connection_open(const struct arguments *a, struct dav **dav_r, struct error *e)
{
	struct connection c = { 0 };
	int rc = -1;

	*dav_r = NULL;
	if (check_key(a->certificate_key == NULL ? a->certificate
						 : a->certificate_key,
		    e) == 0 &&
		connection_read(a, &c, e) == 0) {
		c.options.url = a->webdav;
		c.options.allow_http = a->allow_http;
		c.options.certificate = a->certificate;
		c.options.certificate_key = a->certificate_key;
		rc = dav_open(&c.options, dav_r, e);
	}
	connection_clear(&c);
	return rc;
}
