/*
 * Whether the archive is what was admitted, and the words to keep elsewhere
 * that let it be proved later.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "control/commands/commands.h"
#include "control/output.h"
#include "store/audit.h"

enum { CHECKPOINT_SIZE = 512, HEX_SIZE = 2 * SHA256_SIZE + 1 };

static int
read_bound(const struct arguments *a, const char *name, uint64_t *number_r,
	struct error *e)
{
	const char *text = options_value(a, name);
	char *end;

	*number_r = 0;
	if (text == NULL)
		return 0;
	errno = 0;
	*number_r = strtoull(text, &end, 10);
	if (errno == 0 && *end == '\0' && text[0] >= '1' && text[0] <= '9')
		return 0;
	return error_set(
		e, ERROR_USAGE, "--%s takes a number, not %s", name, text);
}

/* The line that audit checkpoint wrote. */
static int
read_checkpoint(FILE *in, struct chain *c, struct error *e)
{
	char text[CHECKPOINT_SIZE], hex[HEX_SIZE];
	unsigned long long sequence;
	size_t length = fread(text, 1, sizeof(text) - 1, in);

	text[length] = '\0';
	if (sscanf(text,
		    "{\"store\":\"%*32[0-9a-f]\",\"sequence\":%20llu,"
		    "\"head\":\"%64[0-9a-f]\"",
		    &sequence, hex) != 2 ||
		sequence == 0 ||
		text_unhex(hex, c->digest, sizeof(c->digest)) !=
			sizeof(c->digest))
		return error_set(e, ERROR_BAD,
			"that is no checkpoint of csrcadm audit checkpoint");
	c->sequence = sequence;
	return 0;
}

static void
tell_progress(uint64_t records, void *arg)
{
	struct command_context *c = arg;

	if (!c->json && c->terminal)
		fprintf(c->err, "\r%llu records", (unsigned long long)records);
}

/* What held, as far as it was looked at. */
static int
say(struct command_context *c, const struct audit_result *r, bool well,
	struct error *e)
{
	char hex[HEX_SIZE];

	text_hex(r->digest, sizeof(r->digest), hex);
	if (c->json)
		return output_json(c->out, e,
			"{s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:b,s:s}", "holds",
			well, "first", (long long)r->first, "last",
			(long long)r->last, "records", (long long)r->records,
			"unchained", (long long)r->unchained, "erased",
			(long long)r->erased, "breaks", (long long)r->breaks,
			"unproved", (long long)r->unproved, "checkpoint",
			r->pinned, "head", hex);
	if (r->records == 0)
		fprintf(c->out, "no records\n");
	else
		fprintf(c->out,
			"%llu records, from %llu to %llu, %s; %llu without a "
			"chain, %llu with the report erased, %llu declared "
			"breaks, %llu records that they leave unproved%s\n"
			"head %s\n",
			(unsigned long long)r->records,
			(unsigned long long)r->first,
			(unsigned long long)r->last,
			well ? "as they were admitted" : "up to the fault",
			(unsigned long long)r->unchained,
			(unsigned long long)r->erased,
			(unsigned long long)r->breaks,
			(unsigned long long)r->unproved,
			r->pinned ? "; the checkpoint holds" : "", hex);
	return 0;
}

enum exit_code
command_audit_verify(struct command_context *c, const struct arguments *a)
{
	struct audit_question q = { .checkpoint = { .sequence = 0 } };
	struct audit_result r;
	struct error e, ignored;
	int rc;

	if (read_bound(a, "from", &q.from, &e) == -1 ||
		read_bound(a, "to", &q.to, &e) == -1 ||
		(options_value(a, "checkpoint") != NULL &&
			read_checkpoint(c->in, &q.checkpoint, &e) == -1))
		return command_failed(c, &e);
	rc = store_audit(c->store, &q, &r, tell_progress, c, &e);
	if (rc == 0)
		return say(c, &r, true, &e) == 0 ? EXIT_DONE
						 : command_failed(c, &e);
	if (e.code != ERROR_BAD)
		return command_failed(c, &e);
	(void)say(c, &r, false, &ignored);
	command_failed(c, &e);
	return EXIT_NO;
}

/* Always the same octets, for a signature. */
enum exit_code
command_audit_checkpoint(struct command_context *c, const struct arguments *a)
{
	char hex[HEX_SIZE], now[TEXT_TIME_SIZE];
	struct chain head;
	struct error e;
	int64_t time;

	(void)a;
	if (store_chain(c->store, &head, &e) == -1 ||
		store_clock(c->store, &time, &e) == -1)
		return command_failed(c, &e);
	if (head.sequence == 0)
		return command_refused(
			c, ERROR_NOT_FOUND, "there is no record yet");
	text_hex(head.digest, sizeof(head.digest), hex);
	text_time((time_t)time, now);
	fprintf(c->out,
		"{\"store\":\"%s\",\"sequence\":%llu,\"head\":\"%s\","
		"\"time\":\"%s\"}\n",
		store_id(c->store), (unsigned long long)head.sequence, hex,
		now);
	return EXIT_DONE;
}
