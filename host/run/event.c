/* The events of a run: hash-chained JSON lines for machines, and how long the logs are known to be.
 */
#include "base/calendar.h"
#include "plan/json.h"
#include "run/internal.h"

#include <string.h>

static rh_status read_head(rh_journal_end *out, const json_t *heads, const char *log,
                           rh_error *error) {
  const json_t *head = json_object_get(heads, log);
  uint64_t count = 0;
  rh_status status = rh_json_get_number(&count, INT64_MAX, head, "n", log, error);
  if (status == RH_OK)
    status = rh_json_get_sha256(out->digest, head, "digest", false, log, error);
  out->count = (json_int_t)count;
  return status;
}

rh_status rh_run_read_heads(rh_run_heads *out, const char *folder, rh_error *error) {
  rh_buffer text = {0};
  json_t *heads = NULL;
  *out = (rh_run_heads){0};
  char *path = rh_platform_join(folder, "heads.json");
  rh_status status = path ? rh_file_read(&text, path, 4096, error) : rh_error_memory(error);
  if (status == RH_OK &&
      !(heads = json_loadb(rh_buffer_text(&text), text.len, RH_JSON_LOAD_FLAGS, NULL)))
    status = rh_error_set(error, RH_ERR_FORMAT, path, "is damaged");
  if (status == RH_OK)
    status = read_head(&out->journal, heads, "journal", error);
  if (status == RH_OK)
    status = read_head(&out->events, heads, "events", error);
  json_decref(heads);
  rh_buffer_dispose(&text);
  rh_free(path);
  return status;
}

static rh_status write_heads(const rh_run *run, const rh_run_heads *heads, rh_error *error) {
  rh_buffer text = {0};
  char *path = rh_run_path(run, "heads.json");
  json_t *json = json_pack("{s:{s:I, s:s}, s:{s:I, s:s}}", "journal", "n", heads->journal.count,
                           "digest", heads->journal.digest, "events", "n", heads->events.count,
                           "digest", heads->events.digest);
  rh_status status = path && json ? RH_OK : rh_error_memory(error);
  if (status == RH_OK)
    status = rh_json_dump(&text, json, JSON_COMPACT | JSON_SORT_KEYS, error);
  if (status == RH_OK)
    status = rh_buffer_append_text(&text, "\n", error);
  if (status == RH_OK)
    status = rh_file_write(path, text.data, text.len, RH_FILE_PRIVATE, error);
  json_decref(json);
  rh_buffer_dispose(&text);
  rh_free(path);
  return status;
}

/* RH_ERR_FORMAT when a log ends before what it is known to have held. Appending to it would cover
 * that up. */
static rh_status check_not_cut(const rh_journal_end *is, const rh_journal_end *was,
                               const char *path, rh_error *error) {
  if (is->count > was->count || (is->count == was->count && strcmp(is->digest, was->digest) == 0) ||
      was->count == 0)
    return RH_OK;
  if (is->count == was->count)
    return rh_error_set(error, RH_ERR_FORMAT, path, "record %lld was altered",
                        (long long)is->count);
  return rh_error_set(error, RH_ERR_FORMAT, path, "ends with record %lld; record %lld is missing",
                      (long long)is->count, (long long)is->count + 1);
}

rh_status rh_run_check_end(const rh_journal *log, const json_t *records, const rh_journal_end *was,
                           const char *path, rh_error *error) {
  rh_journal_end is;
  rh_journal_tell_end(log, &is);
  /* The line that the head tells of is named by the one behind it. */
  const char *named =
      json_string_value(json_object_get(json_array_get(records, (size_t)was->count), "prev"));
  if (was->count > 0 && is.count > was->count && named && strcmp(named, was->digest) != 0)
    return rh_error_set(error, RH_ERR_FORMAT, path, "record %lld was altered",
                        (long long)was->count);
  return check_not_cut(&is, was, path, error);
}

static rh_status open_events(rh_journal **out, const char *path, const rh_journal_end *was,
                             rh_error *error) {
  json_t *records = NULL;
  rh_status status = rh_journal_open(out, path, &records, error);
  if (status == RH_OK)
    status = rh_run_check_end(*out, records, was, path, error);
  json_decref(records);
  return status;
}

static rh_status add_times(json_t *events, rh_error *error) {
  char now[RH_TIME_TEXT];
  size_t index;
  json_t *event;
  rh_status status = RH_OK;
  rh_time_print(now, rh_seconds_from_filetime(rh_platform_filetime()));
  json_array_foreach(events, index, event) {
    if (status == RH_OK)
      status = rh_json_set(event, "time", json_string(now), error);
  }
  return status;
}

/* What the heads say of the journal only ever grows: one that was cut must not pass for whole. */
static void note_journal(rh_run_heads *heads, const rh_run *run) {
  rh_journal_end now;
  if (!run->journal)
    return;
  rh_journal_tell_end(run->journal, &now);
  if (now.count > heads->journal.count)
    heads->journal = now;
}

