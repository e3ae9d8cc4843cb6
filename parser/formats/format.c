/*
 * One format file, by inih. Its line reader is replaced, so that an overlong
 * line is an error instead of two lines and every error can name its line.
 */
#include "parser/formats/format.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <ini.h>

#include "base/regular.h"
#include "base/text.h"
#include "parser/formats/format_names.h"
#include "parser/report.h"

enum {
	/* inih cuts longer names without a word */
	INI_NAME_MAX = 49
};

/* One file being read. */
struct reading {
	FILE *file;
	const char *path;
	int line;
	struct format *format;
	struct error *e;
	bool failed;
};

static int
complain(struct reading *r, const char *what)
{
	if (!r->failed)
		error_set(r->e, ERROR_BAD, "%s:%d: %s", r->path, r->line, what);
	r->failed = true;
	return 0;
}

static int
no_memory(struct reading *r)
{
	if (!r->failed)
		error_memory(r->e);
	r->failed = true;
	return 0;
}

void
label_collapse(char *text)
{
	char *out = text;
	const char *in = text;

	for (; *in != '\0'; in++) {
		if (strchr(" \t\r\n", *in) == NULL)
			*out++ = *in;
		else if (out > text && out[-1] != ' ')
			*out++ = ' ';
	}
	if (out > text && out[-1] == ' ')
		out--;
	*out = '\0';
}

/* inih's callback: 1 goes on, 0 is an error. */
static int
take(void *arg, const char *section, const char *name, const char *value)
{
	struct reading *r = arg;
	const char *what;

	if (r->failed)
		return 0;
	if (strlen(name) >= INI_NAME_MAX)
		return complain(r, "the name is too long");
	if (format_take(r->format, section, name, value, &what) == 0)
		return 1;
	return what == NULL ? no_memory(r) : complain(r, what);
}

/* inih's reader: one whole line a call. */
static char *
read_line(char *out, int size, void *arg)
{
	struct reading *r = arg;
	size_t length;

	if (r->failed || fgets(out, size, r->file) == NULL)
		return NULL;
	r->line++;
	length = strlen(out);
	if (length + 1 == (size_t)size && out[length - 1] != '\n') {
		complain(r, "the line is too long");
		return NULL;
	}
	return out;
}

void
words_free(struct words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->rows[i]);
	free(words->rows);
}

const char *
words_begin(const struct words *words, const char *text)
{
	const int first = tolower((unsigned char)text[0]);

	/* most lines begin with none of them, and there are many lines */
	for (size_t i = 0; i < words->count; i++)
		if (tolower((unsigned char)words->rows[i][0]) == first &&
			strncasecmp(words->rows[i], text,
				strlen(words->rows[i])) == 0)
			return words->rows[i];
	return NULL;
}

const char *
words_equal(const struct words *words, const char *text)
{
	for (size_t i = 0; i < words->count; i++)
		if (text_equal_nocase(words->rows[i], text))
			return words->rows[i];
	return NULL;
}

/* Does name end in label, behind the element that it stands in? */
static bool
ends_in(const char *name, const char *label)
{
	const size_t longer = strlen(name), length = strlen(label);

	return longer > length + 3 &&
		strncmp(name + longer - length - 3, " > ", 3) == 0 &&
		text_equal_nocase(name + longer - length, label);
}

bool
format_has_paths(const struct format *f)
{
	return f->layout == LAYOUT_XML || f->layout == LAYOUT_JSON;
}

const struct label_rule *
format_rule(const struct format *f, const char *label)
{
	const struct label_rule *found = NULL, *rule;

	if (!format_has_paths(f) && !f->first[tolower((unsigned char)label[0])])
		return NULL;
	for (size_t i = 0; i < f->rule_count; i++) {
		rule = &f->rules[i];
		if (text_equal_nocase(rule->label, label))
			return rule;
		if (format_has_paths(f) && ends_in(label, rule->label) &&
			(found == NULL ||
				strlen(found->label) < strlen(rule->label)))
			found = rule;
	}
	return found;
}

void
format_free(struct format *f)
{
	if (f == NULL)
		return;
	struct words *const words[] = { &f->begins, &f->ends, &f->skips,
		&f->dates, &f->months, &f->days, &f->units, &f->none,
		&f->alarm_on, &f->alarm_off, &f->in_subject, &f->in_name,
		&f->match.words[MATCH_BODY], &f->match.words[MATCH_SUBJECT],
		&f->match.words[MATCH_HEADER], &f->match.words[MATCH_NAME] };
	char *const texts[] = { f->name, f->source, f->certainty, f->charset,
		f->record, f->pair_name, f->pair_value, f->serial_prefix,
		f->serial_suffix, f->since };

	for (size_t i = 0; i < f->rule_count; i++) {
		free(f->rules[i].label);
		free(f->rules[i].name);
	}
	free(f->rules);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		words_free(words[i]);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(texts[i]);
	free(f);
}

/* All of a file's lines, and then the file as a whole. */
static void
read_all(struct reading *r)
{
	const int line = ini_parse_stream(read_line, r, take, r);
	const char *what;

	if (line > 0 && !r->failed) {
		r->line = line;
		complain(r, "neither [section] nor name = value");
	}
	if (ferror(r->file) && !r->failed)
		r->failed = error_errno(r->e, "%s", r->path) == -1;
	what = format_lacks(r->format);
	if (what != NULL)
		complain(r, what);
}

int
format_stream(FILE *file, const char *path, const char *name,
	struct format **format_r, struct error *e)
{
	struct reading r = { .file = file, .path = path, .e = e };

	*format_r = NULL;
	r.format = calloc(1, sizeof(*r.format));
	if (r.format == NULL || (r.format->name = strdup(name)) == NULL)
		no_memory(&r);
	else if (strlen(name) >= FORMAT_NAME_SIZE)
		complain(&r, "the file's name is too long");
	else
		read_all(&r);
	if (r.failed) {
		format_free(r.format);
		return -1;
	}
	*format_r = r.format;
	return 0;
}

int
format_read(const char *path, const char *name, struct format **format_r,
	struct error *e)
{
	FILE *file = regular_stream(path, e);
	int rc;

	*format_r = NULL;
	if (file == NULL)
		return -1;
	rc = format_stream(file, path, name, format_r, e);
	fclose(file);
	return rc;
}
