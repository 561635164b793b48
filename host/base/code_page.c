/* Text in an ANSI code page of Windows. */
#include "base/code_page.h"

#include "base/code_page_table.h"
#include "base/text.h"

static rh_status unknown(unsigned code_page, rh_error *error) {
  rh_error_set(error, RH_ERR_UNSUPPORTED, "text", "code page %u is not known", code_page);
  rh_error_hint(error, "use 874, 1250 to 1258 or 65001; save other text as UTF-16 or UTF-8");
  return RH_ERR_UNSUPPORTED;
}

rh_status rh_utf8_from_code_page(rh_buffer *out, const void *bytes, size_t len, unsigned code_page,
                                 rh_error *error) {
  const size_t count = sizeof code_pages / sizeof *code_pages;
  size_t at = 0;
  if (code_page == 65001) {
    if (!rh_utf8_is_valid(bytes, len))
      return rh_error_set(error, RH_ERR_FORMAT, "text", "is not valid UTF-8");
    return rh_buffer_append(out, bytes, len, error);
  }
  while (at < count && code_pages[at].number != (code_page ? code_page : 1252))
    at++;
  if (at == count)
    return unknown(code_page, error);
  const unsigned char *signs = bytes;
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < len; i++) {
    unsigned unit = signs[i] < 0x80 ? signs[i] : code_pages[at].units[signs[i] - 0x80];
    const unsigned char pair[2] = {(unsigned char)(unit & 0xFF), (unsigned char)(unit >> 8)};
    status = rh_utf8_from_utf16(out, pair, sizeof pair, error);
  }
  return status;
}
