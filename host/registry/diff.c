/* Comparing two registry trees, key by key.
 *
 * Two lists are gone through side by side while their names agree. Where they do not, what is left
 * of both is gathered, sorted by name and paired, so that the order in which a hive keeps its keys
 * and values does not matter. */
#include "registry/diff.h"
#include "registry/diff_list.h"

#include <string.h>

/* One side's key of the level that is compared; a level ends before its subkeys are entered. */
typedef struct side {
  rh_registry *registry;
  rh_key_info info;
  rh_value value;
  rh_walk_bounds left; /* a tree that offers more is damaged, see rh_registry_walk */
} side;

typedef struct diff {
  side sides[2];
  const rh_registry_differ *differ;
  rh_buffer path;
  rh_error damage;
} diff;

static rh_status tell_damage(diff *self, int in, rh_status status, rh_error *error) {
  if (status == RH_ERR_FORMAT && self->differ->on_damage)
    return self->differ->on_damage(self->differ->payload, in == B, rh_buffer_text(&self->path),
                                   self->path.len, &self->damage);
  if (error)
    *error = self->damage;
  return status;
}

static rh_status tell(diff *self, rh_registry_difference *difference, rh_error *error) {
  difference->path = rh_buffer_text(&self->path);
  difference->path_len = self->path.len;
  return self->differ->on_difference(self->differ->payload, difference, error);
}

/* RH_ERR_FORMAT when a tree has more in it than its file can hold. */
static rh_status spend(diff *self, uint64_t *left, int in) {
  if (*left > 0) {
    --*left;
    return RH_OK;
  }
  return rh_error_set(&self->damage, RH_ERR_FORMAT, self->sides[in].registry->label,
                      "lists of keys or of values overlap: there are more than the registry can "
                      "hold");
}

static bool same_bytes(const void *a, size_t a_len, const void *b, size_t b_len) {
  return a_len == b_len && (a_len == 0 || memcmp(a, b, a_len) == 0);
}

/* --- values --- */

static rh_status compare_values(diff *self, rh_error *error) {
  const rh_value *a = &self->sides[A].value, *b = &self->sides[B].value;
  if (a->type == b->type && same_bytes(a->data, a->len, b->data, b->len))
    return RH_OK;
  return tell(self,
              &(rh_registry_difference){.kind = RH_REGISTRY_CHANGED,
                                        .a_key = &self->sides[A].info,
                                        .b_key = &self->sides[B].info,
                                        .a_value = a,
                                        .b_value = b},
              error);
}

static rh_status tell_value(diff *self, int in, rh_error *error) {
  rh_registry_difference difference = {.kind = in == A ? RH_REGISTRY_REMOVED : RH_REGISTRY_ADDED,
                                       .a_key = &self->sides[A].info,
                                       .b_key = &self->sides[B].info};
  *(in == A ? &difference.a_value : &difference.b_value) = &self->sides[in].value;
  return tell(self, &difference, error);
}

/* The next readable value of one side; RH_END behind the last one. */
static rh_status next_value(diff *self, int in, rh_cursor *cursor, rh_error *error) {
  side *own = &self->sides[in];
  for (;;) {
    rh_status status = rh_cursor_next_value(cursor, &own->value, &self->damage);
    if (status == RH_OK)
      status = spend(self, &own->left.values, in);
    if (status == RH_OK || status == RH_END)
      return status;
    bool exhausted = own->left.values == 0;
    status = tell_damage(self, in, status, error);
    if (status != RH_OK || exhausted)
      return status == RH_OK ? RH_END : status;
  }
}

static rh_status gather_values(diff *self, diff_gathering *all, int in, rh_cursor *cursor,
                               rh_error *error) {
  for (;;) {
    rh_cursor before = *cursor;
    rh_status status = next_value(self, in, cursor, error);
    if (status != RH_OK)
      return status == RH_END ? RH_OK : status;
    diff_entry item = {.in = in, .name_len = self->sides[in].value.name_len, .cursor = before};
    status = diff_gather(all, item, self->sides[in].value.name, error);
    if (status != RH_OK)
      return status;
  }
}

