/*
 * Report mails as a device would send them. Only the content and the number
 * in it differ from mail to mail, so that whoever finds one in the spool
 * knows which it was.
 */
#include "tests/tools/reportmail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/text.h"

static int
sender_parse(const char *line, struct sender *s)
{
	char serial[64], id[2 * KEY_ID_MAX + 1], key[2 * KEY_SIZE_MAX + 1];
	int id_length, key_length;

	if (sscanf(line, "%63s %128s %64s", serial, id, key) != 3)
		return -1;
	id_length = text_unhex(id, s->id, sizeof(s->id));
	key_length = text_unhex(key, s->key, sizeof(s->key));
	if (id_length < 1 || (key_length != 16 && key_length != 32) ||
		!text_copy(s->serial, sizeof(s->serial), serial))
		return -1;
	s->id_length = id_length;
	s->key_length = key_length;
	return 0;
}

int
senders_read(const char *path, struct sender **senders_r, size_t *count_r)
{
	struct sender *senders = NULL, *more;
	size_t count = 0;
	char line[512];
	FILE *file;
	int rc = -1;

	file = fopen(path, "r");
	if (!file)
		goto out;
	while (fgets(line, sizeof(line), file)) {
		more = realloc(senders, (count + 1) * sizeof(*senders));
		if (!more)
			goto out;
		senders = more;
		if (sender_parse(line, &senders[count]) < 0)
			goto out;
		count++;
	}
	if (count == 0)
		goto out;
	*senders_r = senders;
	*count_r = count;
	senders = NULL;
	rc = 0;
out:
	if (rc < 0)
		fprintf(stderr, "%s: no list of \"SERIAL KEY-ID KEY\"\n", path);
	if (file)
		fclose(file);
	free(senders);
	return rc;
}

void
sender_make(uint32_t number, struct sender *s)
{
	char name[64];
	unsigned int length;

	memset(s, 0, sizeof(*s));
	snprintf(s->serial, sizeof(s->serial), "BENCH%07u", number);
	snprintf(name, sizeof(name), "key of %s", s->serial);
	EVP_Digest(name, strlen(name), s->key, &length, EVP_sha256(), NULL);
	s->key_length = 32;
	EVP_Digest(s->key, 32, s->id, &length, EVP_sha256(), NULL);
	s->id_length = 8;
}

int
report_entity(const struct report_mail *m, struct buffer *out)
{
	char date[TEXT_TIME_SIZE];
	unsigned long long total = m->total;

	text_time(m->when, date);
	return buffer_format(out,
		"CSRC-Center-ID: %s\r\n"
		"CSRC-Device-Serial: %s\r\n"
		"Content-Type: application/vnd.csrc.report+json\r\n"
		"\r\n"
		"{\"version\":1,\"kind\":\"counters\",\"date\":\"%s\",\r\n"
		"\"model\":\"bizhub C368\",\"firmware\":\"G00-45\",\r\n"
		"\"counters\":{\"total\":%llu,\"total.black\":%llu,\r\n"
		"\"total.color\":%llu,\"copy.black\":1200,\"copy.color\":300,"
		"\r\n"
		"\"print.black\":7100,\"print.color\":4200,\"scan\":900,\r\n"
		"\"fax.send\":12,\"duplex\":5100}}\r\n",
		m->center, m->sender->serial, date, total, total * 2 / 3,
		total - total * 2 / 3);
}

/* The same calls, in the same order, as openssl's cms command makes. */
static CMS_ContentInfo *
seal(const struct sender *s, const struct buffer *entity)
{
	CMS_ContentInfo *cms = NULL;
	unsigned char *key, *id;
	BIO *in;

	in = BIO_new_mem_buf(entity->data, (int)entity->length);
	key = OPENSSL_memdup(s->key, s->key_length);
	id = OPENSSL_memdup(s->id, s->id_length);
	if (in && key && id)
		cms = CMS_encrypt(NULL, in, EVP_aes_256_gcm(), CMS_PARTIAL);
	if (!cms ||
		!CMS_add0_recipient_key(cms, NID_undef, key, s->key_length, id,
			s->id_length, NULL, NULL, NULL)) {
		OPENSSL_free(key);
		OPENSSL_free(id);
		goto fail;
	}
	if (!CMS_final(cms, in, NULL, CMS_PARTIAL))
		goto fail;
	BIO_free(in);
	return cms;
fail:
	ERR_print_errors_fp(stderr);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	return NULL;
}

/* OpenSSL writes LF; SMTP speaks CRLF. */
static int
append_crlf(struct buffer *out, const char *text, size_t length)
{
	const char *end = text + length, *lf;

	while (text < end) {
		lf = memchr(text, '\n', end - text);
		if (!lf)
			return buffer_append(out, text, end - text);
		if (buffer_append(out, text, lf - text) < 0 ||
			buffer_append(out, "\r\n", 2) < 0)
			return -1;
		text = lf + 1;
	}
	return 0;
}

int
report_mail(const struct report_mail *m, struct buffer *out)
{
	struct buffer entity = { 0 };
	CMS_ContentInfo *cms = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long length;
	int rc = -1;

	if (!bio || report_entity(m, &entity) < 0)
		goto out;
	cms = seal(m->sender, &entity);
	if (!cms || !SMIME_write_CMS(bio, cms, NULL, 0))
		goto out;
	length = BIO_get_mem_data(bio, &text);
	if (buffer_format(out,
		    "To: %s\r\n"
		    "From: %s@device.example\r\n"
		    "Subject: Report of %s\r\n"
		    "CSRC-Center-ID: %s\r\n"
		    "CSRC-Device-Serial: %s\r\n",
		    m->recipient, m->sender->serial, m->sender->serial,
		    m->center, m->sender->serial) < 0 ||
		append_crlf(out, text, length) < 0)
		goto out;
	rc = 0;
out:
	CMS_ContentInfo_free(cms);
	BIO_free(bio);
	buffer_clear(&entity);
	return rc;
}
