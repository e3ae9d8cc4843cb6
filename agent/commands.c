/*
 * Commands that ask printers, or what is known of them.
 */
#include "agent/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/discover.h"
#include "agent/host.h"
#include "agent/profile_trial.h"
#include "agent/recorded.h"
#include "agent/round.h"
#include "agent/site.h"
#include "agent/turn.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/text.h"
#include "control/columns.h"
#include "control/protocol.h"

enum { TRIAL_MAX = 16 << 20 };

int
commands_code(const struct error *e)
{
	return e->code == ERROR_TROUBLE ? EXIT_TROUBLE : EXIT_REFUSED;
}

/* --- discover --- */

struct search {
	bool json;
	struct columns columns;
	struct progress progress;
	int64_t total;
	size_t asked, found;
};

static void
show_found(void *arg, const struct found *one, const char *section)
{
	struct search *s = arg;
	char address[HOST_TEXT_SIZE], id[2 * ENGINE_ID_MAX + 1];
	char object[OID_TEXT_SIZE] = "";
	const char *const cells[] = { address, section,
		credentials_version_name(one->version), id, object };

	host_write(&one->address, address);
	text_hex(one->engine.octets, one->engine.length, id);
	if (one->object.count > 0)
		oid_write(&one->object, object);
	progress_clear(&s->progress);
	if (s->json)
		printf("{\"address\":\"%s\",\"section\":\"%s\",\"version\":"
		       "\"%s\",\"engine\":\"%s\",\"object\":\"%s\"}\n",
			address, section, cells[2], id, object);
	else
		columns_row(&s->columns, cells);
}

static void
show_search(void *arg, size_t asked, size_t found)
{
	struct search *s = arg;

	s->asked = asked;
	s->found = found;
	progress_show(&s->progress, (int64_t)asked, s->total, found);
}

static int64_t
count_addresses(const struct dca_configuration *c)
{
	struct ranges *ranges;
	int64_t total = 0;

	for (size_t i = 0; i < c->printer_count; i++)
		if (c->printers[i].discover != 0 &&
			park_ranges(&c->printers[i], false, &ranges, NULL) ==
				0) {
			total += (int64_t)ranges_count(ranges);
			ranges_free(&ranges);
		}
	return total;
}

/* Where nobody else works here, what is found is kept. */
static int
open_site(struct site *s, const struct commands_call *call, struct error *e)
{
	if (!call->look && site_open(s, &call->place, SITE_WORK, e) == 0)
		return 0;
	if (!call->look && e->code != ERROR_EXISTS)
		return -1;
	if (!call->look)
		site_close(s);
	return site_open(s, &call->place, SITE_LOOK, e);
}

static int
search(struct site *site, struct search *s, struct error *e)
{
	static const char *const names[] = { "ADDRESS", "SECTION", "VERSION",
		"ENGINE", "OBJECT" };
	char path[SITE_PATH_SIZE];
	size_t added;
	int rc;

	s->total = count_addresses(site->configuration);
	columns_begin(
		&s->columns, stdout, names, sizeof(names) / sizeof(names[0]));
	progress_start(
		&s->progress, stderr, isatty(STDERR_FILENO) == 1, "found");
	rc = round_discover(site, show_found, show_search, s, &added, e);
	progress_end(&s->progress, (int64_t)s->asked, s->total, s->found);
	columns_end(&s->columns);
	if (rc == -1 || site->mode != SITE_WORK)
		return rc;
	return site_path(site, "printers.jsonl", path, e) == -1
		? -1
		: park_save(&site->park, path, e);
}

int
dca_discover(const struct commands_call *call, struct error *e)
{
	struct search s = { .json = call->json };
	struct site site;
	int rc = open_site(&site, call, e);

	if (rc == 0)
		rc = search(&site, &s, e);
	site_close(&site);
	if (rc == -1)
		return commands_code(e);
	return s.found > 0 ? EXIT_DONE : EXIT_NO;
}

/* --- poll --- */

struct polling {
	struct progress progress;
	struct round *round;
	int64_t total;
};

static void
show_poll(void *arg, const struct round_visit *visit)
{
	struct polling *p = arg;

	(void)visit;
	progress_show(&p->progress, (int64_t)p->round->done, p->total,
		p->round->done);
}

