/*
 * The targets of csrc-dca: a profile file, what a printer answers, and what the
 * center does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/printer_inside.h"
#include "agent/profile_file.h"
#include "agent/profile_trial.h"
#include "agent/recorded.h"
#include "agent/verdicts.h"
#include "base/file.h"
#include "base/text.h"
#include "parser/charset.h"
#include "parser/report_json.h"
#include "tests/fuzz/targets.h"

/* More of a recording than that makes a run slow, and not deeper. */
enum { RECORDING_MAX = 65536 };

static void
must(int condition)
{
	if (!condition)
		abort();
}

static FILE *
as_file(const uint8_t *data, size_t size)
{
	struct error e;
	int fd = file_memory(data, size, &e);
	FILE *file;

	must(fd != -1 && fchmod(fd, 0600) == 0);
	file = fdopen(fd, "r");
	must(file != NULL);
	return file;
}

/* Whatever is taken fits among what is asked, and asks nothing of people. */
static void
check_profile(const struct profile_file *file)
{
	static struct queries queries;
	const struct rule *rule;

	queries.count = 0;
	must(file->source != NULL && file->certainty != NULL);
	must(file->everybody || file->device_count > 0);
	for (size_t i = 0; i < file->rule_count; i++) {
		rule = &file->rules[i];
		must(rule->kind != RULE_PERSONAL);
		must(rule->source.times >= 1);
		must(source_ask(&rule->source, &queries));
	}
	must(queries.count <= PROFILE_QUERIES);
}

void
target_profile(const uint8_t *data, size_t size)
{
	FILE *stream = as_file(data, size);
	struct profile_file *file;
	struct error e = { 0 };

	if (profile_file_stream(stream, "x.profile", "x", false, &file, &e) ==
		0) {
		check_profile(file);
	} else {
		must(file == NULL && e.code != ERROR_NONE &&
			e.code != ERROR_TROUBLE && e.text[0] != '\0');
	}
	profile_file_free(file);
	fclose(stream);
}

static const struct profiles *
shipped(void)
{
	static struct profiles *profiles;
	const char *srcdir = getenv("srcdir");
	char path[1024];
	const char *const paths[] = { path };
	struct error e;

	text_format(path, sizeof(path), "%s/agent/profiles",
		srcdir == NULL ? "." : srcdir);
	if (profiles == NULL)
		must(profiles_load(paths, 1, false, &profiles, &e) == 0 &&
			profiles_count(profiles) > 1);
	return profiles;
}

static void
check_texts(const struct printer *p)
{
	for (size_t i = 0; i < p->setting_count; i++)
		must(charset_is_utf8(
			p->settings[i].value, strlen(p->settings[i].value)));
	for (size_t i = 0; i < p->alarm_count; i++)
		must(charset_is_utf8(
			p->alarms[i].text, strlen(p->alarms[i].text)));
	for (size_t i = 1; i < p->counter_count; i++)
		must(strcmp(p->counters[i - 1].name, p->counters[i].name) < 0);
}

/* The gateway takes what we make, to the end. */
static void
check_report(int made, struct buffer *json)
{
	struct report *report = calloc(1, sizeof(*report));
	struct error e;

	must(report != NULL && made != -1);
	must(made == 0 ||
		report_json_whole(json->data, json->length, &limits_default,
			report, &e) == 0);
	report_free(&report);
	buffer_clear(json);
}

static void
check_reports(const struct printer *p)
{
	const struct printer_origin origin = { "K0001", "192.0.2.7",
		1796068800 };
	struct printer_state *told = calloc(1, sizeof(*told));
	struct buffer json = { 0 };
	struct error e;

	must(told != NULL);
	check_report(printer_report_counters(p, &origin, &json, &e), &json);
	check_report(printer_report_alarms(p, told, &origin, &json, &e), &json);
	check_report(
		printer_report_settings(p, told, &origin, &json, &e), &json);
	free(told);
}

static void
check_trial(const struct profile *profile, const struct answers *answers)
{
	struct buffer out = { 0 };
	struct error e;

	must(profile_trial(profile, answers, false, &out, &e) == 0);
	for (size_t i = 0; i < out.length; i++)
		must(out.data[i] == '\n' ||
			(out.data[i] >= ' ' && out.data[i] < 0x7f));
	buffer_clear(&out);
	must(profile_trial(profile, answers, true, &out, &e) == 0);
	buffer_clear(&out);
}

void
target_printer(const uint8_t *data, size_t size)
{
	struct answers *answers;
	struct profile profile;
	struct printer *printer;
	struct error e = { 0 };

	if (size > RECORDING_MAX)
		return;
	if (recorded_parse((const char *)data, size, "x", &answers, &e) != 0) {
		must(answers == NULL &&
			(e.code == ERROR_BAD || e.code == ERROR_LIMIT));
		return;
	}
	profile_choose(shipped(), answers, &profile);
	must(printer_read(&profile, answers, true, &printer, &e) == 0);
	if (printer->serial[0] == '\0')
		text_copy(printer->serial, sizeof(printer->serial), "X");
	check_texts(printer);
	check_reports(printer);
	check_trial(&profile, answers);
	printer_free(&printer);
	answers_free(&answers);
}

static int
take_request(const struct waiting_request *request, void *arg)
{
	size_t *count = arg;
	char again[EMAIL_ID_SIZE];

	must(claims_email_id(
		request->email_id, strlen(request->email_id), again));
	must(strcmp(again, request->email_id) == 0);
	must(request->serial[0] != '\0' && request->octets >= 0);
	must(++*count <= REQUESTS_WAITING_MAX);
	return 0;
}

static void
check_verdicts(const struct verdicts *v, size_t count)
{
	size_t refused = 0;

	must(v->answered <= count && v->verdict[0] != '\0');
	for (size_t i = 0; i < v->answered; i++)
		refused += v->reports[i];
	must(refused == v->refused);
	must(v->first.report <= count);
	must(strlen(v->receipt) <= RECEIPT_MAX);
}

void
target_center(const uint8_t *data, size_t size)
{
	static struct verdicts verdicts;
	struct greeting greeting;
	struct error e = { 0 };
	size_t requests = 0;

	if (greeting_read(data, size, &greeting, &e) == 0)
		must(greeting.agent[0] != '\0' && greeting.center[0] != '\0');
	else
		must(e.code == ERROR_BAD);
	for (size_t count = 1; count < 8; count += 3)
		if (verdicts_read(data, size, count, &verdicts, &e) == 0)
			check_verdicts(&verdicts, count);
		else
			must(e.code == ERROR_BAD);
	if (requests_read(data, size, take_request, &requests, &e) == -1)
		must(e.code == ERROR_BAD);
}
