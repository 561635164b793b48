/* Copy-on-write on top of any registry: what is seen through the overlay. */
#include "registry/overlay/internal.h"

#include "base/text.h"

#include <string.h>

rh_status rh_overlay_no_value(const rh_overlay *overlay, rh_error *error) {
  return rh_error_set(error, RH_ERR_NOT_FOUND, overlay->head.label, "there is no such value");
}

rh_status rh_overlay_root(rh_registry *registry, rh_key *out, rh_error *error) {
  (void)error;
  *out = rh_overlay_handle(rh_overlay_of(registry)->root);
  return RH_OK;
}

rh_status rh_overlay_find_child(rh_overlay *overlay, rh_overlay_node *parent, const char *name,
                                size_t len, rh_overlay_node **out, rh_error *error) {
  bool found;
  size_t position = rh_overlay_child_position(parent, name, len, &found);
  if (found) {
    *out = parent->children[position];
    return RH_OK;
  }
  if (parent->base == RH_KEY_NONE)
    return rh_error_set(error, RH_ERR_NOT_FOUND, overlay->head.label, "there is no such key");
  rh_key base = RH_KEY_NONE;
  rh_status status = rh_registry_find_key(overlay->base, parent->base, name, len, &base, error);
  if (status == RH_OK)
    status = rh_overlay_node_meet(overlay, parent, base, out, error);
  return status;
}

rh_status rh_overlay_find_key(rh_registry *registry, rh_key parent, const char *name, size_t len,
                              rh_key *out, rh_error *error) {
  rh_overlay *overlay = rh_overlay_of(registry);
  rh_overlay_node *node, *child;
  rh_status status = rh_overlay_node_get(overlay, parent, &node, error);
  if (status == RH_OK)
    status = rh_overlay_find_child(overlay, node, name, len, &child, error);
  if (status != RH_OK)
    return status;
  if (child->deleted)
    return rh_error_set(error, RH_ERR_NOT_FOUND, overlay->head.label, "there is no such key");
  *out = rh_overlay_handle(child);
  return RH_OK;
}

static void count_changes(const rh_overlay_node *node, rh_key_info *info) {
  for (size_t i = 0; i < node->entry_count; i++) {
    const rh_overlay_entry *entry = &node->entries[i];
    if (entry->in_base && entry->deleted)
      info->value_count -= info->value_count > 0;
    else if (!entry->in_base && !entry->deleted)
      info->value_count++;
  }
  for (size_t i = 0; i < node->child_count; i++) {
    const rh_overlay_node *child = node->children[i];
    if (child->base != RH_KEY_NONE && child->deleted)
      info->subkey_count -= info->subkey_count > 0;
    else if (child->base == RH_KEY_NONE && !child->deleted)
      info->subkey_count++;
  }
}

rh_status rh_overlay_read_key(rh_registry *registry, rh_key key, rh_key_info *out,
                              rh_error *error) {
  rh_overlay *overlay = rh_overlay_of(registry);
  rh_overlay_node *node;
  rh_status status = rh_overlay_node_get(overlay, key, &node, error);
  if (status == RH_OK && node->base != RH_KEY_NONE)
    status = rh_registry_read_key(overlay->base, node->base, out, error);
  if (status != RH_OK)
    return status;
  if (node->base == RH_KEY_NONE)
    *out = (rh_key_info){.name = node->name, .name_len = node->name_len, .storage = out->storage};
  count_changes(node, out);
  if (node->time)
    out->last_write = node->time;
  if (node->class_set) {
    out->class_name = node->class_name;
    out->class_len = node->class_len;
  }
  if (node->security_set) {
    out->security = node->security;
    out->security_len = node->security_len;
  }
  return RH_OK;
}

/* Cursors. The state is that of the base's cursor; of outer, subkeys use: the created node told
 * last, the node of the base that is told next, whether the base has come to its end; values: 0
 * while the base tells, then 1 + the next entry. */
enum { LAST_CREATED, NEXT_OF_BASE, BASE_ENDED };

static rh_cursor base_cursor(const rh_overlay *overlay, const rh_overlay_node *node,
                             const rh_cursor *cursor) {
  rh_cursor base = *cursor;
  base.registry = overlay->base;
  base.key = node->base;
  return base;
}

