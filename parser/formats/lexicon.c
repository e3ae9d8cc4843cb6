/*
 * Guesses, for a person to look at: the longer word wins.
 */
#include "parser/formats/lexicon.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

struct word {
	const char *word;
	enum label_use use;
};

static const struct word uses[] = {
	{ "serial", LABEL_SERIAL },
	{ "serien", LABEL_SERIAL },
	{ "serie", LABEL_SERIAL },
	{ "seri no", LABEL_SERIAL },
	{ "seri num", LABEL_SERIAL },
	{ "s\xc3\xa9rie", LABEL_SERIAL },
	{ "matricola", LABEL_SERIAL },
	{ "s/n", LABEL_SERIAL },
	{ "sarja", LABEL_SERIAL },
	{ "fabricage", LABEL_SERIAL },
	{ "numer fabr", LABEL_SERIAL },
	{ "nr seryjny", LABEL_SERIAL },
	{ "numer seryjny", LABEL_SERIAL },
	{ "v\xc3\xbdrobn\xc3\xad \xc4\x8d", LABEL_SERIAL },
	{ "machine no", LABEL_SERIAL },
	{ "machine id", LABEL_SERIAL },
	{ "device id", LABEL_SERIAL },
	{ "\xe5\xba\x8f\xe5\x88\x97\xe5\x8f\xb7", LABEL_SERIAL },
	{ "\xe5\xba\x8f\xe8\x99\x9f", LABEL_SERIAL },
	{ "\xe6\xa9\x9f\xe7\x95\xaa", LABEL_SERIAL },
	{ "\xe8\xa3\xbd\xe9\x80\xa0\xe7\x95\xaa\xe5\x8f\xb7", LABEL_SERIAL },
	{ "\xec\x8b\x9c\xeb\xa6\xac\xec\x96\xbc", LABEL_SERIAL },
	{ "\xec\xa0\x9c\xec\xa1\xb0\xeb\xb2\x88\xed\x98\xb8", LABEL_SERIAL },
	{ "\xd1\x81\xd0\xb5\xd1\x80\xd0\xb8\xd0\xb9\xd0\xbd", LABEL_SERIAL },
	{ "model", LABEL_MODEL },
	{ "mod\xc3\xa8le", LABEL_MODEL },
	{ "modelo", LABEL_MODEL },
	{ "product name", LABEL_MODEL },
	{ "product", LABEL_MODEL },
	{ "device type", LABEL_MODEL },
	{ "machine type", LABEL_MODEL },
	{ "\xe6\x9c\xba\xe5\x9e\x8b", LABEL_MODEL },
	{ "\xe5\x9e\x8b\xe5\x8f\xb7", LABEL_MODEL },
	{ "\xe6\xa9\x9f\xe7\xa8\xae", LABEL_MODEL },
	{ "\xe3\x83\xa2\xe3\x83\x87\xe3\x83\xab", LABEL_MODEL },
	{ "\xeb\xaa\xa8\xeb\x8d\xb8", LABEL_MODEL },
	{ "\xea\xb8\xb0\xec\xa2\x85", LABEL_MODEL },
	{ "\xd0\xbc\xd0\xbe\xd0\xb4\xd0\xb5\xd0\xbb\xd1\x8c", LABEL_MODEL },
	{ "date", LABEL_DATE },
	{ "datum", LABEL_DATE },
	{ "fecha", LABEL_DATE },
	{ "data ", LABEL_DATE },
	{ "tarih", LABEL_DATE },
	{ "timestamp", LABEL_DATE },
	{ "time", LABEL_DATE },
	{ "zeit", LABEL_DATE },
	{ "\xe6\x97\xa5\xe6\x9c\x9f", LABEL_DATE },
	{ "\xe6\x97\xa5\xe6\x99\x82", LABEL_DATE },
	{ "\xe6\x97\xa5\xe4\xbb\x98", LABEL_DATE },
	{ "\xe6\x97\xb6\xe9\x97\xb4", LABEL_DATE },
	{ "\xeb\x82\xa0\xec\xa7\x9c", LABEL_DATE },
	{ "\xec\x9d\xbc\xec\x9e\x90", LABEL_DATE },
	{ "\xd0\xb4\xd0\xb0\xd1\x82\xd0\xb0", LABEL_DATE },
};

