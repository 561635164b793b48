/* What a plan holds, as events: its steps, verdicts and manual steps when a run starts, its changes
 * when they are made. No data: what was written stands in the journal alone. */
#include "plan/json.h"
#include "run/internal.h"

/* An event of that kind with those of the named fields that the item has. */
static json_t *event_from(const char *kind, const json_t *item, const char *const *fields) {
  json_t *event = json_pack("{s:s}", "kind", kind);
  for (; *fields; fields++) {
    json_t *field = json_object_get(item, *fields);
    if (field)
      json_object_set(event, *fields, field);
  }
  return event;
}

static void add_list(json_t *events, const json_t *list, const char *kind,
                     const char *const *fields) {
  size_t index;
  json_t *item;
  json_array_foreach(list, index, item) {
    json_array_append_new(events, event_from(kind, item, fields));
  }
}

/* Of a record from before the apply, with the time that it was made. */
static void add_before(json_t *events, const json_t *before) {
  static const char *const fields[] = {"id", "state", "by", "note", NULL};
  size_t index;
  json_t *record;
  json_array_foreach(before, index, record) {
    json_t *event = event_from("manual", record, fields);
    json_object_set(event, "recorded", json_object_get(record, "time"));
    json_array_append_new(events, event);
  }
}

void rh_run_tell_plan(rh_run *run, const json_t *before) {
  static const char *const of_step[] = {"id", "title", "guide", "state", "verdicts", NULL};
  static const char *const of_verdict[] = {"path", "name", "verdict", "why", "guide", "step", NULL};
  static const char *const of_manual[] = {"id", "title", "guide", "state", "evidence", NULL};
  const json_t *document = rh_plan_document(run->plan);
  char id[65] = "";
  rh_plan_id(run->plan, id, NULL);
  json_t *events =
      json_pack("[{s:s, s:s, s:s, s:s, s:I}]", "kind", "run", "what", "started", "plan", id,
                "destination", run->destination, "changes", (json_int_t)run->job.changes.count);
  if (run->without_source)
    json_array_append_new(events, json_pack("{s:s, s:s}", "kind", "run", "what", "without-source"));
  add_list(events, json_object_get(document, "steps"), "step", of_step);
  add_list(events, json_object_get(document, "verdicts"), "verdict", of_verdict);
  add_list(events, json_object_get(document, "manual"), "manual", of_manual);
  add_before(events, before);
  rh_run_add_events(run, events, NULL);
  json_decref(events);
}

/* The step that made a change; changes count steps from 1. */
static json_t *step_of(const rh_run *run, const json_t *change) {
  json_int_t origin = json_integer_value(json_object_get(change, "origin"));
  const json_t *steps = json_object_get(rh_plan_document(run->plan), "steps");
  return origin > 0 ? json_object_get(json_array_get(steps, (size_t)origin - 1), "id") : NULL;
}

void rh_run_tell_applied(rh_run *run) {
  static const char *const of_change[] = {"action", "hive", "path", "name", NULL};
  size_t index;
  json_t *change;
  json_t *events = json_array();
  json_array_foreach(json_object_get(rh_plan_document(run->plan), "changes"), index, change) {
    json_t *event = event_from("change", change, of_change), *step = step_of(run, change);
    if (step)
      json_object_set(event, "step", step);
    json_array_append_new(events, event);
  }
  json_array_append_new(events, json_pack("{s:s, s:s}", "kind", "run", "what", "applied"));
  rh_run_add_events(run, events, NULL);
  json_decref(events);
}
