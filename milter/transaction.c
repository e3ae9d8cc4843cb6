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

struct transaction {
	struct load *load;
	char *sender;
	bool trusted;
	bool has_others;
	size_t recipients;        /* in all */
	char device[SERIAL_SIZE]; /* the first; "" if there is none */
	bool claimed;
	char **addresses; /* of centers, NULL at the end */
	size_t address_count;
	char (*centers)[CENTER_ID_SIZE]; /* each once */
	size_t center_count;
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
	buffer_cleanse(&t->octets);
	load_give(t->load, t->charged_octets);
	t->charged_octets = 0;
}

void
transaction_free(struct transaction **transaction)
{
	struct transaction *t = *transaction;
	size_t i;

	*transaction = NULL;
	if (t == NULL)
		return;
	release(t);
	load_give(t->load, t->charged_envelope);
	for (i = 0; i < t->address_count; i++)
		free(t->addresses[i]);
	free(t->addresses);
	free(t->centers);
	free(t->sender);
	free(t);
}

void
transaction_trust(struct transaction *t)
{
	t->trusted = true;
}

void
transaction_other(struct transaction *t)
{
	t->has_others = true;
	t->recipients++;
}

/* How many devices there are does not matter: only one recipient may be. */
void
transaction_device(struct transaction *t, const char *serial)
{
	transaction_other(t);
	if (t->device[0] == '\0')
		(void)text_copy(t->device, sizeof(t->device), serial);
}

static int
add_center(struct transaction *t, const char *center)
{
	char(*more)[CENTER_ID_SIZE];
	size_t i;

	for (i = 0; i < t->center_count; i++)
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
add_address(struct transaction *t, const char *address)
{
	char **more;

	more = reallocarray(t->addresses, t->address_count + 2, sizeof(*more));
	if (more == NULL)
		return -1;
	t->addresses = more;
	t->addresses[t->address_count] = strdup(address);
	if (t->addresses[t->address_count] == NULL)
		return -1;
	t->addresses[++t->address_count] = NULL;
	return 0;
}

int
transaction_center(
	struct transaction *t, const char *address, const char *center)
{
	t->recipients++;
	if (charge(t, &t->charged_envelope,
		    strlen(address) + sizeof(char *) + CENTER_ID_SIZE) &&
		add_center(t, center) == 0 && add_address(t, address) == 0)
		return 0;
	/* Half a recipient may have been taken: the mail cannot go on. */
	t->no_memory = true;
	return -1;
}

bool
transaction_has_center(const struct transaction *t)
{
	return t->address_count > 0;
}

bool
transaction_has_device(const struct transaction *t)
{
	return t->device[0] != '\0';
}

bool
transaction_is_mixed(const struct transaction *t)
{
	return t->has_others && t->address_count > 0;
}

char *const *
transaction_addresses(const struct transaction *t)
{
	return t->addresses;
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

void
transaction_field(struct transaction *t, const char *name, const char *value)
{
	const char *end;

	/* Noted even if the mail is too large to be kept. */
	if (strncasecmp(name, "CSRC-", 5) == 0)
		t->claimed = true;
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
transaction_mail(
	const struct transaction *t, struct mail *mail_r, struct error *e)
{
	if (t->no_memory)
		return no_memory(e);
	*mail_r = (struct mail){
		.sender = t->sender,
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
		.trusted = t->trusted,
		.serial = t->device,
		.recipients = t->recipients,
		.claimed = t->claimed,
		.octets = t->octets.data,
		.length = t->octets.length,
		.too_large = t->too_large,
	};
	return 0;
}