static int
read_addresses(const struct commands_call *call,
	struct sockaddr_storage **addresses_r, struct error *e)
{
	*addresses_r = NULL;
	if (call->count == 0)
		return 0;
	*addresses_r = calloc((size_t)call->count, sizeof(**addresses_r));
	if (*addresses_r == NULL)
		return error_memory(e);
	for (int i = 0; i < call->count; i++)
		if (!host_read(
			    call->operands[i], HOST_PORT, &(*addresses_r)[i]))
			return error_set(e, ERROR_USAGE, "%s: no address",
				call->operands[i]);
	return 0;
}

static int
poll_printers(struct site *site, const struct commands_call *call,
	struct round *round, struct error *e)
{
	struct polling p = { .round = round };
	int rc;

	p.total = round->addresses != NULL ? (int64_t)round->address_count
					   : (int64_t)site->park.count;
	round->each = show_poll;
	round->arg = &p;
	progress_start(
		&p.progress, stderr, isatty(STDERR_FILENO) == 1, "printers");
	rc = round_poll(site, round, e);
	progress_end(&p.progress, (int64_t)round->done, p.total, round->done);
	if (rc == 0)
		rc = park_print(&site->park, call->json, stdout, e);
	if (rc == 0 && !call->json)
		printf("%zu of %zu answered, %zu reports, %lld ms\n",
			round->answered, round->asked, round->reports,
			(long long)round->milliseconds);
	return rc;
}

/* Everybody once, and the center, as for a timer. */
static int
work_once(struct site *site, const struct commands_call *call,
	struct turn *turn, struct error *e)
{
	if (turn_begin(site, e) == -1 ||
		(site->park.count == 0 && turn_discover(site, turn, e) == -1) ||
		poll_printers(site, call, &turn->round, e) == -1)
		return -1;
	turn->polled = site_now(site);
	(void)turn_contact(site, turn);
	return turn_save(site, turn, e);
}

static int
poll_site(struct site *site, const struct commands_call *call, struct error *e)
{
	struct sockaddr_storage *addresses;
	struct turn turn = { 0 };
	int rc = read_addresses(call, &addresses, e);

	turn.round.addresses = addresses;
	turn.round.address_count = (size_t)call->count;
	turn.round.keep = site->mode == SITE_WORK;
	if (rc == 0)
		rc = site->mode == SITE_WORK
			? work_once(site, call, &turn, e)
			: poll_printers(site, call, &turn.round, e);
	free(addresses);
	if (rc == -1)
		return commands_code(e);
	if (site->mode == SITE_WORK && turn.contact != CONTACT_CONFIRMED) {
		error_set(e, ERROR_DENIED, "center: %s: %s",
			contact_state_name(turn.contact), turn.contact_why);
		return EXIT_NO;
	}
	return turn.round.answered == turn.round.asked ? EXIT_DONE : EXIT_NO;
}

int
dca_poll(const struct commands_call *call, struct error *e)
{
	struct site site;
	int code;

	if (site_open(&site, &call->place, call->look ? SITE_LOOK : SITE_WORK,
		    e) == 0)
		code = poll_site(&site, call, e);
	else
		code = commands_code(e);
	site_close(&site);
	return code;
}

/* --- one printer --- */

struct showing {
	bool json, trial;
	bool shown;
	struct buffer text;
	char why[256];
	struct error error;
	const char *center;
	int64_t now;
};

static void
show_reports(struct showing *s, const struct printer *p)
{
	struct printer_origin origin = { .center = s->center,
		.date = (time_t)s->now };
	struct printer_state *nothing;
	bool damaged;
	struct error *e = &s->error;

	if (printer_state_read(
		    "/nonexistent", p->serial, &nothing, &damaged, e) == -1)
		return;
	if (printer_report_counters(p, &origin, &s->text, e) == 1)
		(void)buffer_text(&s->text, "\n");
	if (printer_report_alarms(p, nothing, &origin, &s->text, e) == 1)
		(void)buffer_text(&s->text, "\n");
	if (printer_report_settings(p, nothing, &origin, &s->text, e) == 1)
		(void)buffer_text(&s->text, "\n");
	printer_state_free(&nothing);
}

