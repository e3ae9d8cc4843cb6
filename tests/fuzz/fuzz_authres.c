/*
 * libFuzzer's entry for target_authres.
 */
#include "tests/fuzz/targets.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return target_init();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	target_authres(data, size);
	return 0;
}
