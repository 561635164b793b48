/* Checking a hive: its header, every bin and cell, every key and value. Nothing is changed. */
#include "registry/hive/internal.h"

#include "base/table.h"

#include <stdio.h>
#include <string.h>

void rh_anomaly_list_dispose(rh_anomaly_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    rh_free(list->items[i].path);
    rh_free(list->items[i].message);
  }
  rh_free(list->items);
  *list = (rh_anomaly_list){0};
}

rh_status hive_note_anomaly(rh_anomaly_list *list, rh_anomaly_kind kind, uint64_t offset,
                            const char *path, size_t path_len, rh_error *error, const char *format,
                            ...) {
  char text[768];
  va_list arguments;
  list->total++;
  if (list->count == RH_ANOMALIES_MAX)
    return RH_OK;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  rh_anomaly *items = rh_resize(list->items, list->count + 1, sizeof *items);
  if (!items)
    return rh_error_memory(error);
  list->items = items;
  rh_anomaly *added = &items[list->count++];
  *added = (rh_anomaly){kind, offset, rh_copy_bytes(path, path_len), rh_copy_text(text)};
  return added->path && added->message ? RH_OK : rh_error_memory(error);
}

const char *rh_anomaly_kind_name(rh_anomaly_kind kind) {
  static const char *const names[] = {"header", "bin", "cell", "tree", "list", "security"};
  RH_TABLE_FITS(names, RH_ANOMALY_SECURITY);
  return names[kind];
}

rh_status hive_note_damage(rh_hive *hive, rh_anomaly_list *list, const char *path, size_t path_len,
                           const rh_error *damage, rh_error *error) {
  const char *message = damage->message;
  size_t label_len = strlen(hive->registry.label);
  uint32_t at = hive->damage_at;
  hive->damage_at = HIVE_NONE;
  /* Which hive it is, its reader knows. */
  if (strncmp(message, hive->registry.label, label_len) == 0 && message[label_len] == ':')
    message += label_len + 2;
  return hive_note_anomaly(list, RH_ANOMALY_TREE,
                           at == HIVE_NONE ? 0 : HIVE_BASE_LEN + (uint64_t)at, path, path_len,
                           error, "%s", message);
}

typedef struct checker {
  rh_hive *hive;
  rh_anomaly_list *list;
  rh_hive_space *space;
} checker;

static rh_status check_header(const checker *self, rh_error *error) {
  const unsigned char *base = self->hive->data;
  uint32_t primary = rh_load_u32(base + BASE_PRIMARY),
           secondary = rh_load_u32(base + BASE_SECONDARY);
  rh_status status = RH_OK;
  if (self->hive->base_made)
    return hive_note_anomaly(self->list, RH_ANOMALY_HEADER, 0, "", 0, error,
                             "the base block is lost; the bins show the root key at 0x%x",
                             (unsigned)self->hive->root);
  if (self->hive->left_out)
    status = hive_note_anomaly(self->list, RH_ANOMALY_HEADER, 0, "", 0, error,
                               "the base block is lost, and entries of the logs are left out: "
                               "what they hold may be missing");
  if (status == RH_OK && rh_load_u32(base + BASE_CHECKSUM) != hive_checksum(base))
    status = hive_note_anomaly(self->list, RH_ANOMALY_HEADER, BASE_CHECKSUM, "", 0, error,
                               "the checksum of the base block is wrong");
  if (status == RH_OK && primary != secondary)
    status =
        hive_note_anomaly(self->list, RH_ANOMALY_HEADER, BASE_PRIMARY, "", 0, error,
                          "the hive was not closed cleanly: its sequence numbers are %u and %u",
                          (unsigned)primary, (unsigned)secondary);
  if (status == RH_OK && self->hive->damaged &&
      rh_load_u32(base + BASE_BINS_SIZE) != self->hive->bins_size)
    status = hive_note_anomaly(self->list, RH_ANOMALY_HEADER, BASE_BINS_SIZE, "", 0, error,
                               "the bins should have %u bytes, %u are there",
                               (unsigned)rh_load_u32(base + BASE_BINS_SIZE),
                               (unsigned)self->hive->bins_size);
  if (status == RH_OK && rh_load_u32(base + BASE_ROOT) != self->hive->root)
    status = hive_note_anomaly(self->list, RH_ANOMALY_HEADER, BASE_ROOT, "", 0, error,
                               "there is no root key at 0x%x; the one at 0x%x was taken",
                               (unsigned)rh_load_u32(base + BASE_ROOT), (unsigned)self->hive->root);
  return status;
}

static rh_status check_cells(const checker *self, uint32_t bin, uint32_t size, rh_error *error) {
  uint32_t end = bin + size, cell;
  for (uint32_t at = bin + HIVE_BIN_HEADER_LEN; at < end; at += cell) {
    uint32_t field = rh_load_u32(self->hive->data + HIVE_BASE_LEN + at);
    bool used = field > HIVE_BINS_MAX;
    cell = used ? 0u - field : field;
    if (cell < 8 || cell % 8 != 0 || cell > end - at)
      return hive_note_anomaly(self->list, RH_ANOMALY_CELL, HIVE_BASE_LEN + (uint64_t)at, "", 0,
                               error,
                               "a cell has an impossible size (0x%x); %u bytes behind it in "
                               "its bin are in no cell",
                               (unsigned)field, (unsigned)(end - at));
    if (used) {
      self->space->used_cells++;
    } else {
      self->space->free_cells++;
      self->space->free_bytes += cell;
    }
  }
  return RH_OK;
}

