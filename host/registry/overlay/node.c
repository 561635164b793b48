/* The overlay's memory of keys and values. */
#include "registry/overlay/internal.h"

#include "base/text.h"

#include <string.h>

rh_status rh_overlay_node_get(const rh_overlay *overlay, rh_key key, rh_overlay_node **out,
                              rh_error *error) {
  *out = (rh_overlay_node *)(uintptr_t)key;
  for (const rh_overlay_node *node = *out; node; node = node->parent) {
    if (node->deleted)
      return rh_error_set(error, RH_ERR_NOT_FOUND, overlay->head.label, "the key was deleted");
  }
  return RH_OK;
}

static size_t first_slot(rh_key base, size_t capacity) {
  return (size_t)((base * 0x9E3779B97F4A7C15u) >> 17) & (capacity - 1);
}

rh_overlay_node *rh_overlay_node_known(const rh_overlay *overlay, rh_key base) {
  if (overlay->slot_capacity == 0)
    return NULL;
  size_t slot = first_slot(base, overlay->slot_capacity);
  while (overlay->slots[slot] && overlay->slots[slot]->base != base)
    slot = (slot + 1) & (overlay->slot_capacity - 1);
  return overlay->slots[slot];
}

static void put_in_slot(rh_overlay_node **slots, size_t capacity, rh_overlay_node *node) {
  size_t slot = first_slot(node->base, capacity);
  while (slots[slot])
    slot = (slot + 1) & (capacity - 1);
  slots[slot] = node;
}

static rh_status reserve_slot(rh_overlay *overlay, rh_error *error) {
  if (overlay->slot_count < overlay->slot_capacity / 2)
    return RH_OK;
  size_t capacity = overlay->slot_capacity ? overlay->slot_capacity * 2 : 64;
  rh_overlay_node **slots = rh_alloc_zero(capacity, sizeof(*slots));
  if (!slots)
    return rh_error_memory(error);
  for (size_t i = 0; i < overlay->slot_capacity; i++) {
    if (overlay->slots[i])
      put_in_slot(slots, capacity, overlay->slots[i]);
  }
  rh_free(overlay->slots);
  overlay->slots = slots;
  overlay->slot_capacity = capacity;
  return RH_OK;
}

static rh_overlay_node *add_node(rh_overlay *overlay, rh_overlay_node *parent, rh_key base) {
  rh_overlay_node *node = rh_alloc_zero(1, sizeof *node);
  if (!node)
    return NULL;
  node->parent = parent;
  node->base = base;
  node->next = overlay->nodes;
  overlay->nodes = node;
  return node;
}

rh_status rh_overlay_node_meet(rh_overlay *overlay, rh_overlay_node *parent, rh_key base,
                               rh_overlay_node **out, rh_error *error) {
  *out = rh_overlay_node_known(overlay, base);
  if (*out)
    return RH_OK;
  rh_status status = reserve_slot(overlay, error);
  if (status != RH_OK)
    return status;
  *out = add_node(overlay, parent, base);
  if (!*out)
    return rh_error_memory(error);
  put_in_slot(overlay->slots, overlay->slot_capacity, *out);
  overlay->slot_count++;
  return RH_OK;
}

