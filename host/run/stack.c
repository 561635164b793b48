/* The runs that stand on a machine, in the order of their applies, each on those before it: JSON
 * that the machine carries with it as its record (machine/target.h).
 *
 *   {"format": 1, "machine": ID, "volume": UUID,
 *    "runs": [{"run": ID, "plan": ID, "folder": ..., "time": ..., "state": ...}]}
 *
 * machine is a random name, made with the first run; volume what names the volume then, "" where
 * that is not known. A run that changes something stands in it from before the first file is made
 * ready until it is rolled back or closed. Its state is placing, applied or rolling-back, and may
 * lag behind that of its journal by one: what the journal says is put in next. */
#include "run/internal.h"

#include "base/calendar.h"
#include "base/random.h"
#include "plan/json.h"

#include <string.h>

#define STACK_FORMAT_VERSION 1
#define WHERE "the record of the runs"

static const char *text_of(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text ? text : "";
}

static rh_status check_entry(const json_t *entry, rh_error *error) {
  static const char *const keys[] = {"run", "plan", "time", "state"};
  char *folder = NULL;
  size_t len = 0;
  rh_status status = rh_json_get_name(&folder, &len, entry, "folder", WHERE, error);
  for (size_t i = 0; status == RH_OK && i < sizeof keys / sizeof *keys; i++) {
    const char *text;
    status = rh_json_get_text(&text, entry, keys[i], WHERE, error);
  }
  rh_free(folder);
  return status;
}

static rh_status check(const json_t *stack, rh_error *error) {
  const json_t *runs = json_object_get(stack, "runs");
  const char *text;
  uint64_t format = 0;
  size_t index;
  json_t *entry;
  rh_status status = rh_json_get_number(&format, INT32_MAX, stack, "format", WHERE, error);
  if (status == RH_OK && format > STACK_FORMAT_VERSION)
    return rh_error_set(error, RH_ERR_UNSUPPORTED, WHERE,
                        "has format %u; this program knows %d: use a newer rehome",
                        (unsigned)format, STACK_FORMAT_VERSION);
  if (status == RH_OK && (format == 0 || !json_is_array(runs)))
    status = rh_error_set(error, RH_ERR_FORMAT, WHERE, "has no list of runs");
  if (status == RH_OK)
    status = rh_json_get_text(&text, stack, "machine", WHERE, error);
  if (status == RH_OK)
    status = rh_json_get_text(&text, stack, "volume", WHERE, error);
  json_array_foreach(runs, index, entry) {
    if (status == RH_OK)
      status = check_entry(entry, error);
  }
  return status;
}

static rh_status parse(json_t **out, const rh_buffer *text, const rh_target *target,
                       rh_error *error) {
  *out = json_loadb(rh_buffer_text(text), text->len, RH_JSON_LOAD_FLAGS, NULL);
  rh_status status = *out ? check(*out, error)
                          : rh_error_set(error, RH_ERR_FORMAT, WHERE, "is damaged: it is no JSON");
  if (status == RH_OK)
    return RH_OK;
  rh_error cause = error ? *error : (rh_error){0};
  rh_error_set(error, status, rh_target_location(target), "rehome-runs.json: %s %s", WHERE,
               cause.message);
  if (error && status == RH_ERR_FORMAT)
    rh_error_hint(error,
                  "move Windows/System32/config/rehome-runs.json away, then name the machine "
                  "with --destination and --this-machine");
  json_decref(*out);
  *out = NULL;
  return status;
}

static rh_status make(json_t **out, const rh_target *target, rh_error *error) {
  char id[RH_RANDOM_ID];
  rh_buffer volume = {0};
  rh_status status = rh_random_id(id, error);
  if (status == RH_OK)
    status = rh_target_volume(&volume, target, error);
  *out = status == RH_OK
             ? json_pack("{s:i, s:s, s:o, s:[]}", "format", STACK_FORMAT_VERSION, "machine", id,
                         "volume", rh_json_from_name(rh_buffer_text(&volume), volume.len), "runs")
             : NULL;
  rh_buffer_dispose(&volume);
  return status == RH_OK && !*out ? rh_error_memory(error) : status;
}

