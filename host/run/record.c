/* The records of a run's journal: written from the run, and read back into it. */
#include "plan/json.h"
#include "run/internal.h"

#include <stdio.h>
#include <string.h>

/* 2: the run has an id, and its destination carries it; rehome 0.1.0 would leave it there. */
#define RUN_FORMAT_VERSION 2

static rh_status append_new(json_t *array, json_t *record, rh_error *error) {
  return json_array_append_new(array, record) == 0 ? RH_OK : rh_error_memory(error);
}

static rh_status add_begin(json_t *records, const rh_run *run, rh_error *error) {
  char id[65];
  json_t *folders = json_array();
  rh_status status = folders ? rh_plan_id(run->plan, id, error) : rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < run->job.folders.count; i++) {
    const char *name = run->job.folders.names[i];
    status = append_new(folders, rh_json_from_name(name, strlen(name)), error);
  }
  if (status != RH_OK) {
    json_decref(folders);
    return status;
  }
  json_t *begin = json_pack("{s:s, s:i, s:s, s:s, s:s, s:o, s:I, s:o}", "kind", "begin", "format",
                            RUN_FORMAT_VERSION, "run", run->id, "plan", id, "destination",
                            run->destination, "clock", rh_json_from_time(run->job.clock), "changes",
                            (json_int_t)run->job.changes.count, "folders", folders);
  if (run->without_source)
    status = rh_json_set(begin, "without_source", json_true(), error);
  if (status == RH_OK)
    return append_new(records, begin, error);
  json_decref(begin);
  return status;
}

rh_status rh_run_record_begin(rh_run *run, rh_error *error) {
  json_t *records = json_array();
  char *path = rh_run_path(run, "journal.jsonl");
  rh_status status = records && path ? add_begin(records, run, error) : rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < run->job.changes.count; i++) {
    json_t *change = NULL;
    status = rh_change_to_json(&change, &run->job.changes.items[i], error);
    if (status == RH_OK)
      status =
          append_new(records, json_pack("{s:s, s:o}", "kind", "change", "change", change), error);
  }
  if (status == RH_OK)
    status = rh_journal_create(&run->journal, path, records, error);
  json_decref(records);
  rh_free(path);
  if (status == RH_OK)
    rh_run_reached("begin");
  return status;
}

static rh_status append_records(rh_run *run, json_t *records, const char *step, rh_error *error) {
  rh_status status = rh_journal_append(run->journal, records, error);
  json_decref(records);
  if (status == RH_OK)
    rh_run_reached(step);
  return status;
}

static json_t *digest_or_null(const char *digest) {
  return digest[0] ? json_string(digest) : json_null();
}

static json_t *name_or_null(const char *name) {
  return name ? rh_json_from_name(name, strlen(name)) : json_null();
}

/* A setting is told by its change, a file by where it is, was and is to be. */
static json_t *item_to_json(const rh_run *run, size_t index) {
  const rh_target_item *item = &run->job.items[index];
  json_t *record =
      json_pack("{s:s, s:I, s:I, s:o}", "kind", "prepared", "item", (json_int_t)index + 1, "items",
                (json_int_t)run->job.item_count, "path", name_or_null(item->path));
  json_t *facts =
      item->change > 0
          ? json_pack("{s:I}", "change", (json_int_t)item->change)
          : json_pack("{s:o, s:o, s:s, s:o, s:o}", "target", name_or_null(item->target),
                      "temporary", name_or_null(item->temporary), "previous", item->previous,
                      "before", digest_or_null(item->before), "after", digest_or_null(item->after));
  bool whole = record && facts && json_object_update(record, facts) == 0;
  if (whole && item->guard_before)
    whole = json_object_set_new(record, "guard_before", json_string(item->guard_before)) == 0;
  if (whole && item->guard_after)
    whole = json_object_set_new(record, "guard_after", json_string(item->guard_after)) == 0;
  json_decref(facts);
  if (!whole) {
    json_decref(record);
    return NULL;
  }
  return record;
}

