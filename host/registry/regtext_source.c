/* Decoding .reg text, and positions in it. */
#include "registry/regtext_internal.h"

#include "base/text.h"
#include "registry/code_page_table.h"

#include <stdio.h>
#include <string.h>

static const char header_5[] = "Windows Registry Editor Version 5.00";
static const char header_4[] = "REGEDIT4";

rh_status rh_utf8_from_code_page(rh_buffer *out, const void *bytes, size_t len, unsigned code_page,
                                 rh_error *error) {
  const uint16_t *table = code_page_1252;
  size_t table_count = sizeof code_page_1252 / sizeof *code_page_1252;
  if (code_page == 65001) {
    if (!rh_utf8_is_valid(bytes, len))
      return rh_error_set(error, RH_ERR_FORMAT, "text", "is not valid UTF-8");
    return rh_buffer_append(out, bytes, len, error);
  }
  if (code_page == 1250 || code_page == 1251) {
    table = code_page == 1250 ? code_page_1250 : code_page_1251;
    table_count = 128;
  } else if (code_page != 1252 && code_page != 0) {
    rh_error_set(error, RH_ERR_UNSUPPORTED, "text", "code page %u is not known", code_page);
    rh_error_hint(error, "use 1252, 1250, 1251 or 65001");
    return RH_ERR_UNSUPPORTED;
  }
  const unsigned char *signs = bytes;
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < len; i++) {
    unsigned unit = signs[i];
    if (unit >= 0x80 && unit - 0x80 < table_count)
      unit = table[unit - 0x80];
    const unsigned char pair[2] = {(unsigned char)(unit & 0xFF), (unsigned char)(unit >> 8)};
    status = rh_utf8_from_utf16(out, pair, sizeof pair, error);
  }
  return status;
}

rh_status rh_regtext_error(const rh_regtext_source *source, size_t position, rh_error *error,
                           rh_status code, const char *format, ...) {
  char message[512];
  size_t line = 1, column = 1;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  for (size_t i = 0; i < position && i < source->text.len; i++) {
    unsigned char sign = source->text.data[i];
    if (sign == '\n') {
      line++;
      column = 1;
    } else if ((sign & 0xC0) != 0x80) {
      column++;
    }
  }
  return rh_error_set(error, code, source->label, "line %zu, column %zu: %s", line, column,
                      message);
}

rh_status rh_regtext_located(const rh_regtext_source *source, size_t position, rh_status status,
                             const rh_error *inner, rh_error *error) {
  rh_regtext_error(source, position, error, status, "%s", inner->message);
  rh_error_hint(error, "%s", inner->hint);
  return status;
}

int rh_regtext_peek(const rh_regtext_source *source, size_t ahead) {
  return ahead < source->text.len - source->position ? source->text.data[source->position + ahead]
                                                     : -1;
}

void rh_regtext_skip_blanks(rh_regtext_source *source) {
  int sign = rh_regtext_peek(source, 0);
  while (sign == ' ' || sign == '\t') {
    source->position++;
    sign = rh_regtext_peek(source, 0);
  }
}

void rh_regtext_skip_line(rh_regtext_source *source) {
  while (!rh_regtext_is_line_end(rh_regtext_peek(source, 0)))
    source->position++;
  if (rh_regtext_peek(source, 0) == '\r')
    source->position++;
  if (rh_regtext_peek(source, 0) == '\n')
    source->position++;
}

bool rh_regtext_take_word(rh_regtext_source *source, const char *word) {
  size_t len = strlen(word);
  if (len > source->text.len - source->position ||
      rh_name_compare((const char *)source->text.data + source->position, len, word, len) != 0)
    return false;
  source->position += len;
  return true;
}

static bool begins_with(const void *data, size_t len, const char *start) {
  return len >= strlen(start) && memcmp(data, start, strlen(start)) == 0;
}

static rh_status invalid_utf8(rh_regtext_source *out, const unsigned char *data, size_t len,
                              rh_error *error) {
  size_t position = 0;
  uint16_t pending = 0;
  rh_status status = rh_buffer_append(&out->text, data, len, error);
  if (status != RH_OK)
    return status;
  while (rh_utf16_next(rh_buffer_text(&out->text), len, &position, &pending) >= 0)
    ;
  status = rh_regtext_error(out, position, error, RH_ERR_FORMAT, "the text is not valid UTF-8");
  rh_error_hint(error, "save it as UTF-16 or UTF-8, or as REGEDIT4 in its code page");
  return status;
}

/* Without the mark of its encoding, which decides how data are decoded. */
static rh_status decode(rh_regtext_source *out, const unsigned char *data, size_t len,
                        rh_error *error) {
  if (begins_with(data, len, "\xFF\xFE"))
    return len % 2 == 0 ? rh_utf8_from_utf16(&out->text, data + 2, len - 2, error)
                        : rh_error_set(error, RH_ERR_FORMAT, out->label,
                                       "ends in the middle of a UTF-16 character");
  if (begins_with(data, len, "\xFE\xFF"))
    return rh_error_set(error, RH_ERR_UNSUPPORTED, out->label,
                        "is UTF-16 in big-endian order, which regedit does not write");
  size_t mark = begins_with(data, len, "\xEF\xBB\xBF") ? 3 : 0;
  out->ansi = begins_with(data + mark, len - mark, header_4);
  unsigned code_page = mark > 0 || !out->ansi ? 65001 : out->code_page;
  rh_status status = rh_utf8_from_code_page(&out->text, data + mark, len - mark, code_page, error);
  return status == RH_ERR_FORMAT ? invalid_utf8(out, data + mark, len - mark, error) : status;
}

static bool take_header(rh_regtext_source *source, const char *header) {
  size_t len = strlen(header);
  if (!begins_with(source->text.data, source->text.len, header))
    return false;
  source->position = len;
  rh_regtext_skip_blanks(source);
  return rh_regtext_is_line_end(rh_regtext_peek(source, 0));
}

rh_status rh_regtext_source_open(rh_regtext_source *out, const void *data, size_t len,
                                 const char *label, unsigned code_page, rh_error *error) {
  *out = (rh_regtext_source){.label = label, .code_page = code_page};
  rh_status status = decode(out, data, len, error);
  if (status == RH_OK)
    status = rh_buffer_reserve(&out->text, 0, error);
  if (status != RH_OK)
    return status;
  const unsigned char *nul = memchr(out->text.data, 0, out->text.len);
  if (nul)
    return rh_regtext_error(out, (size_t)(nul - out->text.data), error, RH_ERR_FORMAT,
                            "a NUL character, which text does not hold");
  if (!take_header(out, header_5) && !take_header(out, header_4)) {
    status =
        rh_regtext_error(out, 0, error, RH_ERR_FORMAT, "the header line of a .reg file is missing");
    rh_error_hint(error, "the first line must be \"%s\" or \"%s\"", header_5, header_4);
    return status;
  }
  rh_regtext_skip_line(out);
  return RH_OK;
}

void rh_regtext_source_dispose(rh_regtext_source *source) {
  rh_buffer_dispose_secret(&source->text);
}
