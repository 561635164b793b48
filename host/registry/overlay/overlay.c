/* Copy-on-write on top of any registry: the changing half of the backend. */
#include "registry/overlay/internal.h"

#include "base/platform.h"

#include <string.h>

static void stamp(const rh_overlay *overlay, rh_overlay_node *node) {
  node->time = overlay->head.clock ? overlay->head.clock : rh_platform_filetime();
}

/* Bytes for a node to keep. out is set only when there is memory. */
static rh_status keep_bytes(unsigned char **out, size_t *out_len, bool *out_set,
                            const unsigned char *bytes, size_t len, rh_error *error) {
  unsigned char *copy = NULL;
  if (bytes) {
    copy = (unsigned char *)rh_copy_bytes(bytes, len);
    if (!copy)
      return rh_error_memory(error);
  }
  rh_free(*out);
  *out = copy;
  *out_len = copy ? len : 0;
  *out_set = true;
  return RH_OK;
}

static rh_status hide_values(rh_overlay *overlay, rh_overlay_node *node, rh_error *error) {
  rh_value value = {0};
  rh_cursor cursor = rh_registry_values(overlay->base, node->base);
  rh_status status = RH_OK;
  while (status == RH_OK || status == RH_ERR_FORMAT) {
    rh_overlay_entry *entry;
    status = rh_cursor_next_value(&cursor, &value, error);
    if (status != RH_OK)
      continue;
    status = rh_overlay_entry_touch(overlay, node, value.name, value.name_len, &entry, error);
    if (status != RH_OK)
      break;
    entry->deleted = true;
    entry->origin = overlay->origin;
  }
  rh_value_dispose(&value);
  return status == RH_END ? RH_OK : status;
}

static rh_status hide_subkeys(rh_overlay *overlay, rh_overlay_node *node, rh_error *error) {
  rh_cursor cursor = rh_registry_keys(overlay->base, node->base);
  rh_status status = RH_OK;
  while (status == RH_OK || status == RH_ERR_FORMAT) {
    rh_key base = RH_KEY_NONE;
    rh_overlay_node *child;
    status = rh_cursor_next_key(&cursor, &base, error);
    if (status != RH_OK)
      continue;
    status = rh_overlay_node_meet(overlay, node, base, &child, error);
    if (status == RH_OK)
      status = rh_overlay_node_link(overlay, child, error);
    if (status != RH_OK)
      break;
    child->deleted = true;
    child->origin = overlay->origin;
  }
  return status == RH_END ? RH_OK : status;
}

/* Hides what the base has in a key that was deleted and is made again, so that it differs from the
 * base value by value. What the base cannot read stays as it is. */
static rh_status hide_contents(rh_overlay *overlay, rh_overlay_node *node, rh_error *error) {
  rh_status status = hide_values(overlay, node, error);
  return status == RH_OK ? hide_subkeys(overlay, node, error) : status;
}

static rh_status check_depth(const rh_overlay *overlay, const rh_overlay_node *node,
                             rh_error *error) {
  size_t depth = 1;
  while ((node = node->parent) != NULL)
    depth++;
  if (depth > RH_KEY_DEPTH_MAX)
    return rh_error_set(error, RH_ERR_LIMIT, overlay->head.label,
                        "a key cannot lie deeper than %d keys", RH_KEY_DEPTH_MAX);
  return RH_OK;
}