size_t rh_overlay_child_position(const rh_overlay_node *node, const char *name, size_t len,
                                 bool *found) {
  size_t low = 0, high = node->child_count;
  *found = false;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const rh_overlay_node *child = node->children[middle];
    int order = rh_name_compare(child->name, child->name_len, name, len);
    if (order == 0) {
      *found = true;
      return middle;
    }
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static rh_status insert_child(rh_overlay_node *parent, rh_overlay_node *child, const char *name,
                              size_t len, rh_error *error) {
  if (parent->child_count == parent->child_capacity) {
    size_t capacity = parent->child_capacity ? parent->child_capacity * 2 : 4;
    rh_overlay_node **children = rh_resize(parent->children, capacity, sizeof(*children));
    if (!children)
      return rh_error_memory(error);
    parent->children = children;
    parent->child_capacity = capacity;
  }
  child->name = rh_copy_bytes(name, len);
  if (!child->name)
    return rh_error_memory(error);
  child->name_len = len;
  bool found;
  size_t position = rh_overlay_child_position(parent, name, len, &found);
  memmove(parent->children + position + 1, parent->children + position,
          (parent->child_count - position) * sizeof(*parent->children));
  parent->children[position] = child;
  parent->child_count++;
  return RH_OK;
}

rh_status rh_overlay_node_create(rh_overlay *overlay, rh_overlay_node *parent, const char *name,
                                 size_t len, rh_overlay_node **out, rh_error *error) {
  rh_status status = rh_overlay_node_link(overlay, parent, error);
  if (status != RH_OK)
    return status;
  *out = add_node(overlay, parent, RH_KEY_NONE);
  if (!*out)
    return rh_error_memory(error);
  (*out)->deleted = true;
  return insert_child(parent, *out, name, len, error);
}

rh_status rh_overlay_node_link(rh_overlay *overlay, rh_overlay_node *node, rh_error *error) {
  rh_key_info info = {0};
  rh_status status = RH_OK;
  for (; status == RH_OK && node->parent; node = node->parent) {
    if (node->name)
      continue;
    status = rh_registry_read_key(overlay->base, node->base, &info, error);
    if (status == RH_OK)
      status = insert_child(node->parent, node, info.name, info.name_len, error);
  }
  rh_key_info_dispose(&info);
  return status;
}

static void drop_data(rh_overlay_entry *entry) {
  rh_free_secret(entry->data, entry->len);
  entry->data = NULL;
  entry->len = 0;
}

void rh_overlay_node_reset(rh_overlay_node *node) {
  size_t kept = 0;
  for (size_t i = 0; i < node->entry_count; i++) {
    rh_overlay_entry *entry = &node->entries[i];
    drop_data(entry);
    entry->deleted = true;
    if (entry->secret && entry->in_base)
      node->entries[kept++] = *entry;
    else
      rh_free(entry->name);
  }
  node->entry_count = kept;
  for (size_t i = 0; i < node->child_count; i++) {
    rh_overlay_node_reset(node->children[i]);
    node->children[i]->deleted = node->children[i]->base == RH_KEY_NONE;
  }
  rh_free(node->class_name);
  rh_free(node->security);
  node->class_name = node->security = NULL;
  node->class_len = node->security_len = 0;
  node->class_set = node->security_set = false;
  node->time = 0;
}

void rh_overlay_node_free(rh_overlay_node *node) {
  for (size_t i = 0; i < node->entry_count; i++) {
    drop_data(&node->entries[i]);
    rh_free(node->entries[i].name);
  }
  rh_free(node->entries);
  rh_free(node->children);
  rh_free(node->class_name);
  rh_free(node->security);
  rh_free(node->name);
  rh_free(node);
}

static size_t entry_position(const rh_overlay_node *node, const char *name, size_t len,
                             bool *found) {
  size_t low = 0, high = node->entry_count;
  *found = false;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const rh_overlay_entry *entry = &node->entries[middle];
    int order = rh_name_compare(entry->name, entry->name_len, name, len);
    if (order == 0) {
      *found = true;
      return middle;
    }
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

rh_overlay_entry *rh_overlay_entry_find(const rh_overlay_node *node, const char *name, size_t len) {
  bool found;
  size_t position = entry_position(node, name, len, &found);
  return found ? &node->entries[position] : NULL;
}

static rh_status reserve_entry(rh_overlay_node *node, rh_error *error) {
  if (node->entry_count < node->entry_capacity)
    return RH_OK;
  size_t capacity = node->entry_capacity ? node->entry_capacity * 2 : 4;
  rh_overlay_entry *entries = rh_resize(node->entries, capacity, sizeof *entries);
  if (!entries)
    return rh_error_memory(error);
  node->entries = entries;
  node->entry_capacity = capacity;
  return RH_OK;
}

/* Fills an entry with what the base says. A value that the base cannot read counts as absent: it
 * may be replaced, and there is nothing to restore. */
static rh_status copy_from_base(rh_overlay *overlay, rh_key base, rh_overlay_entry *entry,
                                const char *name, size_t len, rh_error *error) {
  rh_value value = {0};
  rh_status status = RH_ERR_NOT_FOUND;
  if (base != RH_KEY_NONE)
    status = rh_registry_find_value(overlay->base, base, name, len, &value, error);
  *entry = (rh_overlay_entry){.deleted = true, .origin = overlay->origin};
  if (status == RH_OK) {
    entry->in_base = true;
    entry->deleted = false;
    entry->type = value.type;
    entry->data = (unsigned char *)rh_copy_bytes(value.data, value.len);
    entry->len = value.len;
    name = value.name;
    len = value.name_len;
  } else if (status == RH_ERR_NOT_FOUND || status == RH_ERR_FORMAT) {
    status = RH_OK;
  }
  if (status == RH_OK) {
    entry->name = rh_copy_bytes(name, len);
    entry->name_len = len;
    if (!entry->name || (entry->in_base && !entry->data)) {
      drop_data(entry);
      rh_free(entry->name);
      status = rh_error_memory(error);
    }
  }
  rh_value_dispose(&value);
  return status;
}

rh_status rh_overlay_entry_touch(rh_overlay *overlay, rh_overlay_node *node, const char *name,
                                 size_t len, rh_overlay_entry **out, rh_error *error) {
  bool found;
  size_t position = entry_position(node, name, len, &found);
  if (!found) {
    rh_overlay_entry entry;
    rh_status status = rh_overlay_node_link(overlay, node, error);
    if (status == RH_OK)
      status = reserve_entry(node, error);
    if (status == RH_OK)
      status = copy_from_base(overlay, node->base, &entry, name, len, error);
    if (status != RH_OK)
      return status;
    memmove(node->entries + position + 1, node->entries + position,
            (node->entry_count - position) * sizeof *node->entries);
    node->entries[position] = entry;
    node->entry_count++;
  }
  *out = &node->entries[position];
  return RH_OK;
}
