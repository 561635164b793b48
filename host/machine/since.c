/* Finding what others have changed since a job, and what that means for its changes. */
#include "machine/since.h"

#include "base/text.h"
#include "machine/compare.h"
#include "machine/internal.h"
#include "registry/diff.h"

#include <stdlib.h>
#include <string.h>

void rh_since_list_dispose(rh_since_list *list) {
  for (size_t i = 0; i < list->count; i++)
    rh_change_dispose(&list->items[i].change);
  rh_free(list->items);
  *list = (rh_since_list){0};
}

/* --- places --- */

static bool same_text(const char *a, size_t a_len, const char *b, size_t b_len) {
  return a_len == b_len && rh_name_compare(a, a_len, b, b_len) == 0;
}

static bool same_hive(const rh_change *a, const rh_change *b) {
  return a->hive && b->hive &&
         rh_name_compare(a->hive, strlen(a->hive), b->hive, strlen(b->hive)) == 0;
}

static bool same_place(const rh_change *a, const rh_change *b) {
  if (a->path_len != b->path_len || a->name_len != b->name_len || !a->name != !b->name)
    return false;
  if (!same_hive(a, b) && (a->hive || b->hive))
    return false;
  if (!same_text(a->path, a->path_len, b->path, b->path_len))
    return false;
  return !a->name || same_text(a->name, a->name_len, b->name, b->name_len);
}

/* b is in the key a, or in one below. */
static bool is_in_key(const rh_change *a, const rh_change *b) {
  if (b->path_len < a->path_len || !same_hive(a, b) ||
      !same_text(a->path, a->path_len, b->path, a->path_len))
    return false;
  return b->path_len == a->path_len ? b->name != NULL : b->path[a->path_len] == '\\';
}

static const rh_change *find_place(const rh_change_list *changes, const rh_change *place) {
  for (size_t i = 0; i < changes->count; i++)
    if (same_place(&changes->items[i], place))
      return &changes->items[i];
  return NULL;
}

bool rh_since_holds(const rh_since_list *list, const rh_change *change) {
  for (size_t i = 0; i < list->count; i++) {
    const rh_since *item = &list->items[i];
    if (item->is_before || item->discard)
      continue;
    if (same_place(&item->change, change))
      return true;
    if (item->change.action == RH_DELETE_KEY && is_in_key(&item->change, change))
      return true;
    if (change->action == RH_CREATE_KEY && item->change.after.present &&
        is_in_key(change, &item->change))
      return true;
  }
  return false;
}

/* --- making the list --- */

rh_status machine_since_add(rh_since_list *list, rh_since **out, rh_error *error) {
  *out = NULL;
  if (list->count == list->capacity) {
    size_t capacity = list->capacity ? list->capacity * 2 : 32;
    rh_since *items = rh_resize(list->items, capacity, sizeof *items);
    if (!items)
      return rh_error_memory(error);
    list->items = items;
    list->capacity = capacity;
  }
  *out = &list->items[list->count++];
  **out = (rh_since){0};
  return RH_OK;
}

static rh_status name_place(rh_change *out, const char *hive, const char *path, size_t path_len,
                            const char *name, size_t name_len, rh_error *error) {
  out->hive = rh_copy_text(hive);
  out->path = rh_copy_bytes(path, path_len);
  out->path_len = path_len;
  out->name = name ? rh_copy_bytes(name, name_len) : NULL;
  out->name_len = name_len;
  return (!hive || out->hive) && out->path && (!name || out->name) ? RH_OK : rh_error_memory(error);
}

static void set_action(rh_change *change) {
  const bool is = change->after.present, was = change->before.present;
  if (!change->hive)
    change->action = is ? RH_WRITE_FILE : RH_DELETE_FILE;
  else if (change->name)
    change->action = is ? RH_SET_VALUE : RH_DELETE_VALUE;
  else
    change->action = is && was ? RH_SET_DETAILS : is ? RH_CREATE_KEY : RH_DELETE_KEY;
}

static rh_status copy_side(rh_change_side *out, const rh_change_side *side, rh_error *error) {
  out->present = side->present;
  out->type = side->type;
  rh_status status = rh_buffer_append(&out->data, side->data.data, side->data.len, error);
  if (status == RH_OK)
    status = rh_buffer_append(&out->security, side->security.data, side->security.len, error);
  return status;
}

/* Takes now. */
rh_status machine_since_add_place(rh_since_list *list, const rh_change *change, rh_change_side *now,
                                  rh_error *error) {
  rh_since *item = NULL;
  rh_status status = machine_since_add(list, &item, error);
  if (status != RH_OK)
    return status;
  status = name_place(&item->change, change->hive, change->path, change->path_len, change->name,
                      change->name_len, error);
  if (status == RH_OK)
    status = copy_side(&item->change.before, &change->after, error);
  item->change.after = *now;
  *now = (rh_change_side){0};
  set_action(&item->change);
  return status;
}

/* --- the difference of two hives --- */

