/* What differs between a plan and the one that its request gives now. */
#include "plan/plan.h"

#include "plan/json.h"

#include <stdio.h>
#include <string.h>

#define NAMED_MAX 3
#define FIELDS_MAX 4

/* The lists of a plan in the order in which people want to know, with what an item is called and
 * the fields that tell it from the others. */
typedef struct plan_list {
  const char *key, *item;
  const char *fields[FIELDS_MAX];
} plan_list;

static const plan_list lists[] = {
    {"changes", "change", {"action", "hive", "path", "name"}},
    {"deferred", "deferred action", {"id"}},
    {"manual", "manual step", {"id"}},
    {"steps", "step", {"id"}},
    {"verdicts", "verdict on", {"path", "name"}},
    {"checks", "check", {"playbook", "id"}},
    {"waived", "waiver", {"name"}},
    {"takes", "taken over", {"what", "playbook"}},
    {"map", "interface", {"source"}},
    {"playbooks", "playbook", {"id"}},
    {"notes", "note of", {"step"}},
};
#define LIST_COUNT (sizeof lists / sizeof *lists)

/* Neither is compared: what was asked is the same, and the digests are of what is compared. */
static const char *const apart[] = {"id", "parts", "request"};

typedef struct differences {
  rh_buffer names; /* of the first few */
  size_t count;
  rh_status status;
  rh_error *error;
} differences;

/* field is the buffer's text, or empty. */
static void add(differences *all, const char *name, const char *field, const char *what) {
  all->count++;
  if (all->count > NAMED_MAX || all->status != RH_OK)
    return;
  all->status = rh_buffer_printf(&all->names, all->error, "%s%s%s%s%s", all->count > 1 ? "; " : "",
                                 name, *field ? ": " : "", field, what);
}

static rh_status append_field(rh_buffer *out, const json_t *field, rh_error *error) {
  rh_status status = rh_buffer_append_text(out, " ", error);
  if (status == RH_OK)
    status = json_is_string(field)
                 ? rh_buffer_append(out, json_string_value(field), json_string_length(field), error)
                 : rh_json_dump(out, field, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY, error);
  return status;
}

/* "change set-value SYSTEM \ControlSet001\Services\RemoteAccess Start" */
static rh_status name_item(rh_buffer *out, const plan_list *list, const json_t *item,
                           rh_error *error) {
  rh_buffer_clear(out);
  rh_status status = rh_buffer_append_text(out, list->item, error);
  for (size_t i = 0; status == RH_OK && i < FIELDS_MAX && list->fields[i]; i++) {
    const json_t *field = json_object_get(item, list->fields[i]);
    if (field)
      status = append_field(out, field, error);
  }
  return status;
}

static rh_status append_key(rh_buffer *out, const char *key, rh_error *error) {
  return rh_buffer_printf(out, error, "%s%s", out->len > 0 ? "." : "", key);
}

/* The first place below that differs, "after.data"; nothing when a and b are no objects. */
static rh_status find_unlike(rh_buffer *out, json_t *a, json_t *b, rh_error *error) {
  const char *key;
  json_t *value;
  if (!json_is_object(a) || !json_is_object(b))
    return RH_OK;
  json_object_foreach(a, key, value) {
    json_t *other = json_object_get(b, key);
    if (other && json_equal(value, other))
      continue;
    rh_status status = append_key(out, key, error);
    return status == RH_OK ? find_unlike(out, value, other, error) : status;
  }
  json_object_foreach(b, key, value) {
    if (!json_object_get(a, key))
      return append_key(out, key, error);
  }
  return RH_OK;
}

static void add_unlike(differences *all, const char *name, json_t *a, json_t *b) {
  rh_buffer field = {0};
  if (all->status == RH_OK)
    all->status = find_unlike(&field, a, b, all->error);
  add(all, name, rh_buffer_text(&field), "");
  rh_buffer_dispose(&field);
}

/* The items by their names; of two with the same name the first. */
static json_t *index_of(differences *all, const plan_list *list, const json_t *items) {
  json_t *index = json_object(), *item;
  rh_buffer name = {0};
  size_t at;
  if (!index)
    all->status = rh_error_memory(all->error);
  json_array_foreach(items, at, item) {
    if (all->status == RH_OK)
      all->status = name_item(&name, list, item, all->error);
    if (all->status == RH_OK && !json_object_get(index, rh_buffer_text(&name)))
      all->status = rh_json_set(index, rh_buffer_text(&name), json_incref(item), all->error);
  }
  rh_buffer_dispose(&name);
  return index;
}

static void compare_list(differences *all, const plan_list *list, json_t *a, json_t *b) {
  const char *name;
  json_t *item;
  size_t before = all->count;
  if (json_equal(a, b))
    return;
  json_t *has = index_of(all, list, a), *should = index_of(all, list, b);
  json_object_foreach(has, name, item) {
    json_t *other = json_object_get(should, name);
    if (!other)
      add(all, name, "", " (one more)");
    else if (!json_equal(item, other))
      add_unlike(all, name, item, other);
  }
  json_object_foreach(should, name, item) {
    if (!json_object_get(has, name))
      add(all, name, "", " (missing)");
  }
  if (all->count == before)
    add(all, list->key, "", " (their order or number)");
  json_decref(has);
  json_decref(should);
}

static bool is_list(const char *key) {
  bool found = false;
  for (size_t i = 0; i < LIST_COUNT; i++)
    found = found || strcmp(lists[i].key, key) == 0;
  return found;
}

static bool is_apart(const char *key) {
  bool found = false;
  for (size_t i = 0; i < sizeof apart / sizeof *apart; i++)
    found = found || strcmp(apart[i], key) == 0;
  return found;
}

static void compare(differences *all, json_t *a, json_t *b) {
  const char *key;
  json_t *value;
  for (size_t i = 0; i < LIST_COUNT; i++)
    compare_list(all, &lists[i], json_object_get(a, lists[i].key),
                 json_object_get(b, lists[i].key));
  json_object_foreach(a, key, value) {
    json_t *other = json_object_get(b, key);
    if (!is_list(key) && !is_apart(key) && !json_equal(value, other))
      add_unlike(all, key, value, other);
  }
  json_object_foreach(b, key, value) {
    if (!is_list(key) && !is_apart(key) && !json_object_get(a, key))
      add(all, key, "", " (missing)");
  }
}

rh_status rh_plan_compare(const rh_plan *plan, const rh_plan *again, const char *path,
                          rh_error *error) {
  differences all = {.error = error};
  compare(&all, rh_plan_document(plan), rh_plan_document(again));
  rh_status status = all.status;
  if (status == RH_OK && all.count > 0) {
    char more[32] = "";
    if (all.count > NAMED_MAX)
      snprintf(more, sizeof more, "; and %zu more", all.count - NAMED_MAX);
    status = rh_error_set(error, RH_ERR_STALE, path,
                          "is not the plan that its request gives (%zu difference%s): %s%s",
                          all.count, all.count == 1 ? "" : "s", rh_buffer_text(&all.names), more);
    rh_error_hint(error, "it was altered after it was made: make a new plan");
  }
  rh_buffer_dispose(&all.names);
  return status;
}
