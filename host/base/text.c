/* Text: UTF-8 inside rehome, UTF-16LE and Latin-1 in Windows' files, names without case. */
#include "base/text.h"

#include "base/reader.h"
#include "base/upcase_table.h"

#include <string.h>

/* Nearly all text is ASCII, which is gone through eight bytes at a time. */
#define HIGH_BITS 0x8080808080808080u

/* Goes past ASCII; fewer than eight characters of it may still follow. */
static size_t past_ascii(const char *text, size_t position, size_t len) {
  while (len - position >= 8 && !(rh_load_u64((const unsigned char *)text + position) & HIGH_BITS))
    position += 8;
  return position;
}

/* Writes the ASCII characters that UTF-16 text begins with; gives how many they are. */
static size_t narrow(unsigned char *out, const unsigned char *units, size_t len) {
  size_t count = len / 2, done = 0;
  for (; count - done >= 4; done += 4) {
    uint64_t four = rh_load_u64(units + 2 * done);
    if (four & 0xFF80FF80FF80FF80u)
      break;
    out[done] = (unsigned char)four;
    out[done + 1] = (unsigned char)(four >> 16);
    out[done + 2] = (unsigned char)(four >> 32);
    out[done + 3] = (unsigned char)(four >> 48);
  }
  for (; done < count && units[2 * done] < 0x80 && units[2 * done + 1] == 0; done++)
    out[done] = units[2 * done];
  return done;
}

/* Decodes one WTF-8 character. Returns its code point, or -1 for bytes that are none. */
static int32_t decode(const unsigned char *text, size_t len, size_t *position) {
  size_t at = *position;
  unsigned char lead = text[at];
  if (lead < 0x80) {
    *position = at + 1;
    return lead;
  }
  size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  if (lead < 0xC2 || lead > 0xF4 || len - at <= more)
    return -1;
  int32_t code = lead & (0x3F >> more);
  for (size_t i = 1; i <= more; i++) {
    if ((text[at + i] & 0xC0) != 0x80)
      return -1;
    code = code << 6 | (text[at + i] & 0x3F);
  }
  static const int32_t least[] = {0, 0x80, 0x800, 0x10000};
  if (code < least[more] || code > 0x10FFFF)
    return -1;
  *position = at + more + 1;
  return code;
}

int32_t rh_utf16_next(const char *text, size_t len, size_t *position, uint16_t *pending) {
  if (*pending) {
    uint16_t unit = *pending;
    *pending = 0;
    return unit;
  }
  if (*position >= len)
    return -1;
  int32_t code = decode((const unsigned char *)text, len, position);
  if (code < 0)
    return -2;
  if (code < 0x10000)
    return code;
  *pending = (uint16_t)(0xDC00 + ((code - 0x10000) & 0x3FF));
  return 0xD800 + ((code - 0x10000) >> 10);
}

rh_status rh_utf16_from_utf8(rh_buffer *out, const char *text, size_t len, rh_error *error) {
  size_t position = 0;
  uint16_t pending = 0;
  rh_status status = rh_buffer_reserve(out, len > SIZE_MAX / 4 ? SIZE_MAX : len * 2, error);
  if (status != RH_OK)
    return status;
  for (;;) {
    size_t end = pending ? position : past_ascii(text, position, len);
    for (; position < end; position++, out->len += 2)
      rh_store_u16(out->data + out->len, (unsigned char)text[position]);
    int32_t unit = rh_utf16_next(text, len, &position, &pending);
    if (unit == -1)
      break;
    if (unit == -2)
      return rh_error_set(error, RH_ERR_FORMAT, "text", "byte %zu is not valid UTF-8", position);
    out->data[out->len++] = (unsigned char)(unit & 0xFF);
    out->data[out->len++] = (unsigned char)(unit >> 8);
  }
  out->data[out->len] = 0;
  return RH_OK;
}

static void put_character(rh_buffer *out, uint32_t code) {
  if (code < 0x80) {
    out->data[out->len++] = (unsigned char)code;
  } else if (code < 0x800) {
    out->data[out->len++] = (unsigned char)(0xC0 | code >> 6);
    out->data[out->len++] = (unsigned char)(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out->data[out->len++] = (unsigned char)(0xE0 | code >> 12);
    out->data[out->len++] = (unsigned char)(0x80 | (code >> 6 & 0x3F));
    out->data[out->len++] = (unsigned char)(0x80 | (code & 0x3F));
  } else {
    out->data[out->len++] = (unsigned char)(0xF0 | code >> 18);
    out->data[out->len++] = (unsigned char)(0x80 | (code >> 12 & 0x3F));
    out->data[out->len++] = (unsigned char)(0x80 | (code >> 6 & 0x3F));
    out->data[out->len++] = (unsigned char)(0x80 | (code & 0x3F));
  }
}

rh_status rh_utf8_from_utf16(rh_buffer *out, const void *bytes, size_t len, rh_error *error) {
  const unsigned char *units = bytes;
  rh_status status = rh_buffer_reserve(out, len > SIZE_MAX / 4 ? SIZE_MAX : len / 2 * 3, error);
  if (status != RH_OK)
    return status;
  for (size_t i = 0; i + 1 < len; i += 2) {
    size_t plain = narrow(out->data + out->len, units + i, len - i);
    out->len += plain;
    i += 2 * plain;
    if (i + 1 >= len)
      break;
    uint32_t code = units[i] | (uint32_t)units[i + 1] << 8;
    if (code >= 0xD800 && code < 0xDC00 && i + 3 < len) {
      uint32_t low = units[i + 2] | (uint32_t)units[i + 3] << 8;
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        i += 2;
      }
    }
    put_character(out, code);
  }
  out->data[out->len] = 0;
  return RH_OK;
}

