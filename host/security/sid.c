/* Security identifiers as bytes, text and names: [MS-DTYP] 2.4.2. */
#include "security/sid.h"

#include "base/reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_MAX 15
#define HEAD 8

size_t rh_sid_len(const void *data, size_t len) {
  rh_reader reader = rh_reader_of(data, len);
  uint8_t revision = rh_reader_u8(&reader), count = rh_reader_u8(&reader);
  size_t wanted = HEAD + (size_t)count * 4;
  return !reader.failed && revision == 1 && count <= NUMBERS_MAX && wanted <= len ? wanted : 0;
}

bool rh_sid_print(char out[RH_SID_TEXT], const void *data, size_t len, size_t *used) {
  size_t sid_len = rh_sid_len(data, len);
  rh_reader reader = rh_reader_of(data, sid_len);
  uint64_t authority = 0;
  if (sid_len == 0)
    return false;
  rh_reader_seek(&reader, 2);
  for (int i = 0; i < 6; i++)
    authority = authority << 8 | rh_reader_u8(&reader);
  int at =
      snprintf(out, RH_SID_TEXT, authority >> 32 ? "S-1-0x%012" PRIX64 : "S-1-%" PRIu64, authority);
  while (reader.position < sid_len)
    at += snprintf(out + at, RH_SID_TEXT - (size_t)at, "-%" PRIu32, rh_reader_u32(&reader));
  if (used)
    *used = sid_len;
  return true;
}

/* One number behind a hyphen; the first may be in hex. NULL when there is none within limit. */
static const char *read_number(const char *at, bool hex, uint64_t limit, uint64_t *out) {
  char *end = NULL;
  hex = hex && strncmp(at, "-0x", 3) == 0;
  if (*at != '-' || !strchr("0123456789", at[1]) || !at[1])
    return NULL;
  *out = strtoull(at + 1, &end, hex ? 16 : 10);
  return end != at + 3 || !hex ? (*out <= limit ? end : NULL) : NULL;
}

rh_status rh_sid_parse(rh_buffer *out, const char *text, rh_error *error) {
  unsigned char head[HEAD] = {1};
  uint64_t authority = 0, numbers[NUMBERS_MAX] = {0};
  size_t count = 0;
  const char *at = strncmp(text, "S-1-", 4) == 0 ? text + 3 : NULL;
  if (at)
    at = read_number(at, true, 0xFFFFFFFFFFFFu, &authority);
  while (at && *at && count < NUMBERS_MAX)
    at = read_number(at, false, 0xFFFFFFFFu, &numbers[count++]);
  if (!at || *at)
    return rh_error_set(error, RH_ERR_ARGUMENT, text, "is no security identifier");
  head[1] = (unsigned char)count;
  for (unsigned i = 0; i < 6; i++)
    head[2 + i] = (unsigned char)(authority >> (40 - 8 * i));
  rh_status status = rh_buffer_append(out, head, sizeof head, error);
  for (size_t i = 0; status == RH_OK && i < count; i++)
    status = rh_buffer_append_u32(out, (unsigned long)numbers[i], error);
  return status;
}

const char *rh_sid_name(const void *sid, size_t len) {
  static const struct {
    const char *sid, *name;
  } known[] = {
      {"S-1-0-0", "NULL SID"},
      {"S-1-1-0", "Everyone"},
      {"S-1-2-0", "LOCAL"},
      {"S-1-3-0", "CREATOR OWNER"},
      {"S-1-3-1", "CREATOR GROUP"},
      {"S-1-3-2", "CREATOR OWNER SERVER"},
      {"S-1-3-3", "CREATOR GROUP SERVER"},
      {"S-1-3-4", "OWNER RIGHTS"},
      {"S-1-5-1", "NT AUTHORITY\\DIALUP"},
      {"S-1-5-2", "NT AUTHORITY\\NETWORK"},
      {"S-1-5-3", "NT AUTHORITY\\BATCH"},
      {"S-1-5-4", "NT AUTHORITY\\INTERACTIVE"},
      {"S-1-5-6", "NT AUTHORITY\\SERVICE"},
      {"S-1-5-7", "NT AUTHORITY\\ANONYMOUS LOGON"},
      {"S-1-5-9", "NT AUTHORITY\\ENTERPRISE DOMAIN CONTROLLERS"},
      {"S-1-5-10", "NT AUTHORITY\\SELF"},
      {"S-1-5-11", "NT AUTHORITY\\Authenticated Users"},
      {"S-1-5-12", "NT AUTHORITY\\RESTRICTED"},
      {"S-1-5-13", "NT AUTHORITY\\TERMINAL SERVER USER"},
      {"S-1-5-14", "NT AUTHORITY\\REMOTE INTERACTIVE LOGON"},
      {"S-1-5-15", "NT AUTHORITY\\This Organization"},
      {"S-1-5-17", "NT AUTHORITY\\IUSR"},
      {"S-1-5-18", "NT AUTHORITY\\SYSTEM"},
      {"S-1-5-19", "NT AUTHORITY\\LOCAL SERVICE"},
      {"S-1-5-20", "NT AUTHORITY\\NETWORK SERVICE"},
      {"S-1-5-32-544", "BUILTIN\\Administrators"},
      {"S-1-5-32-545", "BUILTIN\\Users"},
      {"S-1-5-32-546", "BUILTIN\\Guests"},
      {"S-1-5-32-547", "BUILTIN\\Power Users"},
      {"S-1-5-32-548", "BUILTIN\\Account Operators"},
      {"S-1-5-32-549", "BUILTIN\\Server Operators"},
      {"S-1-5-32-550", "BUILTIN\\Print Operators"},
      {"S-1-5-32-551", "BUILTIN\\Backup Operators"},
      {"S-1-5-32-552", "BUILTIN\\Replicator"},
      {"S-1-5-32-555", "BUILTIN\\Remote Desktop Users"},
      {"S-1-5-32-556", "BUILTIN\\Network Configuration Operators"},
      {"S-1-5-32-558", "BUILTIN\\Performance Monitor Users"},
      {"S-1-5-32-559", "BUILTIN\\Performance Log Users"},
      {"S-1-5-32-568", "BUILTIN\\IIS_IUSRS"},
      {"S-1-5-32-569", "BUILTIN\\Cryptographic Operators"},
      {"S-1-5-32-573", "BUILTIN\\Event Log Readers"},
      {"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
       "NT SERVICE\\TrustedInstaller"},
      {"S-1-15-2-1", "APPLICATION PACKAGE AUTHORITY\\ALL APPLICATION PACKAGES"},
      {"S-1-15-2-2", "APPLICATION PACKAGE AUTHORITY\\ALL RESTRICTED APPLICATION PACKAGES"},
      {"S-1-16-0", "Mandatory Label\\Untrusted Mandatory Level"},
      {"S-1-16-4096", "Mandatory Label\\Low Mandatory Level"},
      {"S-1-16-8192", "Mandatory Label\\Medium Mandatory Level"},
      {"S-1-16-12288", "Mandatory Label\\High Mandatory Level"},
      {"S-1-16-16384", "Mandatory Label\\System Mandatory Level"},
  };
  char text[RH_SID_TEXT];
  size_t used = 0;
  if (!rh_sid_print(text, sid, len, &used) || used != len)
    return NULL;
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(known[i].sid, text) == 0)
      return known[i].name;
  return NULL;
}
