/*
 * Replays every file of the corpus through the fuzzers' targets, so that what
 * a fuzzer once found stays found.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/text.h"
#include "tests/fuzz/targets.h"

static const struct {
	const char *directory, *target;
} rows[] = {
	{ "authres", "authres" },
	{ "bundle", "bundle" },
	{ "certificate", "certificate" },
	{ "cmp", "cmp" },
	{ "csv", "csv" },
	{ "enrol", "enrol" },
	{ "entity", "entity" },
	{ "format", "format" },
	{ "html", "html" },
	{ "keyfetch", "keyfetch" },
	{ "listing", "listing" },
	{ "center", "center" },
	{ "printer", "printer" },
	{ "profile", "profile" },
	{ "receipt", "receipt" },
	{ "page", "page" },
	{ "receive", "receive" },
	{ "report", "report" },
	{ "rtf", "rtf" },
	{ "seal", "seal" },
	{ "snmp", "snmp" },
	{ "xml", "xml" },
	{ "zip", "zip" },
	{ "attack", "entity" },
	{ "attack", "authres" },
};

static int
read_file(const char *path, struct buffer *out)
{
	char block[4096];
	size_t got;
	FILE *f = fopen(path, "rb");

	if (f == NULL)
		return -1;
	while ((got = fread(block, 1, sizeof(block), f)) > 0)
		buffer_append(out, block, got);
	return fclose(f);
}

/* How many files went through; -1: a directory or file is missing. */
static int
replay(const char *directory, const struct target *target)
{
	struct buffer octets = { 0 };
	char path[2048];
	struct dirent *entry;
	DIR *d = opendir(directory);
	int count = 0;

	while (count >= 0 && d != NULL && (entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.' ||
			strcmp(entry->d_name, "README.md") == 0)
			continue;
		text_format(
			path, sizeof(path), "%s/%s", directory, entry->d_name);
		if (read_file(path, &octets)) {
			count = -1;
			break;
		}
		target->run(octets.data, octets.length);
		buffer_clear(&octets);
		count++;
	}
	if (d != NULL)
		closedir(d);
	return d == NULL ? -1 : count;
}

int
main(void)
{
	const char *srcdir = getenv("srcdir");
	char directory[1024];
	size_t i, n = sizeof(rows) / sizeof(rows[0]);
	int count, failed = 0;

	alarm(300);
	if (target_init())
		return 1;
	printf("1..%zu\n", n);
	for (i = 0; i < n; i++) {
		text_format(directory, sizeof(directory), "%s/tests/corpus/%s",
			srcdir == NULL ? "." : srcdir, rows[i].directory);
		count = replay(directory, target_find(rows[i].target));
		printf("%s %zu - %s, %d files\n", count > 0 ? "ok" : "not ok",
			i + 1, rows[i].directory, count);
		failed += count <= 0;
		fflush(stdout);
	}
	target_end();
	return failed != 0;
}