typedef struct comparison {
  rh_since_list *list;
  const char *hive, *above; /* above: the path of the keys that are compared */
  bool added_only;
} comparison;

static rh_status take_value(rh_change_side *out, const rh_value *value, rh_error *error) {
  out->present = value != NULL;
  if (!value)
    return RH_OK;
  out->type = value->type;
  return rh_buffer_append(&out->data, value->data, value->len, error);
}

static rh_status take_key(rh_change_side *out, const rh_key_info *key, rh_error *error) {
  out->present = key != NULL;
  if (!key)
    return RH_OK;
  rh_status status = rh_buffer_append(&out->data, key->class_name, key->class_len, error);
  if (status == RH_OK)
    status = rh_buffer_append(&out->security, key->security, key->security_len, error);
  return status;
}

static rh_status take_difference(void *payload, const rh_registry_difference *found,
                                 rh_error *error) {
  const comparison *self = payload;
  const rh_value *value = found->b_value ? found->b_value : found->a_value;
  rh_since *item = NULL;
  rh_buffer path = {0};
  if (self->added_only && found->kind != RH_REGISTRY_ADDED)
    return RH_OK;
  rh_status status = rh_buffer_append_text(&path, self->above, error);
  if (status == RH_OK)
    status = rh_buffer_append(&path, found->path, found->path_len, error);
  if (status == RH_OK)
    status = machine_since_add(self->list, &item, error);
  if (status == RH_OK)
    status = name_place(&item->change, self->hive, rh_buffer_text(&path), path.len,
                        value ? value->name : NULL, value ? value->name_len : 0, error);
  rh_buffer_dispose(&path);
  if (status != RH_OK)
    return status;
  rh_change *change = &item->change;
  status = value ? take_value(&change->before, found->a_value, error)
                 : take_key(&change->before, found->a_key, error);
  if (status == RH_OK)
    status = value ? take_value(&change->after, found->b_value, error)
                   : take_key(&change->after, found->b_key, error);
  set_action(change);
  return status;
}

/* What cannot be read counts as missing. */
static rh_status pass_damage(void *payload, bool in_b, const char *path, size_t path_len,
                             const rh_error *damage) {
  (void)payload;
  (void)in_b;
  (void)path;
  (void)path_len;
  (void)damage;
  return RH_OK;
}

rh_status machine_since_hive(rh_since_list *list, const char *hive, rh_registry *left,
                             rh_registry *now, rh_error *error) {
  comparison self = {.list = list, .hive = hive, .above = ""};
  const rh_registry_differ differ = {take_difference, pass_damage, &self};
  rh_key a = RH_KEY_NONE, b = RH_KEY_NONE;
  rh_status status = rh_registry_root(left, &a, error);
  if (status == RH_OK)
    status = rh_registry_root(now, &b, error);
  return status == RH_OK ? rh_registry_diff(left, a, now, b, &differ, error) : status;
}

/* --- where what the job left is not at hand as a whole --- */

static bool is_in_new_key(const rh_change_list *changes, const rh_change *change) {
  for (size_t i = 0; i < changes->count; i++)
    if (changes->items[i].action == RH_CREATE_KEY && is_in_key(&changes->items[i], change))
      return true;
  return false;
}

/* The keys that the job made, with what it put into them. */
static rh_status make_new_keys(rh_registry *out, const rh_change_list *changes, const char *hive,
                               rh_error *error) {
  rh_key root = RH_KEY_NONE, key = RH_KEY_NONE;
  rh_status status = rh_registry_root(out, &root, error);
  for (size_t i = 0; status == RH_OK && i < changes->count; i++) {
    const rh_change *change = &changes->items[i];
    bool is_value = change->action == RH_SET_VALUE && is_in_new_key(changes, change);
    if (!change->hive || strcmp(change->hive, hive) != 0 ||
        (change->action != RH_CREATE_KEY && !is_value))
      continue;
    status = rh_registry_create_path(out, root, change->path, &key, error);
    if (status == RH_OK && is_value)
      status = rh_registry_set_value(out, key, change->name, change->name_len, change->after.type,
                                     change->after.data.data, change->after.data.len, error);
  }
  return status;
}

static rh_status add_content(rh_since_list *list, rh_registry *made, rh_registry *now,
                             const rh_change *change, rh_error *error) {
  comparison self = {.list = list, .hive = change->hive, .above = change->path, .added_only = true};
  const rh_registry_differ differ = {take_difference, pass_damage, &self};
  rh_key root = RH_KEY_NONE, a = RH_KEY_NONE, b = RH_KEY_NONE;
  rh_status status = rh_registry_root(made, &root, error);
  if (status == RH_OK)
    status = rh_registry_find_path(made, root, change->path, &a, error);
  if (status == RH_OK)
    status = rh_registry_root(now, &root, error);
  if (status == RH_OK)
    status = rh_registry_find_path(now, root, change->path, &b, error);
  if (status == RH_ERR_NOT_FOUND) /* the key is gone, which is told as that */
    return RH_OK;
  return status == RH_OK ? rh_registry_diff(made, a, now, b, &differ, error) : status;
}