rh_status rh_run_stack_read(json_t **out, rh_target *target, rh_error *error) {
  rh_buffer text = {0};
  *out = NULL;
  rh_status status =
      rh_target_keeps_record(target) ? rh_target_read_record(&text, target, error) : RH_OK;
  if (status == RH_OK)
    status = text.len > 0 ? parse(out, &text, target, error) : make(out, target, error);
  rh_buffer_dispose(&text);
  return status;
}

static rh_status write(const json_t *stack, rh_target *target, rh_error *error) {
  rh_buffer text = {0};
  rh_status status = RH_OK;
  if (json_array_size(json_object_get(stack, "runs")) > 0) {
    status = rh_json_dump(&text, stack, JSON_INDENT(1) | JSON_SORT_KEYS, error);
    if (status == RH_OK)
      status = rh_buffer_append_text(&text, "\n", error);
  }
  if (status == RH_OK)
    status = rh_target_write_record(target, text.data, text.len, error);
  rh_buffer_dispose(&text);
  return status;
}

/* The place of a run in the list; its length when it is not in it. */
static size_t place_of(const json_t *runs, const rh_run *run) {
  size_t index;
  json_t *entry;
  json_array_foreach(runs, index, entry) {
    if (run->id[0] && strcmp(text_of(entry, "run"), run->id) == 0)
      return index;
  }
  return json_array_size(runs);
}

bool rh_run_stack_holds(const json_t *stack, const rh_run *run) {
  const json_t *runs = json_object_get(stack, "runs");
  return place_of(runs, run) < json_array_size(runs);
}

/* The seconds in which a run began, in the form that sorts. */
static void print_time(char out[RH_TIME_TEXT], const rh_run *run) {
  rh_time_print(out, rh_seconds_from_filetime(run->job.clock));
}

static json_t *new_entry(const rh_run *run, rh_error *error) {
  char time[RH_TIME_TEXT], plan[65];
  print_time(time, run);
  return rh_plan_id(run->plan, plan, error) == RH_OK
             ? json_pack("{s:s, s:s, s:s}", "run", run->id, "plan", plan, "time", time)
             : NULL;
}

static rh_status set_entry(json_t *runs, const rh_run *run, rh_run_state state, rh_error *error) {
  size_t place = place_of(runs, run);
  if (place == json_array_size(runs) && json_array_append_new(runs, new_entry(run, error)) != 0)
    return rh_error_memory(error);
  json_t *entry = json_array_get(runs, place);
  rh_status status =
      rh_json_set(entry, "folder", rh_json_from_name(run->folder, strlen(run->folder)), error);
  return status == RH_OK ? rh_json_set(entry, "state", json_string(rh_run_state_name(state)), error)
                         : status;
}

bool rh_run_stands(const rh_run *run) {
  return run->id[0] && run->job.changes.count > 0;
}

static bool keeps(const rh_run *run, const rh_target *target) {
  return rh_run_stands(run) && rh_target_keeps_record(target);
}

rh_status rh_run_stack_put(const rh_run *run, rh_target *target, rh_run_state state,
                           rh_error *error) {
  json_t *stack = NULL;
  if (!keeps(run, target))
    return RH_OK;
  rh_status status = rh_run_stack_read(&stack, target, error);
  if (status == RH_OK)
    status = set_entry(json_object_get(stack, "runs"), run, state, error);
  if (status == RH_OK) /* also when it is that already: what a killed process left has to go */
    status = write(stack, target, error);
  json_decref(stack);
  if (status == RH_OK)
    rh_run_reached("stack");
  return status;
}

rh_status rh_run_stack_take(const rh_run *run, rh_target *target, rh_error *error) {
  json_t *stack = NULL;
  if (!keeps(run, target))
    return RH_OK;
  rh_status status = rh_run_stack_read(&stack, target, error);
  json_t *runs = json_object_get(stack, "runs");
  if (status == RH_OK)
    json_array_remove(runs, place_of(runs, run));
  if (status == RH_OK) /* also when it is not in it, for the same reason */
    status = write(stack, target, error);
  json_decref(stack);
  if (status == RH_OK)
    rh_run_reached("unstacked");
  return status;
}

