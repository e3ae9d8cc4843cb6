/*
 * neon's reader of multistatus takes href and status apart; the four properties
 * are read here. Only what markup_look has passed gets there.
 */
#include "dav/listing.h"

#include <neon/ne_207.h>
#include <neon/ne_dates.h>
#include <neon/ne_uri.h>
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

enum {
	STATE_LENGTH = NE_207_STATE_TOP,
	STATE_ETAG,
	STATE_MODIFIED,
	STATE_TYPE,
	STATE_COLLECTION
};

struct properties {
	bool collection;
	int64_t length, modified;
	char etag[DAV_ETAG_SIZE];
};

static const struct properties NOTHING = { .length = -1, .modified = -1 };

struct listing {
	ne_xml_parser *xml;
	ne_207_parser *multistatus;
	struct markup markup;
	char *path;
	int (*each)(const struct dav_entry *, void *);
	void *arg;
	/* of the response that is being read: what holds, what its propstat
	 * says, and a property's text */
	struct properties holds, says;
	char href[4096];
	char text[DAV_ETAG_SIZE];
	size_t text_length;
	int result; /* as of listing_read */
	struct error error;
};

static void *
start_response(void *arg, const ne_uri *uri)
{
	struct listing *l = arg;

	l->holds = NOTHING;
	if (!text_copy(l->href, sizeof(l->href), uri->path))
		stpcpy(l->href, "?");
	return l;
}

static void *
start_propstat(void *arg, void *response)
{
	struct listing *l = arg;

	(void)response;
	l->says = NOTHING;
	return l;
}

static void
end_propstat(void *arg, void *propstat, const ne_status *status,
	const char *description)
{
	struct listing *l = arg;

	(void)propstat;
	(void)description;
	if (status == NULL || status->klass != 2)
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
end_response(void *arg, void *response, const ne_status *status,
	const char *description)
{
	struct listing *l = arg;
	char name[DAV_NAME_SIZE];
	struct dav_entry entry = { .name = name,
		.collection = l->holds.collection,
		.length = l->holds.length,
		.modified = l->holds.modified,
		.etag = l->holds.etag };

	(void)description;
	/* gone while the server looked */
	if (l->result != 0 || response == NULL ||
		(status != NULL && status->klass != 2))
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

static int
start_property(void *arg, int parent, const char *space, const char *name,
	const char **attributes)
{
	static const struct ne_xml_idmap known[] = {
		{ "DAV:", "getcontentlength", STATE_LENGTH },
		{ "DAV:", "getetag", STATE_ETAG },
		{ "DAV:", "getlastmodified", STATE_MODIFIED },
		{ "DAV:", "resourcetype", STATE_TYPE },
		{ "DAV:", "collection", STATE_COLLECTION },
	};
	const int state =
		ne_xml_mapid(known, NE_XML_MAPLEN(known), space, name);
	struct listing *l = arg;

	(void)attributes;
	if (parent == NE_XML_STATEROOT) {
		ne_xml_set_error(l->xml, "it is no multistatus");
		return NE_XML_ABORT;
	}
	if (parent !=
		(state == STATE_COLLECTION ? STATE_TYPE : NE_207_STATE_PROP))
		return NE_XML_DECLINE;
	l->text_length = 0;
	l->text[0] = '\0';
	return state;
}

static int
text_of_property(void *arg, int state, const char *text, size_t length)
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
end_property(void *arg, int state, const char *space, const char *name)
{
	struct listing *l = arg;

	(void)space;
	(void)name;
	switch (state) {
	case STATE_LENGTH:
		l->says.length = number(l->text);
		break;
	case STATE_MODIFIED:
		l->says.modified = (int64_t)ne_httpdate_parse(l->text);
		break;
	case STATE_ETAG:
		if (is_etag(l->text))
			stpcpy(l->says.etag, l->text);
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
	/* neon takes an href for relative to this; what it may be is checked
	 * here, so any base does */
	ne_uri base = { .scheme = (char[]){ "https" },
		.host = (char[]){ "server" } };

	if (l == NULL)
		return NULL;
	l->path = strdup(path);
	if (l->path == NULL) {
		free(l);
		return NULL;
	}
	base.path = l->path;
	l->each = each;
	l->arg = arg;
	l->xml = ne_xml_create();
	l->multistatus = ne_207_create(l->xml, &base, l);
	ne_207_set_response_handlers(
		l->multistatus, start_response, end_response);
	ne_207_set_propstat_handlers(
		l->multistatus, start_propstat, end_propstat);
	ne_xml_push_handler(
		l->xml, start_property, text_of_property, end_property, l);
	return l;
}

void
listing_free(struct listing **l)
{
	struct listing *all = *l;

	*l = NULL;
	if (all == NULL)
		return;
	ne_207_destroy(all->multistatus);
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
