/* Text: UTF-8 inside rehome, UTF-16LE and Latin-1 in Windows' files, names without case.
 *
 * Windows names and strings are runs of 16-bit units that need not be valid UTF-16. Inside rehome
 * they are WTF-8: UTF-8 in which an unpaired surrogate is encoded as its three bytes, so that every
 * run of units survives the way there and back. Lengths count bytes; NUL is an ordinary character
 * wherever a length is given. */
#ifndef RH_BASE_TEXT_H
#define RH_BASE_TEXT_H

#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>

/* Appends text as UTF-16LE bytes, no terminator. RH_ERR_FORMAT when text is not WTF-8. */
rh_status rh_utf16_from_utf8(rh_buffer *out, const char *text, size_t len, rh_error *error);

/* Appends UTF-16LE bytes as WTF-8. An odd last byte is left out. */
rh_status rh_utf8_from_utf16(rh_buffer *out, const void *bytes, size_t len, rh_error *error);

/* Appends Latin-1 bytes as UTF-8. */
rh_status rh_utf8_from_latin1(rh_buffer *out, const void *bytes, size_t len, rh_error *error);

/* Number of UTF-16 units that text takes; SIZE_MAX when it is not WTF-8. */
size_t rh_utf16_count(const char *text, size_t len);

/* True for UTF-8 proper: no surrogates, no overlong forms. */
bool rh_utf8_is_valid(const void *text, size_t len);

/* One unit in upper case, by the table that registry names are compared with. */
uint16_t rh_upcase(uint16_t unit);

/* Appends text in upper case, unit by unit: names that Windows takes for one become the same. Bytes
 * that are not WTF-8 stay as they are, from the first on. */
rh_status rh_utf8_upcase(rh_buffer *out, const char *text, size_t len, rh_error *error);

/* Reads the next UTF-16 unit of a WTF-8 text. *position moves on; *pending carries the second half
 * of a pair and starts as 0. Returns -1 at the end, -2 when the text is not WTF-8. */
int32_t rh_utf16_next(const char *text, size_t len, size_t *position, uint16_t *pending);

/* Compares two names as the registry sorts them: unit by unit in upper case. <0, 0, >0. */
int rh_name_compare(const char *a, size_t a_len, const char *b, size_t b_len);
bool rh_name_equal(const char *a, const char *b); /* NUL-terminated names */

/* Writes bytes as upper-case or lower-case hex into out, which holds 2 * len + 1. */
void rh_hex_print(char *out, const void *data, size_t len, bool upper);
/* Appends the bytes that hex digits stand for. RH_ERR_FORMAT for an odd count or another sign. */
rh_status rh_hex_parse(rh_buffer *out, const char *hex, size_t len, rh_error *error);

#endif
