/* A fresh hive from what can be read of a damaged one, and the list of what cannot. */
#include "registry/hive/internal.h"

#include "base/text.h"

#include <string.h>

/* A key that is being copied: its time comes last, because what is put into it stamps it. */
typedef struct level {
  rh_key key; /* RH_KEY_NONE: it could not be made, and what is below it is lost with it */
  uint64_t last_write;
} level;

typedef struct rebuild {
  rh_hive *from, *to;
  level *levels; /* by depth */
  size_t count;
  rh_anomaly_list *lost;
} rebuild;

static rh_status finish_levels(rebuild *self, size_t down_to, rh_error *error) {
  rh_status status = RH_OK;
  while (status == RH_OK && self->count > down_to) {
    const level *done = &self->levels[--self->count];
    rh_key_details details = {.last_write = done->last_write};
    if (done->key != RH_KEY_NONE && done->last_write != 0)
      status = rh_registry_set_details(&self->to->registry, done->key, &details, error);
  }
  return status;
}

static rh_status lose(rebuild *self, const rh_visit *visit, const char *what,
                      const rh_error *problem, rh_error *error) {
  return hive_note_anomaly(self->lost, RH_ANOMALY_TREE, HIVE_BASE_LEN + visit->key, visit->path,
                           visit->path_len, error, "%s: %s", what, problem->message);
}

/* What the registry's interface does not carry: symbolic links and the like. */
static void copy_flags(rebuild *self, rh_key to, rh_key from) {
  const uint16_t own = NK_FLAG_ROOT | NK_FLAG_LATIN1;
  const unsigned char *source = hive_nk(self->from, (uint32_t)from);
  unsigned char *nk = hive_nk_for_change(self->to, (uint32_t)to, NULL);
  if (source && nk)
    rh_store_u16(nk + NK_FLAGS, (uint16_t)((rh_load_u16(nk + NK_FLAGS) & own) |
                                           (rh_load_u16(source + NK_FLAGS) & ~own)));
}

/* Makes the key below its parent's copy. A name that a sound hive does not have loses it. */
static rh_status make_key(rebuild *self, const rh_visit *visit, rh_error *error) {
  level *at = &self->levels[visit->depth];
  rh_registry *to = &self->to->registry;
  rh_key parent = self->levels[visit->depth - 1].key;
  rh_error problem = {0};
  at->key = RH_KEY_NONE;
  if (parent == RH_KEY_NONE)
    return RH_OK;
  rh_status status = rh_registry_find_key(to, parent, visit->info->name, visit->info->name_len,
                                          &at->key, &problem);
  if (status == RH_OK) {
    at->key = RH_KEY_NONE;
    rh_error_set(&problem, RH_ERR_EXISTS, NULL, "its parent has another key of that name");
    return lose(self, visit, "the key is left out", &problem, error);
  }
  if (status == RH_ERR_NOT_FOUND)
    status = rh_registry_create_key(to, parent, visit->info->name, visit->info->name_len, &at->key,
                                    &problem);
  if (status != RH_OK && status != RH_ERR_MEMORY) {
    at->key = RH_KEY_NONE;
    return lose(self, visit, "the key is left out", &problem, error);
  }
  return status == RH_OK ? RH_OK : rh_error_memory(error);
}

static rh_status copy_key(void *payload, const rh_visit *visit, rh_error *error) {
  rebuild *self = payload;
  const rh_key_info *info = visit->info;
  level *at = &self->levels[visit->depth];
  rh_key_details details = {.class_name = info->class_name,
                            .class_len = info->class_len,
                            .security = info->security,
                            .security_len = info->security_len};
  rh_status status = finish_levels(self, visit->depth, error);
  if (status == RH_OK && visit->depth > 0)
    status = make_key(self, visit, error);
  if (status != RH_OK)
    return status;
  at->last_write = info->last_write;
  self->count = visit->depth + 1;
  if (at->key == RH_KEY_NONE)
    return RH_OK;
  if (!info->security)
    status = hive_note_anomaly(self->lost, RH_ANOMALY_SECURITY, HIVE_BASE_LEN + visit->key,
                               visit->path, visit->path_len, error,
                               "its security descriptor; it has its parent's now");
  if (status == RH_OK)
    status = rh_registry_set_details(&self->to->registry, at->key, &details, error);
  if (status == RH_OK)
    copy_flags(self, at->key, visit->key);
  return status;
}