static rh_status overlay_create_key(rh_registry *registry, rh_key parent, const char *name,
                                    size_t len, rh_key *out, rh_error *error) {
  rh_overlay *overlay = rh_overlay_of(registry);
  rh_key_info info = {0};
  rh_overlay_node *node, *child;
  rh_status status = rh_overlay_node_get(overlay, parent, &node, error);
  if (status != RH_OK)
    return status;
  status = rh_overlay_find_child(overlay, node, name, len, &child, error);
  if (status == RH_OK && !child->deleted) {
    *out = rh_overlay_handle(child);
    return RH_OK;
  }
  if (status == RH_ERR_NOT_FOUND) {
    status = check_depth(overlay, node, error);
    if (status == RH_OK)
      status = rh_overlay_node_create(overlay, node, name, len, &child, error);
  } else if (status == RH_OK && child->base != RH_KEY_NONE) {
    status = hide_contents(overlay, child, error);
  }
  if (status == RH_OK)
    status = rh_overlay_read_key(registry, parent, &info, error);
  if (status == RH_OK)
    status = keep_bytes(&child->security, &child->security_len, &child->security_set, info.security,
                        info.security_len, error);
  if (status == RH_OK)
    status = keep_bytes(&child->class_name, &child->class_len, &child->class_set, NULL, 0, error);
  if (status == RH_OK) {
    child->deleted = false;
    child->origin = overlay->origin;
    stamp(overlay, child);
    stamp(overlay, node);
    *out = rh_overlay_handle(child);
  }
  rh_key_info_dispose(&info);
  return status;
}

static rh_status overlay_delete_key(rh_registry *registry, rh_key key, rh_error *error) {
  rh_overlay *overlay = rh_overlay_of(registry);
  rh_overlay_node *node;
  rh_status status = rh_overlay_node_get(overlay, key, &node, error);
  if (status == RH_OK)
    status = rh_overlay_node_link(overlay, node, error);
  if (status != RH_OK)
    return status;
  rh_overlay_node_reset(node);
  node->deleted = true;
  node->origin = overlay->origin;
  stamp(overlay, node->parent);
  return RH_OK;
}

static rh_status overlay_set_value(rh_registry *registry, rh_key key, const char *name,
                                   size_t name_len, uint32_t type, const void *data, size_t len,
                                   rh_error *error) {
  rh_overlay *overlay = rh_overlay_of(registry);
  rh_overlay_node *node;
  rh_overlay_entry *entry;
  rh_status status = rh_overlay_node_get(overlay, key, &node, error);
  if (status == RH_OK)
    status = rh_overlay_entry_touch(overlay, node, name, name_len, &entry, error);
  if (status != RH_OK)
    return status;
  unsigned char *copy = (unsigned char *)rh_copy_bytes(data, len);
  if (!copy)
    return rh_error_memory(error);
  rh_free_secret(entry->data, entry->len);
  entry->data = copy;
  entry->len = len;
  entry->type = type;
  entry->deleted = false;
  entry->origin = overlay->origin;
  stamp(overlay, node);
  return RH_OK;
}

static rh_status overlay_delete_value(rh_registry *registry, rh_key key, const char *name,
                                      size_t len, rh_error *error) {
  rh_overlay *overlay = rh_overlay_of(registry);
  rh_overlay_node *node;
  rh_overlay_entry *entry;
  rh_status status = rh_overlay_node_get(overlay, key, &node, error);
  if (status == RH_OK)
    status = rh_overlay_entry_touch(overlay, node, name, len, &entry, error);
  if (status != RH_OK)
    return status;
  if (entry->deleted)
    return rh_overlay_no_value(overlay, error);
  rh_free_secret(entry->data, entry->len);
  entry->data = NULL;
  entry->len = 0;
  entry->deleted = true;
  entry->origin = overlay->origin;
  stamp(overlay, node);
  return RH_OK;
}

static bool same_bytes(const unsigned char *a, size_t a_len, const unsigned char *b, size_t b_len) {
  return a_len == b_len && (a_len == 0 || memcmp(a, b, a_len) == 0);
}

