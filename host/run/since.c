/* What others changed since a run: the user's choice about it, and how it is told. */
#include "machine/compare.h"
#include "machine/place.h"
#include "plan/json.h"
#include "run/internal.h"

#include <string.h>

/* --- the choice --- */

static json_t *names_to_json(const char *const *names, size_t count) {
  json_t *list = json_array();
  for (size_t i = 0; i < count; i++)
    if (json_array_append_new(list, rh_json_from_name(names[i], strlen(names[i]))) != 0) {
      json_decref(list);
      return NULL;
    }
  return list;
}

static const char *name_of_rest(rh_since_choice rest) {
  return rest == RH_SINCE_KEEP ? "keep" : "discard";
}

rh_status rh_run_choose(rh_run *run, rh_since_choice rest, const char *const *keep,
                        size_t keep_count, const char *const *discard, size_t discard_count,
                        rh_error *error) {
  json_t *choice = json_pack("{s:o, s:o}", "keep", names_to_json(keep, keep_count), "discard",
                             names_to_json(discard, discard_count));
  if (choice && rest != RH_SINCE_UNDECIDED &&
      json_object_set_new(choice, "rest", json_string(name_of_rest(rest))) != 0) {
    json_decref(choice);
    choice = NULL;
  }
  if (!choice)
    return rh_error_memory(error);
  json_decref(run->choice);
  run->choice = choice;
  run->chosen = true;
  return RH_OK;
}

static rh_since_choice rest_of(const json_t *choice) {
  const char *rest = json_string_value(json_object_get(choice, "rest"));
  if (!rest)
    return RH_SINCE_UNDECIDED;
  return strcmp(rest, "keep") == 0 ? RH_SINCE_KEEP : RH_SINCE_DISCARD;
}

/* A path of the choice. */
typedef struct named {
  char *text;
  rh_place place;
  bool discard, used;
} named;
typedef struct named_list {
  named *items;
  size_t count;
} named_list;

static void named_dispose(named_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    rh_free(list->items[i].text);
    rh_place_dispose(&list->items[i].place);
  }
  rh_free(list->items);
}

static rh_status read_names(named_list *out, rh_machine *machine, const json_t *names, bool discard,
                            rh_error *error) {
  size_t index, len;
  json_t *name;
  rh_status status = RH_OK;
  json_array_foreach(names, index, name) {
    named *item = &out->items[out->count];
    if (status != RH_OK)
      break;
    *item = (named){.discard = discard};
    out->count++;
    status = rh_json_copy_name(&item->text, &len, name, error);
    if (status == RH_OK)
      status = rh_place_parse(&item->place, machine, item->text, error);
    if (status == RH_ERR_NOT_FOUND)
      status =
          rh_error_set(error, RH_ERR_ARGUMENT, item->text, "the destination has no such place");
  }
  return status;
}

static rh_status read_choice(named_list *out, const rh_run *run, rh_error *error) {
  const json_t *keep = json_object_get(run->choice, "keep");
  const json_t *discard = json_object_get(run->choice, "discard");
  size_t count = json_array_size(keep) + json_array_size(discard);
  rh_machine *machine = NULL;
  if (count == 0)
    return RH_OK;
  out->items = rh_alloc_zero(count, sizeof *out->items);
  rh_status status = out->items ? rh_machine_open(&machine, run->destination, NULL, error)
                                : rh_error_memory(error);
  if (status == RH_OK)
    status = read_names(out, machine, keep, false, error);
  if (status == RH_OK)
    status = read_names(out, machine, discard, true, error);
  rh_machine_free(machine);
  return status;
}

/* The longest path that is about it. */
static named *find_named(named_list *names, const rh_change *change) {
  named *found = NULL;
  for (size_t i = 0; i < names->count; i++) {
    named *item = &names->items[i];
    if (!rh_place_concerns(&item->place, change))
      continue;
    item->used = true;
    if (!found || item->place.path.len > found->place.path.len)
      found = item;
  }
  return found;
}

/* No misspelt path goes unnoticed, but on a way that has begun what it is about may be done. */
static rh_status check_used(const rh_run *run, const named_list *names, rh_error *error) {
  for (size_t i = 0; i < names->count && run->state != RH_RUN_ROLLING_BACK; i++) {
    if (names->items[i].used)
      continue;
    rh_error_set(error, RH_ERR_ARGUMENT, names->items[i].text,
                 "nothing was changed there since the run");
    rh_error_hint(error, "'rehome rollback %s --dry-run' lists what was", run->folder);
    return RH_ERR_ARGUMENT;
  }
  return RH_OK;
}

