/*
 * Numbers of telephones and fax machines, as people write them and as machines
 * say them (ITU-T T.30, 5.3.6.2.4: up to 20 characters). What stands between
 * the digits for the eye is no part of a number.
 */
#ifndef BASE_TELEPHONE_H
#define BASE_TELEPHONE_H

#include <stdbool.h>

enum {
	TELEPHONE_SIZE = 20 + 1,
	/* "^", then for each character up to ten octets, and "$" */
	TELEPHONE_PATTERN_SIZE = 256
};

/*
 * The one form of a number: blanks and .-()/ gone, letters in upper case, and
 * then digits and letters, behind a + if there is one. False leaves out "": it
 * is none.
 */
bool telephone_read(const char *text, char out[TELEPHONE_SIZE]);

/* An extended POSIX regular expression that matches this number, a canonical
 * one, however it is written, and no other. */
void telephone_pattern(const char *number, char out[TELEPHONE_PATTERN_SIZE]);

#endif
