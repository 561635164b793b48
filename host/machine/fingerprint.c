/* Fingerprints: what was read of a machine, by SHA-256. */
#include "machine/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *machine_fingerprint_find(const rh_machine *machine, const char *name) {
  for (size_t i = 0; i < machine->fingerprints.count; i++) {
    if (strcmp(machine->fingerprints.items[i].name, name) == 0)
      return machine->fingerprints.items[i].sha256;
  }
  return NULL;
}

rh_status rh_fingerprint_list_add(rh_fingerprint_list *list, const char *name, const char *sha256,
                                  rh_error *error) {
  rh_fingerprint *items = rh_resize(list->items, list->count + 1, sizeof *items);
  if (!items)
    return rh_error_memory(error);
  list->items = items;
  rh_fingerprint *item = &items[list->count];
  item->name = rh_copy_text(name);
  if (!item->name)
    return rh_error_memory(error);
  snprintf(item->sha256, sizeof item->sha256, "%s", sha256);
  list->count++;
  return RH_OK;
}

rh_status machine_fingerprint_add(rh_machine *machine, const char *name, const char *sha256,
                                  rh_error *error) {
  return machine_fingerprint_find(machine, name)
             ? RH_OK
             : rh_fingerprint_list_add(&machine->fingerprints, name, sha256, error);
}

static int compare(const void *a, const void *b) {
  const rh_fingerprint *x = a, *y = b;
  return strcmp(x->name, y->name);
}

rh_status rh_machine_fingerprints(rh_machine *machine, rh_fingerprint_list *out, rh_error *error) {
  rh_status status = RH_OK;
  *out = (rh_fingerprint_list){0};
  if (machine->base)
    return rh_machine_fingerprints(machine->base, out, error);
  const rh_fingerprint_list *list = &machine->fingerprints;
  for (size_t i = 0; status == RH_OK && i < list->count; i++)
    status = rh_fingerprint_list_add(out, list->items[i].name, list->items[i].sha256, error);
  if (status != RH_OK)
    rh_fingerprint_list_dispose(out);
  else if (out->count > 1)
    qsort(out->items, out->count, sizeof *out->items, compare);
  return status;
}

rh_status machine_file_is(bool *out, const char *path, const char *sha256, rh_error *error) {
  rh_file_info info;
  char now[65];
  *out = false;
  rh_status status = rh_platform_target_info(path, &info, error);
  if (status == RH_ERR_NOT_FOUND) {
    *out = strcmp(sha256, MACHINE_ABSENT) == 0;
    return RH_OK;
  }
  if (status != RH_OK || info.kind != RH_FILE_REGULAR)
    return status;
  status = rh_file_sha256(now, path, error);
  *out = status == RH_OK && strcmp(now, sha256) == 0;
  return status;
}

void rh_fingerprint_list_dispose(rh_fingerprint_list *list) {
  for (size_t i = 0; i < list->count; i++)
    rh_free(list->items[i].name);
  rh_free(list->items);
  *list = (rh_fingerprint_list){0};
}