/* Reads a value again that was gathered. A damaged one before it is passed over once more. */
static rh_status read_again(diff *self, const diff_entry *item, rh_error *error) {
  rh_cursor cursor = item->cursor;
  rh_status status;
  do
    status = rh_cursor_next_value(&cursor, &self->sides[item->in].value, error);
  while (status == RH_ERR_FORMAT);
  return status;
}

static rh_status pair_values(diff *self, diff_gathering *all, rh_error *error) {
  rh_status status = RH_OK;
  diff_sort(all);
  for (size_t i = 0; status == RH_OK && i < all->count; i++) {
    const diff_entry *item = &all->items[i], *partner = NULL;
    if (item->in == A)
      partner = diff_partner_of(all, i);
    else if (diff_has_partner(all, i))
      continue;
    status = read_again(self, item, error);
    if (status == RH_OK && partner)
      status = read_again(self, partner, error);
    if (status == RH_OK)
      status = partner ? compare_values(self, error) : tell_value(self, item->in, error);
  }
  return status;
}

static rh_status diff_values(diff *self, rh_key a_key, rh_key b_key, rh_error *error) {
  side *a = &self->sides[A], *b = &self->sides[B];
  rh_cursor a_cursor = rh_registry_values(a->registry, a_key);
  rh_cursor b_cursor = rh_registry_values(b->registry, b_key);
  for (;;) {
    diff_gathering all = {0};
    rh_cursor a_before = a_cursor, b_before = b_cursor;
    rh_walk_bounds a_left = a->left, b_left = b->left;
    rh_status a_status = next_value(self, A, &a_cursor, error);
    rh_status status = a_status;
    if (a_status == RH_OK || a_status == RH_END)
      status = next_value(self, B, &b_cursor, error);
    if (a_status == RH_END && status == RH_END)
      return RH_OK;
    if (status != RH_OK && status != RH_END)
      return status;
    if (a_status == RH_OK && status == RH_OK &&
        diff_same_name(a->value.name, a->value.name_len, b->value.name, b->value.name_len)) {
      status = compare_values(self, error);
      if (status != RH_OK)
        return status;
      continue;
    }
    a->left = a_left;
    b->left = b_left;
    status = gather_values(self, &all, A, &a_before, error);
    if (status == RH_OK)
      status = gather_values(self, &all, B, &b_before, error);
    if (status == RH_OK)
      status = pair_values(self, &all, error);
    diff_gathering_dispose(&all);
    return status;
  }
}

/* --- keys in one tree only --- */

typedef struct lone {
  diff *self;
  int in;
  size_t path_len; /* of the key above */
} lone;

static rh_status set_path(lone *own, const rh_visit *visit, rh_error *error) {
  own->self->path.len = own->path_len;
  own->self->path.data[own->path_len] = 0;
  return rh_buffer_append(&own->self->path, visit->path, visit->path_len, error);
}

static rh_registry_difference lone_difference(const lone *own, const rh_visit *visit) {
  rh_registry_difference difference = {
      .kind = own->in == A ? RH_REGISTRY_REMOVED : RH_REGISTRY_ADDED, .within = visit->depth > 0};
  *(own->in == A ? &difference.a_key : &difference.b_key) = visit->info;
  return difference;
}

static rh_status on_lone_key(void *payload, const rh_visit *visit, rh_error *error) {
  lone *own = payload;
  rh_registry_difference difference = lone_difference(own, visit);
  rh_status status = spend(own->self, &own->self->sides[own->in].left.keys, own->in);
  if (status != RH_OK)
    return tell_damage(own->self, own->in, status, error) == RH_OK ? RH_END : status;
  status = set_path(own, visit, error);
  return status == RH_OK ? tell(own->self, &difference, error) : status;
}

static rh_status on_lone_value(void *payload, const rh_visit *visit, const rh_value *value,
                               rh_error *error) {
  lone *own = payload;
  rh_registry_difference difference = lone_difference(own, visit);
  difference.within = true;
  if (own->self->sides[own->in].left.values == 0)
    return RH_OK; /* told where it ran out */
  own->self->sides[own->in].left.values--;
  *(own->in == A ? &difference.a_value : &difference.b_value) = value;
  return tell(own->self, &difference, error);
}

