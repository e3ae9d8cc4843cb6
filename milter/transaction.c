/*
 * Collects one mail as the octets that were sent. A mail for nobody of ours
 * is never collected, so the buffer stays empty until there is a center or
 * a device.
 */
#include "milter/transaction.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/text.h"

/* Fields that say whom a mail is from (RFC 5322 3.6.2, 3.6.6). */
static const char *const author_fields[] = { "From", "Sender", "Resent-From",
	"Resent-Sender" };

/* What is kept of them; nobody has so many addresses. */
enum { AUTHORS_MAX = 64 << 10 };

/* Recipients of one kind. */
struct recipients {
	char **addresses; /* as they were given, NULL at the end */
	size_t count;
};

struct transaction {
	struct load *load;
	char *sender, *rewritten;
	char *account; /* NULL: none */
	bool trusted;
	const char *unknown;
	bool has_others;
	size_t recipients; /* in all */
	bool claimed;
	struct recipients to_centers, to_devices;
	char (*centers)[CENTER_ID_SIZE]; /* each once */
	size_t center_count;
	char (*serials)[SERIAL_SIZE]; /* each once */
	size_t serial_count;
	struct buffer authors;
	bool authors_cut;
	struct buffer octets;
	int64_t buffered_max;
	/* what load_take counted for us */
	size_t charged_octets, charged_envelope;
	bool too_large;
	bool no_memory;
};

/* "<a@b>" without its brackets. */
static char *
bare_address(const char *text)
{
	size_t length = strlen(text);

	if (length >= 2 && text[0] == '<' && text[length - 1] == '>')
		return strndup(text + 1, length - 2);
	return strdup(text);
}

struct transaction *
transaction_new(struct load *load, const char *sender, int64_t message_size,
	int64_t buffered)
{
	struct transaction *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->load = load;
	t->octets.limit = (size_t)message_size;
	t->buffered_max = buffered;
	t->authors.limit = AUTHORS_MAX;
	t->sender = bare_address(sender);
	if (t->sender == NULL)
		transaction_free(&t);
	return t;
}

/* Counts against the limit of all sessions. */
static bool
charge(struct transaction *t, size_t *counter, size_t count)
{
	if (!load_take(t->load, count, t->buffered_max))
		return false;
	*counter += count;
	return true;
}

/* Lets the mail's octets go. */
static void
release(struct transaction *t)
{
	/* They may hold a report that came unsealed. */
	buffer_clear(&t->octets);
	load_give(t->load, t->charged_octets);
	t->charged_octets = 0;
}

static void
clear_recipients(struct recipients *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->addresses[i]);
	free(r->addresses);
}

void
transaction_free(struct transaction **transaction)
{
	struct transaction *t = *transaction;

	*transaction = NULL;
	if (t == NULL)
		return;
	release(t);
	load_give(t->load, t->charged_envelope);
	clear_recipients(&t->to_centers);
	clear_recipients(&t->to_devices);
	buffer_clear(&t->authors);
	free(t->centers);
	free(t->serials);
	free(t->rewritten);
	free(t->account);
	free(t->sender);
	free(t);
}

void
transaction_trust(struct transaction *t)
{
	t->trusted = true;
}

/* Without it the mail cannot be judged. */
void
transaction_rewritten(struct transaction *t, const char *sender)
{
	free(t->rewritten);
	t->rewritten = bare_address(sender);
	if (t->rewritten == NULL)
		t->no_memory = true;
}

void
transaction_account(struct transaction *t, const char *login)
{
	if (login[0] == '\0')
		return;
	free(t->account);
	t->account = strdup(login);
	if (t->account == NULL)
		t->no_memory = true;
}

void
transaction_unknown(struct transaction *t, const char *what)
{
	t->unknown = what;
}

void
transaction_other(struct transaction *t)
{
	t->has_others = true;
	t->recipients++;
}

static int
add_center(struct transaction *t, const char *center)
{
	char(*more)[CENTER_ID_SIZE];

	for (size_t i = 0; i < t->center_count; i++)
		if (strcmp(t->centers[i], center) == 0)
			return 0;
	more = reallocarray(t->centers, t->center_count + 1, sizeof(*more));
	if (more == NULL)
		return -1;
	t->centers = more;
	text_copy(t->centers[t->center_count++], CENTER_ID_SIZE, center);
	return 0;
}

static int
add_device(struct transaction *t, const char *serial)
{
	char(*more)[SERIAL_SIZE];

	for (size_t i = 0; i < t->serial_count; i++)
		if (strcmp(t->serials[i], serial) == 0)
			return 0;
	more = reallocarray(t->serials, t->serial_count + 1, sizeof(*more));
	if (more == NULL)
		return -1;
	t->serials = more;
	text_copy(t->serials[t->serial_count++], SERIAL_SIZE, serial);
	return 0;
}

static int
add_address(struct transaction *t, struct recipients *r, const char *address)
{
	char **more;

	t->recipients++;
	if (!charge(t, &t->charged_envelope,
		    strlen(address) + sizeof(char *) + SERIAL_SIZE))
		return -1;
	more = reallocarray(r->addresses, r->count + 2, sizeof(*more));
	if (more == NULL)
		return -1;
	r->addresses = more;
	r->addresses[r->count] = strdup(address);
	if (r->addresses[r->count] == NULL)
		return -1;
	r->addresses[++r->count] = NULL;
	return 0;
}

