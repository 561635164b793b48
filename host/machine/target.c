/* Targets: the way to a machine's own, and what a job is. */
#include "machine/internal.h"

#include "base/protection.h"

#include <string.h>

void rh_target_item_dispose(rh_target_item *item) {
  rh_free(item->path);
  rh_free(item->target);
  rh_free(item->temporary);
  rh_free(item->previous);
  rh_free(item->guard_before);
  rh_free(item->guard_after);
  rh_free(item->unkept);
  *item = (rh_target_item){0};
}

void rh_target_job_clear_items(rh_target_job *job) {
  for (size_t i = 0; i < job->item_count; i++)
    rh_target_item_dispose(&job->items[i]);
  rh_free(job->items);
  job->items = NULL;
  job->item_count = 0;
}

void rh_target_job_dispose(rh_target_job *job) {
  rh_target_job_clear_items(job);
  rh_name_list_dispose(&job->folders);
  rh_name_list_dispose(&job->folder_guards);
  rh_change_list_dispose(&job->changes);
  rh_since_list_dispose(&job->since);
  rh_free(job->keep);
  rh_free(job->theirs);
  *job = (rh_target_job){0};
}

static rh_status absolute(char **out, const machine_backend *backend, const char *location,
                          rh_error *error) {
  if (backend->absolute)
    return backend->absolute(out, location, error);
  *out = rh_copy_text(location);
  return *out ? RH_OK : rh_error_memory(error);
}

rh_status rh_machine_absolute(char **out, const rh_machine *machine, rh_error *error) {
  return machine->base ? rh_machine_absolute(out, machine->base, error)
                       : absolute(out, machine->backend, machine->location, error);
}

rh_status rh_machine_check_fresh(rh_name_list *changed, const char *location,
                                 const rh_fingerprint_list *was, rh_error *error) {
  const machine_backend *backend = NULL;
  *changed = (rh_name_list){0};
  rh_status status = machine_backend_at(&backend, location, error);
  if (status == RH_OK)
    status = backend->fresh(changed, location, was, error);
  if (status != RH_OK)
    rh_name_list_dispose(changed);
  return status;
}

rh_status rh_target_open(rh_target **out, const char *location, rh_error *error) {
  const machine_backend *backend = NULL;
  *out = NULL;
  rh_status status = machine_backend_at(&backend, location, error);
  if (status == RH_OK && !backend->target) {
    status = rh_error_set(error, RH_ERR_ARGUMENT, location, "is no folder, so no image");
    rh_error_hint(error, "a run changes an image; a store is only read");
  }
  if (status != RH_OK)
    return status;
  rh_target *target = rh_alloc_zero(1, backend->target->size);
  if (!target)
    return rh_error_memory(error);
  target->backend = backend;
  status = absolute(&target->location, backend, location, error);
  if (status != RH_OK) {
    rh_target_free(target);
    return status;
  }
  *out = target;
  return RH_OK;
}

void rh_target_free(rh_target *target) {
  if (!target)
    return;
  target->backend->target->dispose(target);
  rh_free(target->location);
  rh_free(target);
}

const char *rh_target_location(const rh_target *target) {
  return target->location;
}

const char *rh_target_unit(const rh_target *target) {
  return target->backend->target->unit;
}

rh_status rh_target_lock(rh_lock **out, rh_buffer *holder, rh_target *target, rh_error *error) {
  *out = NULL;
  rh_buffer_clear(holder);
  return target->backend->lock(out, holder, target->location, error);
}

bool rh_target_keeps_record(const rh_target *target) {
  return target->backend->target->read_record != NULL;
}

rh_status rh_target_read_record(rh_buffer *out, rh_target *target, rh_error *error) {
  rh_buffer_clear(out);
  return target->backend->target->read_record(out, target, error);
}

rh_status rh_target_write_record(rh_target *target, const void *data, size_t len, rh_error *error) {
  return target->backend->target->write_record(target, data, len, error);
}

rh_status rh_target_volume(rh_buffer *out, const rh_target *target, rh_error *error) {
  return rh_target_keeps_record(target) ? rh_platform_volume_id(out, target->location, error)
                                        : RH_OK;
}

rh_status rh_target_foresee(rh_target *target, rh_target_job *job, rh_error *error) {
  const machine_target *kind = target->backend->target;
  return kind->foresee ? kind->foresee(target, job, error) : RH_OK;
}

rh_status rh_target_prepare(rh_target *target, rh_target_job *job,
                            const rh_target_progress *progress, rh_error *error) {
  rh_target_job_clear_items(job);
  return target->backend->target->prepare(target, job, progress, error);
}