static rh_status on_lone_damage(void *payload, const char *path, size_t path_len,
                                const rh_error *damage) {
  lone *own = payload;
  rh_visit visit = {.path = path, .path_len = path_len};
  rh_status status = set_path(own, &visit, &own->self->damage);
  if (status == RH_OK)
    own->self->damage = *damage;
  return tell_damage(own->self, own->in, status == RH_OK ? RH_ERR_FORMAT : status, NULL);
}

/* self->path names the key already. */
static rh_status diff_lone(diff *self, int in, rh_key key, rh_error *error) {
  lone own = {self, in, self->path.len};
  const rh_walker walker = {.on_key = on_lone_key,
                            .on_value = on_lone_value,
                            .on_damage = self->differ->on_damage ? on_lone_damage : NULL,
                            .payload = &own};
  rh_status status = rh_registry_walk(self->sides[in].registry, key, &walker, error);
  return status == RH_END ? RH_OK : status;
}

/* --- keys in both --- */

static rh_status diff_pair(diff *self, rh_key a_key, rh_key b_key, size_t depth, rh_error *error);

/* A key of A, of B or of both, whose name is told. */
static rh_status diff_child(diff *self, rh_key a_key, rh_key b_key, const char *name, size_t len,
                            size_t depth, rh_error *error) {
  size_t path_len = self->path.len;
  rh_status status = rh_buffer_append(&self->path, "\\", 1, error);
  if (status == RH_OK)
    status = rh_buffer_append(&self->path, name, len, error);
  if (status == RH_OK && a_key != RH_KEY_NONE && b_key != RH_KEY_NONE)
    status = diff_pair(self, a_key, b_key, depth, error);
  else if (status == RH_OK)
    status =
        a_key != RH_KEY_NONE ? diff_lone(self, A, a_key, error) : diff_lone(self, B, b_key, error);
  if (self->path.len > path_len) {
    self->path.len = path_len;
    self->path.data[path_len] = 0;
  }
  return status;
}

/* The next readable key of one side, its record in info; RH_END behind the last one. */
static rh_status next_key(diff *self, int in, rh_cursor *cursor, rh_key *out, rh_error *error) {
  side *own = &self->sides[in];
  rh_status status;
  do {
    status = rh_cursor_next_key(cursor, out, &self->damage);
    if (status == RH_OK)
      status = rh_registry_read_key(own->registry, *out, &own->info, &self->damage);
    if (status == RH_OK || status == RH_END)
      return status;
    status = tell_damage(self, in, status, error);
  } while (status == RH_OK);
  return status;
}

static rh_status gather_keys(diff *self, diff_gathering *all, int in, rh_cursor *cursor,
                             rh_error *error) {
  uint64_t most = self->sides[in].left.keys;
  for (size_t i = 0; i < most; i++) {
    diff_entry item = {.in = in};
    rh_status status = next_key(self, in, cursor, &item.key, error);
    if (status != RH_OK)
      return status == RH_END ? RH_OK : status;
    item.name_len = self->sides[in].info.name_len;
    status = diff_gather(all, item, self->sides[in].info.name, error);
    if (status != RH_OK)
      return status;
  }
  return RH_OK;
}

static rh_status pair_keys(diff *self, diff_gathering *all, size_t depth, rh_error *error) {
  rh_status status = RH_OK;
  diff_sort(all);
  for (size_t i = 0; status == RH_OK && i < all->count; i++) {
    const diff_entry *item = &all->items[i], *partner = NULL;
    if (item->in == A)
      partner = diff_partner_of(all, i);
    else if (diff_has_partner(all, i))
      continue;
    rh_key a_key = item->in == A ? item->key : RH_KEY_NONE;
    rh_key b_key = item->in == B ? item->key : partner ? partner->key : RH_KEY_NONE;
    status = diff_child(self, a_key, b_key, item->text, item->name_len, depth, error);
  }
  return status;
}