int
transaction_center(
	struct transaction *t, const char *address, const char *center)
{
	if (add_address(t, &t->to_centers, address) == 0 &&
		add_center(t, center) == 0)
		return 0;
	/* Half a recipient may have been taken: the mail cannot go on. */
	t->no_memory = true;
	return -1;
}

int
transaction_device(
	struct transaction *t, const char *address, const char *serial)
{
	if (add_address(t, &t->to_devices, address) == 0 &&
		add_device(t, serial) == 0)
		return 0;
	t->no_memory = true;
	return -1;
}

bool
transaction_has_center(const struct transaction *t)
{
	return t->to_centers.count > 0;
}

bool
transaction_has_device(const struct transaction *t)
{
	return t->to_devices.count > 0;
}

bool
transaction_is_mixed(const struct transaction *t)
{
	return t->has_others && transaction_has_center(t);
}

char *const *
transaction_addresses(const struct transaction *t)
{
	return t->to_centers.addresses;
}

char *const *
transaction_device_addresses(const struct transaction *t)
{
	return t->to_devices.addresses;
}

static void
append(struct transaction *t, const void *octets, size_t length)
{
	if (transaction_is_over(t))
		return;
	if (length > t->octets.limit - t->octets.length)
		t->too_large = true;
	else if (!charge(t, &t->charged_octets, length) ||
		buffer_append(&t->octets, octets, length) != BUFFER_OK)
		t->no_memory = true;
	if (transaction_is_over(t))
		release(t);
}

/* An old header may have white space before the colon (RFC 5322 4.5). */
static bool
is_author_field(const char *name)
{
	const size_t length = strcspn(name, " \t");

	for (size_t i = 0; i < sizeof(author_fields) / sizeof(author_fields[0]);
		i++)
		if (strlen(author_fields[i]) == length &&
			strncasecmp(author_fields[i], name, length) == 0)
			return true;
	return false;
}

static void
note_author(struct transaction *t, const char *value)
{
	if (buffer_append(&t->authors, value, strlen(value)) != BUFFER_OK ||
		buffer_append(&t->authors, "\n", 1) != BUFFER_OK)
		t->authors_cut = true;
}

void
transaction_field(struct transaction *t, const char *name, const char *value)
{
	const char *end;

	/* Noted even if the mail is too large to be kept. */
	if (strncasecmp(name, "CSRC-", 5) == 0)
		t->claimed = true;
	if (transaction_has_device(t) && is_author_field(name))
		note_author(t, value);
	append(t, name, strlen(name));
	append(t, ":", 1);
	/* The MTA gives the line ends within a folded field as LF. */
	while ((end = strchr(value, '\n')) != NULL) {
		append(t, value,
			(size_t)(end - value) -
				(end > value && end[-1] == '\r'));
		append(t, "\r\n", 2);
		value = end + 1;
	}
	append(t, value, strlen(value));
	append(t, "\r\n", 2);
}

void
transaction_end_of_header(struct transaction *t)
{
	append(t, "\r\n", 2);
}

void
transaction_body(
	struct transaction *t, const unsigned char *octets, size_t length)
{
	append(t, octets, length);
}

bool
transaction_is_over(const struct transaction *t)
{
	return t->too_large || t->no_memory;
}

/* Ran out on the way: no octets to judge by. */
static int
no_memory(struct error *e)
{
	return error_set(
		e, ERROR_TROUBLE, "no memory to hold this mail (max_buffered)");
}

int
transaction_arrival(
	const struct transaction *t, struct arrival *arrival_r, struct error *e)
{
	if (t->no_memory)
		return no_memory(e);
	*arrival_r = (struct arrival){
		.channel = CHANNEL_MAIL,
		.evidence = { .sender = t->sender, .account = t->account },
		.centers = (const char(*)[CENTER_ID_SIZE])t->centers,
		.center_count = t->center_count,
		.octets = t->octets.data,
		.length = t->octets.length,
		.too_large = t->too_large,
	};
	return 0;
}

int
transaction_outgoing(const struct transaction *t, struct outgoing *outgoing_r,
	struct error *e)
{
	if (t->no_memory)
		return no_memory(e);
	*outgoing_r = (struct outgoing){
		.sender = t->sender,
		.sender_rewritten = t->rewritten == NULL ? "" : t->rewritten,
		.trusted = t->trusted,
		.unknown = t->unknown,
		.serials = (const char(*)[SERIAL_SIZE])t->serials,
		.serial_count = t->serial_count,
		.recipients = t->recipients,
		.beside_center = transaction_has_center(t),
		.claimed = t->claimed,
		.authors = (const char *)t->authors.data,
		.authors_length = t->authors.length,
		.authors_cut = t->authors_cut,
		.octets = t->octets.data,
		.length = t->octets.length,
		.too_large = t->too_large,
	};
	return 0;
}