/* Decides item by item; choices (NULL allowed) gets what was decided about each. */
static rh_status decide(rh_run *run, rh_since_choice *choices, rh_error *error) {
  const rh_since_choice rest = rest_of(run->choice);
  named_list names = {0};
  rh_status status = read_choice(&names, run, error);
  run->job.discard = rest == RH_SINCE_DISCARD;
  for (size_t i = 0; status == RH_OK && i < run->job.since.count; i++) {
    rh_since *item = &run->job.since.items[i];
    const named *by_name = find_named(&names, &item->change);
    rh_since_choice choice = rest;
    if (by_name)
      choice = by_name->discard ? RH_SINCE_DISCARD : RH_SINCE_KEEP;
    choices[i] = item->is_before ? RH_SINCE_KEEP : choice;
    item->discard = !item->is_before && choice == RH_SINCE_DISCARD;
  }
  if (status == RH_OK)
    status = check_used(run, &names, error);
  named_dispose(&names);
  return status;
}

static rh_status block(const rh_run *run, const rh_since_choice *choices, rh_error *error) {
  size_t undecided = 0, first = 0;
  rh_buffer path = {0};
  for (size_t i = run->job.since.count; i > 0; i--)
    if (choices[i - 1] == RH_SINCE_UNDECIDED) {
      undecided++;
      first = i - 1;
    }
  if (undecided == 0)
    return RH_OK;
  rh_status status = rh_place_name(&path, &run->job.since.items[first].change, error);
  if (status == RH_OK) {
    status = rh_error_set(error, RH_ERR_BLOCKED, rh_buffer_text(&path),
                          "%zu setting%s or file%s changed since the run, and nobody has said what "
                          "is to become of that; %s",
                          undecided, undecided == 1 ? "" : "s", undecided == 1 ? " was" : "s were",
                          run->state == RH_RUN_ROLLING_BACK ? "the rollback did not go on"
                                                            : "nothing was rolled back");
    rh_error_hint(error,
                  "--keep-changed leaves it and takes back the rest; --discard-changed takes "
                  "all back and keeps changed files in the run folder; --keep PATH and "
                  "--discard PATH decide by name; --dry-run lists all");
  }
  rh_buffer_dispose(&path);
  return status;
}

static rh_status look(rh_run *run, rh_target *target, rh_since_choice **choices, rh_error *error) {
  *choices = NULL;
  rh_status status = rh_target_find_since(target, &run->job, error);
  if (status == RH_OK)
    *choices = rh_alloc_zero(run->job.since.count + 1, sizeof **choices);
  if (status == RH_OK && !*choices)
    status = rh_error_memory(error);
  return status == RH_OK ? decide(run, *choices, error) : status;
}

rh_status rh_run_decide(rh_run *run, rh_target *target, rh_error *error) {
  rh_since_choice *choices = NULL;
  rh_status status = look(run, target, &choices, error);
  if (status == RH_OK)
    status = block(run, choices, error);
  rh_free(choices);
  return status;
}

/* --- what a rollback would do --- */

static rh_status add_item(rh_rollback_list *list, rh_rollback_item **out, const rh_change *change,
                          rh_error *error) {
  rh_buffer path = {0};
  rh_rollback_item *items = rh_resize(list->items, list->count + 1, sizeof *items);
  if (!items)
    return rh_error_memory(error);
  list->items = items;
  *out = &items[list->count++];
  **out = (rh_rollback_item){0};
  rh_status status = rh_place_name(&path, change, error);
  (*out)->path = (char *)path.data;
  return status;
}

static rh_status add_since(rh_rollback_view *view, const rh_since *since, rh_since_choice choice,
                           rh_error *error) {
  rh_rollback_item *item = NULL;
  rh_buffer left = {0}, now = {0};
  rh_status status = add_item(&view->since, &item, &since->change, error);
  if (status != RH_OK)
    return status;
  item->kind = rh_since_kind(since);
  item->is_before = since->is_before;
  item->choice = choice;
  status = rh_since_describe_left(&left, since, error);
  if (status == RH_OK)
    status = rh_since_describe_now(&now, since, error);
  item->left = (char *)left.data;
  item->now = (char *)now.data;
  view->undecided += choice == RH_SINCE_UNDECIDED;
  return status;
}

