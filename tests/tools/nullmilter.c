/*
 * A filter that does nothing but discard each mail at its end: what the way
 * through libmilter alone costs. The gateway is measured against it.
 */
#include <stdio.h>

#include <libmilter/mfapi.h>

static sfsistat
on_recipient(SMFICTX *context, char **arguments)
{
	(void)context;
	(void)arguments;
	return SMFIS_CONTINUE;
}

static sfsistat
on_header(SMFICTX *context, char *name, char *value)
{
	(void)context;
	(void)name;
	(void)value;
	return SMFIS_CONTINUE;
}

static sfsistat
on_body(SMFICTX *context, unsigned char *octets, size_t length)
{
	(void)context;
	(void)octets;
	(void)length;
	return SMFIS_CONTINUE;
}

static sfsistat
on_end(SMFICTX *context)
{
	(void)context;
	return SMFIS_DISCARD;
}

int
main(int argc, char **argv)
{
	struct smfiDesc filter = { .xxfi_name = (char *)"nullmilter",
		.xxfi_version = SMFI_VERSION,
		.xxfi_envrcpt = on_recipient,
		.xxfi_header = on_header,
		.xxfi_body = on_body,
		.xxfi_eom = on_end };

	if (argc != 2) {
		fputs("usage: nullmilter SOCKET\n", stderr);
		return 2;
	}
	if (smfi_register(filter) != MI_SUCCESS ||
		smfi_setconn(argv[1]) != MI_SUCCESS)
		return 1;
	return smfi_main() == MI_SUCCESS ? 0 : 1;
}
