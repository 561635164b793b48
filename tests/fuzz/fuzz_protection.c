/* Fuzz target: the input is a protection's line from a journal, and is refused or comes back. An
 * access list in it is read. */
#include "security/protection.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds) {
  if (!holds)
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
  rh_protection read, private = {.kind = RH_PROTECTION_POSIX, .mode = 0600};
  rh_buffer line = {0}, words = {0};
  bool wider = true;
  if (rh_protection_decode(&read, (const char *)data, len, NULL) != RH_OK)
    return 0;
  must(rh_protection_encode(&line, &read, NULL) == RH_OK);
  must(line.len == len && memcmp(line.data, data, len) == 0);
  must(rh_protection_describe(&words, &read, NULL) == RH_OK);
  must(rh_protection_is_wider(&wider, NULL, &read, &read, NULL) == RH_OK && !wider);
  must(rh_protection_is_wider(&wider, NULL, &read, &private, NULL) == RH_OK);
  must(rh_protection_is_wider(&wider, NULL, &private, &read, NULL) == RH_OK);
  rh_protection_dispose(&read);
  rh_buffer_dispose(&line);
  rh_buffer_dispose(&words);
  return 0;
}
