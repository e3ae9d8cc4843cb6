/*
 * One writing of a key, for "device key --list" and "device show".
 */
#include "control/commands/key_show.h"

#include "base/text.h"
#include "control/output.h"

void
key_show(FILE *out, const struct key *k)
{
	char id[2 * KEY_ID_MAX + 1];
	char created[TEXT_TIME_SIZE], used[TEXT_TIME_SIZE];

	text_hex(k->id, k->id_length, id);
	fprintf(out, "%s %zu %s %s %s\n", id, 8 * k->length,
		k->live ? "live" : "retired", output_time(k->created, created),
		output_time(k->used, used));
}

void
key_row(struct columns *columns, const struct key *k)
{
	char id[2 * KEY_ID_MAX + 1], bits[16];
	char created[TEXT_TIME_SIZE], used[TEXT_TIME_SIZE];

	text_hex(k->id, k->id_length, id);
	text_format(bits, sizeof(bits), "%zu", 8 * k->length);
	columns_row(columns,
		(const char *const[]){ id, bits, k->live ? "live" : "retired",
			output_time(k->created, created),
			output_time(k->used, used) });
}

json_t *
key_object(const struct key *k)
{
	char id[2 * KEY_ID_MAX + 1];
	char created[TEXT_TIME_SIZE], used[TEXT_TIME_SIZE];

	text_hex(k->id, k->id_length, id);
	return json_pack("{s:s,s:I,s:b,s:s,s:s?}", "key_id", id, "bits",
		(json_int_t)(8 * k->length), "live", k->live, "created",
		output_time(k->created, created), "used",
		k->used != 0 ? output_time(k->used, used) : NULL);
}
