/* The data of a value in .reg text: strings, numbers and lists of bytes. */
#include "registry/text/internal.h"

#include "base/code_page.h"
#include "base/text.h"

/* How many bytes from the position on stand for themselves. */
static size_t plain_run(const rh_regtext_source *source, bool one_line) {
  const unsigned char *from = source->text.data + source->position;
  size_t left = source->text.len - source->position, run = 0;
  while (run < left && from[run] != '"' && from[run] != '\\' &&
         !(one_line && rh_regtext_is_line_end(from[run])))
    run++;
  return run;
}

/* Only \\ and \" are escapes; another backslash stands for itself. */
rh_status rh_regtext_read_string(rh_regtext_source *source, rh_buffer *out, bool one_line,
                                 rh_error *error) {
  size_t start = source->position++;
  rh_status status = RH_OK;
  rh_buffer_clear(out);
  while (status == RH_OK) {
    size_t run = plain_run(source, one_line);
    status = rh_buffer_append(out, source->text.data + source->position, run, error);
    source->position += run;
    if (status != RH_OK)
      break;
    int sign = rh_regtext_peek(source, 0);
    if (sign < 0 || (one_line && rh_regtext_is_line_end(sign)))
      return rh_regtext_error(source, start, error, RH_ERR_FORMAT,
                              "the string that begins here is not closed");
    int next = rh_regtext_peek(source, 1);
    if (sign == '"') {
      source->position++;
      break;
    }
    if (sign == '\\' && (next == '\\' || next == '"')) {
      sign = next;
      source->position++;
    }
    source->position++;
    const unsigned char byte = (unsigned char)sign;
    status = rh_buffer_append(out, &byte, 1, error);
  }
  return status;
}

