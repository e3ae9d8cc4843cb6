/*
 * Whose a certificate is (RFC 5280): the kind of principal in the subject's OU
 * and the spelled name in its CN, and the same again as the only URI among its
 * alternative names, "urn:csrc:device:A1=2FX"; OpenSSL. That it is signed by
 * anybody is for others to see.
 */
#ifndef PARSER_SUBJECT_H
#define PARSER_SUBJECT_H

#include <stdbool.h>

#include "parser/principal.h"

struct x509_st;

/* False leaves out "": it names nobody, two, or somebody whom it spells in
 * another way than principal_spell does. */
bool
subject_read(struct x509_st *certificate, char principal_r[PRINCIPAL_SIZE]);

#endif