enum label_use
lexicon_use(const char *label)
{
	enum label_use use = LABEL_OTHER;
	size_t longest = 0, length;

	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		length = strlen(uses[i].word);
		if (length > longest && strcasestr(label, uses[i].word)) {
			longest = length;
			use = uses[i].use;
		}
	}
	return use;
}

/* Parts of counters' names: what is done, then how, and with which colour. */
static const struct {
	const char *word, *name;
	int place;
} parts[] = {
	{ "copy", "copy", 0 },
	{ "copies", "copy", 0 },
	{ "copie", "copy", 0 },
	{ "copia", "copy", 0 },
	{ "kopi", "copy", 0 },
	{ "\xe5\xa4\x8d\xe5\x8d\xb0", "copy", 0 },
	{ "\xe3\x82\xb3\xe3\x83\x94\xe3\x83\xbc", "copy", 0 },
	{ "\xeb\xb3\xb5\xec\x82\xac", "copy", 0 },
	{ "scan", "scan", 0 },
	{ "escan", "scan", 0 },
	{ "num\xc3\xa9ris", "scan", 0 },
	{ "\xe6\x89\xab\xe6\x8f\x8f", "scan", 0 },
	{ "fax", "fax", 0 },
	{ "\xe4\xbc\xa0\xe7\x9c\x9f", "fax", 0 },
	{ "duplex", "duplex", 0 },
	{ "2-sided", "duplex", 0 },
	{ "two-sided", "duplex", 0 },
	{ "both sides", "duplex", 0 },
	{ "total", "total", 0 },
	{ "gesamt", "total", 0 },
	{ "toplam", "total", 0 },
	{ "totale", "total", 0 },
	{ "razem", "total", 0 },
	{ "celkem", "total", 0 },
	{ "\xe6\x80\xbb", "total", 0 },
	{ "\xe5\x90\x88\xe8\xae\xa1", "total", 0 },
	{ "\xe5\x90\x88\xe8\xa8\x88", "total", 0 },
	{ "\xe3\x83\x88\xe3\x83\xbc\xe3\x82\xbf\xe3\x83\xab", "total", 0 },
	{ "\xec\xb4\x9d", "total", 0 },
	{ "\xeb\x88\x84\xec\xa0\x81", "total", 0 },
	{ "\xd0\xb2\xd1\x81\xd0\xb5\xd0\xb3\xd0\xbe", "total", 0 },
	{ "print", "print", 0 },
	{ "druck", "print", 0 },
	{ "impres", "print", 0 },
	{ "stamp", "print", 0 },
	{ "\xe6\x89\x93\xe5\x8d\xb0", "print", 0 },
	{ "send", "send", 1 },
	{ "sent", "send", 1 },
	{ "transmi", "send", 1 },
	{ "receiv", "receive", 1 },
	{ "large", "large", 1 },
	{ "a3", "a3", 1 },
	{ "ledger", "ledger", 1 },
	{ "black", "black", 2 },
	{ "b/w", "black", 2 },
	{ "b&w", "black", 2 },
	{ "mono", "black", 2 },
	{ "schwarz", "black", 2 },
	{ "s/w", "black", 2 },
	{ "noir", "black", 2 },
	{ "nero", "black", 2 },
	{ "negro", "black", 2 },
	{ "siyah", "black", 2 },
	{ "zwart", "black", 2 },
	{ "\xe9\xbb\x91\xe7\x99\xbd", "black", 2 },
	{ "\xe3\x83\xa2\xe3\x83\x8e\xe3\x82\xaf\xe3\x83\xad", "black", 2 },
	{ "\xed\x9d\x91\xeb\xb0\xb1", "black", 2 },
	{ "color", "color", 2 },
	{ "colour", "color", 2 },
	{ "farb", "color", 2 },
	{ "couleur", "color", 2 },
	{ "colore", "color", 2 },
	{ "renkli", "color", 2 },
	{ "kleur", "color", 2 },
	{ "\xe5\xbd\xa9\xe8\x89\xb2", "color", 2 },
	{ "\xe3\x82\xab\xe3\x83\xa9\xe3\x83\xbc", "color", 2 },
	{ "\xec\xbb\xac\xeb\x9f\xac", "color", 2 },
	{ "\xec\xb9\xbc\xeb\x9d\xbc", "color", 2 },
	{ "two color", "two", 3 },
	{ "two-color", "two", 3 },
	{ "two colour", "two", 3 },
	{ "single color", "single", 3 },
	{ "single colour", "single", 3 },
	{ "full color", "full", 3 },
	{ "full colour", "full", 3 },
};