static inline int hex_digit(int sign) {
  if (sign >= '0' && sign <= '9')
    return sign - '0';
  int lower = sign | 0x20;
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* A hex number of up to eight digits, as in dword: and in hex(n). */
static rh_status read_number(rh_regtext_source *source, uint32_t *out, rh_error *error) {
  int digit;
  size_t count = 0;
  *out = 0;
  rh_regtext_skip_blanks(source);
  while ((digit = hex_digit(rh_regtext_peek(source, 0))) >= 0 && count < 9) {
    *out = *out << 4 | (uint32_t)digit;
    source->position++;
    count++;
  }
  if (count == 0 || count > 8)
    return rh_regtext_error(source, source->position, error, RH_ERR_FORMAT,
                            count ? "a number has more than eight hex digits"
                                  : "a hex digit is expected");
  return RH_OK;
}

/* "n):" */
static rh_status read_type(rh_regtext_source *source, uint32_t *out, rh_error *error) {
  rh_status status = read_number(source, out, error);
  if (status == RH_OK && !rh_regtext_take_word(source, "):"))
    status = rh_regtext_error(source, source->position, error, RH_ERR_FORMAT,
                              "\"):\" is expected behind the type");
  return status;
}

/* Blanks, and a backslash that continues the list on the next line: behind it may stand a comment,
 * and empty lines and lines with a comment may follow it (as "reg import" of Wine reads them, which
 * is tested against Windows). */
static void skip_continuation(rh_regtext_source *source) {
  bool continued = false;
  rh_regtext_skip_blanks(source);
  for (;;) {
    size_t start = source->position;
    bool backslash = rh_regtext_peek(source, 0) == '\\';
    source->position += backslash;
    rh_regtext_skip_blanks(source);
    int sign = rh_regtext_peek(source, 0);
    if (sign < 0)
      return;
    if ((!backslash && !continued) || (!rh_regtext_is_line_end(sign) && sign != ';')) {
      source->position = start;
      return;
    }
    continued = true;
    rh_regtext_skip_line(source);
    rh_regtext_skip_blanks(source);
  }
}

#define RUN_MAX ((size_t)4096)

/* Up to RUN_MAX bytes at the position that have a comma right behind them. */
static rh_status read_run(rh_regtext_source *source, rh_buffer *out, rh_error *error) {
  const unsigned char *from = source->text.data + source->position;
  size_t left = source->text.len - source->position, at = 0, most = RUN_MAX;
  rh_status status = rh_buffer_reserve(out, most, error);
  if (status != RH_OK)
    return status;
  for (; left - at >= 3 && from[at + 2] == ',' && most > 0; at += 3, most--) {
    int high = hex_digit(from[at]), low = hex_digit(from[at + 1]);
    if (high < 0 || low < 0)
      break;
    out->data[out->len++] = (unsigned char)(high << 4 | low);
  }
  source->position += at;
  return RH_OK;
}

/* "01,02,\" and so on; a byte may have one digit, and a comma may be the last sign. */
static rh_status read_bytes(rh_regtext_source *source, rh_buffer *out, rh_error *error) {
  rh_status status = RH_OK;
  skip_continuation(source);
  while (status == RH_OK) {
    size_t start = source->position;
    status = read_run(source, out, error);
    if (status != RH_OK)
      break;
    if (source->position > start) {
      skip_continuation(source);
      if (source->position > start + 3 * RUN_MAX - 1)
        continue;
    }
    int sign = rh_regtext_peek(source, 0);
    if (rh_regtext_is_line_end(sign) || sign == ';')
      break;
    int high = hex_digit(sign), low = hex_digit(rh_regtext_peek(source, 1));
    if (high < 0)
      return rh_regtext_error(source, source->position, error, RH_ERR_FORMAT,
                              "one or two hex digits a byte are expected");
    const unsigned char byte = (unsigned char)(low < 0 ? high : high << 4 | low);
    source->position += low < 0 ? 1 : 2;
    status = rh_buffer_append(out, &byte, 1, error);
    skip_continuation(source);
    if (!rh_regtext_take_word(source, ","))
      break;
    skip_continuation(source);
  }
  return status;
}

static rh_status read_text(rh_regtext_source *source, rh_buffer *out, rh_error *error) {
  rh_buffer *text = &source->scratch;
  if (rh_regtext_peek(source, 0) != '"')
    return rh_regtext_error(source, source->position, error, RH_ERR_FORMAT,
                            "a quoted string is expected");
  rh_status status = rh_regtext_read_string(source, text, false, error);
  if (status == RH_OK)
    status = rh_utf16_from_utf8(out, rh_buffer_text(text), text->len, error);
  return status == RH_OK ? rh_buffer_append_u16(out, 0, error) : status;
}

/* In REGEDIT4 the bytes of strings are text in the code page. */
static rh_status widen_text(rh_regtext_source *source, size_t position, uint32_t type,
                            rh_buffer *bytes, rh_error *error) {
  if (!source->ansi || (type != RH_REG_SZ && type != RH_REG_EXPAND_SZ && type != RH_REG_MULTI_SZ))
    return RH_OK;
  rh_error inner = {0};
  rh_buffer text = {0};
  rh_status status =
      rh_utf8_from_code_page(&text, bytes->data, bytes->len, source->code_page, &inner);
  rh_buffer_clear(bytes);
  if (status == RH_OK)
    status = rh_utf16_from_utf8(bytes, rh_buffer_text(&text), text.len, &inner);
  rh_buffer_dispose_secret(&text);
  return status == RH_OK ? RH_OK : rh_regtext_located(source, position, status, &inner, error);
}

rh_status rh_regtext_read_data(rh_regtext_source *source, uint32_t *type, rh_buffer *out,
                               rh_error *error) {
  size_t start = source->position;
  rh_status status = RH_OK;
  rh_buffer_clear(out);
  if (rh_regtext_peek(source, 0) == '"') {
    *type = RH_REG_SZ;
    return read_text(source, out, error);
  }
  if (rh_regtext_take_word(source, "dword:")) {
    uint32_t number;
    *type = RH_REG_DWORD;
    status = read_number(source, &number, error);
    return status == RH_OK ? rh_buffer_append_u32(out, number, error) : status;
  }
  if (rh_regtext_take_word(source, "str(")) {
    status = read_type(source, type, error);
    return status == RH_OK ? read_text(source, out, error) : status;
  }
  *type = RH_REG_BINARY;
  if (rh_regtext_take_word(source, "hex("))
    status = read_type(source, type, error);
  else if (!rh_regtext_take_word(source, "hex:"))
    return rh_regtext_error(source, start, error, RH_ERR_FORMAT,
                            "a quoted string, dword:, hex: or hex(n): is expected");
  if (status == RH_OK)
    status = read_bytes(source, out, error);
  return status == RH_OK ? widen_text(source, start, *type, out, error) : status;
}