rh_status rh_target_check(rh_item_state *out, rh_target *target, const rh_target_job *job,
                          size_t index, rh_error *error) {
  *out = RH_ITEM_OTHER;
  return target->backend->target->check(out, target, job, index, error);
}

bool rh_target_has_changed(rh_target *target, const rh_target_job *job) {
  rh_item_state state = RH_ITEM_BEFORE;
  for (size_t i = 0; i < job->item_count; i++) {
    if (rh_target_check(&state, target, job, i, NULL) != RH_OK || state != RH_ITEM_BEFORE)
      return true;
  }
  return false;
}

rh_status rh_target_place(rh_target *target, const rh_target_job *job, size_t index,
                          rh_error *error) {
  return target->backend->target->place(target, job, index, error);
}

rh_status rh_target_find_since(rh_target *target, rh_target_job *job, rh_error *error) {
  rh_since_list_dispose(&job->since);
  rh_status status = target->backend->target->find_since(target, job, error);
  machine_since_finish(&job->since, &job->changes);
  return status;
}

rh_status rh_target_prepare_undo(size_t *out, rh_target *target, const rh_target_job *job,
                                 const rh_target_progress *progress, rh_error *error) {
  *out = 0;
  return target->backend->target->prepare_undo(out, target, job, progress, error);
}

rh_status rh_target_undo(const char **path, rh_target *target, const rh_target_job *job,
                         size_t index, rh_error *error) {
  *path = NULL;
  return target->backend->target->undo(path, target, job, index, error);
}

rh_status rh_target_check_undone(rh_target *target, const rh_target_job *job, rh_error *error) {
  return target->backend->target->check_undone(target, job, error);
}

rh_status rh_target_clear(rh_target *target, const rh_target_job *job, rh_error *error) {
  const machine_target *kind = target->backend->target;
  return kind->clear ? kind->clear(target, job, error) : RH_OK;
}

rh_status rh_target_foretell(rh_target *target, const rh_target_job *job, rh_target_note note,
                             void *payload, rh_error *error) {
  const machine_target *kind = target->backend->target;
  return kind->foretell ? kind->foretell(target, job, note, payload, error) : RH_OK;
}

rh_status rh_target_check_guards(rh_target *target, const rh_target_job *job, rh_target_tell tell,
                                 void *payload, rh_error *error) {
  const machine_target *kind = target->backend->target;
  return kind->check_guards ? kind->check_guards(target, job, tell, payload, error) : RH_OK;
}

static bool is_separator(char sign) {
  return sign == '/' || sign == '\\';
}

/* True for a path that goes up anywhere. */
static bool has_parent_step(const char *path) {
  for (const char *dots = strstr(path, ".."); dots; dots = strstr(dots + 1, ".."))
    if ((dots == path || is_separator(dots[-1])) && (!dots[2] || is_separator(dots[2])))
      return true;
  return false;
}

static rh_status check_inside(const char *path, const char *location, const char *where,
                              rh_error *error) {
  size_t len = strlen(location);
  bool below = len > 0 && strncmp(path, location, len) == 0 &&
               (is_separator(path[len]) || is_separator(path[len - 1]));
  if (!below || has_parent_step(path))
    return rh_error_set(error, RH_ERR_FORMAT, where, "%s is outside the destination", path);
  return RH_OK;
}

rh_status rh_target_check_guard(const char *guard, rh_error *error) {
  rh_protection protection = {0};
  rh_status status = guard ? rh_protection_decode(&protection, guard, strlen(guard), error) : RH_OK;
  rh_protection_dispose(&protection);
  return status;
}

rh_status rh_target_check_item(const rh_target_item *item, const char *location, const char *where,
                               rh_error *error) {
  if (item->change > 0)
    return RH_OK;
  rh_status status = check_inside(item->target, location, where, error);
  if (status == RH_OK && item->temporary)
    status = check_inside(item->temporary, location, where, error);
  if (status == RH_OK && (strpbrk(item->previous, "/\\") || has_parent_step(item->previous)))
    status = rh_error_set(error, RH_ERR_FORMAT, where, "previous is not a bare name");
  if (status == RH_OK)
    status = rh_target_check_guard(item->guard_before, error);
  return status == RH_OK ? rh_target_check_guard(item->guard_after, error) : status;
}

rh_status rh_target_check_folder(const char *folder, const char *where, rh_error *error) {
  if (has_parent_step(folder))
    return rh_error_set(error, RH_ERR_FORMAT, where, "a folder leads upwards: %s", folder);
  return RH_OK;
}