static rh_status overlay_set_details(rh_registry *registry, rh_key key,
                                     const rh_key_details *details, rh_error *error) {
  rh_overlay *overlay = rh_overlay_of(registry);
  rh_key_info info = {0};
  rh_overlay_node *node;
  rh_status status = rh_overlay_node_get(overlay, key, &node, error);
  if (status == RH_OK)
    status = rh_overlay_read_key(registry, key, &info, error);
  if (status != RH_OK)
    goto done;
  bool new_class =
      (details->class_len > 0 || details->clear_class) &&
      !same_bytes(details->class_name, details->class_len, info.class_name, info.class_len);
  bool new_security = details->security && !same_bytes(details->security, details->security_len,
                                                       info.security, info.security_len);
  if (new_class || new_security)
    status = rh_overlay_node_link(overlay, node, error);
  if (status == RH_OK && new_class)
    status = keep_bytes(&node->class_name, &node->class_len, &node->class_set,
                        details->class_len ? details->class_name : NULL, details->class_len, error);
  if (status == RH_OK && new_security)
    status = keep_bytes(&node->security, &node->security_len, &node->security_set,
                        details->security, details->security_len, error);
  if (status == RH_OK && (new_class || new_security)) {
    if (node->base != RH_KEY_NONE)
      node->origin = overlay->origin;
    stamp(overlay, node);
  }
  if (status == RH_OK && details->last_write)
    node->time = details->last_write;
done:
  rh_key_info_dispose(&info);
  return status;
}

static void overlay_free(rh_registry *registry) {
  rh_overlay *overlay = rh_overlay_of(registry);
  while (overlay->nodes) {
    rh_overlay_node *node = overlay->nodes;
    overlay->nodes = node->next;
    rh_overlay_node_free(node);
  }
  rh_free(overlay->slots);
  rh_free(overlay->head.label);
  rh_free(overlay);
}

static const rh_registry_backend backend = {
    .root = rh_overlay_root,
    .find_key = rh_overlay_find_key,
    .read_key = rh_overlay_read_key,
    .next_key = rh_overlay_next_key,
    .next_value = rh_overlay_next_value,
    .find_value = rh_overlay_find_value,
    .create_key = overlay_create_key,
    .delete_key = overlay_delete_key,
    .set_value = overlay_set_value,
    .delete_value = overlay_delete_value,
    .set_details = overlay_set_details,
    .free = overlay_free,
};

rh_status rh_overlay_open(rh_registry **out, rh_registry *base, rh_error *error) {
  *out = NULL;
  if (base->backend == &backend)
    return rh_error_set(error, RH_ERR_UNSUPPORTED, base->label,
                        "is an overlay, and there is one layer of them only");
  rh_overlay *overlay = rh_alloc_zero(1, sizeof *overlay);
  if (!overlay)
    return rh_error_memory(error);
  overlay->head.backend = &backend;
  overlay->base = base;
  overlay->head.label = rh_copy_text(base->label);
  rh_key root = RH_KEY_NONE;
  rh_status status = overlay->head.label ? RH_OK : rh_error_memory(error);
  if (status == RH_OK)
    status = rh_registry_root(base, &root, error);
  if (status == RH_OK)
    status = rh_overlay_node_meet(overlay, NULL, root, &overlay->root, error);
  if (status == RH_OK)
    *out = &overlay->head;
  else
    overlay_free(&overlay->head);
  return status;
}

void rh_overlay_set_origin(rh_registry *registry, uint32_t origin) {
  rh_overlay_of(registry)->origin = origin;
}

rh_status rh_overlay_mark_secret(rh_registry *registry, rh_key key, const char *name, size_t len,
                                 rh_error *error) {
  rh_overlay *overlay = rh_overlay_of(registry);
  rh_overlay_node *node;
  rh_overlay_entry *entry;
  rh_status status = rh_overlay_node_get(overlay, key, &node, error);
  if (status == RH_OK)
    status = rh_overlay_entry_touch(overlay, node, name, len, &entry, error);
  if (status != RH_OK)
    return status;
  if (entry->deleted && !entry->in_base)
    return rh_overlay_no_value(overlay, error);
  entry->secret = true;
  return RH_OK;
}
