/* Fuzz target: the input is .reg text, its first byte how it is read. What is read is written and
 * read again, and must be the same. */
#include "registry/diff.h"
#include "registry/hive/hive.h"
#include "registry/text/regtext.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

typedef struct pieces {
  const uint8_t *data;
  size_t left, size;
} pieces;

static rh_status pull(void *payload, void *out, size_t capacity, size_t *len, rh_error *error) {
  pieces *self = payload;
  size_t most = capacity < self->size ? capacity : self->size;
  (void)error;
  *len = self->left < most ? self->left : most;
  if (*len > 0)
    memcpy(out, self->data, *len);
  self->data += *len;
  self->left -= *len;
  return RH_OK;
}

static rh_status collect(void *payload, const void *data, size_t len, rh_error *error) {
  return rh_buffer_append(payload, data, len, error);
}

static rh_status refuse(void *payload, const rh_registry_difference *difference, rh_error *error) {
  (void)payload, (void)difference, (void)error;
  abort();
}

static void round_trip(rh_registry *registry) {
  static const rh_regtext_read_options options = {.prefix = "HKEY_LOCAL_MACHINE\\X"};
  const rh_registry_differ differ = {.on_difference = refuse};
  rh_buffer text = {0};
  rh_hive *copy = NULL;
  rh_key a = RH_KEY_NONE, b = RH_KEY_NONE;
  rh_registry_root(registry, &a, NULL);
  if (rh_regtext_write(registry, a, options.prefix, collect, &text, NULL) == RH_OK &&
      rh_hive_create(&copy, &(rh_hive_options){.time = 1}, NULL) == RH_OK) {
    rh_registry *other = rh_hive_registry(copy);
    rh_registry_root(other, &b, NULL);
    if (rh_regtext_read(other, text.data, text.len, "again", &options, NULL, NULL) != RH_OK ||
        rh_registry_diff(registry, a, other, b, &differ, NULL) != RH_OK)
      abort();
  }
  rh_buffer_dispose(&text);
  rh_hive_free(copy);
}

/* Every other name has no hive. */
static rh_status hive_of(void *payload, const char *name, size_t len, rh_registry **out,
                         rh_error *error) {
  (void)name, (void)error;
  if (len % 2 == 0)
    *out = payload;
  return RH_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
  static const unsigned code_pages[] = {0, 1250, 1251, 65001};
  rh_hive *hive = NULL;
  if (len == 0 || rh_hive_create(&hive, &(rh_hive_options){.time = 1}, NULL) != RH_OK)
    return 0;
  pieces file = {data + 1, len - 1, data[0] & 4 ? 7 : 100000};
  const rh_regtext_read_options options = {.skip_other_keys = data[0] & 8,
                                           .control_set = data[0] & 16 ? "ControlSet001" : NULL,
                                           .prefix = data[0] & 32 ? "" : NULL,
                                           .hive_of = data[0] & 64 ? hive_of : NULL,
                                           .payload = rh_hive_registry(hive),
                                           .only = data[0] & 128 ? "Select" : NULL,
                                           .code_page = code_pages[data[0] & 3]};
  rh_regtext_read_stream(rh_hive_registry(hive), pull, &file, "fuzz", &options, NULL, NULL);
  round_trip(rh_hive_registry(hive));
  rh_hive_free(hive);
  return 0;
}
