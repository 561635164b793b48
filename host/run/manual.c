/* Manual steps: what the plan asks for, with the state that people recorded in the events. */
#include "plan/json.h"
#include "run/internal.h"

#include <string.h>

static const char *text_of(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text ? text : "";
}

static json_t *find_step(const json_t *steps, const char *id) {
  size_t index;
  json_t *step;
  json_array_foreach(steps, index, step) {
    if (strcmp(text_of(step, "id"), id) == 0)
      return step;
  }
  return NULL;
}

/* An event that has a name in it was recorded by somebody; the others repeat the plan. */
static void take_event(json_t *steps, const json_t *event) {
  if (strcmp(text_of(event, "kind"), "manual") != 0 || !json_object_get(event, "by"))
    return;
  json_t *step = find_step(steps, text_of(event, "id"));
  if (!step)
    return;
  json_object_set(step, "state", json_object_get(event, "state"));
  json_object_set_new(step, "evidence",
                      json_pack("{s:O, s:s, s:O}", "by", json_object_get(event, "by"), "note",
                                text_of(event, "note"), "time", json_object_get(event, "time")));
}

rh_status rh_run_manual(const rh_run *run, json_t **out, rh_error *error) {
  json_t *events = NULL, *event;
  size_t index;
  *out = NULL;
  json_t *steps = json_deep_copy(json_object_get(rh_plan_document(run->plan), "manual"));
  rh_status status = steps ? rh_run_read_events(run, &events, error) : rh_error_memory(error);
  if (status == RH_OK) {
    json_array_foreach(events, index, event) {
      take_event(steps, event);
    }
    *out = steps;
  } else {
    json_decref(steps);
  }
  json_decref(events);
  return status;
}

static const char *last_part(const char *id) {
  const char *slash = strrchr(id, '/');
  return slash ? slash + 1 : id;
}

/* The full id of the step that is meant; NULL when there is none, or more than one. */
static const char *resolve(const json_t *steps, const char *name) {
  const char *found = NULL;
  size_t index;
  json_t *step;
  const json_t *same = find_step(steps, name);
  if (same)
    return text_of(same, "id");
  json_array_foreach(steps, index, step) {
    const char *id = text_of(step, "id");
    if (strcmp(last_part(id), name) != 0)
      continue;
    if (found)
      return NULL;
    found = id;
  }
  return found;
}

/* Tells the ids that are meant by a name, or all when none is. */
static rh_status no_such_step(const json_t *steps, const char *name, rh_error *error) {
  rh_buffer names = {0}, alike = {0};
  size_t index;
  json_t *step;
  json_array_foreach(steps, index, step) {
    const char *id = text_of(step, "id");
    rh_buffer *list = strcmp(last_part(id), name) == 0 ? &alike : &names;
    rh_buffer_printf(list, NULL, "%s%s", list->len ? ", " : "", id);
  }
  rh_status status = rh_error_set(error, RH_ERR_NOT_FOUND, name,
                                  alike.len ? "may be one of several manual steps"
                                            : "is no manual step of this run");
  if (error && alike.len > 0)
    rh_error_hint(error, "give one of: %s", rh_buffer_text(&alike));
  else if (error && names.len > 0)
    rh_error_hint(error, "there are: %s", rh_buffer_text(&names));
  rh_buffer_dispose(&alike);
  rh_buffer_dispose(&names);
  return status;
}

rh_status rh_run_record_manual(rh_run *run, const char *step, const char *state, const char *by,
                               const char *note, rh_error *error) {
  const json_t *steps = json_object_get(rh_plan_document(run->plan), "manual");
  const char *id = resolve(steps, step);
  if (!id)
    return no_such_step(steps, step, error);
  json_t *facts = json_pack("{s:s, s:s, s:s, s:s}", "id", id, "state", state, "by", by, "note",
                            note ? note : "");
  if (!facts)
    return rh_error_set(error, RH_ERR_ARGUMENT, step, "name and note have to be valid UTF-8");
  rh_status status = rh_run_event(run, "manual", facts, error);
  json_decref(facts);
  return status;
}
