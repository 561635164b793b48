/* .reg text as UTF-8 with a position: decoding piece by piece, and errors with line and column.
 *
 * text is a window: it grows when something looks beyond its end, and what lies behind the position
 * leaves it only between two lines, so that positions inside a line stay what they are. */
#ifndef RH_REGISTRY_TEXT_INTERNAL_H
#define RH_REGISTRY_TEXT_INTERNAL_H

#include "registry/text/regtext.h"

typedef struct rh_regtext_source {
  rh_buffer text; /* WTF-8 without a byte-order mark and without NUL characters */
  size_t position;
  const char *label;
  bool ansi; /* REGEDIT4: strings in hex are in the code page too */
  unsigned code_page;
  rh_regtext_pull *pull;
  void *payload;
  bool wide;  /* the file is UTF-16LE */
  bool ended; /* pull has nothing more */
  unsigned file_code_page;
  rh_buffer raw;     /* read and not decoded yet */
  size_t line;       /* of the first byte of text, from 1 */
  rh_buffer scratch; /* of whoever reads a value */
  rh_error failure;  /* what ended the file before its end; code is RH_OK when nothing did */
} rh_regtext_source;

/* Begins to decode and reads the header line. Dispose of the source in any case. */
rh_status rh_regtext_source_open(rh_regtext_source *out, rh_regtext_pull *pull, void *payload,
                                 const char *label, unsigned code_page, rh_error *error);
void rh_regtext_source_dispose(rh_regtext_source *source);

/* Between two lines: forgets what lies behind the position, and sees to it that the whole next line
 * is in text, or all that is left. Gives where it ends: at its line feed or behind its last byte.
 */
size_t rh_regtext_next_line(rh_regtext_source *source);
/* Puts more into text; false at the end of the file and after a failure. */
bool rh_regtext_fill(rh_regtext_source *source);

/* The byte at the position plus ahead; -1 beyond the end. */
static inline int rh_regtext_peek(rh_regtext_source *source, size_t ahead) {
  while (ahead >= source->text.len - source->position) {
    if (!rh_regtext_fill(source))
      return -1;
  }
  return source->text.data[source->position + ahead];
}
/* Goes past blanks; stops at the line's end. */
void rh_regtext_skip_blanks(rh_regtext_source *source);
/* Goes to the line's end and past it. */
void rh_regtext_skip_line(rh_regtext_source *source);
static inline bool rh_regtext_is_line_end(int sign) {
  return sign < 0 || sign == '\n' || sign == '\r';
}

/* An error at a byte of the text: "line 3, column 14: ...". What ended the file comes first. */
rh_status rh_regtext_error(const rh_regtext_source *source, size_t position, rh_error *error,
                           rh_status code, const char *format, ...) RH_PRINTF(5, 6);

/* The same around an error of another layer. Returns status. */
rh_status rh_regtext_located(const rh_regtext_source *source, size_t position, rh_status status,
                             const rh_error *inner, rh_error *error);

/* Takes a word in any case, when it stands at the position. */
bool rh_regtext_take_word(rh_regtext_source *source, const char *word);
/* A quoted string, from its opening quote on, into out (cleared first). */
rh_status rh_regtext_read_string(rh_regtext_source *source, rh_buffer *out, bool one_line,
                                 rh_error *error);
/* What stands behind a value's equals sign, as type and raw bytes (cleared first). */
rh_status rh_regtext_read_data(rh_regtext_source *source, uint32_t *type, rh_buffer *out,
                               rh_error *error);

#endif