static rh_status copy_value(void *payload, const rh_visit *visit, const rh_value *value,
                            rh_error *error) {
  rebuild *self = payload;
  rh_registry *to = &self->to->registry;
  rh_key key = self->levels[visit->depth].key;
  rh_error problem = {0};
  uint32_t index, offset;
  if (key == RH_KEY_NONE)
    return RH_OK;
  rh_status status = hive_find_value(self->to, (uint32_t)key, value->name, value->name_len, &index,
                                     &offset, &problem);
  if (status == RH_OK) {
    rh_error_set(&problem, RH_ERR_EXISTS, NULL, "the key has another value of that name");
    return lose(self, visit, "a value is left out", &problem, error);
  }
  status = rh_registry_set_value(to, key, value->name, value->name_len, value->type, value->data,
                                 value->len, &problem);
  if (status == RH_OK)
    return RH_OK;
  return status == RH_ERR_MEMORY ? rh_error_memory(error)
                                 : lose(self, visit, "a value is left out", &problem, error);
}

static rh_status take_damage(void *payload, const char *path, size_t path_len,
                             const rh_error *damage) {
  rebuild *self = payload;
  return hive_note_damage(self->from, self->lost, path, path_len, damage, NULL);
}

/* An empty hive with the damaged one's root name and format. */
static rh_status make_hive(rh_hive **out, rh_hive *from, rh_error *error) {
  const unsigned char *nk = hive_nk(from, from->root);
  const unsigned char *base = from->data;
  rh_buffer name = {0};
  size_t len = rh_load_u16(nk + NK_NAME_LEN);
  rh_hive_options options = {.minor_version = from->minor,
                             .time = rh_load_u64(base + BASE_LAST_WRITTEN)};
  rh_status status = rh_load_u16(nk + NK_FLAGS) & NK_FLAG_LATIN1
                         ? rh_utf8_from_latin1(&name, nk + NK_NAME, len, error)
                         : rh_utf8_from_utf16(&name, nk + NK_NAME, len, error);
  options.root_name = rh_buffer_text(&name);
  if (status == RH_OK &&
      (!*options.root_name ||
       rh_utf16_count(options.root_name, strlen(options.root_name)) > RH_KEY_NAME_MAX))
    options.root_name = NULL;
  if (status == RH_OK)
    status = rh_hive_create(out, &options, error);
  rh_buffer_dispose(&name);
  if (status != RH_OK)
    return status;
  /* Numbers go on where the old hive and its logs were, so that no log fits the new one. */
  unsigned char *own = (*out)->memory.data;
  memcpy(own + BASE_FILE_NAME, base + BASE_FILE_NAME, BASE_FILE_NAME_LEN);
  uint32_t sequence = rh_load_u32(base + BASE_PRIMARY);
  rh_store_u32(own + BASE_PRIMARY, sequence);
  rh_store_u32(own + BASE_SECONDARY, sequence);
  rh_store_u32(own + BASE_CHECKSUM, hive_checksum(own));
  (*out)->newest = from->newest;
  return RH_OK;
}

rh_status rh_hive_rebuild(rh_hive **out, rh_hive *damaged, rh_anomaly_list *lost, rh_error *error) {
  rebuild self = {.from = damaged, .lost = lost};
  rh_walker walker = {copy_key, copy_value, take_damage, &self};
  *out = NULL;
  *lost = (rh_anomaly_list){0};
  damaged->damage_at = HIVE_NONE;
  self.levels = rh_alloc_zero(RH_KEY_DEPTH_MAX + 1, sizeof *self.levels);
  rh_status status = self.levels ? make_hive(&self.to, damaged, error) : rh_error_memory(error);
  if (status == RH_OK) {
    self.levels[0].key = self.to->root;
    status = rh_registry_walk(&damaged->registry, damaged->root, &walker, error);
  }
  if (status == RH_OK)
    status = finish_levels(&self, 0, error);
  rh_free(self.levels);
  if (status != RH_OK)
    rh_anomaly_list_dispose(lost);
  return hive_finish(out, self.to, status);
}
