/*
 * Each server of a center has a thread that puts requests there, and none waits
 * for another: who finds that now all have one says so to the gateway. If that
 * is lost, or what was done is forgotten, the request is put again, and the
 * server says that it is there.
 */
#include "webdav/downward.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "control/handover.h"
#include "webdav/chance.h"
#include "webdav/filename.h"

enum { PAGE = 1000 /* as many as the daemon says at once */ };

/* Some of those that wait. */
struct page {
	size_t count;
	struct handover_pending rows[PAGE];
};

/* 1: the page is full. */
static int
take_row(const struct handover_pending *row, void *arg)
{
	struct page *page = arg;

	page->rows[page->count++] = *row;
	return page->count == PAGE;
}

static void
gateway_failed(struct station *s, struct error *e)
{
	link_hang_up(&s->links[0]);
	error_prefix(e, "gateway");
	round_break(s, e);
}

/* It could not be put; the others are tried. */
static void
not_put(struct station *s, const struct handover_pending *row,
	const struct error *e)
{
	s->requests_left++;
	tries_failed(
		s->requests, row->email_id, clock_milliseconds(), chance());
	log_warn("%s: request %s to device %s: not put: %s", s->server->name,
		row->email_id, row->serial, e->text);
	if (e->code == ERROR_TROUBLE)
		round_trouble(s, e);
}

/* It is there now. The daemon hears of it when all servers have it. */
static void
is_put(struct station *s, const struct handover_pending *row)
{
	struct error e;

	round_well(s);
	tries_done(s->requests, row->email_id);
	if (!copies_add(s->copies, row->email_id, s->number))
		return;
	if (link_daemon(&s->links[0], &e) == -1 ||
		handover_delivered(s->links[0].client, row->email_id, &e) ==
			-1) {
		gateway_failed(s, &e);
		return;
	}
	link_rest(&s->links[0]);
	copies_forget(s->copies, row->email_id);
}

static void
put(struct station *s, const struct handover_pending *row,
	const struct buffer *message)
{
	char path[PATH_SIZE];
	struct error e;
	int rc;

	filename_request(row->serial, row->email_id, row->sealed, path);
	rc = link_put(&s->links[0], row->serial, path, message->data,
		message->length, true, &e);
	if (rc == -1 && e.code != ERROR_EXISTS) {
		not_put(s, row, &e);
		return;
	}
	if (rc == 0) {
		atomic_fetch_add(&s->tally.requests, 1);
		log_info("%s: request %s to device %s: put", s->server->name,
			row->email_id, row->serial);
	}
	is_put(s, row);
}

/* ERROR_NOT_FOUND: answered, cancelled, expired. */
static int
fetch(struct station *s, const struct handover_pending *row,
	struct buffer *message, struct error *e)
{
	struct link *l = &s->links[0];
	int rc = link_daemon(l, e);

	if (rc == 0)
		rc = handover_fetch(l->client, row->email_id, message, e);
	link_rest(l);
	return rc;
}

static void
bring(struct station *s, const struct handover_pending *row)
{
	struct buffer message = { 0 };
	struct error e;

	if (copies_has(s->copies, row->email_id, s->number))
		return;
	if (!tries_due(s->requests, row->email_id, clock_milliseconds()))
		s->requests_left++;
	else if (fetch(s, row, &message, &e) == 0)
		put(s, row, &message);
	else if (e.code != ERROR_NOT_FOUND)
		gateway_failed(s, &e);
	buffer_clear(&message);
}

void
downward(struct station *s)
{
	struct page *page = calloc(1, sizeof(*page));
	const char *after = NULL;
	struct error e;
	char cursor[sizeof(page->rows[0].cursor)];

	if (page == NULL) {
		error_memory(&e);
		round_break(s, &e);
		return;
	}
	do {
		page->count = 0;
		if (link_daemon(&s->links[0], &e) == -1 ||
			handover_pending(s->links[0].client, s->server->center,
				NULL, after, take_row, page, &e) == -1) {
			gateway_failed(s, &e);
			break;
		}
		link_rest(&s->links[0]);
		for (size_t i = 0; i < page->count && round_goes_on(s); i++)
			bring(s, &page->rows[i]);
		if (page->count > 0)
			text_copy(cursor, sizeof(cursor),
				page->rows[page->count - 1].cursor);
		after = cursor;
	} while (page->count == PAGE && round_goes_on(s));
	free(page);
}
