/*
 * The requests of one contact are asked in one round. An answer's file is named
 * after the request and the printer, so that whoever is stopped anywhere finds
 * out the next time how far it was.
 */
#include "agent/asked.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/host.h"
#include "agent/round.h"
#include "base/durable.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "device/received.h"
#include "parser/limits.h"
#include "parser/spelling.h"

#define SUFFIX ".json"

enum { NAME_SIZE = EMAIL_ID_SIZE + SPELLED_SIZE + 8 };

/* A request that was opened. */
struct request {
	char email_id[EMAIL_ID_SIZE], serial[SERIAL_SIZE];
	char command[REQUEST_COMMAND_SIZE];
	struct sockaddr_storage address;
	bool answered;
};

struct requests {
	struct site *site;
	struct waiting_request *waiting;
	size_t waiting_count;
	struct request *rows;
	size_t count;
	char directory[SITE_PATH_SIZE];
};

/* --- files --- */

static bool
answer_path(const struct requests *r, const char *email_id, const char *serial,
	char path[SITE_PATH_SIZE])
{
	char spelled[SPELLED_SIZE];

	return spelling_make(serial, spelled) &&
		text_format(path, SITE_PATH_SIZE, "%s/%s.%s" SUFFIX,
			r->directory, email_id, spelled);
}

/* Its inverse. */
static bool
read_name(const char *name, struct claims *claims)
{
	const char *point = strchr(name, '.');
	size_t length = strlen(name);
	char serial[SERIAL_SIZE];

	if (point == NULL || length < strlen(SUFFIX) + (size_t)(point - name) ||
		strcmp(name + length - strlen(SUFFIX), SUFFIX) != 0 ||
		!spelling_read(point + 1,
			length - strlen(SUFFIX) - (size_t)(point + 1 - name),
			serial))
		return false;
	claims_take_email_id(claims, name, (size_t)(point - name));
	claims_take_serial(claims, serial, strlen(serial));
	return claims->email_id_state == CLAIM_PRESENT &&
		claims->serial_state == CLAIM_PRESENT;
}

/* --- what waits --- */

static int
collect(const struct waiting_request *request, void *arg)
{
	struct requests *r = arg;

	r->waiting[r->waiting_count++] = *request;
	return 0;
}

static enum contact_state
get_list(struct requests *r, struct error *e)
{
	struct contact *c = &r->site->contact;
	struct buffer answer = { 0 };
	struct https_reply reply;
	enum contact_state state;
	char path[128];

	text_format(path, sizeof(path), "%s/requests", c->path);
	if (https_get(c->https, path, REQUESTS_MAX, &answer, &reply, e) == -1)
		state = contact_failure(e);
	else
		state = contact_status(c, &reply, path, e);
	if (state == CONTACT_CONFIRMED &&
		requests_read(answer.data, answer.length, collect, r, e) == -1)
		state = CONTACT_BROKEN;
	buffer_clear(&answer);
	return state;
}

/* Opens what came, as one for this printer of ours. */
static int
open_request(struct requests *r, const struct waiting_request *waiting,
	struct received *received, struct error *e)
{
	struct site *s = r->site;
	struct claims own = { 0 };

	claims_take_center(&own, s->configuration->center,
		strlen(s->configuration->center));
	claims_take_serial(&own, waiting->serial, strlen(waiting->serial));
	if (received_open_as(&own, false, &s->key, received, e) == -1 ||
		received_fresh(received, (time_t)site_now(s), e) == -1)
		return -1;
	if (strcmp(received->request.claims.email_id, waiting->email_id) != 0)
		return error_set(e, ERROR_DENIED, "it is another request");
	return 0;
}

static enum contact_state
get_request(struct requests *r, const struct waiting_request *waiting,
	struct received *received, struct error *e)
{
	struct contact *c = &r->site->contact;
	struct https_reply reply;
	char path[192];

	text_format(path, sizeof(path), "%s/requests/%s", c->path,
		waiting->email_id);
	if (https_get(c->https, path, (size_t)limits_default.message_size,
		    &received->mail, &reply, e) == -1)
		return contact_failure(e);
	return contact_status(c, &reply, path, e);
}

static const struct park_printer *
find_printer(const struct park *park, const char *serial)
{
	for (size_t i = 0; i < park->count; i++)
		if (strcmp(park->printers[i].serial, serial) == 0 &&
			strcmp(park->printers[i].outcome, "conflict") != 0)
			return &park->printers[i];
	return NULL;
}

