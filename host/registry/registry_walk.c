/* Walking a registry tree, and copying one by walking it. */
#include "registry/registry.h"

#include <string.h>

/* Keys met so far. A damaged hive may list a key twice or list a key above itself, and a walk that
 * followed would not end in any useful time. Open addressing; RH_KEY_NONE is an empty slot. */
typedef struct key_set {
  rh_key *slots;
  size_t count;
  size_t capacity; /* a power of two */
} key_set;

static size_t first_slot(rh_key key, size_t capacity) {
  return (size_t)((key * 0x9E3779B97F4A7C15u) >> 17) & (capacity - 1);
}

static void set_insert(key_set *set, rh_key key) {
  size_t slot = first_slot(key, set->capacity);
  while (set->slots[slot] != RH_KEY_NONE)
    slot = (slot + 1) & (set->capacity - 1);
  set->slots[slot] = key;
  set->count++;
}

static rh_status set_grow(key_set *set, rh_error *error) {
  key_set larger = {.capacity = set->capacity ? set->capacity * 2 : 256};
  larger.slots = rh_alloc_zero(larger.capacity, sizeof *larger.slots);
  if (!larger.slots)
    return rh_error_memory(error);
  for (size_t i = 0; i < set->capacity; i++) {
    if (set->slots[i] != RH_KEY_NONE)
      set_insert(&larger, set->slots[i]);
  }
  rh_free(set->slots);
  *set = larger;
  return RH_OK;
}

/* RH_END when key was in the set already. */
static rh_status set_add(key_set *set, rh_key key, rh_error *error) {
  if (set->count >= set->capacity / 2) {
    rh_status status = set_grow(set, error);
    if (status != RH_OK)
      return status;
  }
  for (size_t slot = first_slot(key, set->capacity); set->slots[slot] != RH_KEY_NONE;
       slot = (slot + 1) & (set->capacity - 1)) {
    if (set->slots[slot] == key)
      return RH_END;
  }
  set_insert(set, key);
  return RH_OK;
}

typedef struct walk {
  rh_registry *registry;
  const rh_walker *walker;
  rh_buffer path;
  rh_key_info info; /* of the key being visited; not needed any more when its subkeys are */
  rh_value value;
  key_set met;
  rh_error damage; /* here and not on the stack, which may be 512 keys deep */
} walk;

/* Tells damage when there is somebody to tell, so that the walk goes on. */
static rh_status tell_damage(walk *self, rh_status status, rh_error *error) {
  if (status == RH_ERR_FORMAT && self->walker->on_damage)
    return self->walker->on_damage(self->walker->payload, rh_buffer_text(&self->path),
                                   self->path.len, &self->damage);
  if (error)
    *error = self->damage;
  return status;
}

static rh_status walk_values(walk *self, const rh_visit *visit, rh_error *error) {
  rh_cursor cursor = rh_registry_values(self->registry, visit->key);
  rh_status status = RH_OK;
  while (status == RH_OK) {
    status = rh_cursor_next_value(&cursor, &self->value, &self->damage);
    if (status == RH_END)
      return RH_OK;
    if (status == RH_OK)
      status = self->walker->on_value(self->walker->payload, visit, &self->value, error);
    else
      status = tell_damage(self, status, error);
  }
  return status;
}

static rh_status walk_key(walk *self, rh_key key, size_t depth, rh_error *error);

/* The entry point of a walk and of each subkey: names the key in the path, and refuses what a sound
 * tree does not have. */
static rh_status enter_key(walk *self, rh_key key, size_t depth, rh_error *error) {
  size_t path_len = self->path.len;
  rh_status status = set_add(&self->met, key, &self->damage);
  if (status == RH_END)
    status = rh_error_set(&self->damage, RH_ERR_FORMAT, self->registry->label,
                          "a key under \"%s\" is listed twice", rh_buffer_text(&self->path));
  else if (status == RH_OK && depth > RH_KEY_DEPTH_MAX)
    status = rh_error_set(&self->damage, RH_ERR_FORMAT, self->registry->label,
                          "a key lies deeper than %d keys", RH_KEY_DEPTH_MAX);
  if (status == RH_OK)
    status = rh_registry_read_key(self->registry, key, &self->info, &self->damage);
  if (status == RH_OK && depth > 0) {
    status = rh_buffer_append(&self->path, "\\", 1, &self->damage);
    if (status == RH_OK)
      status = rh_buffer_append(&self->path, self->info.name, self->info.name_len, &self->damage);
  }
  if (status == RH_OK)
    status = walk_key(self, key, depth, error);
  else
    status = tell_damage(self, status, error);
  if (self->path.len > path_len) {
    self->path.len = path_len;
    self->path.data[path_len] = 0;
  }
  return status;
}