/* The folders that were made are there by now; "begin" names them. */
static json_t *placing_to_json(const rh_run *run) {
  const rh_name_list *guards = &run->job.folder_guards;
  json_t *record = json_pack("{s:s}", "kind", "placing");
  json_t *list = guards->count > 0 ? json_array() : NULL;
  for (size_t i = 0; i < guards->count; i++)
    json_array_append_new(list, json_string(guards->names[i]));
  if (guards->count > 0 && (json_array_size(list) != guards->count ||
                            json_object_set(record, "folder_guards", list) != 0)) {
    json_decref(record);
    record = NULL;
  }
  json_decref(list);
  return record;
}

rh_status rh_run_record_prepared(rh_run *run, rh_error *error) {
  json_t *records = json_array();
  rh_status status = records ? RH_OK : rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < run->job.item_count; i++)
    status = append_new(records, item_to_json(run, i), error);
  if (status == RH_OK)
    status = append_new(records, placing_to_json(run), error);
  if (status != RH_OK) {
    json_decref(records);
    return status;
  }
  return append_records(run, records, "placing", error);
}

rh_status rh_run_record(rh_run *run, const char *kind, const char *path, rh_error *error) {
  json_t *record = json_pack("{s:s}", "kind", kind);
  rh_status status = record ? RH_OK : rh_error_memory(error);
  if (status == RH_OK && path)
    status = rh_json_set(record, "path", name_or_null(path), error);
  if (status != RH_OK) {
    json_decref(record);
    return status;
  }
  return rh_run_record_json(run, record, error);
}

rh_status rh_run_record_json(rh_run *run, json_t *record, rh_error *error) {
  json_t *records = json_array();
  rh_status status = append_new(records, json_incref(record), error);
  if (status == RH_OK)
    status = append_records(run, json_incref(records),
                            json_string_value(json_object_get(record, "kind")), error);
  json_decref(records);
  json_decref(record);
  return status;
}

/* A path: a name without NUL. */
static rh_status get_path(char **out, const json_t *record, const char *key, const char *where,
                          rh_error *error) {
  size_t len = 0;
  rh_status status = rh_json_get_name(out, &len, record, key, where, error);
  if (status == RH_OK && strlen(*out) != len)
    status = rh_error_set(error, RH_ERR_FORMAT, where, "%s has a NUL in it", key);
  return status;
}

static rh_status read_id(rh_run *run, const json_t *record, const char *where, rh_error *error) {
  const char *id;
  rh_status status = rh_json_get_text(&id, record, "run", where, error);
  if (status == RH_OK && strlen(id) != RH_RANDOM_ID - 1)
    status = rh_error_set(error, RH_ERR_FORMAT, where, "run is no id");
  if (status == RH_OK)
    memcpy(run->id, id, RH_RANDOM_ID);
  return status;
}

static rh_status read_begin(rh_run *run, const json_t *record, char plan_id[65], const char *where,
                            rh_error *error) {
  uint64_t format = 0;
  const json_t *folders = json_object_get(record, "folders");
  rh_status status = rh_json_get_number(&format, INT32_MAX, record, "format", where, error);
  if (status == RH_OK && (format == 0 || format > RUN_FORMAT_VERSION))
    return rh_error_set(error, RH_ERR_UNSUPPORTED, where,
                        "has run format %u; this program knows up to %d", (unsigned)format,
                        RUN_FORMAT_VERSION);
  if (status == RH_OK && format > 1)
    status = read_id(run, record, where, error);
  if (status == RH_OK)
    status = rh_json_get_sha256(plan_id, record, "plan", false, where, error);
  if (status == RH_OK)
    status = get_path(&run->recorded, record, "destination", where, error);
  if (status == RH_OK)
    status = rh_json_get_time(&run->job.clock, record, "clock", where, error);
  if (status == RH_OK && !run->recorded[0])
    status = rh_error_set(error, RH_ERR_FORMAT, where, "names no destination");
  run->without_source = json_is_true(json_object_get(record, "without_source"));
  size_t count = json_array_size(folders);
  if (status == RH_OK && count > 0 &&
      !(run->job.folders.names = rh_alloc_zero(count, sizeof *run->job.folders.names)))
    status = rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < count; i++) {
    size_t len = 0;
    status = rh_json_copy_name(&run->job.folders.names[i], &len, json_array_get(folders, i), error);
    if (status == RH_OK)
      status =
          rh_target_check_folder(run->job.folders.names[run->job.folders.count++], where, error);
  }
  return status;
}

