/*
 * See work.h. A fax that is cut off here anywhere is read again, and the daemon
 * admits a report once.
 */
#include "fax/work.h"

#include "base/log.h"
#include "control/handover.h"
#include "fax/reader.h"
#include "fax/tiff.h"

enum { DAEMON_SECONDS = 60 };

/* A fax under way. */
struct fax {
	struct work *work;
	struct client **client; /* NULL in it: not connected */
	const char *name;
	const struct tray_fax *fax;
	const char *station, *caller;
	struct assembly *assembly;
	struct reader_result read;
	unsigned int whole, taken, refused, later;
};

static void
log_verdict(const struct fax *f, size_t index, const struct handover_answer *a)
{
	static const char *const disposals[] = { [HANDOVER_TAKEN] = "taken",
		[HANDOVER_REFUSED] = "refused",
		[HANDOVER_LATER] = "later" };

	log_info("%s: message %zu: verdict=%s reason=%s disposal=%s "
		 "sequence=%llu station=%s",
		f->fax->id, index + 1, a->verdict,
		a->reason[0] != '\0' ? a->reason : "-", disposals[a->disposal],
		(unsigned long long)a->sequence,
		f->station[0] != '\0' ? f->station : "-");
}

static int
connect_daemon(struct fax *f, struct error *e)
{
	if (*f->client != NULL)
		return 0;
	return client_open(f->work->socket, DAEMON_SECONDS, f->client, e);
}

/* -1: nobody can say. What the daemon will not look at is refused. */
static int
hand_over(struct fax *f, size_t index, const struct buffer *octets,
	struct error *e)
{
	const struct handover_message m = {
		.center = f->fax->center,
		.trace = f->fax->id,
		.station = f->station,
		.caller = f->caller[0] != '\0' ? f->caller : NULL,
		.octets = octets->data,
		.length = octets->length,
	};
	struct handover_answer a;

	if (connect_daemon(f, e) == -1)
		return -1;
	if (handover_submit(*f->client, &m, &a, e) == -1) {
		if (e->code != ERROR_BAD && e->code != ERROR_LIMIT)
			return -1;
		log_warn("%s: message %zu: refused: %s", f->fax->id, index + 1,
			e->text);
		f->refused++;
		return 0;
	}
	log_verdict(f, index, &a);
	f->taken += a.disposal == HANDOVER_TAKEN;
	f->refused += a.disposal == HANDOVER_REFUSED;
	f->later += a.disposal == HANDOVER_LATER;
	return 0;
}

static int
hand_over_all(struct fax *f, struct error *e)
{
	for (size_t i = 0; i < assembly_count(f->assembly); i++) {
		struct buffer octets = { 0 };
		int rc = assembly_message(f->assembly, i, &octets, e);

		if (rc == 1) {
			f->whole++;
			rc = hand_over(f, i, &octets, e);
		}
		buffer_clear(&octets);
		if (rc == -1)
			return -1;
	}
	return 0;
}

static int
keep(struct fax *f, const char *why, struct error *e)
{
	const struct reader_result *r = &f->read;

	log_warn("%s: quarantine/%s: %s: %u of %zu messages read, %zu parts "
		 "missing, %u refused, %u symbols, %u pages%s%s",
		f->fax->id, f->name, why, f->whole,
		f->assembly != NULL ? assembly_count(f->assembly) : 0,
		f->assembly != NULL ? assembly_missing(f->assembly) : 0,
		f->refused, r->symbols, r->pages, r->why[0] != '\0' ? ": " : "",
		r->why);
	if (tray_keep(f->work->tray, f->name, e) == -1)
		return -1;
	f->work->kept++;
	return 0;
}

/* There is a verdict on what could be read. */
static int
finish(struct fax *f, struct error *e)
{
	if (f->later > 0) {
		f->work->left++;
		return 0;
	}
	if (f->whole == 0 || f->whole < assembly_count(f->assembly))
		return keep(f, "unreadable", e);
	if (f->refused > 0)
		return keep(f, "refused", e);
	if (tray_remove(f->work->tray, f->name, e) == -1)
		return -1;
	f->work->done++;
	return 0;
}

static int
read_it(struct fax *f, const struct buffer *tiff, struct error *e)
{
	const struct tray_fax *t = f->fax;

	if (assembly_open(&f->assembly, e) == -1 ||
		reader_run(tiff, f->work->seconds, f->assembly, &f->read, e) ==
			-1)
		return -1;
	f->station = t->in_file ? f->read.station : t->station;
	f->caller = t->caller[0] != '\0' ? t->caller : f->read.caller;
	if (hand_over_all(f, e) == -1)
		return -1;
	return finish(f, e);
}

/* The passing of all of them. */
struct passing {
	struct work *work;
	struct client *client;
};

static int
work_on(const char *name, const struct tray_fax *fax, void *arg,
	struct error *e)
{
	struct passing *p = arg;
	struct fax f = {
		.work = p->work, .client = &p->client, .name = name, .fax = fax
	};
	struct buffer tiff = { .limit = TIFF_OCTETS_MAX };
	int rc = tray_read(p->work->tray, name, &tiff, e);

	if (rc == 0)
		rc = read_it(&f, &tiff, e);
	else if (e->code == ERROR_NOT_FOUND)
		rc = 0;
	else if (e->code == ERROR_BAD)
		rc = keep(&f, e->text, e);
	buffer_clear(&tiff);
	assembly_close(&f.assembly);
	return rc == -1 ? error_prefix(e, "%s", fax->id) : 0;
}

int
work_run(struct work *w, struct error *e)
{
	struct passing p = { .work = w };
	int rc;

	tray_tidy(w->tray);
	rc = tray_each(w->tray, work_on, &p, e);
	client_close(&p.client);
	return rc;
}