rh_status rh_utf8_from_latin1(rh_buffer *out, const void *bytes, size_t len, rh_error *error) {
  const unsigned char *characters = bytes;
  rh_status status = rh_buffer_reserve(out, len > SIZE_MAX / 4 ? SIZE_MAX : len * 2, error);
  if (status != RH_OK)
    return status;
  for (size_t i = 0; i < len; i++)
    put_character(out, characters[i]);
  out->data[out->len] = 0;
  return RH_OK;
}

size_t rh_utf16_count(const char *text, size_t len) {
  size_t position = past_ascii(text, 0, len), count = position;
  uint16_t pending = 0;
  for (;;) {
    int32_t unit = rh_utf16_next(text, len, &position, &pending);
    if (unit < 0)
      return unit == -1 ? count : SIZE_MAX;
    count++;
  }
}

bool rh_utf8_is_valid(const void *text, size_t len) {
  for (size_t position = 0;;) {
    position = past_ascii(text, position, len);
    if (position == len)
      return true;
    int32_t code = decode(text, len, &position);
    if (code < 0 || (code >= 0xD800 && code < 0xE000))
      return false;
  }
}

uint16_t rh_upcase(uint16_t unit) {
  if (unit < 0x80)
    return (uint16_t)(unit >= 'a' && unit <= 'z' ? unit - 32 : unit);
  size_t low = 0, high = sizeof upcase_table / sizeof *upcase_table;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (upcase_table[middle].first <= unit)
      low = middle + 1;
    else
      high = middle;
  }
  if (low > 0 && unit <= upcase_table[low - 1].last &&
      (unit - upcase_table[low - 1].first) % upcase_table[low - 1].step == 0)
    return (uint16_t)(unit + upcase_table[low - 1].distance);
  return unit;
}

rh_status rh_utf8_upcase(rh_buffer *out, const char *text, size_t len, rh_error *error) {
  size_t position = 0, whole = 0;
  uint16_t pending = 0;
  int32_t unit;
  rh_buffer units = {0};
  rh_status status = RH_OK;
  while (status == RH_OK && (unit = rh_utf16_next(text, len, &position, &pending)) >= 0) {
    whole = position;
    status = rh_buffer_append_u16(&units, rh_upcase((uint16_t)unit), error);
  }
  if (status == RH_OK)
    status = rh_utf8_from_utf16(out, units.data, units.len, error);
  if (status == RH_OK)
    status = rh_buffer_append(out, text + whole, len - whole, error);
  rh_buffer_dispose(&units);
  return status;
}

int rh_name_compare(const char *a, size_t a_len, const char *b, size_t b_len) {
  size_t a_position = 0, b_position = 0;
  uint16_t a_pending = 0, b_pending = 0;
  for (;;) {
    int32_t x = rh_utf16_next(a, a_len, &a_position, &a_pending);
    int32_t y = rh_utf16_next(b, b_len, &b_position, &b_pending);
    if (x < 0 || y < 0)
      return (x >= 0) - (y >= 0);
    if (x == y)
      continue;
    int difference = (int)rh_upcase((uint16_t)x) - (int)rh_upcase((uint16_t)y);
    if (difference)
      return difference;
  }
}

bool rh_name_equal(const char *a, const char *b) {
  return rh_name_compare(a, strlen(a), b, strlen(b)) == 0;
}

void rh_hex_print(char *out, const void *data, size_t len, bool upper) {
  const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  const unsigned char *bytes = data;
  for (size_t i = 0; i < len; i++) {
    *out++ = digits[bytes[i] >> 4];
    *out++ = digits[bytes[i] & 15];
  }
  *out = '\0';
}

static int hex_digit(char sign) {
  if (sign >= '0' && sign <= '9')
    return sign - '0';
  if (sign >= 'a' && sign <= 'f')
    return sign - 'a' + 10;
  if (sign >= 'A' && sign <= 'F')
    return sign - 'A' + 10;
  return -1;
}

rh_status rh_hex_parse(rh_buffer *out, const char *hex, size_t len, rh_error *error) {
  if (len % 2 != 0)
    return rh_error_set(error, RH_ERR_FORMAT, "hex", "odd number of hex digits");
  rh_status status = rh_buffer_reserve(out, len / 2, error);
  if (status != RH_OK)
    return status;
  size_t start = out->len;
  for (size_t i = 0; i < len; i += 2) {
    int high = hex_digit(hex[i]), low = hex_digit(hex[i + 1]);
    if (high < 0 || low < 0) {
      out->len = start;
      return rh_error_set(error, RH_ERR_FORMAT, "hex", "sign %zu is not a hex digit", i + 1);
    }
    out->data[out->len++] = (unsigned char)(high << 4 | low);
  }
  out->data[out->len] = 0;
  return RH_OK;
}