/* One is left where it is if it cannot be had, opened, or asked. */
static void
take_request(struct requests *r, const struct waiting_request *waiting)
{
	const struct park_printer *p =
		find_printer(&r->site->park, waiting->serial);
	struct received *received = calloc(1, sizeof(*received));
	struct request *row = &r->rows[r->count];
	struct error e = { 0 };

	if (received == NULL)
		error_memory(&e);
	else if (p == NULL)
		error_set(&e, ERROR_NOT_FOUND, "no printer here is %s",
			waiting->serial);
	else if (get_request(r, waiting, received, &e) == CONTACT_CONFIRMED &&
		open_request(r, waiting, received, &e) == 0) {
		memcpy(row->email_id, waiting->email_id, sizeof(row->email_id));
		memcpy(row->serial, waiting->serial, sizeof(row->serial));
		memcpy(row->command, received->request.command,
			sizeof(row->command));
		row->address = p->address;
		r->count++;
	}
	if (e.text[0] != '\0')
		log_warn("request %s is left at the center: %s",
			waiting->email_id, e.text);
	if (received != NULL)
		received_clear(received);
	free(received);
}

/* --- answers --- */

/* All there is of the kind that is asked for, as to somebody who knows nothing
 * of it yet; else its counters. */
static int
make_answer(const struct requests *r, const struct request *request,
	const struct printer *printer, struct buffer *json, struct error *e)
{
	struct site *s = r->site;
	struct printer_origin origin = { .center = s->configuration->center,
		.date = (time_t)site_now(s) };
	struct printer_state *nothing;
	bool damaged;
	int made = 0;

	if (printer_state_read(
		    r->directory, printer->serial, &nothing, &damaged, e) == -1)
		return -1;
	if (strncmp(request->command, "setting", 7) == 0)
		made = printer_report_settings(
			printer, nothing, &origin, json, e);
	else if (strncmp(request->command, "alarm", 5) == 0)
		made = printer_report_alarms(
			printer, nothing, &origin, json, e);
	if (made == 0)
		made = printer_report_counters(printer, &origin, json, e);
	printer_state_free(&nothing);
	if (made == 0)
		return error_set(
			e, ERROR_NOT_FOUND, "the printer has no answer");
	return made == 1 ? 0 : -1;
}

static void
answer(struct requests *r, struct request *request,
	const struct round_visit *visit)
{
	struct buffer json = { 0 };
	char path[SITE_PATH_SIZE];
	struct error e;
	int rc = -1;

	if (visit->printer == NULL)
		error_set(&e, ERROR_NOT_FOUND, "the printer: %s %s",
			poll_outcome_name(visit->outcome), visit->why);
	else if (strcmp(visit->printer->serial, request->serial) != 0)
		error_set(&e, ERROR_DENIED, "it is %s that answers there",
			visit->printer->serial);
	else if (make_answer(r, request, visit->printer, &json, &e) == 0 &&
		answer_path(r, request->email_id, request->serial, path))
		rc = file_write(path, 0600, &json, &e);
	if (rc == -1)
		log_warn("request %s is not answered: %s", request->email_id,
			e.text);
	request->answered = rc == 0;
	buffer_clear(&json);
}

static void
take_visit(void *arg, const struct round_visit *visit)
{
	struct requests *r = arg;

	for (size_t i = 0; i < r->count; i++)
		if (!r->rows[i].answered &&
			host_same(&r->rows[i].address, visit->address))
			answer(r, &r->rows[i], visit);
}

static int
ask_printers(struct requests *r, struct error *e)
{
	struct round round = { .each = take_visit, .arg = r };
	struct sockaddr_storage *addresses;
	int rc;

	if (r->count == 0)
		return 0;
	addresses = calloc(r->count, sizeof(*addresses));
	if (addresses == NULL)
		return error_memory(e);
	for (size_t i = 0; i < r->count; i++)
		addresses[i] = r->rows[i].address;
	round.addresses = addresses;
	round.address_count = r->count;
	rc = round_poll(r->site, &round, e);
	free(addresses);
	return rc;
}

/* The center need not keep it for us any more. */
static void
deliver(struct requests *r, const char *email_id)
{
	struct contact *c = &r->site->contact;
	struct buffer answer = { 0 }, nothing = { 0 };
	struct https_reply reply;
	struct error e;
	char path[192];

	text_format(path, sizeof(path), "%s/requests/%s/delivered", c->path,
		email_id);
	if (https_post(c->https, path, "application/octet-stream", &nothing,
		    GREETING_MAX, &answer, &reply, &e) == -1 ||
		contact_status(c, &reply, path, &e) != CONTACT_CONFIRMED)
		log_info("request %s: %s", email_id, e.text);
	buffer_clear(&answer);
}

