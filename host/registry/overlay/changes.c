/* The overlay's changes: what differs from the base, told in an order that can be applied. */
#include "registry/overlay/internal.h"

#include <string.h>

/* A deleted key whose subkeys are being told; it comes after them. */
typedef struct deleted_level {
  rh_key base;
  size_t path_len;
} deleted_level;

typedef struct teller {
  rh_overlay *overlay;
  rh_status (*on_change)(void *payload, const rh_overlay_change *change, rh_error *error);
  void *payload;
  rh_buffer path;
  rh_key_info before, after;
  rh_value value;
  deleted_level *levels; /* by depth below the topmost deleted key */
  size_t level_count;
  size_t deleted_path_len; /* of that topmost key */
  uint32_t deleted_origin;
} teller;

static rh_status tell(teller *self, rh_overlay_change *change, rh_error *error) {
  change->path = rh_buffer_text(&self->path);
  change->path_len = self->path.len;
  return self->on_change(self->payload, change, error);
}

static void cut_path(teller *self, size_t len) {
  if (len < self->path.len) {
    self->path.len = len;
    self->path.data[len] = 0;
  }
}

static rh_status finish_deleted(teller *self, size_t down_to, rh_error *error) {
  rh_status status = RH_OK;
  while (status == RH_OK && self->level_count > down_to) {
    const deleted_level *level = &self->levels[--self->level_count];
    cut_path(self, level->path_len);
    status = rh_registry_read_key(self->overlay->base, level->base, &self->before, error);
    rh_overlay_change change = {
        .kind = RH_CHANGE_KEY_DELETED, .key_before = &self->before, .origin = self->deleted_origin};
    if (status == RH_OK)
      status = tell(self, &change, error);
  }
  return status;
}

static rh_status on_deleted_key(void *payload, const rh_visit *visit, rh_error *error) {
  teller *self = payload;
  rh_status status = finish_deleted(self, visit->depth, error);
  if (status != RH_OK)
    return status;
  cut_path(self, self->deleted_path_len);
  status = rh_buffer_append(&self->path, visit->path, visit->path_len, error);
  self->levels[visit->depth] = (deleted_level){visit->key, self->path.len};
  self->level_count = visit->depth + 1;
  return status;
}

static rh_status on_deleted_value(void *payload, const rh_visit *visit, const rh_value *value,
                                  rh_error *error) {
  teller *self = payload;
  const rh_overlay_node *node = rh_overlay_node_known(self->overlay, visit->key);
  const rh_overlay_entry *entry =
      node ? rh_overlay_entry_find(node, value->name, value->name_len) : NULL;
  rh_overlay_change change = {.kind = RH_CHANGE_VALUE_DELETED,
                              .value_before = value,
                              .origin = self->deleted_origin,
                              .secret = entry && entry->secret};
  return tell(self, &change, error);
}

static rh_status tell_deleted(teller *self, const rh_overlay_node *node, rh_error *error) {
  const rh_walker walker = {
      .on_key = on_deleted_key, .on_value = on_deleted_value, .payload = self};
  if (!self->levels)
    self->levels = rh_alloc_zero(RH_KEY_DEPTH_MAX + 1, sizeof *self->levels);
  if (!self->levels)
    return rh_error_memory(error);
  self->deleted_path_len = self->path.len;
  self->deleted_origin = node->origin;
  rh_status status = rh_registry_walk(self->overlay->base, node->base, &walker, error);
  return status == RH_OK ? finish_deleted(self, 0, error) : status;
}

static bool same_bytes(const unsigned char *a, size_t a_len, const unsigned char *b, size_t b_len) {
  return a_len == b_len && (a_len == 0 || memcmp(a, b, a_len) == 0);
}

static rh_status tell_details(teller *self, const rh_overlay_node *node, rh_error *error) {
  const rh_key_info *before = &self->before, *after = &self->after;
  rh_overlay_change change = {
      .kind = RH_CHANGE_KEY_CREATED, .key_after = after, .origin = node->origin};
  if (node->base != RH_KEY_NONE && !node->class_set && !node->security_set)
    return RH_OK;
  rh_status status =
      rh_overlay_read_key(&self->overlay->head, rh_overlay_handle(node), &self->after, error);
  if (status == RH_OK && node->base != RH_KEY_NONE) {
    status = rh_registry_read_key(self->overlay->base, node->base, &self->before, error);
    if (status != RH_OK ||
        (same_bytes(before->class_name, before->class_len, after->class_name, after->class_len) &&
         same_bytes(before->security, before->security_len, after->security, after->security_len)))
      return status;
    change.kind = RH_CHANGE_KEY_DETAILS;
    change.key_before = before;
  }
  return status == RH_OK ? tell(self, &change, error) : status;
}

static rh_status tell_entry(teller *self, const rh_overlay_node *node,
                            const rh_overlay_entry *entry, rh_error *error) {
  rh_value after = {.name = entry->name,
                    .name_len = entry->name_len,
                    .type = entry->type,
                    .data = entry->data,
                    .len = entry->len};
  rh_overlay_change change = {.kind = RH_CHANGE_VALUE_SET,
                              .value_after = &after,
                              .origin = entry->origin,
                              .secret = entry->secret};
  if (entry->in_base) {
    const rh_value *before = &self->value;
    rh_status status = rh_registry_find_value(self->overlay->base, node->base, entry->name,
                                              entry->name_len, &self->value, error);
    if (status != RH_OK)
      return status;
    if (!entry->deleted && before->type == entry->type &&
        same_bytes(before->data, before->len, entry->data, entry->len))
      return RH_OK;
    change.value_before = before;
  }
  if (entry->deleted) {
    change.kind = RH_CHANGE_VALUE_DELETED;
    change.value_after = NULL;
  }
  return entry->in_base || !entry->deleted ? tell(self, &change, error) : RH_OK;
}

static rh_status tell_node(teller *self, const rh_overlay_node *node, rh_error *error) {
  if (node->deleted)
    return node->base != RH_KEY_NONE ? tell_deleted(self, node, error) : RH_OK;
  rh_status status = tell_details(self, node, error);
  for (size_t i = 0; status == RH_OK && i < node->entry_count; i++)
    status = tell_entry(self, node, &node->entries[i], error);
  size_t path_len = self->path.len;
  for (size_t i = 0; status == RH_OK && i < node->child_count; i++) {
    const rh_overlay_node *child = node->children[i];
    status = rh_buffer_append(&self->path, "\\", 1, error);
    if (status == RH_OK)
      status = rh_buffer_append(&self->path, child->name, child->name_len, error);
    if (status == RH_OK)
      status = tell_node(self, child, error);
    cut_path(self, path_len);
  }
  return status;
}

rh_status rh_overlay_changes(rh_registry *registry,
                             rh_status (*on_change)(void *payload, const rh_overlay_change *change,
                                                    rh_error *error),
                             void *payload, rh_error *error) {
  teller self = {.overlay = rh_overlay_of(registry), .on_change = on_change, .payload = payload};
  rh_status status = tell_node(&self, self.overlay->root, error);
  rh_buffer_dispose(&self.path);
  rh_key_info_dispose(&self.before);
  rh_key_info_dispose(&self.after);
  rh_value_dispose(&self.value);
  rh_free(self.levels);
  return status;
}
