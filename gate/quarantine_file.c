/*
 * Names and prologues. The files are ours, yet read as if they were not:
 * somebody may have edited one.
 */
#include "gate/quarantine_file.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/network.h"
#include "base/regular.h"
#include "base/text.h"
#include "gate/verdict.h"

enum { SECOND = 1000000 }; /* microseconds */

static const char *const shares[] = {
	[SHARE_STRANGER] = "stranger",
	[SHARE_REGISTERED] = "registered",
	[SHARE_AGENT] = "agent",
	[SHARE_PROVED] = "proved",
};
/* As a name has them. */
static const char letters[] = "srap";
/* Of a channel's name. */
static const char channel_letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

const char *
share_name(enum share share)
{
	return shares[share];
}

/* The first eight octets are enough to tell owners and contents apart: only
 * an owner's own could be made to collide by their owner. */
static int
digest_of(const struct crypto_span *spans, size_t count, uint64_t *number_r,
	struct error *e)
{
	unsigned char digest[SHA256_SIZE];

	if (crypto_sha256(spans, count, digest, e) == -1)
		return -1;
	*number_r = 0;
	for (size_t i = 0; i < sizeof(*number_r); i++)
		*number_r = *number_r << 8 | digest[i];
	return 0;
}

/* Where the line after this one begins. */
static const char *
next_line(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));

	return newline == NULL ? end : newline + 1;
}

static bool
is_field(const char *line, const char *end, const char *name)
{
	size_t length = strlen(name);

	return (size_t)(end - line) >= length &&
		strncasecmp(line, name, length) == 0;
}

/*
 * What stays the same when a message is sent again, by a sender that tried
 * before or from a recording: its date, its Message-ID and all behind the
 * header. Other fields differ with the way that it takes.
 */
static int
mail_content(const struct arrival *m, uint64_t *content_r, struct error *e)
{
	static const char *const names[] = { "Date:", "Message-ID:" };
	struct crypto_span spans[3] = { { "", 0 }, { "", 0 }, { "", 0 } };
	const char *line = (const char *)m->octets;
	const char *end = line + m->length;
	const char *next;

	for (; line != end && *line != '\r' && *line != '\n'; line = next) {
		next = next_line(line, end);
		while (next != end && (*next == ' ' || *next == '\t'))
			next = next_line(next, end);
		for (size_t i = 0; i < 2; i++)
			if (is_field(line, next, names[i]))
				spans[i] = (struct crypto_span){ line,
					(size_t)(next - line) };
	}
	spans[2] = (struct crypto_span){ line, (size_t)(end - line) };
	return digest_of(spans, 3, content_r, e);
}

int
quarantine_name_of(const struct arrival *m, const struct verdict *v,
	struct quarantine_name *name_r, struct error *e)
{
	const struct crypto_span owner = { v->owner, strlen(v->owner) };

	/* What is kept because the settings say so has no claim to the room
	 * of what must be, whoever sent it. */
	name_r->share = verdict_must_keep(v) ? v->share : SHARE_STRANGER;
	name_r->whose = network_block(&m->evidence.client);
	if (name_r->share != SHARE_STRANGER &&
		digest_of(&owner, 1, &name_r->whose, e) == -1)
		return -1;
	if (v->content[0] == '\0')
		return mail_content(m, &name_r->content, e);
	name_r->content = strtoull(v->content, NULL, 16);
	return 0;
}

void
quarantine_name_write(
	const struct quarantine_name *n, char out[QUARANTINE_NAME_SIZE])
{
	char stamp[TEXT_TIME_SIZE];

	text_time((time_t)(n->came / SECOND), stamp);
	(void)text_format(out, QUARANTINE_NAME_SIZE,
		"%.19s.%06dZ-%c-%016llx-%016llx%s", stamp,
		(int)(n->came % SECOND), letters[n->share],
		(unsigned long long)n->whose, (unsigned long long)n->content,
		QUARANTINE_SUFFIX);
}

