/* Which machine a run is about. It is known by the record that it carries (stack.c), not by its
 * path: looked for where it was, then beside the run's folder, unless it is named. */
#include "plan/json.h"
#include "run/internal.h"

#include <string.h>

/* A machine that may be meant. */
typedef struct place {
  char *location; /* NULL: nothing is there */
  bool carries;   /* the run stands on it; of a kind that keeps no record its location tells that */
  char *volume;   /* where it was and is on different volumes: both, in words */
  char *why;      /* why nothing is there; may be NULL */
} place;

static void dispose(place *self) {
  rh_free(self->location);
  rh_free(self->volume);
  rh_free(self->why);
  *self = (place){0};
}

static rh_status compare_volume(place *out, const json_t *stack, const rh_target *target,
                                rh_error *error) {
  rh_buffer now = {0}, text = {0};
  const char *was = json_string_value(json_object_get(stack, "volume"));
  rh_status status = rh_target_volume(&now, target, error);
  if (status == RH_OK && was && *was && now.len > 0 && strcmp(was, rh_buffer_text(&now)) != 0)
    status = rh_buffer_printf(&text, error, "it was on volume %s, and is on %s", was,
                              rh_buffer_text(&now));
  out->volume = (char *)text.data;
  rh_buffer_dispose(&now);
  return status;
}

static rh_status look_at(place *out, rh_target *target, const rh_run *run, rh_error *error) {
  json_t *stack = NULL;
  bool keeps = rh_target_keeps_record(target);
  rh_status status = rh_run_stack_read(&stack, target, error);
  if (status == RH_OK && keeps)
    status = compare_volume(out, stack, target, error);
  if (status == RH_OK && !(out->location = rh_copy_text(rh_target_location(target))))
    status = rh_error_memory(error);
  out->carries = out->location && (!keeps || rh_run_stack_holds(stack, run));
  json_decref(stack);
  return status;
}

static rh_status look(place *out, const char *location, const rh_run *run, rh_error *error) {
  rh_target *target = NULL;
  *out = (place){0};
  rh_status status = rh_target_open(&target, location, error);
  if (status == RH_OK)
    status = look_at(out, target, run, error);
  rh_target_free(target);
  return status;
}

/* The same where nobody says that something is there. */
static rh_status look_if_there(place *out, const char *location, const rh_run *run,
                               rh_error *error) {
  rh_error problem = {0};
  rh_status status = look(out, location, run, &problem);
  if (status == RH_ERR_NOT_FOUND || status == RH_ERR_ARGUMENT) {
    out->why = rh_copy_text(problem.message);
    return RH_OK;
  }
  if (status != RH_OK && error)
    *error = problem;
  return status;
}

/* Moved together with the run, its destination lies beside the run's folder. */
static rh_status look_beside(place *out, const rh_run *run, rh_error *error) {
  char *folder = rh_platform_folder_of(run->folder);
  char *path = folder ? rh_platform_join(folder, rh_platform_base_name(run->recorded)) : NULL;
  rh_status status = path ? look_if_there(out, path, run, error) : rh_error_memory(error);
  rh_free(path);
  rh_free(folder);
  return status;
}

/* The others do not stand on a machine before they make something there, nor when they are back,
 * nor from their closing on. */
static bool needs_record(const rh_run *run) {
  return rh_run_stands(run) && (run->state == RH_RUN_PLACING || run->state == RH_RUN_APPLIED ||
                                (run->state == RH_RUN_ROLLING_BACK && !run->is_undone));
}

static rh_status refuse(const char *location, const char *why, rh_error *error) {
  rh_error_set(error, RH_ERR_BLOCKED, location, "%s; nothing was changed", why);
  rh_error_hint(error, "if it is meant all the same, add --destination %s --this-machine",
                location);
  return RH_ERR_BLOCKED;
}

static rh_status refuse_other(const rh_run *run, const char *location, rh_error *error) {
  rh_buffer why = {0};
  rh_status status = rh_buffer_printf(
      &why, error, "is another machine: the run in %s does not stand on it", run->folder);
  if (status == RH_OK)
    status = refuse(location, rh_buffer_text(&why), error);
  rh_buffer_dispose(&why);
  return status;
}

static rh_status refuse_copy(const rh_run *run, const char *location, const char *how,
                             const char *other, rh_error *error) {
  rh_buffer why = {0};
  rh_status status = rh_buffer_printf(&why, error,
                                      "is a copy of the machine that the run in %s "
                                      "changed: %s%s",
                                      run->folder, how, other);
  if (status == RH_OK)
    status = refuse(location, rh_buffer_text(&why), error);
  rh_buffer_dispose(&why);
  return status;
}

