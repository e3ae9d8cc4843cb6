/*
 * A message is moved into work/ before it is read, under a name that no other
 * one ever has. So of several collectors one wins; what is written to inbox/
 * in between is another file; and what is removed in the end is what was read.
 *
 * It may end at each step: then the file is in work/, whoever comes next does
 * all of it again, and the gateway admits a content once. It is removed last.
 *
 * A receipt goes to the device in whose path the message was, and only if that
 * device's own key opened it. The owner of a message that a stranger has copied
 * is told when it hands it over itself; and no stranger puts anything into
 * another's outbox, nor learns that a seal opened.
 */
#include "webdav/upward.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "control/handover.h"
#include "parser/principal.h"
#include "webdav/chance.h"
#include "webdav/slice.h"

/* One message under way. */
struct message {
	struct station *station;
	struct link *link;
	char path[PATH_SIZE]; /* in work/ */
	const char *name;     /* in there */
	struct filename parts;
	struct buffer octets;
	struct handover_answer answer;
};

/* It stays in work/; why is said once more each time it is tried. */
static void
left(struct message *m, const struct error *e)
{
	struct station *s = m->station;

	tries_failed(s->tries, m->name, clock_milliseconds(), chance());
	atomic_fetch_add(&s->tally.failed, 1);
	log_warn("%s: %s: left in work/: %s", s->server->name,
		m->name + WORK_TAG + 1, e->text);
}

/* What the server said, where it is not about this message alone. */
static void
server_failed(struct message *m, const struct error *e)
{
	left(m, e);
	if (e->code == ERROR_TROUBLE)
		round_trouble(m->station, e);
	else if (e->code == ERROR_DENIED || e->code == ERROR_BAD)
		round_break(m->station, e);
}

/* False: there is nothing to go on with. */
static bool
fetch(struct message *m)
{
	struct station *s = m->station;
	struct error e;

	if (dav_get(m->link->dav, m->path,
		    (size_t)s->configuration->max_message_size, &m->octets,
		    NULL, &e) == 0)
		return true;
	if (e.code == ERROR_NOT_FOUND) { /* another one was faster */
		round_well(s);
		tries_done(s->tries, m->name);
	} else if (e.code == ERROR_LIMIT) {
		left(m, &e);
		tries_hold(s->tries, m->name, TRIES_NEVER);
	} else {
		server_failed(m, &e);
	}
	return false;
}

/* Who it is from, if the server lets nobody else write there. */
static void
add_evidence(const struct message *m, struct handover_message *h,
	char principal[PRINCIPAL_SIZE])
{
	static const char *const how[] = {
		[PATHS_LOGIN] = "login", [PATHS_CERTIFICATE] = "certificate"
	};
	const struct server *server = m->station->server;

	if (server->paths == PATHS_NONE)
		return;
	principal_spell(PRINCIPAL_DEVICE, m->parts.serial, principal);
	h->principal = principal;
	h->how = how[server->paths];
}

static bool
hand_over(struct message *m)
{
	char principal[PRINCIPAL_SIZE];
	struct handover_message h = {
		.center = m->station->server->center,
		.trace = m->parts.id,
		.octets = m->octets.data,
		.length = m->octets.length,
	};
	struct error e;

	add_evidence(m, &h, principal);
	if (link_daemon(m->link, &e) == 0 &&
		handover_submit(m->link->client, &h, &m->answer, &e) == 0) {
		link_rest(m->link);
		return true;
	}
	link_hang_up(m->link);
	error_prefix(&e, "gateway");
	left(m, &e);
	/* what is not about this message would be the next one's too */
	if (e.code != ERROR_BAD && e.code != ERROR_LIMIT)
		round_break(m->station, &e);
	return false;
}

static bool
has_receipt(const struct message *m)
{
	const char *serial =
		principal_name(m->answer.principal, PRINCIPAL_DEVICE);

	return m->answer.receipt[0] != '\0' && serial != NULL &&
		strcmp(serial, m->parts.serial) == 0;
}

/* False: it could not be put, so that the message stays. */
static bool
put_receipt(struct message *m)
{
	char path[PATH_SIZE];
	struct error e;

	if (!has_receipt(m))
		return true;
	filename_receipt(&m->parts, path);
	if (link_put(m->link, m->parts.serial, path, m->answer.receipt,
		    strlen(m->answer.receipt), false, &e) == 0)
		return true;
	error_prefix(&e, "receipt");
	left(m, &e);
	if (e.code == ERROR_TROUBLE)
		round_trouble(m->station, &e);
	return false;
}

static void
finish(struct message *m)
{
	struct station *s = m->station;
	struct error e;

	if (dav_delete(m->link->dav, m->path, NULL, &e) == -1 &&
		e.code != ERROR_NOT_FOUND) {
		server_failed(m, &e);
		return;
	}
	round_well(s);
	tries_done(s->tries, m->name);
	atomic_fetch_add(&s->progress, 1);
	atomic_fetch_add(m->answer.disposal == HANDOVER_TAKEN
			? &s->tally.taken
			: &s->tally.refused,
		1);
}

static void
log_decision(const struct message *m)
{
	static const char *const disposals[] = { [HANDOVER_TAKEN] = "taken",
		[HANDOVER_REFUSED] = "refused",
		[HANDOVER_LATER] = "later" };
	const struct handover_answer *a = &m->answer;

	log_info("%s: %s: verdict=%s reason=%s disposal=%s sequence=%llu "
		 "receipt=%s",
		m->station->server->name, m->name + WORK_TAG + 1, a->verdict,
		a->reason[0] != '\0' ? a->reason : "-", disposals[a->disposal],
		(unsigned long long)a->sequence, has_receipt(m) ? "yes" : "no");
}

/* From when it is in work/. */
static void
work_on(struct message *m)
{
	struct station *s = m->station;

	filename_read(m->name + WORK_TAG + 1, &m->parts);
	if (!fetch(m) || !hand_over(m))
		return;
	log_decision(m);
	if (m->answer.disposal == HANDOVER_LATER) {
		tries_failed(s->tries, m->name, clock_milliseconds(), chance());
		atomic_fetch_add(&s->tally.later, 1);
	} else if (put_receipt(m)) {
		finish(m);
	}
}

void
upward_work(struct station *s, struct link *l, const char *name)
{
	struct message m = { .station = s, .link = l, .name = name };

	text_format(m.path, sizeof(m.path), WORK "%s", name);
	work_on(&m);
	buffer_clear(&m.octets);
}

/* Who else has it, or that the connection ended: work/ is looked at for it. */
static void
not_moved(struct station *s, const char *name, struct error *e)
{
	if (e->code == ERROR_NOT_FOUND)
		return;
	atomic_store(&s->unsettled, 1);
	tries_failed(s->tries, name, clock_milliseconds(), chance());
	if (e->code == ERROR_TROUBLE)
		round_trouble(s, e);
	else if (e->code != ERROR_EXISTS)
		round_break(s, e);
}

void
upward_inbox(struct station *s, struct link *l, const char *name)
{
	char from[PATH_SIZE], to[PATH_SIZE];
	struct error e;

	text_format(from, sizeof(from), INBOX "%s", name);
	text_format(to, sizeof(to), WORK "%08x%08x.%s",
		(unsigned int)s->instance, atomic_fetch_add(&s->moved, 1),
		name);
	if (dav_move(l->dav, from, to, &e) == 0)
		upward_work(s, l, to + strlen(WORK));
	else
		not_moved(s, name, &e);
}
