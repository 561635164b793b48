/* What people recorded of a plan's manual steps before it is applied: beside the plan's file,
 * chained like the events of a run, each record with the id of the plan that it is about. */
#include "base/calendar.h"
#include "plan/json.h"
#include "run/internal.h"

#include <string.h>

static rh_status file_of(rh_buffer *out, const char *plan_path, rh_error *error) {
  return rh_buffer_printf(out, error, "%s.manual.jsonl", plan_path);
}

/* No file yet: no journal, and an empty array. */
static rh_status open_records(rh_journal **log, json_t **records, const char *file,
                              rh_error *error) {
  *records = NULL;
  rh_status status = rh_journal_open(log, file, records, error);
  if (status == RH_ERR_NOT_FOUND) {
    *log = NULL;
    *records = json_array();
    status = *records ? RH_OK : rh_error_memory(error);
  }
  return status;
}

rh_status rh_manual_before(json_t **out, size_t *others, const rh_plan *plan, const char *plan_path,
                           rh_error *error) {
  rh_buffer file = {0};
  rh_journal *log = NULL;
  json_t *records = NULL, *record;
  size_t index;
  char id[65];
  *out = json_array();
  *others = 0;
  rh_status status = *out ? rh_plan_id(plan, id, error) : rh_error_memory(error);
  if (status == RH_OK)
    status = file_of(&file, plan_path, error);
  if (status == RH_OK)
    status = open_records(&log, &records, rh_buffer_text(&file), error);
  json_array_foreach(records, index, record) {
    const char *plan_id = json_string_value(json_object_get(record, "plan"));
    bool is_own = plan_id && strcmp(plan_id, id) == 0;
    *others += !is_own;
    if (status == RH_OK && is_own && json_array_append(*out, record) != 0)
      status = rh_error_memory(error);
  }
  if (status != RH_OK) {
    json_decref(*out);
    *out = NULL;
  }
  json_decref(records);
  rh_journal_free(log);
  rh_buffer_dispose(&file);
  return status;
}

rh_status rh_manual_with_before(json_t **out, const rh_plan *plan, const json_t *before,
                                rh_error *error) {
  size_t index;
  json_t *record;
  *out = json_deep_copy(json_object_get(rh_plan_document(plan), "manual"));
  if (!*out)
    return rh_error_memory(error);
  json_array_foreach(before, index, record) {
    rh_manual_take(*out, record);
  }
  return RH_OK;
}

static rh_status append(const char *file, json_t *record, rh_error *error) {
  rh_journal *log = NULL;
  json_t *records = NULL, *more = json_pack("[O]", record);
  rh_status status = more ? open_records(&log, &records, file, error) : rh_error_memory(error);
  if (status == RH_OK)
    status = log ? rh_journal_append(log, more, error) : rh_journal_create(&log, file, more, error);
  json_decref(more);
  json_decref(records);
  rh_journal_free(log);
  return status;
}

/* Two at a time would both append behind the same record. */
static rh_status append_locked(const char *file, json_t *record, rh_error *error) {
  rh_lock *lock = NULL;
  char *folder = rh_platform_folder_of(file);
  rh_status status =
      folder ? rh_platform_wait_folder(&lock, folder, error) : rh_error_memory(error);
  if (status == RH_OK)
    status = append(file, record, error);
  rh_platform_unlock(lock);
  rh_free(folder);
  return status;
}

rh_status rh_manual_record_before(const rh_plan *plan, const char *plan_path, const char *step,
                                  const char *state, const char *by, const char *note,
                                  rh_error *error) {
  rh_buffer file = {0};
  json_t *record = NULL;
  char id[65], now[RH_TIME_TEXT];
  rh_time_print(now, rh_seconds_from_filetime(rh_platform_filetime()));
  rh_status status = rh_manual_facts(&record, json_object_get(rh_plan_document(plan), "manual"),
                                     step, state, by, note, error);
  if (status == RH_OK)
    status = rh_plan_id(plan, id, error);
  if (status == RH_OK)
    status = rh_json_set(record, "plan", json_string(id), error);
  if (status == RH_OK)
    status = rh_json_set(record, "kind", json_string("manual"), error);
  if (status == RH_OK)
    status = rh_json_set(record, "time", json_string(now), error);
  if (status == RH_OK)
    status = file_of(&file, plan_path, error);
  if (status == RH_OK)
    status = append_locked(rh_buffer_text(&file), record, error);
  json_decref(record);
  rh_buffer_dispose(&file);
  return status;
}