static rh_status diff_keys(diff *self, rh_key a_key, rh_key b_key, size_t depth, rh_error *error) {
  const rh_key_info *a = &self->sides[A].info, *b = &self->sides[B].info;
  rh_cursor a_cursor = rh_registry_keys(self->sides[A].registry, a_key);
  rh_cursor b_cursor = rh_registry_keys(self->sides[B].registry, b_key);
  for (;;) {
    diff_gathering all = {0};
    rh_cursor a_before = a_cursor, b_before = b_cursor;
    rh_key a_child = RH_KEY_NONE, b_child = RH_KEY_NONE;
    rh_status a_status = next_key(self, A, &a_cursor, &a_child, error);
    rh_status status = a_status;
    if (a_status == RH_OK || a_status == RH_END)
      status = next_key(self, B, &b_cursor, &b_child, error);
    if (a_status == RH_END && status == RH_END)
      return RH_OK;
    if (status != RH_OK && status != RH_END)
      return status;
    if (a_status == RH_OK && status == RH_OK &&
        diff_same_name(a->name, a->name_len, b->name, b->name_len)) {
      status = diff_child(self, a_child, b_child, a->name, a->name_len, depth + 1, error);
      if (status != RH_OK)
        return status;
      continue;
    }
    status = gather_keys(self, &all, A, &a_before, error);
    if (status == RH_OK)
      status = gather_keys(self, &all, B, &b_before, error);
    if (status == RH_OK)
      status = pair_keys(self, &all, depth + 1, error);
    diff_gathering_dispose(&all);
    return status;
  }
}

static rh_status diff_records(diff *self, rh_error *error) {
  const rh_key_info *a = &self->sides[A].info, *b = &self->sides[B].info;
  rh_registry_difference difference = {
      .kind = RH_REGISTRY_CHANGED,
      .a_key = a,
      .b_key = b,
      .class_differs = !same_bytes(a->class_name, a->class_len, b->class_name, b->class_len),
      .security_differs = !same_bytes(a->security, a->security_len, b->security, b->security_len)};
  return difference.class_differs || difference.security_differs ? tell(self, &difference, error)
                                                                 : RH_OK;
}

static rh_status diff_pair(diff *self, rh_key a_key, rh_key b_key, size_t depth, rh_error *error) {
  rh_status status = RH_OK;
  const rh_key keys[2] = {a_key, b_key};
  for (int in = A; status == RH_OK && in <= B; in++) {
    if (depth > RH_KEY_DEPTH_MAX)
      status = rh_error_set(&self->damage, RH_ERR_FORMAT, self->sides[in].registry->label,
                            "a key lies deeper than %d keys", RH_KEY_DEPTH_MAX);
    else
      status = spend(self, &self->sides[in].left.keys, in);
    if (status == RH_OK)
      status = rh_registry_read_key(self->sides[in].registry, keys[in], &self->sides[in].info,
                                    &self->damage);
    if (status != RH_OK)
      return tell_damage(self, in, status, error);
  }
  status = diff_records(self, error);
  if (status == RH_OK)
    status = diff_values(self, a_key, b_key, error);
  return status == RH_OK ? diff_keys(self, a_key, b_key, depth, error) : status;
}

static rh_walk_bounds bounds_of(rh_registry *registry) {
  if (registry->backend->bounds)
    return registry->backend->bounds(registry);
  return (rh_walk_bounds){UINT64_MAX, UINT64_MAX, UINT64_MAX};
}

rh_status rh_registry_diff(rh_registry *a, rh_key a_key, rh_registry *b, rh_key b_key,
                           const rh_registry_differ *differ, rh_error *error) {
  diff self = {
      .sides = {{.registry = a, .left = bounds_of(a)}, {.registry = b, .left = bounds_of(b)}},
      .differ = differ};
  rh_status status = diff_pair(&self, a_key, b_key, 0, error);
  for (int in = A; in <= B; in++) {
    rh_key_info_dispose(&self.sides[in].info);
    rh_value_dispose(&self.sides[in].value);
  }
  rh_buffer_dispose(&self.path);
  return status;
}