static rh_status check_chain(const checker *self, rh_error *error) {
  const rh_hive *hive = self->hive;
  rh_status status = RH_OK;
  uint32_t size;
  for (uint32_t at = 0; status == RH_OK && at < hive->bins_size; at += size) {
    size = hive_bin_size(hive->data, hive->bins_size, at);
    if (size > 0) {
      self->space->bins++;
      status = check_cells(self, at, size, error);
      continue;
    }
    /* The next bin begins at a page's border. */
    do
      size += HIVE_BASE_LEN;
    while (size < hive->bins_size - at &&
           hive_bin_size(hive->data, hive->bins_size, at + size) == 0);
    if (size > hive->bins_size - at)
      size = hive->bins_size - at;
    status = hive_note_anomaly(self->list, RH_ANOMALY_BIN, HIVE_BASE_LEN + (uint64_t)at, "", 0,
                               error, "%u bytes are in no sound bin", (unsigned)size);
  }
  return status;
}

/* How many subkeys the lists of a key hold; false when that cannot be told. */
static bool count_subkeys(rh_hive *hive, uint32_t key, uint32_t *out) {
  hive_list list, leaf;
  *out = 0;
  if (hive_list_of(hive, key, &list, NULL) != RH_OK)
    return false;
  if (!list.nested) {
    *out = list.count;
    return !list.cut;
  }
  for (uint32_t i = 0; i < list.count; i++) {
    if (!hive_leaf_of(hive, &list, i, &leaf) || leaf.cut)
      return false;
    *out += leaf.count;
  }
  return !list.cut;
}

static rh_status check_key(void *payload, const rh_visit *visit, rh_error *error) {
  const checker *self = payload;
  uint32_t key = (uint32_t)visit->key, count;
  uint64_t offset = HIVE_BASE_LEN + visit->key;
  rh_status status = RH_OK;
  if (!visit->info->security)
    status =
        hive_note_anomaly(self->list, RH_ANOMALY_SECURITY, offset, visit->path, visit->path_len,
                          error, "the security descriptor of the key cannot be read");
  if (status == RH_OK && count_subkeys(self->hive, key, &count) &&
      count != visit->info->subkey_count)
    status = hive_note_anomaly(self->list, RH_ANOMALY_TREE, offset, visit->path, visit->path_len,
                               error, "the key tells of %zu subkeys, its list holds %u",
                               visit->info->subkey_count, (unsigned)count);
  self->hive->damage_at = HIVE_NONE;
  if (status == RH_OK)
    status = hive_check_lists(self->hive, key, visit->path, visit->path_len, self->list, error);
  return status;
}

static rh_status check_value(void *payload, const rh_visit *visit, const rh_value *value,
                             rh_error *error) {
  (void)payload;
  (void)visit;
  (void)value;
  (void)error;
  return RH_OK; /* that it could be read is what is to be known */
}

static rh_status take_damage(void *payload, const char *path, size_t path_len,
                             const rh_error *damage) {
  const checker *self = payload;
  return hive_note_damage(self->hive, self->list, path, path_len, damage, NULL);
}

rh_status rh_hive_check(rh_hive *hive, rh_anomaly_list *out, rh_hive_space *space,
                        rh_error *error) {
  rh_hive_space own = {0};
  checker self = {hive, out, space ? space : &own};
  rh_walker walker = {check_key, check_value, take_damage, &self};
  *out = (rh_anomaly_list){0};
  *self.space = own;
  hive->damage_at = HIVE_NONE;
  rh_status status = check_header(&self, error);
  if (status == RH_OK)
    status = check_chain(&self, error);
  if (status == RH_OK)
    status = rh_registry_walk(&hive->registry, hive->root, &walker, error);
  if (status != RH_OK)
    rh_anomaly_list_dispose(out);
  return status;
}

/* The first fault of a list ends the walk. */
static rh_status refuse_list(void *payload, const rh_visit *visit, rh_error *error) {
  rh_hive *hive = payload;
  rh_anomaly_list list = {0};
  rh_status status =
      hive_check_lists(hive, (uint32_t)visit->key, visit->path, visit->path_len, &list, error);
  if (status == RH_OK && list.count > 0)
    status = hive_damaged(hive, (uint32_t)visit->key, error, "%s", list.items[0].message);
  rh_anomaly_list_dispose(&list);
  return status;
}

rh_status hive_refuse_damage(rh_hive *hive, rh_error *error) {
  rh_walker walker = {.on_key = refuse_list, .on_value = check_value, .payload = hive};
  if (hive->made)
    return RH_OK;
  rh_status status = hive_require_bins(hive, error);
  if (status == RH_OK)
    status = rh_registry_walk(&hive->registry, hive->root, &walker, error);
  if (status == RH_ERR_FORMAT)
    rh_error_hint(error, "a damaged hive is not written; make a fresh one of what can be read: "
                         "rehome hive rebuild FILE -o OUT");
  return status;
}
