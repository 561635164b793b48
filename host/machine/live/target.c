/* The target of a live machine: each change is an item, made at once.
 *
 * Nothing can be prepared there, so that all changes are first made in an overlay: every
 * before-image is checked before the first change. Each is compared again when its turn comes: what
 * is as after is done, what is as before is to do, and anything else stops, and is named. */
#include "machine/compare.h"
#include "machine/internal.h"

#include <string.h>

typedef struct live_target {
  rh_target head;
  rh_machine *machine; /* NULL until it is needed, and after an error */
  rh_buffer path;      /* of what was undone last, where no item names it */
} live_target;

static live_target *target_of(rh_target *target) {
  return (live_target *)target; /* head is its first member */
}

/* What was read before an error may not be what is. */
static void forget_machine(live_target *self) {
  rh_machine_free(self->machine);
  self->machine = NULL;
}

static void dispose(rh_target *target) {
  forget_machine(target_of(target));
  rh_buffer_dispose(&target_of(target)->path);
}

static rh_status open_machine(live_target *self, rh_error *error) {
  return self->machine ? RH_OK
                       : self->head.backend->open(&self->machine, self->head.location, NULL, error);
}

static rh_status open_overlay(rh_machine **out, live_target *self, rh_error *error) {
  forget_machine(self);
  rh_status status = open_machine(self, error);
  return status == RH_OK ? rh_machine_overlay(out, self->machine, error) : status;
}

/* --- forward --- */

static rh_status add_item(rh_target_job *job, size_t index, rh_error *error) {
  rh_buffer path = {0};
  rh_status status = rh_change_describe(&path, &job->changes.items[index], error);
  if (status != RH_OK) {
    rh_buffer_dispose(&path);
    return status;
  }
  job->items[job->item_count++] = (rh_target_item){.path = (char *)path.data, .change = index + 1};
  return RH_OK;
}

static rh_status add_items(rh_target_job *job, rh_error *error) {
  rh_status status = RH_OK;
  job->items = rh_alloc_zero(job->changes.count, sizeof *job->items);
  if (!job->items)
    return rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < job->changes.count; i++)
    status = add_item(job, i, error);
  if (status != RH_OK)
    rh_target_job_clear_items(job);
  return status;
}

static rh_status prepare(rh_target *target, rh_target_job *job, const rh_target_progress *progress,
                         rh_error *error) {
  rh_machine *overlay = NULL;
  rh_status status = open_overlay(&overlay, target_of(target), error);
  for (size_t i = 0; status == RH_OK && i < job->changes.count; i++) {
    status = machine_apply_change(overlay, &job->changes.items[i], job->clock, false, error);
    machine_tell_progress(progress, i + 1, job->changes.count);
  }
  rh_machine_free(overlay);
  return status == RH_OK ? add_items(job, error) : status;
}

/* An item is what somebody may have written into a journal. */
static rh_status find_change(const rh_change **out, const rh_target_job *job, size_t index,
                             rh_error *error) {
  const rh_target_item *item = &job->items[index];
  if (item->change == 0 || item->change > job->changes.count)
    return rh_error_set(error, RH_ERR_FORMAT, item->path, "is no setting that the run changes");
  *out = &job->changes.items[item->change - 1];
  return RH_OK;
}

/* found (NULL allowed) is filled with what is there, in words, when that is neither side. */
static rh_status state_of(rh_item_state *out, rh_buffer *found, live_target *self,
                          const rh_change *change, rh_error *error) {
  bool same = false;
  *out = RH_ITEM_OTHER;
  rh_status status = open_machine(self, error);
  if (status == RH_OK)
    status = rh_machine_compare(&same, NULL, self->machine, change, &change->after, error);
  if (status == RH_OK && same) {
    *out = RH_ITEM_AFTER;
    return RH_OK;
  }
  if (status == RH_OK)
    status = rh_machine_compare(&same, found, self->machine, change, &change->before, error);
  if (status == RH_OK && same)
    *out = RH_ITEM_BEFORE;
  return status;
}

static rh_status check(rh_item_state *out, rh_target *target, const rh_target_job *job,
                       size_t index, rh_error *error) {
  const rh_change *change = NULL;
  rh_status status = find_change(&change, job, index, error);
  return status == RH_OK ? state_of(out, NULL, target_of(target), change, error) : status;
}

static rh_status name_other(const rh_change *change, const rh_buffer *found, const char *why,
                            rh_error *error) {
  rh_buffer what = {0}, was = {0};
  rh_status status = rh_change_describe(&what, change, error);
  if (status == RH_OK)
    status = rh_change_describe_side(&was, change, &change->before, error);
  if (status == RH_OK)
    status = rh_error_set(error, RH_ERR_DIFFERS, rh_buffer_text(&what), "%s: it is %s, and was %s",
                          why, rh_buffer_text(found), rh_buffer_text(&was));
  rh_buffer_dispose(&what);
  rh_buffer_dispose(&was);
  return status;
}

/* Somebody may have put something into a key that is to go. */
static rh_status check_empty(live_target *self, const rh_change *change, rh_error *error) {
  bool empty = true;
  rh_buffer what = {0};
  rh_status status = change->action == RH_DELETE_KEY
                         ? rh_machine_key_is_empty(&empty, self->machine, change, error)
                         : RH_OK;
  if (status == RH_OK && !empty)
    status = rh_change_describe(&what, change, error);
  if (status == RH_OK && !empty)
    status = rh_error_set(error, RH_ERR_DIFFERS, rh_buffer_text(&what),
                          "holds values or subkeys that the plan does not know");
  rh_buffer_dispose(&what);
  return status;
}

