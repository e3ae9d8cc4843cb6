/*
 * Texts that somebody forwarded inside of his own: quoted, with a header in
 * front. Inside parser/formats/ only.
 */
#ifndef PARSER_FORMATS_QUOTED_H
#define PARSER_FORMATS_QUOTED_H

/*
 * Where text quotes in one piece, takes away the marks that all quoted lines
 * have, and again, for what was forwarded several times; empties the lines of
 * header blocks. Lines keep their numbers.
 */
void quoted_strip(char *text);

#endif
