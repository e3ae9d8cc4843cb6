/*
 * A key is told after it is in the store: one that is told and not there would
 * seal reports that nobody can open.
 */
#include "control/commands/key_make.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/wipe.h"
#include "control/output.h"

enum { NEW_ID_SIZE = 16 /* octets: never met twice */ };

int
key_length(const struct arguments *a, size_t *length_r, struct error *e)
{
	const char *bits = options_value(a, "bits");

	*length_r = bits != NULL && strcmp(bits, "128") == 0 ? 16 : 32;
	if (bits == NULL || *length_r == 16 || strcmp(bits, "256") == 0)
		return 0;
	return error_set(e, ERROR_USAGE, "--bits is 128 or 256, not %s", bits);
}

static int
draw(struct key *k, size_t length, struct error *e)
{
	k->live = true;
	k->length = length;
	k->id_length = NEW_ID_SIZE;
	if (crypto_random(k->id, k->id_length, e) == -1 ||
		crypto_random(k->secret, k->length, e) == -1)
		return -1;
	return 0;
}

static int
tell(struct command_context *c, const struct key *k, bool objects,
	struct error *e)
{
	const char *serial = principal_name(k->principal, PRINCIPAL_DEVICE);
	const char *agent = principal_name(k->principal, PRINCIPAL_AGENT);
	char id[2 * KEY_ID_MAX + 1], secret[2 * KEY_SIZE_MAX + 1];
	int rc = 0;

	text_hex(k->id, k->id_length, id);
	text_hex(k->secret, k->length, secret);
	if (objects)
		rc = output_json(c->out, e, "{s:s,s:s,s:s}",
			serial != NULL ? "serial" : "agent",
			serial != NULL ? serial : agent, "key_id", id, "key",
			secret);
	else
		fprintf(c->out, "key-id: %s\nkey: %s\n", id, secret);
	wipe(secret, sizeof(secret));
	return rc;
}

/* Of each the principal is there. */
static int
make(struct command_context *c, struct key *keys, size_t count, size_t length,
	bool objects, struct error *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = draw(&keys[i], length, e);
	if (rc == 0 && count > 0)
		rc = registry_keys_add(c->store, keys, count, NULL, e);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = tell(c, &keys[i], objects, e);
	return rc;
}

int
key_make(struct command_context *c, const struct device *devices, size_t count,
	size_t length, bool objects, struct error *e)
{
	struct key *keys = calloc(count > 0 ? count : 1, sizeof(*keys));
	int rc;

	if (keys == NULL)
		return error_memory(e);
	for (size_t i = 0; i < count; i++)
		(void)principal_spell(
			PRINCIPAL_DEVICE, devices[i].serial, keys[i].principal);
	rc = make(c, keys, count, length, objects, e);
	wipe(keys, count * sizeof(*keys));
	free(keys);
	return rc;
}

int
key_make_for(struct command_context *c, const char *principal, size_t length,
	bool objects, struct error *e)
{
	struct key k = { .live = false };
	int rc;

	(void)text_copy(k.principal, sizeof(k.principal), principal);
	rc = make(c, &k, 1, length, objects, e);
	wipe(&k, sizeof(k));
	return rc;
}