static bool goes_back(const rh_run *run, const rh_change *change) {
  const rh_since_list *since = &run->job.since;
  for (size_t i = 0; i < since->count; i++) {
    const rh_change *found = &since->items[i].change;
    if (since->items[i].is_before && !found->name == !change->name &&
        !found->hive == !change->hive && found->path_len == change->path_len &&
        found->name_len == change->name_len &&
        memcmp(found->path, change->path, change->path_len) == 0 &&
        (!found->name || memcmp(found->name, change->name, change->name_len) == 0))
      return false;
  }
  return !rh_since_holds(since, change);
}

static rh_status add_restored(rh_rollback_view *view, const rh_change *change, rh_error *error) {
  rh_rollback_item *item = NULL;
  rh_buffer left = {0}, before = {0};
  rh_status status = add_item(&view->restored, &item, change, error);
  if (status != RH_OK)
    return status;
  status = rh_change_describe_side(&left, change, &change->after, error);
  if (status == RH_OK)
    status = rh_change_describe_side(&before, change, &change->before, error);
  item->left = (char *)left.data;
  item->now = (char *)before.data;
  return status;
}

rh_status rh_run_foresee_rollback(rh_run *run, rh_rollback_view *out, rh_error *error) {
  rh_target *target = NULL;
  rh_since_choice *choices = NULL;
  *out = (rh_rollback_view){0};
  if (run->state == RH_RUN_ROLLED_BACK)
    return RH_OK;
  run->job.done = run->state == RH_RUN_APPLIED;
  rh_status status = rh_run_refuse_closed(run, error);
  if (status == RH_OK)
    status = rh_run_check_free(run->destination, error);
  if (status == RH_OK)
    status = rh_target_open(&target, run->destination, error);
  if (status == RH_OK && run->state != RH_RUN_STARTED)
    status = rh_run_stack_check_top(run, target, error);
  if (status == RH_OK)
    status = look(run, target, &choices, error);
  for (int ours = 1; ours >= 0; ours--)
    for (size_t i = 0; status == RH_OK && i < run->job.since.count; i++)
      if (run->job.since.items[i].ours == (ours == 1))
        status = add_since(out, &run->job.since.items[i], choices[i], error);
  for (size_t i = 0; status == RH_OK && run->job.item_count > 0 && i < run->job.changes.count; i++)
    if (goes_back(run, &run->job.changes.items[i]))
      status = add_restored(out, &run->job.changes.items[i], error);
  rh_free(choices);
  rh_target_free(target);
  if (status != RH_OK)
    rh_rollback_view_dispose(out);
  return status;
}

static void list_dispose(rh_rollback_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    rh_free(list->items[i].path);
    rh_free(list->items[i].left);
    rh_free(list->items[i].now);
  }
  rh_free(list->items);
}

void rh_rollback_view_dispose(rh_rollback_view *view) {
  list_dispose(&view->since);
  list_dispose(&view->restored);
  *view = (rh_rollback_view){0};
}

/* --- on record --- */

/* Of a live machine nothing but the journal keeps what was there. */
static rh_status set_lost(json_t *entry, const rh_since *item, rh_error *error) {
  json_t *change = NULL;
  rh_status status = rh_change_to_json(&change, &item->change, error);
  return status == RH_OK ? rh_json_set(entry, "change", change, error) : status;
}

static rh_status add_path(json_t *list, const rh_since *item, bool with_data, rh_error *error) {
  rh_buffer path = {0};
  rh_status status = rh_place_name(&path, &item->change, error);
  json_t *entry =
      json_pack("{s:o, s:s}", "path", rh_json_from_name(rh_buffer_text(&path), path.len), "kind",
                rh_since_kind(item));
  rh_buffer_dispose(&path);
  if (status == RH_OK && !entry)
    status = rh_error_memory(error);
  if (status == RH_OK && with_data)
    status = set_lost(entry, item, error);
  if (status == RH_OK && json_array_append(list, entry) != 0)
    status = rh_error_memory(error);
  json_decref(entry);
  return status;
}

