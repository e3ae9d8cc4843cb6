/*
 * libFuzzer's entry, for the target that the environment's FUZZ_TARGET names.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/targets.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct target *target;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = getenv("FUZZ_TARGET");

	(void)argc;
	(void)argv;
	target = name != NULL ? target_find(name) : NULL;
	if (target == NULL) {
		fputs("FUZZ_TARGET names no target\n", stderr);
		exit(2);
	}
	return target_init();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	target->run(data, size);
	return 0;
}
