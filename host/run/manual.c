/* Manual steps: what the plan asks for, with the state that people recorded in the events. */
#include "plan/json.h"
#include "run/internal.h"

#include <stdio.h>
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
void rh_manual_take(json_t *steps, const json_t *event) {
  if (strcmp(text_of(event, "kind"), "manual") != 0 || !json_object_get(event, "by"))
    return;
  json_t *step = find_step(steps, text_of(event, "id"));
  const char *time = json_object_get(event, "recorded") ? "recorded" : "time";
  if (!step)
    return;
  json_object_set(step, "state", json_object_get(event, "state"));
  json_object_set_new(step, "evidence",
                      json_pack("{s:O, s:s, s:O}", "by", json_object_get(event, "by"), "note",
                                text_of(event, "note"), "time", json_object_get(event, time)));
}

rh_status rh_run_manual(const rh_run *run, json_t **out, rh_error *error) {
  json_t *events = NULL, *event;
  size_t index;
  *out = NULL;
  json_t *steps = json_deep_copy(json_object_get(rh_plan_document(run->plan), "manual"));
  rh_status status = steps ? rh_run_read_events(run, &events, error) : rh_error_memory(error);
  if (status == RH_OK) {
    json_array_foreach(events, index, event) {
      rh_manual_take(steps, event);
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

static bool has_guide(const json_t *step, const char *name) {
  size_t index;
  json_t *guide;
  json_array_foreach(json_object_get(step, "guide"), index, guide) {
    if (strcmp(json_string_value(guide), name) == 0)
      return true;
  }
  return false;
}

/* The name is the number of a step, the last part of its id, or an id of the guide. */
static bool may_be(const json_t *step, size_t index, const char *name) {
  char number[24];
  snprintf(number, sizeof number, "%zu", index + 1);
  return strcmp(number, name) == 0 || strcmp(last_part(text_of(step, "id")), name) == 0 ||
         has_guide(step, name);
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
    if (!may_be(step, index, name))
      continue;
    if (found)
      return NULL;
    found = text_of(step, "id");
  }
  return found;
}

/* Tells the ids that are meant by a name, or all when none is. */
static rh_status no_such_step(const json_t *steps, const char *name, rh_error *error) {
  rh_buffer names = {0}, alike = {0};
  size_t index;
  json_t *step;
  json_array_foreach(steps, index, step) {
    rh_buffer *list = may_be(step, index, name) ? &alike : &names;
    rh_buffer_printf(list, NULL, "%s%s", list->len ? ", " : "", text_of(step, "id"));
  }
  rh_status status =
      rh_error_set(error, RH_ERR_NOT_FOUND, name,
                   alike.len ? "may be one of several manual steps" : "is no manual step here");
  if (error && alike.len > 0)
    rh_error_hint(error, "give one of: %s", rh_buffer_text(&alike));
  else if (error && names.len > 0)
    rh_error_hint(error, "there are: %s", rh_buffer_text(&names));
  rh_buffer_dispose(&alike);
  rh_buffer_dispose(&names);
  return status;
}

rh_status rh_manual_facts(json_t **out, const json_t *steps, const char *step, const char *state,
                          const char *by, const char *note, rh_error *error) {
  const char *id = resolve(steps, step);
  *out = NULL;
  if (!id)
    return no_such_step(steps, step, error);
  *out = json_pack("{s:s, s:s, s:s, s:s}", "id", id, "state", state, "by", by, "note",
                   note ? note : "");
  return *out ? RH_OK
              : rh_error_set(error, RH_ERR_ARGUMENT, step, "name and note have to be valid UTF-8");
}

rh_status rh_run_record_manual(rh_run *run, const char *step, const char *state, const char *by,
                               const char *note, rh_error *error) {
  json_t *facts = NULL;
  rh_status status = rh_manual_facts(&facts, json_object_get(rh_plan_document(run->plan), "manual"),
                                     step, state, by, note, error);
  if (status == RH_OK)
    status = rh_run_event(run, "manual", facts, error);
  json_decref(facts);
  return status;
}
