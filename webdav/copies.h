/*
 * Which servers of a center have which request: one that all of them have is
 * delivered. What is forgotten (the program ended, or the table was full) is
 * put once more where it is, which changes nothing. Any thread may call.
 */
#ifndef WEBDAV_COPIES_H
#define WEBDAV_COPIES_H

#include <stdbool.h>

enum { COPIES_SERVERS_MAX = 64 };

struct copies;

/* Of a center with so many servers. NULL: no memory. */
struct copies *copies_new(unsigned int servers);
void copies_free(struct copies **c);

/* Does that server have it? */
bool copies_has(struct copies *c, const char *email_id, unsigned int server);
/* It has it now. True: so have all. */
bool copies_add(struct copies *c, const char *email_id, unsigned int server);
/* It is delivered, or gone. */
void copies_forget(struct copies *c, const char *email_id);

#endif