static rh_status read_file_item(rh_target_item *item, const json_t *record, const char *where,
                                rh_error *error) {
  rh_status status = get_path(&item->target, record, "target", where, error);
  if (status == RH_OK && json_is_string(json_object_get(record, "temporary")))
    status = get_path(&item->temporary, record, "temporary", where, error);
  if (status == RH_OK)
    status = get_path(&item->previous, record, "previous", where, error);
  if (status == RH_OK)
    status = rh_json_get_sha256(item->before, record, "before", true, where, error);
  if (status == RH_OK)
    status = rh_json_get_sha256(item->after, record, "after", true, where, error);
  if (status == RH_OK && json_object_get(record, "guard_before"))
    status = get_path(&item->guard_before, record, "guard_before", where, error);
  if (status == RH_OK && json_object_get(record, "guard_after"))
    status = get_path(&item->guard_after, record, "guard_after", where, error);
  return status;
}

static rh_status read_setting_item(rh_target_item *item, const rh_run *run, const json_t *record,
                                   const char *where, rh_error *error) {
  uint64_t change = 0;
  rh_status status =
      rh_json_get_number(&change, run->job.changes.count, record, "change", where, error);
  if (status == RH_OK && change == 0)
    status = rh_error_set(error, RH_ERR_FORMAT, where, "names no change of the run");
  item->change = (size_t)change;
  return status;
}

/* A journal says what is replaced and removed: nothing outside the destination. */
static rh_status read_item(rh_run *run, const json_t *record, const char *where, rh_error *error) {
  uint64_t number = 0, count = 0;
  rh_target_job *job = &run->job;
  rh_status status = rh_json_get_number(&number, 1u << 20, record, "item", where, error);
  if (status == RH_OK)
    status = rh_json_get_number(&count, 1u << 20, record, "items", where, error);
  if (status != RH_OK)
    return status;
  if (number == 1) {
    rh_target_job_clear_items(job);
    job->items = rh_alloc_zero((size_t)count, sizeof *job->items);
    if (!job->items)
      return rh_error_memory(error);
  }
  if (number == 0 || number != job->item_count + 1 || number > count)
    return rh_error_set(error, RH_ERR_FORMAT, where, "is not the item that has to come here");
  rh_target_item *item = &job->items[job->item_count++];
  status = get_path(&item->path, record, "path", where, error);
  if (status == RH_OK)
    status = json_object_get(record, "change") ? read_setting_item(item, run, record, where, error)
                                               : read_file_item(item, record, where, error);
  return status == RH_OK ? rh_target_check_item(item, run->recorded, where, error) : status;
}

static rh_status read_placing(rh_run *run, const json_t *record, const char *where,
                              rh_error *error) {
  const json_t *list = json_object_get(record, "folder_guards");
  rh_name_list *out = &run->job.folder_guards;
  size_t count = json_array_size(list);
  rh_name_list_dispose(out);
  if (count == 0) /* as older programs write it */
    return RH_OK;
  if (count != run->job.folders.count)
    return rh_error_set(error, RH_ERR_FORMAT, where, "has not one guard for each folder");
  out->names = rh_alloc_zero(count, sizeof *out->names);
  rh_status status = out->names ? RH_OK : rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < count; i++) {
    size_t len = 0;
    status = rh_json_copy_name(&out->names[i], &len, json_array_get(list, i), error);
    if (status == RH_OK)
      out->count++;
    if (status == RH_OK && len > 0)
      status = rh_target_check_guard(out->names[i], error);
  }
  return status;
}