/* One that was named. */
static rh_status judge_named(const rh_run *run, const place *named, const place *recorded,
                             rh_error *error) {
  bool same = recorded->location && strcmp(named->location, recorded->location) == 0;
  if (!named->carries && (needs_record(run) || (!run->id[0] && !same)))
    return refuse_other(run, named->location, error);
  if (!same && recorded->carries)
    return refuse_copy(run, named->location, "that one is in ", recorded->location, error);
  return named->volume ? refuse_copy(run, named->location, named->volume, "", error) : RH_OK;
}

/* The one that is meant when none was named. */
static rh_status choose(const place **out, const rh_run *run, const place *recorded,
                        const place *beside, rh_error *error) {
  *out = recorded;
  if (recorded->carries && beside->carries && strcmp(recorded->location, beside->location) != 0) {
    rh_error_set(error, RH_ERR_BLOCKED, run->folder,
                 "stands on %s as well as on %s: one is a copy of the other; nothing was changed",
                 recorded->location, beside->location);
    rh_error_hint(error, "say which is meant: --destination %s, or --destination %s --this-machine",
                  recorded->location, beside->location);
    return RH_ERR_BLOCKED;
  }
  if (!recorded->carries && beside->carries)
    *out = beside;
  if (!(*out)->location) {
    rh_error_set(error, RH_ERR_NOT_FOUND, run->recorded,
                 "%s; the machine that the run changed is not beside the run either",
                 recorded->why ? recorded->why : "nothing is there");
    rh_error_hint(error, "say where it is now: --destination FOLDER");
    return RH_ERR_NOT_FOUND;
  }
  if (!(*out)->carries && needs_record(run))
    return refuse_other(run, (*out)->location, error);
  return (*out)->volume ? refuse_copy(run, (*out)->location, (*out)->volume, "", error) : RH_OK;
}

static rh_status settle(rh_run *run, const char *location, rh_error *error) {
  char *destination = rh_copy_text(location);
  if (!destination)
    return rh_error_memory(error);
  char *was = run->destination;
  run->destination = destination;
  run->is_found = true;
  rh_status status = rh_run_move_items(run, was, error);
  rh_free(was);
  return status;
}

static rh_status find(rh_run *run, const char *named, bool is_certain, rh_error *error) {
  place recorded = {0}, other = {0};
  const place *found = &other;
  rh_status status = named ? look(&other, named, run, error) : RH_OK;
  if (status == RH_OK && !(named && is_certain))
    status = look_if_there(&recorded, run->recorded, run, error);
  if (status == RH_OK && named && !is_certain)
    status = judge_named(run, &other, &recorded, error);
  if (status == RH_OK && !named)
    status = look_beside(&other, run, error);
  if (status == RH_OK && !named)
    status = choose(&found, run, &recorded, &other, error);
  if (status == RH_OK)
    status = settle(run, found->location, error);
  dispose(&recorded);
  dispose(&other);
  return status;
}

rh_status rh_run_find(rh_run *run, const char *named, bool is_certain, rh_error *error) {
  if (run->state == RH_RUN_CLOSED) /* there is nothing to do on it */
    return RH_OK;
  rh_status status = find(run, named, is_certain, error);
  if (status == RH_OK || status == RH_ERR_BLOCKED || !rh_run_is_half_way(run))
    return status;
  rh_error cause = error ? *error : (rh_error){0};
  rh_run_interrupted(run, error);
  if (cause.hint[0])
    rh_error_hint(error, "%s", cause.hint);
  return RH_ERR_INTERRUPTED;
}

static rh_status move(char **path, const char *from, const char *to, rh_error *error) {
  if (!*path)
    return RH_OK;
  char *moved = rh_platform_join(to, *path + strlen(from) + 1);
  if (!moved)
    return rh_error_memory(error);
  rh_free(*path);
  *path = moved;
  return RH_OK;
}

rh_status rh_run_move_items(rh_run *run, const char *from, rh_error *error) {
  rh_status status = RH_OK;
  if (strcmp(from, run->destination) == 0)
    return RH_OK;
  for (size_t i = 0; status == RH_OK && i < run->job.item_count; i++) {
    status = move(&run->job.items[i].target, from, run->destination, error);
    if (status == RH_OK)
      status = move(&run->job.items[i].temporary, from, run->destination, error);
  }
  return status;
}
