/* Security identifiers as text: [MS-DTYP] 2.4.2. */
#include "account/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SID_NUMBERS_MAX 15

bool rh_sid_print(char out[RH_SID_TEXT], const void *data, size_t len, size_t *used) {
  rh_reader reader = rh_reader_of(data, len);
  uint8_t revision = rh_reader_u8(&reader), count = rh_reader_u8(&reader);
  uint64_t authority = 0;
  for (int i = 0; i < 6; i++)
    authority = authority << 8 | rh_reader_u8(&reader);
  if (reader.failed || revision != 1 || count > SID_NUMBERS_MAX ||
      !rh_reader_has(&reader, reader.position, (size_t)count * 4))
    return false;
  int at = snprintf(out, RH_SID_TEXT, "S-1-%" PRIu64, authority);
  for (int i = 0; i < count; i++)
    at += snprintf(out + at, RH_SID_TEXT - (size_t)at, "-%" PRIu32, rh_reader_u32(&reader));
  if (used)
    *used = reader.position;
  return true;
}

rh_status rh_sid_parse(rh_buffer *out, const char *text, rh_error *error) {
  unsigned char head[8] = {1};
  unsigned long long numbers[SID_NUMBERS_MAX + 1];
  size_t count = 0;
  bool sound = strncmp(text, "S-1-", 4) == 0;
  const char *at = text + 3;
  while (sound && *at == '-' && count <= SID_NUMBERS_MAX) {
    char *end = NULL;
    sound = at[1] >= '0' && at[1] <= '9';
    numbers[count] = sound ? strtoull(at + 1, &end, 10) : 0;
    sound = sound && numbers[count] <= (count == 0 ? 0xFFFFFFFFFFFFu : 0xFFFFFFFFu);
    count++;
    at = end ? end : at;
  }
  if (!sound || *at || count == 0)
    return rh_error_set(error, RH_ERR_ARGUMENT, text, "is no security identifier");
  head[1] = (unsigned char)(count - 1);
  for (unsigned i = 0; i < 6; i++)
    head[2 + i] = (unsigned char)(numbers[0] >> (40 - 8 * i));
  rh_status status = rh_buffer_append(out, head, sizeof head, error);
  for (size_t i = 1; status == RH_OK && i < count; i++)
    status = rh_buffer_append_u32(out, (unsigned long)numbers[i], error);
  return status;
}