rh_status rh_run_rollback_record(json_t **out, const rh_run *run, rh_error *error) {
  const bool by_settings = run->job.item_count > 0 && run->job.items[0].change > 0;
  json_t *kept = json_array(), *discarded = json_array();
  rh_status status = kept && discarded ? RH_OK : rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < run->job.since.count; i++) {
    const rh_since *item = &run->job.since.items[i];
    if (!item->is_before)
      status =
          add_path(item->discard ? discarded : kept, item, item->discard && by_settings, error);
  }
  *out = status == RH_OK ? json_pack("{s:s, s:O*, s:O*, s:O*}", "kind", "rollback", "choice",
                                     run->choice, "kept", json_array_size(kept) > 0 ? kept : NULL,
                                     "discarded", json_array_size(discarded) > 0 ? discarded : NULL)
                         : NULL;
  json_decref(kept);
  json_decref(discarded);
  return status == RH_OK && !*out ? rh_error_memory(error) : status;
}

void rh_run_forget_rollback(rh_run *run) {
  json_decref(run->kept);
  json_decref(run->discarded);
  run->kept = run->discarded = NULL;
  if (run->chosen)
    return;
  json_decref(run->choice);
  run->choice = NULL;
}

rh_status rh_run_read_rollback(rh_run *run, const json_t *record, rh_error *error) {
  json_t *choice = json_object_get(record, "choice"), *kept = json_object_get(record, "kept");
  json_t *discarded = json_object_get(record, "discarded"), *entry;
  size_t index;
  if (!run->chosen && choice != run->choice) {
    json_decref(run->choice);
    run->choice = json_incref(choice);
  }
  if (kept != run->kept) {
    json_decref(run->kept);
    run->kept = json_incref(kept);
  }
  if (!run->discarded)
    run->discarded = json_array();
  rh_status status = run->discarded ? RH_OK : rh_error_memory(error);
  json_array_foreach(discarded, index, entry) {
    json_t *told = json_copy(entry);
    json_object_del(told, "change"); /* the journal alone has the data */
    if (status == RH_OK && json_array_append_new(run->discarded, told) != 0)
      status = rh_error_memory(error);
  }
  return status;
}

static bool is_theirs(const char *name) {
  static const char ending[] = RH_TARGET_THEIRS;
  size_t len = strlen(name);
  return len > sizeof ending && strcmp(name + len - (sizeof ending - 1), ending) == 0;
}

static rh_status add_theirs(json_t *out, const rh_run *run, rh_error *error) {
  rh_name_list list = {0};
  rh_status status = rh_platform_list(&list, run->folder, error);
  for (size_t i = 0; status == RH_OK && i < list.count; i++) {
    const char *name = list.names[i];
    if (is_theirs(name) && json_array_append_new(out, rh_json_from_name(name, strlen(name))) != 0)
      status = rh_error_memory(error);
  }
  rh_name_list_dispose(&list);
  return status;
}

rh_status rh_run_remove_theirs(const rh_run *run, rh_error *error) {
  rh_name_list list = {0};
  rh_status status = rh_platform_list(&list, run->folder, error);
  for (size_t i = 0; status == RH_OK && i < list.count; i++) {
    if (!is_theirs(list.names[i]))
      continue;
    char *path = rh_run_path(run, list.names[i]);
    status = path ? rh_platform_remove(path, error) : rh_error_memory(error);
    rh_free(path);
  }
  rh_name_list_dispose(&list);
  return status;
}

rh_status rh_run_rollback_facts(const rh_run *run, json_t **out, rh_error *error) {
  *out = NULL;
  if (run->state != RH_RUN_ROLLED_BACK && run->state != RH_RUN_ROLLING_BACK)
    return RH_OK;
  json_t *theirs = json_array();
  rh_status status = theirs ? add_theirs(theirs, run, error) : rh_error_memory(error);
  if (status == RH_OK)
    *out = json_pack("{s:O?, s:o, s:o, s:O}", "choice", run->choice, "kept",
                     run->kept ? json_incref(run->kept) : json_array(), "discarded",
                     run->discarded ? json_incref(run->discarded) : json_array(), "theirs", theirs);
  json_decref(theirs);
  return status == RH_OK && !*out ? rh_error_memory(error) : status;
}
