/* Walking a registry tree, and copying one by walking it. */
#include "registry/walk.h"

/* --- keys that were met --- */

static size_t first_slot(rh_key key, size_t capacity) {
  return (size_t)((key * 0x9E3779B97F4A7C15u) >> 17) & (capacity - 1);
}

static void set_insert(rh_key_set *set, rh_key key) {
  size_t slot = first_slot(key, set->capacity);
  while (set->slots[slot] != RH_KEY_NONE)
    slot = (slot + 1) & (set->capacity - 1);
  set->slots[slot] = key;
  set->count++;
}

static rh_status set_grow(rh_key_set *set, rh_error *error) {
  rh_key_set larger = {.capacity = set->capacity ? set->capacity * 2 : 256};
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
static rh_status set_add(rh_key_set *set, rh_key key, rh_error *error) {
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

/* The walk so far, done again: its first keys. */
typedef struct memory {
  rh_walk *of;
  size_t left;
} memory;

static rh_status remember_key(void *payload, const rh_visit *visit, rh_error *error) {
  memory *self = payload;
  if (self->left-- == 0)
    return RH_END;
  rh_status status = set_add(&self->of->met, visit->key, error);
  return status == RH_END ? RH_OK : status;
}

static rh_status ignore_damage(void *payload, const char *path, size_t path_len,
                               const rh_error *damage) {
  (void)payload, (void)path, (void)path_len, (void)damage;
  return RH_OK;
}

static rh_status walk_from(rh_registry *registry, rh_key key, const rh_walker *walker,
                           bool remembers, rh_error *error);

/* Sound trees are walked without a memory of the keys that were met. The first key that may have
 * been met already is where that ends: what came before it is walked once more to remember it. */
static rh_status remember(rh_walk *self) {
  memory payload = {self, self->keys};
  const rh_walker walker = {
      .on_key = remember_key, .on_damage = ignore_damage, .payload = &payload};
  self->remembers = true;
  rh_status status =
      self->keys ? walk_from(self->visit.registry, self->start, &walker, true, &self->damage)
                 : RH_OK;
  return status == RH_END ? RH_OK : status;
}

rh_status rh_walk_check_met(rh_walk *self, rh_key key) {
  rh_status status = self->remembers ? RH_OK : remember(self);
  if (status == RH_OK)
    status = set_add(&self->met, key, &self->damage);
  return status != RH_END
             ? status
             : rh_error_set(&self->damage, RH_ERR_FORMAT, self->visit.registry->label,
                            "a key under \"%s\" is listed twice", rh_buffer_text(&self->path));
}

/* --- walking --- */

rh_status rh_walk_too_deep(rh_walk *self) {
  return rh_error_set(&self->damage, RH_ERR_FORMAT, self->visit.registry->label,
                      "a key lies deeper than %d keys", RH_KEY_DEPTH_MAX);
}

rh_status rh_walk_tell_damage(rh_walk *self, rh_status status, rh_error *error) {
  if (status == RH_ERR_FORMAT && self->walker->on_damage)
    return self->walker->on_damage(self->walker->payload, rh_buffer_text(&self->path),
                                   self->path.len, &self->damage);
  if (error)
    *error = self->damage;
  return status;
}

static rh_status walk_values(rh_walk *self, rh_error *error) {
  rh_cursor cursor = rh_registry_values(self->visit.registry, self->visit.key);
  for (;;) {
    rh_status status = rh_cursor_next_value(&cursor, &self->value, &self->damage);
    if (status == RH_END)
      return RH_OK;
    status = status == RH_OK
                 ? self->walker->on_value(self->walker->payload, &self->visit, &self->value, error)
                 : rh_walk_tell_damage(self, status, error);
    if (status != RH_OK)
      return status;
  }
}

static rh_status walk_key(rh_walk *self, rh_key key, size_t depth, rh_error *error);

static rh_status walk_child(rh_walk *self, rh_key key, size_t depth, rh_error *error) {
  size_t path_len = self->path.len;
  rh_status status = rh_registry_read_key(self->visit.registry, key, &self->info, &self->damage);
  if (status == RH_OK)
    status = rh_walk_enter(self, key, depth, true);
  if (status != RH_OK)
    return rh_walk_tell_damage(self, status, error);
  status = walk_key(self, key, depth, error);
  rh_walk_leave(self, path_len);
  return status;
}

static rh_status walk_key(rh_walk *self, rh_key key, size_t depth, rh_error *error) {
  rh_cursor cursor = rh_registry_keys(self->visit.registry, key);
  rh_key child = RH_KEY_NONE;
  rh_status status = rh_walk_visit(self, key, depth, error);
  if (status == RH_OK && self->walker->on_value)
    status = walk_values(self, error);
  while (status == RH_OK) {
    status = rh_cursor_next_key(&cursor, &child, &self->damage);
    if (status == RH_END)
      return RH_OK;
    status = status == RH_OK ? walk_child(self, child, depth + 1, error)
                             : rh_walk_tell_damage(self, status, error);
  }
  return status;
}

static rh_status walk_from(rh_registry *registry, rh_key key, const rh_walker *walker,
                           bool remembers, rh_error *error) {
  const rh_registry_backend *backend = registry->backend;
  rh_walk self = {.walker = walker, .start = key, .remembers = remembers || !backend->walk};
  self.visit.registry = registry;
  self.visit.info = &self.info;
  rh_status status = rh_registry_read_key(registry, key, &self.info, &self.damage);
  if (status == RH_OK && self.remembers)
    status = rh_walk_check_met(&self, key);
  if (status != RH_OK)
    status = rh_walk_tell_damage(&self, status, error);
  else
    status = backend->walk ? backend->walk(&self, key, error) : walk_key(&self, key, 0, error);
  rh_buffer_dispose(&self.path);
  rh_key_info_dispose(&self.info);
  rh_value_dispose(&self.value);
  rh_free(self.met.slots);
  return status;
}

rh_status rh_registry_walk(rh_registry *registry, rh_key key, const rh_walker *walker,
                           rh_error *error) {
  return walk_from(registry, key, walker, false, error);
}

/* --- copying --- */

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
