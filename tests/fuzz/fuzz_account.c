/* Fuzz target: the input is the values of one user and one group, V, F and C with their lengths in
 * front. They are read, and what was read comes back unchanged after the way through a hive. */
#include "account/account.h"
#include "base/reader.h"
#include "registry/hive/hive.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define USER "SAM\\Domains\\Account\\Users\\000003E9"
#define GROUP "SAM\\Domains\\Account\\Aliases\\000003EA"

static void set(rh_registry *sam, const char *path, const char *name, rh_reader *input) {
  size_t len = rh_reader_u16(input), left = input->len - input->position;
  rh_key root = RH_KEY_NONE, key = RH_KEY_NONE;
  len = len < left ? len : left;
  rh_registry_root(sam, &root, NULL);
  if (rh_registry_create_path(sam, root, path, &key, NULL) != RH_OK ||
      rh_registry_set_value(sam, key, name, 1, RH_REG_BINARY, rh_reader_bytes(input, len), len,
                            NULL) != RH_OK)
    abort();
}

static rh_hive *written(rh_buffer *out, const rh_account_list *list) {
  rh_hive *hive = NULL;
  if (rh_hive_create(&hive, &(rh_hive_options){.time = 1}, NULL) != RH_OK)
    abort();
  rh_hive_registry(hive)->clock = 1;
  if (rh_account_list_write(rh_hive_registry(hive), list, true, true, NULL) != RH_OK ||
      rh_hive_serialize(hive, out, NULL) != RH_OK)
    abort();
  return hive;
}

/* Written, read and written again: the same bytes. */
static void round_trip(const rh_account_list *list) {
  rh_buffer once = {0}, twice = {0};
  rh_account_list again;
  rh_hive *hive = written(&once, list);
  if (rh_account_list_read(&again, rh_hive_registry(hive), NULL) != RH_OK)
    abort();
  rh_hive_free(hive);
  rh_hive_free(written(&twice, &again));
  if (once.len != twice.len || memcmp(once.data, twice.data, once.len) != 0)
    abort();
  rh_account_list_dispose(&again);
  rh_buffer_dispose(&once);
  rh_buffer_dispose(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
  rh_hive *hive = NULL;
  rh_account_list list;
  rh_reader input = rh_reader_of(data, len);
  if (rh_hive_create(&hive, &(rh_hive_options){.time = 1}, NULL) != RH_OK)
    return 0;
  rh_registry *sam = rh_hive_registry(hive);
  set(sam, USER, "V", &input);
  set(sam, USER, "F", &input);
  set(sam, GROUP, "C", &input);
  if (rh_account_list_read(&list, sam, NULL) == RH_OK) {
    round_trip(&list);
    rh_account_list_dispose(&list);
  }
  rh_hive_free(hive);
  return 0;
}