/* The part of a label for one place: the first word of the list in it. */
static const char *
part_of(const char *label, int place)
{
	const char *found = NULL, *name = NULL, *at;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		at = parts[i].place == place ? strcasestr(label, parts[i].word)
					     : NULL;
		if (at != NULL && (found == NULL || at < found)) {
			found = at;
			name = parts[i].name;
		}
	}
	return name;
}

/* What of a label is ASCII, as a name. */
static void
spell(const char *label, char out[LEXICON_NAME_SIZE])
{
	size_t length = 0;

	for (; *label != '\0' && length + 2 < LEXICON_NAME_SIZE; label++) {
		if (isalnum((unsigned char)*label))
			out[length++] = (char)tolower((unsigned char)*label);
		else if (length > 0 && out[length - 1] != '-')
			out[length++] = '-';
	}
	while (length > 0 && out[length - 1] == '-')
		length--;
	out[length] = '\0';
	if (length == 0)
		strcpy(out, "unknown");
}

/* What is counted: of the label itself, and of the sections that it is in. */
static void
add_function(const char *label, const char *leaf, char out[LEXICON_NAME_SIZE])
{
	char sections[256];
	const char *own = part_of(leaf, 0), *above;

	text_format(
		sections, sizeof(sections), "%.*s", (int)(leaf - label), label);
	above = part_of(sections, 0);
	if (own == NULL && above == NULL)
		own = part_of(leaf, 2) != NULL || part_of(leaf, 3) != NULL
			? "total"
			: "";
	else if (own == NULL ||
		(strcmp(own, "total") == 0 && above != NULL &&
			strcmp(above, "print") != 0))
		own = above;
	else if (above != NULL && strcmp(above, own) != 0 &&
		strcmp(above, "print") != 0 && strcmp(above, "total") != 0) {
		text_format(out, LEXICON_NAME_SIZE, "%s.%s", above, own);
		return;
	}
	(void)text_copy(out, LEXICON_NAME_SIZE, own);
}

bool
lexicon_counts(const char *label)
{
	for (int place = 0; place <= 3; place++)
		if (part_of(label, place) != NULL)
			return true;
	return false;
}

void
lexicon_counter(const char *label, char out[LEXICON_NAME_SIZE])
{
	const char *leaf = label, *part;
	size_t length;

	for (part = label; (part = strstr(part, " > ")) != NULL;)
		leaf = part += 3;
	add_function(label, leaf, out);
	for (int place = 1; place <= 3; place++) {
		part = part_of(leaf, place);
		if (part == NULL && place == 2 && part_of(leaf, 3) != NULL)
			part = "color";
		if (part == NULL)
			continue;
		length = strlen(out);
		text_format(out + length, LEXICON_NAME_SIZE - length, "%s%s",
			length > 0 ? "." : "", part);
	}
	if (out[0] == '\0')
		spell(leaf, out);
}

const char *const lexicon_dates[] = { "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d",
	"%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "%m/%d/%Y", "%m-%d-%Y", "%d.%m.%y",
	"%d/%m/%y", "%m/%d/%y", "%y/%m/%d", "%d %b %Y", "%b %d %Y", "%b %d, %Y",
	"%d-%b-%Y", "%a %d %b %Y", "%a, %d %b %Y", "%a %b %d %Y",
	"%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M:%S %Z %Y", "%Y%m%d",
	"%Y\xe5\xb9\xb4%m\xe6\x9c\x88%d\xe6\x97\xa5",
	"%Y\xeb\x85\x84 %m\xec\x9b\x94 %d\xec\x9d\xbc", NULL };

const struct charsets lexicon_charsets = { 7,
	{ "gb18030", "euc-kr", "shift_jis", "big5", "windows-1251",
		"windows-1250", "windows-1254" } };
