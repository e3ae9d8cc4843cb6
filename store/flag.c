#include "store/flag.h"

#include <string.h>

#include "base/text.h"

static const char *const words[FLAGS_COUNT] = { "old", "future", "fell",
	"rollover", "reset", "replaced", "jump", "sum", "order", "model",
	"zero" };

const char *
flag_word(unsigned int i)
{
	return words[i];
}

void
flags_text(unsigned int flags, const char *between, char out[FLAGS_SIZE])
{
	const char *before = "";
	size_t length = 0;

	out[0] = '\0';
	for (unsigned int i = 0; i < FLAGS_COUNT; i++) {
		if ((flags & 1U << i) == 0)
			continue;
		(void)text_format(out + length, FLAGS_SIZE - length, "%s%s",
			before, words[i]);
		length += strlen(out + length);
		before = between;
	}
}
