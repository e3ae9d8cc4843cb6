/*
 * Only what markup_look has passed gets to neon's XML parser, whose elements
 * are read here by a table: its own reader of multistatus (ne_207) frees memory
 * twice where a server says so.
 */
#include "dav/listing.h"

#include <neon/ne_dates.h>
#include <neon/ne_xml.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "dav/markup.h"
#include "dav/path.h"

const char LISTING_ASKED[] =
	"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
	"<propfind xmlns=\"DAV:\"><prop><getcontentlength/><getetag/>"
	"<getlastmodified/><resourcetype/></prop></propfind>\n";

enum state {
	STATE_MULTISTATUS = 1, /* neon's are others */
	STATE_RESPONSE,
	STATE_HREF,
	STATE_STATUS, /* of the response */
	STATE_PROPSTAT,
	STATE_HOLDS, /* the status of a propstat */
	STATE_PROP,
	STATE_LENGTH,
	STATE_ETAG,
	STATE_MODIFIED,
	STATE_TYPE,
	STATE_COLLECTION
};

/* What is looked into, and in what it stands; all else is passed over. */
static const struct {
	int parent;
	const char *name;
	enum state state;
} elements[] = {
	{ NE_XML_STATEROOT, "multistatus", STATE_MULTISTATUS },
	{ STATE_MULTISTATUS, "response", STATE_RESPONSE },
	{ STATE_RESPONSE, "href", STATE_HREF },
	{ STATE_RESPONSE, "status", STATE_STATUS },
	{ STATE_RESPONSE, "propstat", STATE_PROPSTAT },
	{ STATE_PROPSTAT, "status", STATE_HOLDS },
	{ STATE_PROPSTAT, "prop", STATE_PROP },
	{ STATE_PROP, "getcontentlength", STATE_LENGTH },
	{ STATE_PROP, "getetag", STATE_ETAG },
	{ STATE_PROP, "getlastmodified", STATE_MODIFIED },
	{ STATE_PROP, "resourcetype", STATE_TYPE },
	{ STATE_TYPE, "collection", STATE_COLLECTION },
};

enum { HREF_SIZE = 4096 };

struct properties {
	bool collection;
	int64_t length, modified;
	char etag[DAV_ETAG_SIZE];
};

static const struct properties NOTHING = { .length = -1, .modified = -1 };

struct listing {
	ne_xml_parser *xml;
	struct markup markup;
	char *path;
	int (*each)(const struct dav_entry *, void *);
	void *arg;
	/* Of the response that is being read: what holds, and what its
	 * propstat says; whether one and the other is so at all. */
	struct properties holds, says;
	bool there, said;
	char href[HREF_SIZE];
	char text[HREF_SIZE]; /* of the element */
	size_t text_length;
	int result; /* as of listing_read */
	struct error error;
};

/* It makes no sense: NE_XML_ABORT. */
static int
senseless(struct listing *l, const char *why)
{
	ne_xml_set_error(l->xml, why);
	return NE_XML_ABORT;
}

static int
start_element(void *arg, int parent, const char *space, const char *name,
	const char **attributes)
{
	struct listing *l = arg;
	size_t i = 0;

	(void)attributes;
	while (i < sizeof(elements) / sizeof(elements[0]) &&
		(elements[i].parent != parent ||
			strcmp(elements[i].name, name) != 0))
		i++;
	if (i == sizeof(elements) / sizeof(elements[0]) ||
		strcmp(space, "DAV:") != 0)
		return parent == NE_XML_STATEROOT
			? senseless(l, "it is no multistatus")
			: NE_XML_DECLINE;
	l->text_length = 0;
	l->text[0] = '\0';
	if (elements[i].state == STATE_RESPONSE) {
		l->holds = NOTHING;
		l->there = true;
		l->href[0] = '\0';
	} else if (elements[i].state == STATE_PROPSTAT) {
		l->says = NOTHING;
		l->said = false;
	}
	return (int)elements[i].state;
}

static int
take_text(void *arg, int state, const char *text, size_t length)
{
	struct listing *l = arg;

	(void)state;
	/* one that is too long is as none */
	if (length >= sizeof(l->text) - l->text_length) {
		l->text_length = sizeof(l->text) - 1;
		l->text[0] = '\0';
	} else {
		memcpy(l->text + l->text_length, text, length);
		l->text_length += length;
	}
	l->text[l->text_length] = '\0';
	return 0;
}

/* The text without the blanks around it. */
static char *
trimmed(struct listing *l)
{
	static const char blanks[] = " \t\r\n";
	char *text = l->text + strspn(l->text, blanks);
	size_t length = strlen(text);

	while (length > 0 && strchr(blanks, text[length - 1]) != NULL)
		length--;
	text[length] = '\0';
	return text;
}