/* Makes a change whose before-image is there, and looks at what became of it. */
static rh_status change_now(live_target *self, const rh_change *change, uint64_t clock,
                            bool restore_times, rh_error *error) {
  rh_item_state state = RH_ITEM_OTHER;
  rh_buffer found = {0};
  rh_status status = check_empty(self, change, error);
  if (status == RH_OK)
    status = self->head.backend->change_now(self->machine, change, clock, restore_times, error);
  if (status == RH_OK)
    status = state_of(&state, &found, self, change, error);
  if (status == RH_OK && state != RH_ITEM_AFTER)
    status = name_other(change, &found, "did not become what it was set to", error);
  if (status != RH_OK)
    forget_machine(self);
  rh_buffer_dispose(&found);
  return status;
}

static rh_status place(rh_target *target, const rh_target_job *job, size_t index, rh_error *error) {
  live_target *self = target_of(target);
  const rh_change *change = NULL;
  rh_item_state state = RH_ITEM_OTHER;
  rh_buffer found = {0};
  rh_status status = find_change(&change, job, index, error);
  if (status == RH_OK)
    status = state_of(&state, &found, self, change, error);
  if (status == RH_OK && state == RH_ITEM_BEFORE)
    status = change_now(self, change, job->clock, false, error);
  else if (status == RH_OK && state == RH_ITEM_OTHER)
    status = name_other(change, &found, "was changed by somebody else", error);
  rh_buffer_dispose(&found);
  return status;
}

/* --- back --- */

static rh_status find_since(rh_target *target, rh_target_job *job, rh_error *error) {
  live_target *self = target_of(target);
  rh_status status = RH_OK;
  forget_machine(self);
  if (job->item_count > 0) /* else nothing was placed */
    status = open_machine(self, error);
  for (size_t i = 0; status == RH_OK && i < MACHINE_HIVES; i++) {
    bool has = false;
    for (size_t k = 0; job->item_count > 0 && !has && k < job->changes.count; k++)
      has = job->changes.items[k].hive &&
            strcmp(job->changes.items[k].hive, machine_hive_names[i]) == 0;
    if (has)
      status = machine_since_settings(&job->since, self->machine, &job->changes,
                                      machine_hive_names[i], job->done, error);
  }
  for (size_t i = 0; status == RH_OK && job->item_count > 0 && i < job->changes.count; i++)
    if (!job->changes.items[i].hive)
      status = machine_since_change(&job->since, self->machine, &job->changes.items[i], job->done,
                                    error);
  return status;
}

static rh_status prepare_undo(size_t *out, rh_target *target, const rh_target_job *job,
                              const rh_target_progress *progress, rh_error *error) {
  rh_machine *overlay = NULL;
  rh_status status = RH_OK;
  if (job->item_count > 0)
    status = open_overlay(&overlay, target_of(target), error);
  if (status == RH_OK && job->item_count > 0)
    status = machine_undo_changes(overlay, &job->changes, &job->since, NULL, NULL, progress, error);
  rh_machine_free(overlay);
  *out = job->item_count > 0 ? job->since.count + job->item_count : 0;
  return status;
}

static rh_status make_now(void *payload, rh_machine *machine, const rh_change *change,
                          rh_error *error) {
  (void)machine;
  return change_now(payload, change, rh_platform_filetime(), true, error);
}

static rh_status discard(const char **path, live_target *self, const rh_since *item,
                         rh_error *error) {
  *path = NULL;
  if (!item->discard || item->is_before)
    return RH_OK;
  rh_buffer_clear(&self->path);
  rh_status status = rh_change_describe(&self->path, &item->change, error);
  *path = rh_buffer_text(&self->path);
  return status == RH_OK ? machine_discard(self->machine, item, make_now, self, error) : status;
}

static rh_status undo(const char **path, rh_target *target, const rh_target_job *job, size_t index,
                      rh_error *error) {
  live_target *self = target_of(target);
  const rh_change *change = NULL;
  rh_status status = open_machine(self, error);
  if (status == RH_OK && index < job->since.count)
    return discard(path, self, &job->since.items[job->since.count - 1 - index], error);
  const size_t at = job->since.count + job->item_count - 1 - index;
  if (status == RH_OK)
    status = find_change(&change, job, at, error);
  *path = status == RH_OK && rh_since_holds(&job->since, change) ? NULL : job->items[at].path;
  return status == RH_OK
             ? machine_undo_change(self->machine, change, &job->since, make_now, self, error)
             : status;
}

static rh_status check_undone(rh_target *target, const rh_target_job *job, rh_error *error) {
  live_target *self = target_of(target);
  if (job->item_count == 0)
    return RH_OK;
  forget_machine(self);
  rh_status status = open_machine(self, error);
  return status == RH_OK ? machine_check_undone(self->machine, &job->changes, &job->since, error)
                         : status;
}

const machine_target machine_live_target = {.unit = "settings",
                                            .size = sizeof(live_target),
                                            .dispose = dispose,
                                            .prepare = prepare,
                                            .check = check,
                                            .place = place,
                                            .find_since = find_since,
                                            .prepare_undo = prepare_undo,
                                            .undo = undo,
                                            .check_undone = check_undone};