static rh_status read_change(rh_run *run, const json_t *record, const char *where,
                             rh_error *error) {
  rh_change *change = NULL;
  rh_status status = rh_change_list_add(&run->job.changes, &change, error);
  if (status == RH_OK)
    status = rh_change_decode(change, json_object_get(record, "change"), where, error);
  return status;
}

static rh_status read_record(rh_run *run, const json_t *record, size_t index, char plan_id[65],
                             rh_error *error) {
  static const struct {
    const char *kind;
    rh_run_state state;
  } states[] = {{"begin", RH_RUN_STARTED},
                {"placing", RH_RUN_PLACING},
                {"applied", RH_RUN_APPLIED},
                {"rollback", RH_RUN_ROLLING_BACK},
                {"rolled-back", RH_RUN_ROLLED_BACK},
                {"closing", RH_RUN_CLOSING},
                {"closed", RH_RUN_CLOSED}};
  const char *kind = json_string_value(json_object_get(record, "kind"));
  char where[40];
  snprintf(where, sizeof where, "journal record %zu", index + 1);
  for (size_t i = 0; i < sizeof states / sizeof *states; i++)
    if (strcmp(kind, states[i].kind) == 0)
      run->state = states[i].state;
  if ((index == 0) != (strcmp(kind, "begin") == 0))
    return rh_error_set(error, RH_ERR_FORMAT, where, "is \"%s\" where it cannot be", kind);
  if (index == 0)
    return read_begin(run, record, plan_id, where, error);
  if (strcmp(kind, "change") == 0)
    return read_change(run, record, where, error);
  if (strcmp(kind, "prepared") == 0)
    return read_item(run, record, where, error);
  if (strcmp(kind, "placing") == 0)
    return read_placing(run, record, where, error);
  if (strcmp(kind, "rollback") == 0)
    return rh_run_read_rollback(run, record, error);
  if (strcmp(kind, "undone") == 0)
    run->is_undone = true;
  if (strcmp(kind, "closing") == 0 && json_object_get(record, "plan"))
    return rh_json_get_sha256(run->closed_plan, record, "plan", false, where, error);
  return RH_OK;
}

rh_status rh_run_read_journal(rh_run *run, char plan_id[65], rh_error *error) {
  json_t *records = NULL, *record;
  size_t index;
  char *path = rh_run_path(run, "journal.jsonl");
  rh_run_forget_rollback(run);
  run->job.keep = rh_run_path(run, "previous");
  run->job.theirs = rh_copy_text(run->folder);
  rh_status status = path && run->job.keep && run->job.theirs
                         ? rh_journal_open(&run->journal, path, &records, error)
                         : rh_error_memory(error);
  if (status == RH_OK) {
    json_array_foreach(records, index, record) {
      status = read_record(run, record, index, plan_id, error);
      if (status != RH_OK)
        break;
    }
  }
  uint64_t count = 0;
  if (status == RH_OK)
    status = rh_json_get_number(&count, INT64_MAX, json_array_get(records, 0), "changes",
                                "journal record 1", error);
  if (status == RH_OK && count != run->job.changes.count)
    status = rh_error_set(error, RH_ERR_FORMAT, path, "lacks changes that it announces");
  if (status == RH_OK && !run->destination)
    status = (run->destination = rh_copy_text(run->recorded)) ? RH_OK : rh_error_memory(error);
  if (status == RH_OK)
    status = rh_run_move_items(run, run->recorded, error);
  json_decref(records);
  rh_free(path);
  return status;
}