/* The path of a URI, or what is one already (RFC 4918, 8.3). */
static int
end_href(struct listing *l)
{
	const char *text = trimmed(l);
	const char *host = strstr(text, "://");

	if (l->href[0] != '\0')
		return senseless(l, "a response of several resources");
	if (text[0] != '/' && host != NULL)
		text = host + 3 + strcspn(host + 3, "/");
	if (!text_copy(l->href, sizeof(l->href), text[0] == '/' ? text : "?"))
		stpcpy(l->href, "?");
	return 0;
}

/* "HTTP/1.1 200 OK": is it a success? */
static int
end_status(struct listing *l, bool *success_r)
{
	const char *text = trimmed(l);
	const char *code = strchr(text, ' ');

	if (strncmp(text, "HTTP/", 5) != 0 || code == NULL ||
		strspn(code + 1, "0123456789") != 3)
		return senseless(l, "a status that is none");
	*success_r = code[1] == '2';
	return 0;
}

static void
end_propstat(struct listing *l)
{
	if (!l->said)
		return;
	if (l->says.collection)
		l->holds.collection = true;
	if (l->says.length != -1)
		l->holds.length = l->says.length;
	if (l->says.modified != -1)
		l->holds.modified = l->says.modified;
	if (l->says.etag[0] != '\0')
		stpcpy(l->holds.etag, l->says.etag);
}

static void
end_response(struct listing *l)
{
	char name[DAV_NAME_SIZE];
	struct dav_entry entry = { .name = name,
		.collection = l->holds.collection,
		.length = l->holds.length,
		.modified = l->holds.modified,
		.etag = l->holds.etag };

	/* not there: gone while the server looked */
	if (l->result != 0 || l->href[0] == '\0' || !l->there)
		return;
	switch (path_child(l->href, l->path, name, sizeof(name))) {
	case 0:
		break;
	case 1:
		l->result = l->each(&entry, l->arg) != 0;
		break;
	default:
		l->result = error_set(&l->error, ERROR_BAD,
			"the server lists %.200s, which is not in %.200s",
			l->href, l->path);
	}
}

static int64_t
number(const char *text)
{
	const size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 18 || text[digits] != '\0')
		return -1;
	return strtoll(text, NULL, 10);
}

/* It is to stand in a header field. */
static bool
is_etag(const char *text)
{
	const char *c;

	for (c = text; *c > ' ' && *c < 0x7f; c++)
		;
	return c != text && *c == '\0';
}

static int
end_element(void *arg, int state, const char *space, const char *name)
{
	struct listing *l = arg;

	(void)space;
	(void)name;
	switch ((enum state)state) {
	case STATE_HREF:
		return end_href(l);
	case STATE_STATUS:
		return end_status(l, &l->there);
	case STATE_HOLDS:
		return end_status(l, &l->said);
	case STATE_PROPSTAT:
		end_propstat(l);
		break;
	case STATE_RESPONSE:
		end_response(l);
		break;
	case STATE_LENGTH:
		l->says.length = number(l->text);
		break;
	case STATE_MODIFIED:
		l->says.modified = (int64_t)ne_httpdate_parse(l->text);
		break;
	case STATE_ETAG:
		if (!is_etag(l->text) ||
			!text_copy(l->says.etag, sizeof(l->says.etag), l->text))
			l->says.etag[0] = '\0';
		break;
	case STATE_COLLECTION:
		l->says.collection = true;
		break;
	default:
		break;
	}
	return 0;
}

struct listing *
listing_new(const char *path,
	int (*each)(const struct dav_entry *entry, void *arg), void *arg)
{
	struct listing *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->path = strdup(path);
	if (l->path == NULL) {
		free(l);
		return NULL;
	}
	l->each = each;
	l->arg = arg;
	l->xml = ne_xml_create();
	ne_xml_push_handler(l->xml, start_element, take_text, end_element, l);
	return l;
}

void
listing_free(struct listing **l)
{
	struct listing *all = *l;

	*l = NULL;
	if (all == NULL)
		return;
	ne_xml_destroy(all->xml);
	free(all->path);
	free(all);
}

/* The library's view of octets that were looked at; of none: the end. */
static void
parse(struct listing *l, const char *octets, size_t length)
{
	if (ne_xml_parse(l->xml, octets, length) != 0 && l->result == 0)
		l->result = error_set(&l->error, ERROR_BAD,
			"the server's XML: %s", ne_xml_get_error(l->xml));
}

static int
outcome(const struct listing *l, struct error *e)
{
	if (l->result == -1)
		error_set(e, l->error.code, "%s", l->error.text);
	return l->result;
}

int
listing_read(
	struct listing *l, const char *octets, size_t length, struct error *e)
{
	if (l->result == 0 && length > 0) {
		l->result = markup_look(&l->markup, octets, length, &l->error);
		if (l->result == 0)
			parse(l, octets, length);
	}
	return outcome(l, e);
}

int
listing_end(struct listing *l, struct error *e)
{
	if (l->result == 0)
		parse(l, "", 0);
	return outcome(l, e) == -1 ? -1 : 0;
}