static void
take_waiting(struct requests *r)
{
	const struct waiting_request *w = r->waiting;
	char path[SITE_PATH_SIZE];

	for (; w < r->waiting + r->waiting_count; w++)
		if (!answer_path(r, w->email_id, w->serial, path))
			continue;
		else if (access(path, F_OK) == 0)
			deliver(r, w->email_id);
		else
			take_request(r, w);
}

static enum contact_state
fetch(struct requests *r, size_t *answered_r, struct error *e)
{
	enum contact_state state = get_list(r, e);

	if (state != CONTACT_CONFIRMED)
		return state;
	take_waiting(r);
	if (ask_printers(r, e) == -1)
		return CONTACT_TROUBLE;
	for (size_t i = 0; i < r->count; i++)
		if (r->rows[i].answered) {
			deliver(r, r->rows[i].email_id);
			++*answered_r;
		}
	return CONTACT_CONFIRMED;
}

enum contact_state
asked_fetch(struct site *s, size_t *answered_r, struct error *e)
{
	struct requests r = { .site = s };
	enum contact_state state = CONTACT_TROUBLE;

	*answered_r = 0;
	r.waiting = calloc(REQUESTS_WAITING_MAX, sizeof(*r.waiting));
	r.rows = calloc(REQUESTS_WAITING_MAX, sizeof(*r.rows));
	if (r.waiting == NULL || r.rows == NULL)
		error_memory(e);
	else if (site_path(s, "answers", r.directory, e) == 0)
		state = fetch(&r, answered_r, e);
	free(r.waiting);
	free(r.rows);
	return state;
}

/* --- sent --- */

/* One that the center has, or will not have, is done with. */
static enum contact_state
send_answer(struct site *s, const char *path, struct claims *claims,
	struct verdicts *v, struct error *e)
{
	struct buffer entity = { .limit = BACKLOG_LINE_MAX + 4096 };
	enum contact_state state = CONTACT_TROUBLE;

	claims_take_center(claims, s->configuration->center,
		strlen(s->configuration->center));
	if (contact_entity(&s->contact, claims, &entity, e) == 0 &&
		file_read(path, &entity, e) == 0)
		state = contact_post(&s->contact, claims, &entity, 1, v, e);
	buffer_clear(&entity);
	if (state != CONTACT_CONFIRMED)
		return state;
	if (v->refused > 0)
		log_warn("the answer to %s is refused: %s (%s)",
			claims->email_id, v->verdict, v->reason);
	else
		log_info("request %s is answered", claims->email_id);
	if (unlink(path) == -1 || durable_entry(path, e) == -1)
		return CONTACT_TROUBLE;
	return CONTACT_CONFIRMED;
}

static bool
is_away(enum contact_state state)
{
	return state == CONTACT_UNREACHABLE || state == CONTACT_UNTRUSTED ||
		state == CONTACT_LATER;
}

/* One that fails is tried again the next time, and holds up no other, unless
 * nobody is there to take them. */
static enum contact_state
send_all(struct site *s, DIR *dir, const char *directory, struct verdicts *v,
	struct error *e)
{
	enum contact_state state = CONTACT_CONFIRMED, one = CONTACT_CONFIRMED;
	const struct dirent *found;
	char path[SITE_PATH_SIZE];

	while (!is_away(one) && (found = readdir(dir)) != NULL) {
		struct claims claims = { 0 };

		if (read_name(found->d_name, &claims) &&
			text_format(path, sizeof(path), "%s/%s", directory,
				found->d_name))
			one = send_answer(s, path, &claims, v, e);
		if (one != CONTACT_CONFIRMED)
			state = one;
	}
	return state;
}

enum contact_state
asked_send(struct site *s, struct error *e)
{
	struct verdicts *v = malloc(sizeof(*v));
	enum contact_state state = CONTACT_TROUBLE;
	char directory[SITE_PATH_SIZE];
	DIR *dir = NULL;

	if (v == NULL)
		error_memory(e);
	else if (site_path(s, "answers", directory, e) == 0) {
		dir = opendir(directory);
		if (dir == NULL)
			error_errno(e, "%s", directory);
		else
			state = send_all(s, dir, directory, v, e);
	}
	if (dir != NULL)
		closedir(dir);
	free(v);
	return state;
}
