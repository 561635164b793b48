/* Security identifiers: bytes, text, and the names that Windows shows for those which every machine
 * has.
 *
 * Format: [MS-DTYP] 2.4.2; well-known identifiers: 2.4.2.4. */
#ifndef RH_SECURITY_SID_H
#define RH_SECURITY_SID_H

#include "base/memory.h"

#define RH_SID_TEXT 192 /* "S-1-0xFFFFFFFFFFFF" and 15 numbers fit */
#define RH_SID_MAX 68   /* bytes */

/* How many bytes the SID has that these begin with; 0 when they begin with none. */
size_t rh_sid_len(const void *data, size_t len);
/* A SID as text; false when the bytes begin with none. used: its length; may be NULL. */
bool rh_sid_print(char out[RH_SID_TEXT], const void *data, size_t len, size_t *used);
/* Appends the bytes of a text that rh_sid_print gave. RH_ERR_ARGUMENT for any other. */
rh_status rh_sid_parse(rh_buffer *out, const char *text, rh_error *error);
/* The name of one whole SID as Windows shows it in English ("BUILTIN\Administrators"), NULL for one
 * that only its own machine or domain can name. */
const char *rh_sid_name(const void *sid, size_t len);

#endif
