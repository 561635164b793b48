/* .reg text as one UTF-8 text with a position: decoding, and errors with line and column. */
#ifndef RH_REGISTRY_REGTEXT_INTERNAL_H
#define RH_REGISTRY_REGTEXT_INTERNAL_H

#include "registry/regtext.h"

typedef struct rh_regtext_source {
  rh_buffer text; /* WTF-8 without a byte-order mark and without NUL characters */
  size_t position;
  const char *label;
  bool ansi; /* REGEDIT4: strings in hex are in the code page too */
  unsigned code_page;
} rh_regtext_source;

/* Decodes the file and reads its header line. Dispose of the source in any case. */
rh_status rh_regtext_source_open(rh_regtext_source *out, const void *data, size_t len,
                                 const char *label, unsigned code_page, rh_error *error);
void rh_regtext_source_dispose(rh_regtext_source *source);

/* The byte at the position plus ahead; -1 beyond the end. */
int rh_regtext_peek(const rh_regtext_source *source, size_t ahead);
/* Goes past blanks; stops at the line's end. */
void rh_regtext_skip_blanks(rh_regtext_source *source);
/* Goes to the line's end and past it. */
void rh_regtext_skip_line(rh_regtext_source *source);
static inline bool rh_regtext_is_line_end(int sign) {
  return sign < 0 || sign == '\n' || sign == '\r';
}

/* An error at a byte of the text: "line 3, column 14: ...". */
rh_status rh_regtext_error(const rh_regtext_source *source, size_t position, rh_error *error,
                           rh_status code, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

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

/* Appends bytes in a code page (0 = 1252) as UTF-8. RH_ERR_UNSUPPORTED for one that is not known,
 * RH_ERR_FORMAT for bytes that are not UTF-8 when that is the code page. */
rh_status rh_utf8_from_code_page(rh_buffer *out, const void *bytes, size_t len, unsigned code_page,
                                 rh_error *error);

#endif