static rh_status peek_base(rh_overlay *overlay, rh_overlay_node *node, rh_cursor *cursor,
                           rh_overlay_node **out, rh_error *error) {
  for (;;) {
    *out = (rh_overlay_node *)(uintptr_t)cursor->outer[NEXT_OF_BASE];
    if (*out && !(*out)->deleted)
      return RH_OK;
    *out = NULL;
    cursor->outer[NEXT_OF_BASE] = 0;
    if (node->base == RH_KEY_NONE || cursor->outer[BASE_ENDED])
      return RH_OK;
    rh_cursor base = base_cursor(overlay, node, cursor);
    rh_key key = RH_KEY_NONE;
    rh_status status = rh_cursor_next_key(&base, &key, error);
    memcpy(cursor->state, base.state, sizeof cursor->state);
    if (status == RH_OK)
      status = rh_overlay_node_meet(overlay, node, key, out, error);
    else if (status == RH_END)
      cursor->outer[BASE_ENDED] = 1;
    if (status != RH_OK && status != RH_END)
      return status;
    cursor->outer[NEXT_OF_BASE] = rh_overlay_handle(*out);
  }
}

static rh_overlay_node *peek_created(const rh_overlay_node *node, const rh_cursor *cursor) {
  const rh_overlay_node *last = (const rh_overlay_node *)(uintptr_t)cursor->outer[LAST_CREATED];
  bool found = false;
  size_t i = 0;
  if (last)
    i = rh_overlay_child_position(node, last->name, last->name_len, &found) + 1;
  while (i < node->child_count &&
         (node->children[i]->base != RH_KEY_NONE || node->children[i]->deleted))
    i++;
  return i < node->child_count ? node->children[i] : NULL;
}

rh_status rh_overlay_next_key(rh_cursor *cursor, rh_key *out, rh_error *error) {
  rh_overlay *overlay = rh_overlay_of(cursor->registry);
  rh_overlay_node *node, *old = NULL;
  rh_status status = rh_overlay_node_get(overlay, cursor->key, &node, error);
  if (status != RH_OK)
    return status == RH_ERR_NOT_FOUND ? RH_END : status;
  status = peek_base(overlay, node, cursor, &old, error);
  if (status != RH_OK)
    return status;
  rh_overlay_node *created = peek_created(node, cursor);
  if (!old && !created)
    return RH_END;
  bool created_first = !old;
  if (old && created) {
    rh_key_info info = {0};
    status = rh_registry_read_key(overlay->base, old->base, &info, error);
    if (status == RH_OK)
      created_first =
          rh_name_compare(created->name, created->name_len, info.name, info.name_len) < 0;
    rh_key_info_dispose(&info);
    if (status != RH_OK) {
      cursor->outer[NEXT_OF_BASE] = 0;
      return status;
    }
  }
  cursor->outer[created_first ? LAST_CREATED : NEXT_OF_BASE] =
      created_first ? rh_overlay_handle(created) : 0;
  *out = rh_overlay_handle(created_first ? created : old);
  return RH_OK;
}

static void show_entry(rh_value *out, const rh_overlay_entry *entry) {
  out->name = entry->name;
  out->name_len = entry->name_len;
  out->type = entry->type;
  out->data = entry->data;
  out->len = entry->len;
}

rh_status rh_overlay_next_value(rh_cursor *cursor, rh_value *out, rh_error *error) {
  rh_overlay *overlay = rh_overlay_of(cursor->registry);
  rh_overlay_node *node;
  rh_status status = rh_overlay_node_get(overlay, cursor->key, &node, error);
  if (status != RH_OK)
    return status == RH_ERR_NOT_FOUND ? RH_END : status;
  uint64_t *next = &cursor->outer[0];
  while (*next == 0 && node->base != RH_KEY_NONE) {
    rh_cursor base = base_cursor(overlay, node, cursor);
    status = rh_cursor_next_value(&base, out, error);
    memcpy(cursor->state, base.state, sizeof cursor->state);
    if (status == RH_END)
      break;
    if (status != RH_OK)
      return status;
    const rh_overlay_entry *entry = rh_overlay_entry_find(node, out->name, out->name_len);
    if (entry && entry->deleted)
      continue;
    if (entry)
      show_entry(out, entry);
    return RH_OK;
  }
  for (size_t i = *next ? (size_t)*next - 1 : 0; i < node->entry_count; i++) {
    const rh_overlay_entry *entry = &node->entries[i];
    if (entry->in_base || entry->deleted)
      continue;
    show_entry(out, entry);
    *next = i + 2;
    return RH_OK;
  }
  *next = node->entry_count + 1;
  return RH_END;
}

rh_status rh_overlay_find_value(rh_registry *registry, rh_key key, const char *name, size_t len,
                                rh_value *out, rh_error *error) {
  rh_overlay *overlay = rh_overlay_of(registry);
  rh_overlay_node *node;
  rh_status status = rh_overlay_node_get(overlay, key, &node, error);
  if (status != RH_OK)
    return status;
  const rh_overlay_entry *entry = rh_overlay_entry_find(node, name, len);
  if (entry && !entry->deleted) {
    show_entry(out, entry);
    return RH_OK;
  }
  if (entry || node->base == RH_KEY_NONE)
    return rh_overlay_no_value(overlay, error);
  return rh_registry_find_value(overlay->base, node->base, name, len, out, error);
}