/* What others put into keys that the job made. */
static rh_status add_contents(rh_since_list *list, rh_machine *machine,
                              const rh_change_list *changes, const char *hive, rh_error *error) {
  const rh_hive_options options = {0};
  rh_hive *made = NULL;
  rh_registry *now = NULL;
  rh_status status = rh_machine_hive(machine, hive, &now, error);
  if (status == RH_OK)
    status = rh_hive_create(&made, &options, error);
  if (status == RH_OK)
    status = make_new_keys(rh_hive_registry(made), changes, hive, error);
  for (size_t i = 0; status == RH_OK && i < changes->count; i++) {
    const rh_change *change = &changes->items[i];
    if (change->action == RH_CREATE_KEY && change->hive && strcmp(change->hive, hive) == 0 &&
        !is_in_new_key(changes, change))
      status = add_content(list, rh_hive_registry(made), now, change, error);
  }
  rh_hive_free(made);
  return status;
}

rh_status machine_since_change(rh_since_list *list, rh_machine *machine, const rh_change *change,
                               bool done, rh_error *error) {
  rh_change_side now = {0};
  rh_status status = rh_machine_read_side(&now, machine, change, error);
  if (status == RH_OK && !rh_change_side_is(change, &now, &change->after) &&
      (done || !rh_change_side_is(change, &now, &change->before)))
    status = machine_since_add_place(list, change, &now, error);
  rh_buffer_dispose_secret(&now.data);
  rh_buffer_dispose(&now.security);
  return status;
}

rh_status machine_since_settings(rh_since_list *list, rh_machine *machine,
                                 const rh_change_list *changes, const char *hive, bool done,
                                 rh_error *error) {
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < changes->count; i++)
    if (changes->items[i].hive && strcmp(changes->items[i].hive, hive) == 0)
      status = machine_since_change(list, machine, &changes->items[i], done, error);
  return status == RH_OK ? add_contents(list, machine, changes, hive, error) : status;
}

/* --- the list as a whole --- */

static int rank_of(const rh_since *item) {
  return item->change.action == RH_CREATE_KEY ? 0 : item->change.action == RH_DELETE_KEY ? 2 : 1;
}

static int compare_order(const void *a, const void *b) {
  const rh_since *x = a, *y = b;
  int rank = rank_of(x), order = rank - rank_of(y);
  size_t x_len = x->change.path_len, y_len = y->change.path_len;
  if (order == 0 && rank != 1 && x_len != y_len)
    order = (x_len > y_len) == (rank == 0) ? 1 : -1;
  if (order == 0 && !x->change.hive != !y->change.hive)
    order = x->change.hive ? -1 : 1;
  if (order == 0 && x->change.hive)
    order = strcmp(x->change.hive, y->change.hive);
  if (order == 0)
    order = rh_name_compare(x->change.path, x_len, y->change.path, y_len);
  if (order == 0 && x->change.name && y->change.name)
    order = rh_name_compare(x->change.name, x->change.name_len, y->change.name, y->change.name_len);
  return order;
}

void machine_since_finish(rh_since_list *list, const rh_change_list *changes) {
  if (list->count > 1)
    qsort(list->items, list->count, sizeof *list->items, compare_order);
  for (size_t i = 0; i < list->count; i++) {
    rh_since *item = &list->items[i];
    const rh_change *change = find_place(changes, &item->change);
    item->ours = change != NULL;
    item->change.secret = change && change->secret;
    item->is_before = change && rh_change_side_is(change, &item->change.after, &change->before);
  }
}

/* --- in words --- */

static rh_status describe(rh_buffer *out, const rh_since *item, const rh_change_side *side,
                          rh_error *error) {
  char number[16];
  const rh_change *change = &item->change;
  bool is_number = (side->type == RH_REG_DWORD && side->data.len == 4) ||
                   (side->type == RH_REG_QWORD && side->data.len == 8);
  if (item->ours || !side->present || (change->hive && change->name && is_number))
    return rh_change_describe_side(out, change, side, error);
  if (change->hive && !change->name)
    return rh_buffer_append_text(out, "key", error);
  return rh_buffer_printf(out, error, "%s%s%zu bytes",
                          change->hive ? rh_value_type_name(side->type, number) : "",
                          change->hive ? ", " : "", side->data.len);
}

rh_status rh_since_describe_now(rh_buffer *out, const rh_since *item, rh_error *error) {
  return describe(out, item, &item->change.after, error);
}

rh_status rh_since_describe_left(rh_buffer *out, const rh_since *item, rh_error *error) {
  return describe(out, item, &item->change.before, error);
}

const char *rh_since_kind(const rh_since *item) {
  if (!item->change.before.present)
    return "new";
  return item->change.after.present ? "changed" : "deleted";
}