bool
quarantine_name_read(const char *text, struct quarantine_name *n)
{
	/* TIME is "2026-11-22T12:34:56.123456Z". */
	enum { POINT = 19, ZULU = 26, LETTER = 28, WHOSE = 30, CONTENT = 47 };
	char stamp[ZULU + 2], again[QUARANTINE_NAME_SIZE];
	const char *letter;
	time_t when;

	if (strlen(text) != CONTENT + 16 + sizeof(QUARANTINE_SUFFIX) - 1 ||
		(letter = strchr(letters, text[LETTER])) == NULL)
		return false;
	memcpy(stamp, text, sizeof(stamp) - 1);
	stamp[sizeof(stamp) - 1] = '\0';
	if (text_time_parse(stamp, &when) == -1)
		return false;
	n->came = (int64_t)when * SECOND + atoi(text + POINT + 1);
	n->share = (enum share)(letter - letters);
	n->whose = strtoull(text + WHOSE, NULL, 16);
	n->content = strtoull(text + CONTENT, NULL, 16);
	/* Exactly as we would write it: else it could not be found again. */
	quarantine_name_write(n, again);
	return strcmp(text, again) == 0;
}

bool
quarantine_name_valid(const char *name)
{
	const size_t ending = sizeof(QUARANTINE_SUFFIX) - 1;
	size_t length = strlen(name);

	return length > ending && length < QUARANTINE_NAME_SIZE &&
		name[0] != '.' && strchr(name, '/') == NULL &&
		strcmp(name + length - ending, QUARANTINE_SUFFIX) == 0;
}

/* At most size - 1 octets of value, with what cannot be printed escaped. */
static int
put_line(struct buffer *b, const char *name, const char *value, size_t size)
{
	char printable[4 * QUARANTINE_SENDER_SIZE + 1];

	text_printable(
		value, strnlen(value, size - 1), printable, sizeof(printable));
	return buffer_format(b, "%s: %s\n", name, printable);
}

/* A line only where there is something to say; value may be NULL. */
static int
put_known(struct buffer *b, const char *name, const char *value, size_t size)
{
	return value == NULL ? 0 : put_line(b, name, value, size);
}

/* Its own center first: without that one it could never be admitted. */
static void
join_centers(const struct arrival *m, const char *first, char *out, size_t size)
{
	size_t used = 0, count = 0;

	out[0] = '\0';
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < m->center_count; i++) {
			if ((strcmp(m->centers[i], first) == 0) != (pass == 0))
				continue;
			if (count++ == QUARANTINE_CENTERS_MAX)
				return;
			(void)text_format(out + used, size - used, "%s%s",
				used == 0 ? "" : " ", m->centers[i]);
			used = strlen(out);
		}
}

int
quarantine_prologue_write(const struct arrival *m, const struct verdict *v,
	int64_t now, struct buffer *b, struct error *e)
{
	struct quarantined q; /* for the sizes that are read again */
	char client[INET6_ADDRSTRLEN];
	char stamp[TEXT_TIME_SIZE];
	int bad = 0;

	text_time((time_t)now, stamp);
	client_text(&m->evidence.client, client, sizeof(client));
	join_centers(m, v->claims.center, q.centers, sizeof(q.centers));
	bad |= put_line(b, "Received", stamp, sizeof(stamp));
	bad |= put_line(
		b, "Verdict", verdict_kind_name(v->kind), sizeof(q.verdict));
	bad |= put_line(b, "Reason",
		reason_name(v->refused != REASON_NONE ? v->refused : v->reason),
		sizeof(q.reason));
	bad |= put_line(b, "Share",
		share_name(verdict_must_keep(v) ? v->share : SHARE_STRANGER),
		sizeof(q.reason));
	bad |= put_line(b, "Owner", v->owner, sizeof(q.owner));
	bad |= put_line(b, "Detail", v->text, sizeof(v->text));
	bad |= put_line(b, "Channel", m->channel, sizeof(q.channel));
	bad |= put_line(b, "Queue-ID", m->trace, sizeof(q.trace));
	bad |= put_known(b, "Sender", m->evidence.sender, sizeof(q.sender));
	bad |= put_line(b, "Client", client, sizeof(client));
	bad |= put_known(b, "Login", m->evidence.login, sizeof(q.login));
	bad |= put_known(b, "Account", m->evidence.account, sizeof(q.account));
	bad |= put_known(b, "Certificate", m->evidence.certificate,
		sizeof(q.certificate));
	bad |= put_known(b, "Caller", m->evidence.caller, sizeof(q.caller));
	bad |= put_known(b, "Station", m->evidence.station, sizeof(q.station));
	bad |= put_line(b, "Centers", q.centers, sizeof(q.centers));
	bad |= put_known(b, "Lacking",
		v->lacking[0] != '\0' ? v->lacking : NULL, sizeof(q.lacking));
	bad |= put_line(b, "Too-Large", m->too_large ? "yes" : "no", 4);
	bad |= buffer_text(b, "\n");
	return bad ? error_memory(e) : 0;
}

