/*
 * The entity goes to openssl by a file and comes back as S/MIME, before which
 * the outer header fields are put.
 */
#include "tests/unit/sealing.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *
seal_mail(const struct sealing *s, size_t *length_r)
{
	char path[] = "/tmp/csrc-sealing-XXXXXX";
	char command[512];
	size_t used = strlen(s->outer);
	char *mail = calloc(1, 1 << 20);
	int fd = mkstemp(path);
	FILE *p;

	assert_non_null(mail);
	assert_true(fd != -1);
	assert_int_equal(write(fd, s->inner, strlen(s->inner)),
		(ssize_t)strlen(s->inner));
	close(fd);
	snprintf(command, sizeof(command),
		"openssl cms -encrypt -binary -aes-%d-gcm -secretkey %s "
		"-secretkeyid %s -outform SMIME -in %s",
		(int)strlen(s->key) * 4, s->key, s->key_id, path);
	p = popen(command, "r");
	assert_non_null(p);
	memcpy(mail, s->outer, used);
	used += fread(mail + used, 1, (1 << 20) - 1 - used, p);
	assert_int_equal(pclose(p), 0);
	unlink(path);
	*length_r = used;
	return mail;
}
