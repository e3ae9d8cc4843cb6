#include "device/names.h"

#include <string.h>

#include "base/crypto.h"
#include "base/text.h"

enum { ID_LEAST = 16, ID_MADE = 32 };

static const char id_letters[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";

/* 32 of a-z0-9 have some 165 bits; octets that would favour some are left
 * out. */
static int
make_id(char out[ID_MADE + 1], struct error *e)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	unsigned char octets[2 * ID_MADE];
	size_t made = 0;

	while (made < ID_MADE) {
		if (crypto_random(octets, sizeof(octets), e))
			return -1;
		for (size_t i = 0; i < sizeof(octets) && made < ID_MADE; i++)
			if (octets[i] < 7 * 36)
				out[made++] = letters[octets[i] % 36];
	}
	out[made] = '\0';
	return 0;
}

int
names_make(const char *spelled, bool plain, char out[NAMES_INBOX_SIZE],
	struct error *e)
{
	char id[ID_MADE + 1];

	if (make_id(id, e))
		return -1;
	text_format(out, NAMES_INBOX_SIZE, "%s.%s.%s", spelled, id,
		plain ? "eml" : "p7m");
	return 0;
}

/* The length of the ID that name begins with, if suffix follows it, or 0. */
static size_t
id_before(const char *name, const char *suffix)
{
	size_t length = strspn(name, id_letters);

	return length >= ID_LEAST && length < NAMES_ID_SIZE &&
			strcmp(name + length, suffix) == 0
		? length
		: 0;
}

bool
names_inbox(
	const char *name, size_t *spelled_r, size_t *length_r, bool *plain_r)
{
	size_t spelled = strcspn(name, "."), length;
	char serial[SERIAL_SIZE];

	if (name[spelled] == '\0' || !spelling_read(name, spelled, serial))
		return false;
	length = id_before(name + spelled + 1, ".p7m");
	*plain_r = length == 0;
	if (length == 0)
		length = id_before(name + spelled + 1, ".eml");
	*spelled_r = spelled;
	*length_r = spelled + 1 + length;
	return length != 0;
}

enum names_kind
names_outbox(const char *name, char id_r[NAMES_ID_SIZE])
{
	enum names_kind kind = NAMES_RECEIPT;
	size_t length = id_before(name, ".receipt");
	char email_id[EMAIL_ID_SIZE];

	id_r[0] = '\0';
	if (length == 0) {
		kind = NAMES_REQUEST;
		length = id_before(name, ".p7m");
	}
	if (length == 0)
		length = id_before(name, ".eml");
	if (length == 0)
		return NAMES_NONE;
	/* in its own spelling, which is the canonical one */
	if (kind == NAMES_REQUEST &&
		(!claims_email_id(name, length, email_id) ||
			strncmp(name, email_id, length) != 0))
		return NAMES_NONE;
	memcpy(id_r, name, length);
	id_r[length] = '\0';
	return kind;
}
