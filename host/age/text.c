/* The two text encodings of the age format: base64 and Bech32. */
#include "age/internal.h"

#include <string.h>

static const char base64_signs[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char bech32_signs[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

#define BECH32_CHECKSUM 6
#define BECH32_DIGITS 52 /* 32 bytes in groups of five bits, the last one padded */

/* Position of sign in a list of count signs; -1 when it is none of them. */
static int position_of(const char *signs, size_t count, char sign) {
  const char *found = memchr(signs, sign, count);
  return found ? (int)(found - signs) : -1;
}

rh_status rh_age_base64_append(rh_buffer *out, const void *data, size_t len, rh_error *error) {
  const unsigned char *bytes = data;
  uint32_t bits = 0;
  unsigned count = 0;
  rh_status status = rh_buffer_reserve(out, len / 3 * 4 + 4, error);
  for (size_t i = 0; status == RH_OK && i < len; i++) {
    bits = bits << 8 | bytes[i];
    count += 8;
    while (count >= 6 && status == RH_OK) {
      count -= 6;
      status = rh_buffer_append(out, &base64_signs[bits >> count & 63u], 1, error);
    }
  }
  if (status == RH_OK && count > 0)
    status = rh_buffer_append(out, &base64_signs[bits << (6 - count) & 63u], 1, error);
  return status;
}

bool rh_age_base64_decode(unsigned char *out, size_t *out_len, size_t capacity, const char *text,
                          size_t len) {
  uint32_t bits = 0;
  unsigned count = 0;
  *out_len = 0;
  if (len % 4 == 1)
    return false;
  for (size_t i = 0; i < len; i++) {
    int digit = position_of(base64_signs, 64, text[i]);
    if (digit < 0)
      return false;
    bits = bits << 6 | (uint32_t)digit;
    count += 6;
    if (count < 8)
      continue;
    if (*out_len == capacity)
      return false;
    count -= 8;
    out[(*out_len)++] = (unsigned char)(bits >> count);
  }
  return (bits & ((1u << count) - 1)) == 0;
}

static uint32_t checksum_add(uint32_t sum, unsigned digit) {
  static const uint32_t generator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
  uint32_t top = sum >> 25;
  sum = (sum & 0x1ffffff) << 5 ^ digit;
  for (unsigned i = 0; i < 5; i++)
    if (top >> i & 1)
      sum ^= generator[i];
  return sum;
}

static uint32_t checksum_of_prefix(const char *prefix) {
  uint32_t sum = 1;
  for (const char *sign = prefix; *sign; sign++)
    sum = checksum_add(sum, (unsigned char)*sign >> 5);
  sum = checksum_add(sum, 0);
  for (const char *sign = prefix; *sign; sign++)
    sum = checksum_add(sum, (unsigned char)*sign & 31u);
  return sum;
}

static char to_case(char sign, bool upper) {
  if (upper && sign >= 'a' && sign <= 'z')
    return (char)(sign - 'a' + 'A');
  if (!upper && sign >= 'A' && sign <= 'Z')
    return (char)(sign - 'A' + 'a');
  return sign;
}

rh_status rh_age_bech32_append(rh_buffer *out, const char *prefix, const unsigned char data[32],
                               bool upper, rh_error *error) {
  unsigned char digits[BECH32_DIGITS + BECH32_CHECKSUM] = {0};
  for (unsigned i = 0; i < 256; i++)
    if (data[i / 8] >> (7 - i % 8) & 1)
      digits[i / 5] |= (unsigned char)(1u << (4 - i % 5));
  uint32_t sum = checksum_of_prefix(prefix);
  for (unsigned i = 0; i < BECH32_DIGITS + BECH32_CHECKSUM; i++)
    sum = checksum_add(sum, digits[i]);
  sum ^= 1;
  for (unsigned i = 0; i < BECH32_CHECKSUM; i++)
    digits[BECH32_DIGITS + i] = sum >> 5 * (5 - i) & 31u;

  size_t start = out->len;
  rh_status status = rh_buffer_append_text(out, prefix, error);
  if (status == RH_OK)
    status = rh_buffer_append(out, "1", 1, error);
  for (unsigned i = 0; status == RH_OK && i < sizeof digits; i++)
    status = rh_buffer_append(out, &bech32_signs[digits[i]], 1, error);
  for (size_t i = start; i < out->len; i++)
    out->data[i] = (unsigned char)to_case((char)out->data[i], upper);
  rh_wipe(digits, sizeof digits);
  return status;
}

bool rh_age_bech32_decode(unsigned char out[32], const char *prefix, const char *text, size_t len) {
  size_t prefix_len = strlen(prefix);
  bool upper = false, lower = false;
  if (len != prefix_len + 1 + BECH32_DIGITS + BECH32_CHECKSUM)
    return false;
  for (size_t i = 0; i < len; i++) {
    upper = upper || (text[i] >= 'A' && text[i] <= 'Z');
    lower = lower || (text[i] >= 'a' && text[i] <= 'z');
    if (i < prefix_len && to_case(text[i], false) != prefix[i])
      return false;
  }
  if ((upper && lower) || text[prefix_len] != '1')
    return false;
  uint32_t sum = checksum_of_prefix(prefix), bits = 0;
  unsigned count = 0;
  size_t done = 0;
  for (size_t i = prefix_len + 1; i < len; i++) {
    int digit = position_of(bech32_signs, 32, to_case(text[i], false));
    if (digit < 0)
      return false;
    sum = checksum_add(sum, (unsigned)digit);
    if (i >= len - BECH32_CHECKSUM)
      continue;
    bits = bits << 5 | (uint32_t)digit;
    count += 5;
    if (count >= 8 && done < 32) {
      count -= 8;
      out[done++] = (unsigned char)(bits >> count);
    }
  }
  return sum == 1 && (bits & ((1u << count) - 1)) == 0;
}