static void
show_visit(void *arg, const struct round_visit *visit)
{
	struct showing *s = arg;

	text_format(s->why, sizeof(s->why), "%s %s",
		poll_outcome_name(visit->outcome), visit->why);
	if (s->trial ? answers_count(visit->answers) == 0
		     : visit->printer == NULL)
		return;
	s->shown = true;
	if (!s->trial && s->json)
		show_reports(s, visit->printer);
	else
		s->shown = profile_trial(visit->profile, visit->answers,
				   s->json, &s->text, &s->error) == 0;
}

static void
print_text(const struct buffer *text)
{
	fwrite(text->data, 1, text->length, stdout);
}

static int
show_printer(const struct commands_call *call, const char *operand, bool trial,
	struct error *e)
{
	struct showing s = { .json = call->json,
		.trial = trial,
		.text = { .limit = TRIAL_MAX } };
	struct sockaddr_storage address;
	struct round round = { .addresses = &address,
		.address_count = 1,
		.each = show_visit,
		.arg = &s };
	struct site site;
	int rc;

	if (!host_read(operand, HOST_PORT, &address)) {
		error_set(e, ERROR_USAGE, "%s: no address", operand);
		return EXIT_USAGE;
	}
	rc = site_open(&site, &call->place, SITE_LOOK, e);
	if (rc == 0) {
		s.center = site.configuration->center;
		s.now = site_now(&site);
		rc = round_poll(&site, &round, e);
	}
	site_close(&site);
	if (rc == 0 && s.shown)
		print_text(&s.text);
	buffer_clear(&s.text);
	if (rc == 0 && !s.shown)
		error_set(e, ERROR_NOT_FOUND, "%s: %s%s%s", operand, s.why,
			s.error.text[0] != '\0' ? ": " : "", s.error.text);
	return rc == -1 ? commands_code(e) : s.shown ? EXIT_DONE : EXIT_NO;
}

int
dca_show(const struct commands_call *call, struct error *e)
{
	return show_printer(call, call->operands[0], false, e);
}

/* --- profiles --- */

static int
try_file(const struct profiles *profiles, const char *path, bool json,
	struct error *e)
{
	struct buffer text = { .limit = TRIAL_MAX };
	struct answers *answers;
	struct profile profile;
	int rc;

	if (recorded_read(path, &answers, e) == -1)
		return -1;
	profile_choose(profiles, answers, &profile);
	rc = profile_trial(&profile, answers, json, &text, e);
	if (rc == 0)
		print_text(&text);
	buffer_clear(&text);
	answers_free(&answers);
	return rc;
}

/* Without a configuration there are the profiles that came with it. */
static int
try_recorded(
	const struct commands_call *call, const char *path, struct error *e)
{
	struct dca_place place = call->place;
	const char *directories[2] = { PKGDATADIR "/profiles" };
	struct dca_configuration *c = NULL;
	struct profiles *profiles;
	struct error ignored;
	const char *fault;
	int rc;

	place.public = true;
	if (dca_configuration_load(&place, &c, &ignored) == 0)
		directories[1] = c->profiles;
	rc = profiles_load(directories, c != NULL ? 2 : 1, true, &profiles, e);
	for (size_t i = 0;
		rc == 0 && (fault = profiles_fault(profiles, i)) != NULL; i++)
		fprintf(stderr, "csrc-dca: %s\n", fault);
	if (rc == 0)
		rc = try_file(profiles, path, call->json, e);
	profiles_free(&profiles);
	dca_configuration_free(&c);
	return rc == 0 ? EXIT_DONE : commands_code(e);
}

int
dca_profile(const struct commands_call *call, struct error *e)
{
	struct sockaddr_storage address;

	if (strcmp(call->operands[0], "test") != 0) {
		error_set(e, ERROR_USAGE, "profile %s: there is profile test",
			call->operands[0]);
		return EXIT_USAGE;
	}
	if (host_read(call->operands[1], HOST_PORT, &address))
		return show_printer(call, call->operands[1], true, e);
	return try_recorded(call, call->operands[1], e);
}
