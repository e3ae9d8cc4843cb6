/*
 * Which converters of characters does a mail get into the process? Every
 * iconv_open of ours and of any library's is seen here, and what was loaded is
 * looked for in the process's map.
 */
#include <dlfcn.h>
#include <iconv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/text.h"
#include "parser/entity.h"
#include "parser/formats/reading.h"
#include "parser/request_text.h"
#include "parser/seal.h"

static struct formats *formats;
static struct error err;
static size_t opened, refused;

/* The loader finds this one before libc's. */
iconv_t
iconv_open(const char *to, const char *from)
{
	static const char *const ours[] = { "UTF-8", "ISO-8859-1",
		"ISO-8859-15", "CP1252", "ISO-8859-2", "ISO-8859-9", "CP1250",
		"CP1251", "CP1254", "CP932", "ISO-2022-JP", "EUC-JP", "UHC",
		"GB18030", "CP950", "UTF-16", "UTF-16LE", "UTF-16BE" };
	static iconv_t (*real)(const char *to, const char *from);
	size_t i;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "iconv_open");
	opened++;
	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strcmp(from, ours[i]) == 0 && strcmp(to, "UTF-8") == 0)
			return real(to, from);
	print_message("iconv_open(%s, %s)\n", to, from);
	refused++;
	return real(to, from);
}

/* Converters in the process's map that are not for the list. */
static size_t
foreign_modules(void)
{
	/* converters use others: those of JIS, KSC and EUC are for ours */
	static const char *const ours[] = { "/ISO8859-1.so", "/ISO8859-15.so",
		"/CP1252.so", "/gconv-modules.cache", "/ISO8859-2.so",
		"/ISO8859-9.so", "/CP1250.so", "/CP1251.so", "/CP1254.so",
		"/IBM932.so", "/CP932.so", "/IBM943.so", "/ISO-2022-JP.so",
		"/EUC-JP.so", "/UHC.so", "/GB18030.so", "/CP950.so", "/BIG5.so",
		"/UTF-16.so", "/libJIS.so", "/libKSC.so", "/libGB.so",
		"/libCNS.so", "/libJISX0213.so" };
	FILE *f = fopen("/proc/self/maps", "r");
	char line[1024];
	size_t i, count = 0;
	bool known;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strstr(line, "/gconv/") == NULL)
			continue;
		known = false;
		for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
			known = known || strstr(line, ours[i]) != NULL;
		if (!known)
			print_message("%s", line);
		count += !known;
	}
	fclose(f);
	return count;
}

static void
read_octets(const void *octets, size_t length)
{
	static struct request_text request;
	struct report *report = NULL;
	struct entity *entity;

	if (entity_parse(octets, length, &limits_default, &entity, &err))
		fail_msg("%s", err.text);
	report_read(entity, formats, &limits_default, &report, &err);
	request_text_read(entity, &limits_default, &request, &err);
	report_free(&report);
	entity_free(&entity);
}

/* Every place in which a mail can name a charset; $ is its name. */
static const char *const places[] = {
	"Content-Type: text/plain; charset=$\n\nabc \xe9\n",
	"Content-Type: text/plain; charset*=$''utf-8\n\nabc\n",
	"Content-Type: text/plain; charset*0*=$''ut; charset*1=f-8\n\nabc\n",
	"Content-Type: text/plain; charset=\"=?$?Q?utf-8?=\"\n\nabc\n",
	"Content-Type: application/pdf; name*=$''a%41b\n\nx\n",
	"Content-Type: application/pdf; name*0*=$'en'a%e9; name*1*=b%e9\n\nx\n",
	"Content-Type: application/pdf; name=\"=?$?Q?a=E9?=\"\n\nx\n",
	"Content-Type: application/pdf; name==?$?B?YWJj?=\n\nx\n",
	"Content-Type: application/pdf; name=\"\xe9\"; charset=$\n\nx\n",
	"Content-Disposition: attachment; filename*=$''a%e9b\n\nx\n",
	"Content-Disposition: attachment; filename=\"=?$?B?YWJj?=\"\n\nx\n",
	"Content-Disposition: =?$?Q?a?=; x*=$''a\n\nx\n",
	"Content-Description: =?$?Q?a=E9?=\n\nx\n",
	"Content-ID: <=?$?Q?a=E9?=@b>\n\nx\n",
	"Content-Type: =?$?Q?text/plain?=\n\nx\n",
	"Content-Transfer-Encoding: =?$?Q?base64?=\n\nx\n",
	"Subject: =?$?Q?a=E9?=\nFrom: =?$?Q?a=E9?= <a@b>\n\nx\n",
	"Date: =?$?Q?a=E9?=\nIn-Reply-To: =?$?Q?a?= <a@b>\n\nx\n",
	"CSRC-Center-ID: =?$?Q?K1?=\n\nx\n",
	"Content-Type: multipart/mixed; boundary=b; x*=$''a\n\n"
	"--b\nContent-Type: application/pdf; name*=$''a%e9\n\nx\n--b--\n",
	"Content-Type: text/html\n\n<meta charset=$><p>abc \xe9 Serial Number",
	"Content-Type: text/html; charset=$\n\n<meta http-equiv=Content-Type "
	"content='text/html; charset=$'><p>abc \xc3\xa9 Serial Number",
	"Content-Type: text/xml\n\n<?xml version='1.0' encoding='$'?>"
	"<a>abc \xe9 Serial Number</a>",
	"Content-Type: text/xml\n\n<?xml version='1.0' encoding='$'?>"
	"<a>abc \xc3\xa9 Serial Number</a>",
	"Content-Type: multipart/mixed; boundary=b; charset=$\n\n--b\n"
	"Content-Type: message/rfc822\n\nSubject: =?$?Q?a?=\n\nx\n--b--\n",
};

