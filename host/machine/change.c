/* Changes: lists of them, turning them round, and their names. */
#include "machine/change.h"

#include "base/table.h"

#include <string.h>

static const char *const action_names[] = {"create-key",   "delete-key", "set-details", "set-value",
                                           "delete-value", "write-file", "delete-file"};
RH_TABLE_FITS(action_names, RH_DELETE_FILE);
#define ACTION_COUNT (sizeof action_names / sizeof *action_names)

rh_status rh_change_list_add(rh_change_list *list, rh_change **out, rh_error *error) {
  *out = NULL;
  if (list->count == list->capacity) {
    size_t capacity = list->capacity ? list->capacity * 2 : 32;
    rh_change *items = rh_resize(list->items, capacity, sizeof *items);
    if (!items)
      return rh_error_memory(error);
    list->items = items;
    list->capacity = capacity;
  }
  *out = &list->items[list->count++];
  **out = (rh_change){0};
  return RH_OK;
}

void rh_change_list_dispose(rh_change_list *list) {
  for (size_t i = 0; i < list->count; i++)
    rh_change_dispose(&list->items[i]);
  rh_free(list->items);
  *list = (rh_change_list){0};
}

static void dispose_side(rh_change_side *side) {
  rh_buffer_dispose_secret(&side->data);
  rh_buffer_dispose(&side->security);
}

void rh_change_dispose(rh_change *change) {
  rh_free(change->hive);
  rh_free(change->path);
  rh_free(change->name);
  dispose_side(&change->before);
  dispose_side(&change->after);
  *change = (rh_change){0};
}

static rh_change_action inverse(const rh_change *change) {
  switch (change->action) {
  case RH_CREATE_KEY:
    return RH_DELETE_KEY;
  case RH_DELETE_KEY:
    return RH_CREATE_KEY;
  case RH_SET_VALUE:
    return change->before.present ? RH_SET_VALUE : RH_DELETE_VALUE;
  case RH_DELETE_VALUE:
    return RH_SET_VALUE;
  case RH_WRITE_FILE:
    return change->before.present ? RH_WRITE_FILE : RH_DELETE_FILE;
  case RH_DELETE_FILE:
    return RH_WRITE_FILE;
  case RH_SET_DETAILS:
    break;
  }
  return RH_SET_DETAILS;
}

static rh_status copy_side(rh_change_side *out, const rh_change_side *side, rh_error *error) {
  out->present = side->present;
  out->type = side->type;
  out->time = side->time;
  rh_status status = rh_buffer_append(&out->data, side->data.data, side->data.len, error);
  if (status == RH_OK)
    status = rh_buffer_append(&out->security, side->security.data, side->security.len, error);
  return status;
}

static rh_status copy_name(char **out, const char *name, size_t len, rh_error *error) {
  if (!name)
    return RH_OK;
  *out = rh_copy_bytes(name, len);
  return *out ? RH_OK : rh_error_memory(error);
}

rh_status rh_change_invert(rh_change *out, const rh_change *change, rh_error *error) {
  *out = (rh_change){.action = inverse(change),
                     .path_len = change->path_len,
                     .name_len = change->name_len,
                     .origin = change->origin,
                     .secret = change->secret};
  rh_status status =
      copy_name(&out->hive, change->hive, change->hive ? strlen(change->hive) : 0, error);
  if (status == RH_OK)
    status = copy_name(&out->path, change->path, change->path_len, error);
  if (status == RH_OK)
    status = copy_name(&out->name, change->name, change->name_len, error);
  if (status == RH_OK)
    status = copy_side(&out->before, &change->after, error);
  if (status == RH_OK)
    status = copy_side(&out->after, &change->before, error);
  if (status != RH_OK)
    rh_change_dispose(out);
  return status;
}

/* Names may hold any character; a line for people must stay one line. */
static rh_status append_shown(rh_buffer *out, const char *text, size_t len, rh_error *error) {
  size_t start = out->len;
  rh_status status = rh_buffer_append(out, text, len, error);
  for (size_t i = start; status == RH_OK && i < out->len; i++) {
    if (out->data[i] < 0x20 || out->data[i] == 0x7F)
      out->data[i] = '?';
  }
  return status;
}

rh_status rh_change_describe(rh_buffer *out, const rh_change *change, rh_error *error) {
  rh_status status = RH_OK;
  if (change->hive)
    status = append_shown(out, change->hive, strlen(change->hive), error);
  if (status == RH_OK && change->path)
    status = append_shown(out, change->path, change->path_len, error);
  if (status != RH_OK || !change->name)
    return status;
  status = rh_buffer_append_text(out, ": ", error);
  if (status != RH_OK)
    return status;
  return change->name_len ? append_shown(out, change->name, change->name_len, error)
                          : rh_buffer_append_text(out, "(default)", error);
}

const char *rh_change_action_name(rh_change_action action) {
  return (size_t)action < ACTION_COUNT ? action_names[action] : "unknown";
}

rh_status rh_change_action_parse(rh_change_action *out, const char *name, rh_error *error) {
  for (size_t i = 0; i < ACTION_COUNT; i++) {
    if (strcmp(name, action_names[i]) == 0) {
      *out = (rh_change_action)i;
      return RH_OK;
    }
  }
  return rh_error_set(error, RH_ERR_NOT_FOUND, name, "is not a kind of change");
}