/* Where its folder was the last time; the caller frees. */
static char *folder_of(const json_t *entry) {
  char *folder = NULL;
  size_t len = 0;
  rh_json_get_name(&folder, &len, entry, "folder", WHERE, NULL);
  return folder;
}

/* Refuses what another run has to go before. */
static rh_status refuse(const json_t *entry, const char *object, const char *why, bool can_go_on,
                        rh_error *error) {
  char *folder = folder_of(entry);
  char *journal = folder ? rh_platform_join(folder, "journal.jsonl") : NULL;
  if (!journal) {
    rh_free(folder);
    return rh_error_memory(error);
  }
  rh_error_set(error, RH_ERR_BLOCKED, object, "the run in %s, of %s, %s; nothing was changed",
               folder, text_of(entry, "time"), why);
  if (error && !rh_file_exists(journal))
    rh_error_hint(error, "that folder is not there any more: find it, then rehome rollback it; if "
                         "it is lost for good, take its entry out of "
                         "Windows/System32/config/rehome-runs.json");
  else if (error && can_go_on)
    rh_error_hint(error, "first: rehome resume %s, or rehome rollback %s", folder, folder);
  else if (error)
    rh_error_hint(error, "first: rehome rollback %s", folder);
  rh_free(journal);
  rh_free(folder);
  return RH_ERR_BLOCKED;
}

/* A run of rehome 0.1.0 is not in the list: what began when it had begun stands on it. */
static bool stands_on(const json_t *entry, size_t index, size_t place, size_t count,
                      const char *time) {
  return place < count ? index > place : strcmp(text_of(entry, "time"), time) >= 0;
}

rh_status rh_run_stack_check_top(const rh_run *run, rh_target *target, rh_error *error) {
  char time[RH_TIME_TEXT];
  json_t *stack = NULL, *entry;
  if (run->job.changes.count == 0)
    return RH_OK;
  rh_status status = rh_run_stack_read(&stack, target, error);
  const json_t *runs = json_object_get(stack, "runs");
  size_t place = place_of(runs, run), count = json_array_size(runs);
  print_time(time, run);
  entry = json_array_get(runs, count - 1);
  if (status == RH_OK && count > 0 && place + 1 != count &&
      stands_on(entry, count - 1, place, count, time))
    status = refuse(entry, run->folder, "was applied on top of it and has to go back before it",
                    false, error);
  json_decref(stack);
  return status;
}

rh_status rh_run_stack_check_whole(rh_target *target, rh_error *error) {
  json_t *stack = NULL, *entry;
  size_t index;
  rh_status status = rh_run_stack_read(&stack, target, error);
  json_array_foreach(json_object_get(stack, "runs"), index, entry) {
    const char *state = text_of(entry, "state");
    if (status != RH_OK || strcmp(state, rh_run_state_name(RH_RUN_APPLIED)) == 0)
      continue;
    bool back = strcmp(state, rh_run_state_name(RH_RUN_ROLLING_BACK)) == 0;
    status = refuse(entry, rh_target_location(target),
                    back ? "stopped half-way back here" : "stopped half-way here", !back, error);
  }
  json_decref(stack);
  return status;
}

rh_status rh_run_check_whole(const char *destination, rh_error *error) {
  rh_target *target = NULL;
  rh_status status = rh_target_open(&target, destination, error);
  if (status == RH_OK)
    status = rh_run_stack_check_whole(target, error);
  rh_target_free(target);
  return status;
}

rh_status rh_run_list(json_t **out, const char *destination, rh_error *error) {
  rh_target *target = NULL;
  json_t *stack = NULL;
  *out = NULL;
  rh_status status = rh_target_open(&target, destination, error);
  if (status == RH_OK)
    status = rh_run_stack_read(&stack, target, error);
  if (status == RH_OK)
    *out = json_incref(json_object_get(stack, "runs"));
  json_decref(stack);
  rh_target_free(target);
  return status;
}