static const char *const charsets[] = { "utf-7", "EUC-JP", "iso-2022-kr",
	"big5-hkscs", "IBM037", "utf-16", "ucs-4", "koi8-r", "iso-8859-2",
	"shift_jis", "utf-8//translit", "iso-8859-1/", "CP1251", "gb18030",
	"tscii" };

static void
fill(struct buffer *b, const char *place, const char *charset)
{
	for (; *place != '\0'; place++)
		if (*place == '$')
			buffer_text(b, charset);
		else
			buffer_append(b, place, 1);
}

/* Seals it, and reads what opens. */
static void
read_sealed(const struct buffer *b)
{
	static const unsigned char key[16] = "0123456789abcde";
	struct buffer mail = { 0 }, plain = { 0 };
	struct entity *entity;
	struct seal_fields seal;

	buffer_text(&mail, "Content-Type: application/pkcs7-mime\r\n\r\n");
	if (seal_make(b->data, b->length, key, sizeof(key), key, 1, &mail,
		    &err) ||
		entity_parse(mail.data, mail.length, &limits_default, &entity,
			&err) ||
		seal_read(entity->parts[0].data, entity->parts[0].length, &seal,
			&err) ||
		seal_open(&seal, key, sizeof(key), &plain, &err))
		fail_msg("%s", err.text);
	read_octets(plain.data, plain.length);
	buffer_clear(&seal.content);
	entity_free(&entity);
	buffer_clear(&mail);
	buffer_clear(&plain);
}

/* A mail as it comes, and the same sealed. */
static void
read_mail(const char *place, const char *charset)
{
	struct buffer b = { 0 };

	fill(&b, place, charset);
	read_octets(b.data, b.length);
	read_sealed(&b);
	buffer_clear(&b);
}

static void
none_but_ours(void **state)
{
	size_t i, j;

	(void)state;
	assert_int_equal(foreign_modules(), 0);
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		for (j = 0; j < sizeof(charsets) / sizeof(charsets[0]); j++)
			read_mail(places[i], charsets[j]);
	assert_int_equal(refused, 0);
	assert_int_equal(foreign_modules(), 0);
}

/* The counting works: those of the list are loaded, and were seen. */
static void
ours_are_seen(void **state)
{
	size_t i, before = opened;
	static const char *const names[] = { "iso-8859-1", "iso-8859-15",
		"windows-1252", "utf-8" };

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		read_mail(
			"Content-Type: application/pdf; name*=$''a%41b\n\nx\n",
			names[i]);
	assert_true(opened >= before + 2 * 4);
	assert_int_equal(refused, 0);
}

int
main(void)
{
	const char *srcdir = getenv("srcdir");
	char path[1024];
	const char *const paths[] = { path };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none_but_ours),
		cmocka_unit_test(ours_are_seen),
	};

	alarm(300);
	text_format(path, sizeof(path), "%s/parser/formats",
		srcdir == NULL ? "." : srcdir);
	if (parser_init(&err) || formats_load(paths, 1, &formats, &err))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