/* What was kept before shares were counted says no share. */
static enum share
read_share(const char *value)
{
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
		if (strcmp(value, shares[i]) == 0)
			return (enum share)i;
	return SHARE_STRANGER;
}

/* Where the value of a prologue line goes. */
static void
take_line(struct quarantined *q, const char *line, const char *value)
{
	const struct {
		const char *name;
		char *out;
		size_t size;
	} rows[] = {
		{ "Verdict: ", q->verdict, sizeof(q->verdict) },
		{ "Reason: ", q->reason, sizeof(q->reason) },
		{ "Owner: ", q->owner, sizeof(q->owner) },
		{ "Channel: ", q->channel, sizeof(q->channel) },
		{ "Queue-ID: ", q->trace, sizeof(q->trace) },
		{ "Login: ", q->login, sizeof(q->login) },
		{ "Account: ", q->account, sizeof(q->account) },
		{ "Certificate: ", q->certificate, sizeof(q->certificate) },
		{ "Caller: ", q->caller, sizeof(q->caller) },
		{ "Station: ", q->station, sizeof(q->station) },
		{ "Sender: ", q->sender, sizeof(q->sender) },
		{ "Client: ", q->client, sizeof(q->client) },
		{ "Centers: ", q->centers, sizeof(q->centers) },
		{ "Lacking: ", q->lacking, sizeof(q->lacking) },
	};
	time_t when;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strncmp(line, rows[i].name, strlen(rows[i].name)) == 0)
			(void)text_unprintable(
				value, rows[i].out, rows[i].size);
	if (strncmp(line, "Share: ", 7) == 0)
		q->share = read_share(value);
	if (strncmp(line, "Received: ", 10) == 0 &&
		text_time_parse(value, &when) == 0)
		q->received = when;
	if (strcmp(line, "Too-Large: yes") == 0)
		q->too_large = true;
}

/* Takes the lines of text, which it changes. What names no channel is a mail,
 * which has an envelope also where its sender is not noted. The offset of the
 * message, or -1 if this is no file of ours. */
static off_t
take_lines(char *text, struct quarantined *q)
{
	char *end, *colon;
	bool counted = false, named = false, sent = false;

	(void)text_copy(q->channel, sizeof(q->channel), CHANNEL_MAIL);
	for (char *line = text;
		(end = strchr(line, '\n')) != NULL && end != line;
		line = end + 1) {
		*end = '\0';
		colon = strstr(line, ": ");
		if (colon == NULL)
			return -1;
		take_line(q, line, colon + 2);
		counted |= strncmp(line, "Share: ", 7) == 0;
		named |= strncmp(line, "Channel: ", 9) == 0;
		sent |= strncmp(line, "Sender: ", 8) == 0;
	}
	q->envelope = sent || !named;
	if (strspn(q->channel, channel_letters) != strlen(q->channel))
		return -1;
	if (!counted && strcmp(q->reason, reason_name(REASON_UNREADABLE)) == 0)
		q->share = SHARE_PROVED;
	return end == NULL || q->received == 0 ? -1 : end + 1 - text;
}

static off_t
read_prologue(int fd, struct quarantined *q)
{
	char text[QUARANTINE_PROLOGUE_MAX + 1];
	ssize_t n = pread(fd, text, QUARANTINE_PROLOGUE_MAX, 0);

	if (n <= 0)
		return -1;
	text[n] = '\0';
	return take_lines(text, q);
}

int
quarantine_file_open(const char *directory, const char *name,
	struct quarantined *q, off_t *offset_r, struct error *e)
{
	char path[4096];
	struct stat st;
	int fd;

	memset(q, 0, sizeof(*q));
	if (!quarantine_name_valid(name) ||
		!text_format(path, sizeof(path), "%s/%s", directory, name))
		return error_set(
			e, ERROR_BAD, "no quarantine file name: %s", name);
	fd = regular_open(AT_FDCWD, path, O_RDONLY | O_NOFOLLOW, e);
	if (fd == -1)
		return errno != ENOENT ? -1
				       : error_set(e, ERROR_NOT_FOUND,
						 "%s: not in quarantine", name);
	if (fstat(fd, &st) == -1) {
		error_errno(e, "%s", path);
		goto fail;
	}
	(void)text_copy(q->name, sizeof(q->name), name);
	q->size = st.st_size;
	*offset_r = read_prologue(fd, q);
	if (*offset_r != -1)
		return fd;
	error_set(e, ERROR_BAD, "%s: not a quarantine file", path);
fail:
	close(fd);
	return -1;
}
