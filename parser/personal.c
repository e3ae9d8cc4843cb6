/*
 * A line that has several of these headings between separators is the head of
 * such a table. Lines are looked at once each, and only the first ones.
 */
#include "parser/personal.h"

#include <string.h>
#include <strings.h>

#include "parser/walk.h"

enum {
	LINES_MAX = 200,  /* of a part */
	CELLS_MAX = 64,   /* of a line */
	CELL_LENGTH = 48, /* no heading is longer */
	ENOUGH = 2        /* headings in one line */
};

static const char *const headings[] = { "user name", "username", "user",
	"login name", "owner", "owner name", "user id", "account name",
	"department name", "document name", "document", "file name", "filename",
	"job name", "original file name", "sender name", "destination",
	"destination name", "recipient", "recipients", "e-mail address",
	"email address", "mail address", "fax number", "fax no.",
	"phone number", "telephone number", "group name", "search name",
	"reference name", "speed dial", "one-touch", "abbr. number",
	"benutzername", "benutzer", "dokumentname", "dateiname", "auftragsname",
	"empf\303\244nger", "e-mail-adresse", "faxnummer", "telefonnummer",
	"rufnummer", "nom d'utilisateur", "utilisateur", "nom du document",
	"nom de fichier", "destinataire", "adresse e-mail",
	"num\303\251ro de fax", "nombre de usuario", "usuario",
	"nombre del documento", "nombre de archivo", "destinatario",
	"direcci\303\263n de correo", "n\303\272mero de fax", "nome utente",
	"nome documento", "nome file", "indirizzo e-mail", "numero fax" };

/* A head that one of these is in is about devices. Pages have no word here: job
 * logs count them too. */
static const char *const devices[] = { "serial", "serien", "serie",
	"s\303\251rie", "s\303\251rial", "matricola", "s/n", "machine no",
	"machine id", "device id", "counter", "z\303\244hler", "zaehler",
	"compteur", "contador", "contatore", "total", "gesamt" };

static bool
is_heading(struct span cell)
{
	cell = span_trim(cell);
	while (cell.length > 0 && strchr("\"'[]*", cell.at[0]) != NULL) {
		cell.at++;
		cell.length--;
	}
	while (cell.length > 0 &&
		strchr("\"'[]*:", cell.at[cell.length - 1]) != NULL)
		cell.length--;
	if (cell.length == 0 || cell.length > CELL_LENGTH)
		return false;
	for (size_t i = 0; i < sizeof(headings) / sizeof(headings[0]); i++)
		if (span_equal(cell, headings[i]))
			return true;
	return false;
}

static bool
is_of_devices(struct span head)
{
	for (; head.length > 0; head.at++, head.length--)
		for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]);
			i++)
			if (span_starts(head, devices[i]))
				return true;
	return false;
}

/* Takes what is in front of the next separator. */
static struct span
take_cell(struct span *line)
{
	struct span cell = { line->at, 0 };

	while (line->length > 0 && strchr(",;\t|", line->at[0]) == NULL) {
		line->at++;
		line->length--;
		cell.length++;
	}
	if (line->length > 0) {
		line->at++;
		line->length--;
	}
	return cell;
}

/* Whose table has a serial or a counter may be billed, with owners in it. */
static bool
is_head(struct span line)
{
	const struct span all = line;
	int found = 0;

	for (int i = 0; i < CELLS_MAX && line.length > 0; i++)
		found += is_heading(take_cell(&line));
	return found >= ENOUGH && !is_of_devices(all);
}

static bool
ends_in(const char *name, const char *ending)
{
	const size_t length = name == NULL ? 0 : strlen(name);
	const size_t n = strlen(ending);

	return length > n && strcasecmp(name + length - n, ending) == 0;
}

static bool
is_list(const struct part *p)
{
	struct walk w = { .at = p->data, .end = p->data + p->length };
	struct span line;

	if (strncmp(p->type, "text/", 5) != 0 && !ends_in(p->name, ".csv") &&
		!ends_in(p->name, ".txt") && !ends_in(p->name, ".log"))
		return false;
	for (int i = 0; i < LINES_MAX && walk_line(&w, &line); i++)
		if (is_head(line))
			return true;
	return false;
}

bool
personal_is(const struct entity *entity)
{
	for (size_t i = 0; i < entity->part_count; i++)
		if (is_list(&entity->parts[i]))
			return true;
	return false;
}