static rh_status walk_key(walk *self, rh_key key, size_t depth, rh_error *error) {
  rh_visit visit = {self->registry, key,   rh_buffer_text(&self->path),
                    self->path.len, depth, &self->info};
  rh_status status = RH_OK;
  if (self->walker->on_key)
    status = self->walker->on_key(self->walker->payload, &visit, error);
  if (status == RH_OK && self->walker->on_value)
    status = walk_values(self, &visit, error);
  rh_cursor cursor = rh_registry_keys(self->registry, key);
  while (status == RH_OK) {
    rh_key child = RH_KEY_NONE;
    status = rh_cursor_next_key(&cursor, &child, &self->damage);
    if (status == RH_END)
      return RH_OK;
    if (status == RH_OK)
      status = enter_key(self, child, depth + 1, error);
    else
      status = tell_damage(self, status, error);
  }
  return status;
}

rh_status rh_registry_walk(rh_registry *registry, rh_key key, const rh_walker *walker,
                           rh_error *error) {
  walk self = {.registry = registry, .walker = walker};
  rh_status status = enter_key(&self, key, 0, error);
  rh_buffer_dispose(&self.path);
  rh_key_info_dispose(&self.info);
  rh_value_dispose(&self.value);
  rh_free(self.met.slots);
  return status;
}

/* A key that is being copied: its time comes last, because what is put into it stamps it. */
typedef struct copy_level {
  rh_key key;
  uint64_t last_write;
} copy_level;

typedef struct copy {
  rh_registry *to;
  copy_level *levels; /* by depth */
  size_t count;
} copy;

static rh_status finish_levels(copy *self, size_t down_to, rh_error *error) {
  rh_status status = RH_OK;
  while (status == RH_OK && self->count > down_to) {
    const copy_level *level = &self->levels[--self->count];
    rh_key_details details = {.last_write = level->last_write};
    status = rh_registry_set_details(self->to, level->key, &details, error);
  }
  return status;
}

static rh_status copy_key(void *payload, const rh_visit *visit, rh_error *error) {
  copy *self = payload;
  const rh_key_info *info = visit->info;
  rh_key_details details = {.class_name = info->class_name,
                            .class_len = info->class_len,
                            .clear_class = info->class_name == NULL,
                            .security = info->security,
                            .security_len = info->security_len};
  copy_level *level = &self->levels[visit->depth];
  rh_status status = finish_levels(self, visit->depth, error);
  if (status == RH_OK && visit->depth > 0)
    status = rh_registry_create_key(self->to, self->levels[visit->depth - 1].key, info->name,
                                    info->name_len, &level->key, error);
  if (status == RH_OK)
    status = rh_registry_set_details(self->to, level->key, &details, error);
  if (status == RH_OK) {
    level->last_write = info->last_write;
    self->count = visit->depth + 1;
  }
  return status;
}

static rh_status copy_value(void *payload, const rh_visit *visit, const rh_value *value,
                            rh_error *error) {
  copy *self = payload;
  return rh_registry_set_value(self->to, self->levels[visit->depth].key, value->name,
                               value->name_len, value->type, value->data, value->len, error);
}

static rh_status copy_one(copy *self, rh_registry *from, rh_key from_key, rh_error *error) {
  rh_key_info info = {0};
  rh_value value = {0};
  rh_visit visit = {.registry = from, .key = from_key, .path = "", .info = &info};
  rh_cursor cursor = rh_registry_values(from, from_key);
  rh_status status = rh_registry_read_key(from, from_key, &info, error);
  if (status == RH_OK)
    status = copy_key(self, &visit, error);
  while (status == RH_OK) {
    status = rh_cursor_next_value(&cursor, &value, error);
    if (status == RH_OK)
      status = copy_value(self, &visit, &value, error);
  }
  rh_key_info_dispose(&info);
  rh_value_dispose(&value);
  return status == RH_END ? RH_OK : status;
}

rh_status rh_registry_copy(rh_registry *to, rh_key to_key, rh_registry *from, rh_key from_key,
                           bool deep, rh_error *error) {
  copy self = {.to = to};
  rh_walker walker = {.on_key = copy_key, .on_value = copy_value, .payload = &self};
  self.levels = rh_alloc_zero(RH_KEY_DEPTH_MAX + 1, sizeof *self.levels);
  if (!self.levels)
    return rh_error_memory(error);
  self.levels[0].key = to_key;
  rh_status status = deep ? rh_registry_walk(from, from_key, &walker, error)
                          : copy_one(&self, from, from_key, error);
  if (status == RH_OK)
    status = finish_levels(&self, 0, error);
  rh_free(self.levels);
  return status;
}
