#include "control/commands/certificate_text.h"

#include <stdlib.h>

#include "parser/base64.h"

enum { PEM_LINE = 64 };

char *
certificate_base64(const struct buffer *der, struct error *e)
{
	const size_t size = base64_size(der->length);
	char *text = malloc(size + 1);

	if (text == NULL) {
		error_memory(e);
		return NULL;
	}
	base64_encode(der->data, der->length, text);
	text[size] = '\0';
	return text;
}

int
certificate_pem(FILE *out, const struct buffer *der, struct error *e)
{
	char *text = certificate_base64(der, e);

	if (text == NULL)
		return -1;
	fputs("-----BEGIN CERTIFICATE-----\n", out);
	for (const char *at = text; *at != '\0';)
		at += fprintf(out, "%.*s\n", PEM_LINE, at) - 1;
	fputs("-----END CERTIFICATE-----\n", out);
	free(text);
	return 0;
}
