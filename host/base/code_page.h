/* Text in an ANSI code page of Windows. */
#ifndef RH_BASE_CODE_PAGE_H
#define RH_BASE_CODE_PAGE_H

#include "base/memory.h"

/* Appends bytes in a code page (0 = 1252) as UTF-8: those of one byte (874, 1250 to 1258) and
 * 65001. RH_ERR_UNSUPPORTED for another one, RH_ERR_FORMAT for bytes that are not UTF-8 when that
 * is the code page. */
rh_status rh_utf8_from_code_page(rh_buffer *out, const void *bytes, size_t len, unsigned code_page,
                                 rh_error *error);

#endif