/* True when the log is as this process has left it: it need not be read again. */
static bool is_known(const rh_run *run, const rh_journal_end *head) {
  rh_journal_end end;
  if (!run->events || !rh_journal_is_current(run->events))
    return false;
  rh_journal_tell_end(run->events, &end);
  return end.count == head->count && strcmp(end.digest, head->digest) == 0;
}

/* The log of events with these appended, kept open for the next ones. */
static rh_status append_events(rh_run *run, json_t *events, const rh_run_heads *heads, bool is_new,
                               rh_error *error) {
  if (is_known(run, &heads->events))
    return rh_journal_append(run->events, events, error);
  rh_run_close_events(run);
  char *path = rh_run_path(run, "events.jsonl");
  rh_status status = path ? RH_OK : rh_error_memory(error);
  if (status == RH_OK && is_new && !rh_file_exists(path)) {
    status = rh_journal_create(&run->events, path, events, error);
  } else if (status == RH_OK) {
    status = open_events(&run->events, path, &heads->events, error);
    if (status == RH_OK)
      status = rh_journal_append(run->events, events, error);
  }
  rh_free(path);
  return status;
}

static rh_status append_locked(rh_run *run, json_t *events, rh_error *error) {
  rh_run_heads heads;
  rh_status status = rh_run_read_heads(&heads, run->folder, error);
  bool is_new = status == RH_ERR_NOT_FOUND;
  if (is_new)
    status = RH_OK;
  if (status == RH_OK)
    status = append_events(run, events, &heads, is_new, error);
  if (status == RH_OK) {
    rh_journal_tell_end(run->events, &heads.events);
    note_journal(&heads, run);
    write_heads(run, &heads, NULL); /* else they lag behind, as after a kill at this place */
  } else {
    rh_run_close_events(run);
  }
  return status;
}

rh_status rh_run_forget_head(const rh_run *run, rh_error *error) {
  rh_lock *lock = NULL;
  rh_run_heads heads;
  rh_status status = rh_platform_wait_folder(&lock, run->folder, error);
  if (status == RH_OK)
    status = rh_run_read_heads(&heads, run->folder, error);
  if (status == RH_OK) {
    heads.journal.count = 0;
    status = write_heads(run, &heads, error);
  }
  rh_platform_unlock(lock);
  return status == RH_ERR_NOT_FOUND ? RH_OK : status; /* no event was told yet */
}

void rh_run_close_events(rh_run *run) {
  rh_journal_free(run->events);
  run->events = NULL;
}

rh_status rh_run_add_events(rh_run *run, json_t *events, rh_error *error) {
  rh_lock *lock = NULL;
  if (json_array_size(events) == 0)
    return RH_OK;
  rh_status status = add_times(events, error);
  if (status == RH_OK)
    status = rh_platform_wait_folder(&lock, run->folder, error);
  if (status == RH_OK)
    status = append_locked(run, events, error);
  rh_platform_unlock(lock);
  return status;
}

rh_status rh_run_event(rh_run *run, const char *kind, json_t *facts, rh_error *error) {
  json_t *event = json_pack("{s:s}", "kind", kind);
  json_t *events = json_pack("[O]", event);
  rh_status status = event && events ? RH_OK : rh_error_memory(error);
  if (status == RH_OK && facts && json_object_update_missing(event, facts) != 0)
    status = rh_error_set(error, RH_ERR_ARGUMENT, kind, "the facts of an event are no object");
  if (status == RH_OK)
    status = rh_run_add_events(run, events, error);
  json_decref(events);
  json_decref(event);
  return status;
}

void rh_run_tell(rh_run *run, const char *what, const char *path) {
  json_t *facts = json_pack("{s:s}", "what", what);
  if (path)
    json_object_set_new(facts, "path", rh_json_from_name(path, strlen(path)));
  rh_run_event(run, "run", facts, NULL);
  json_decref(facts);
}

void rh_run_tell_error(rh_run *run, const rh_error *error) {
  if (!error)
    return;
  json_t *facts = json_pack("{s:s, s:o, s:o}", "code", rh_status_name(error->code), "object",
                            rh_json_from_name(error->object, strlen(error->object)), "message",
                            rh_json_from_name(error->message, strlen(error->message)));
  rh_run_event(run, "error", facts, NULL);
  json_decref(facts);
}

rh_status rh_run_read_events(const rh_run *run, json_t **out, rh_error *error) {
  rh_journal *log = NULL;
  char *path = rh_run_path(run, "events.jsonl");
  *out = NULL;
  rh_status status = path ? rh_journal_open(&log, path, out, error) : rh_error_memory(error);
  if (status == RH_ERR_NOT_FOUND) {
    *out = json_array();
    status = *out ? RH_OK : rh_error_memory(error);
  }
  rh_journal_free(log);
  rh_free(path);
  return status;
}
