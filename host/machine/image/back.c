/* The way back of an image: each file to the byte where that can be, a hive setting by setting
 * where something in it is to stay, and a file of others as it is. */
#include "machine/image/internal.h"

#include "base/text.h"

#include <string.h>

#define FLAT_NAME_MAX 200 /* bytes; longer ones get a number instead */

/* What becomes of a file. */
typedef enum image_way {
  WAY_RESTORE, /* the old file, to the byte */
  WAY_UNDO,    /* today's file without the job's changes */
  WAY_STAY
} image_way;

struct image_step {
  enum { STEP_RESTORE, STEP_PLACE, STEP_REMOVE } kind;
  const rh_target_item *item; /* of the job, or of what was prepared; NULL for a removal */
  const char *path;           /* image-relative */
  char *target;               /* of a removal */
  char *theirs;               /* the name under which today's file is kept; NULL: it is not */
};

/* While it is prepared. */
typedef struct work {
  image_back *out;
  const rh_target_job *job;
  image_way *ways; /* by item */
  bool *theirs;    /* by item: today's file is kept */
} work;

rh_status image_flat_name(char **out, const char *path, size_t index, rh_error *error) {
  rh_buffer name = {0};
  rh_status status = RH_OK;
  for (const char *sign = path; status == RH_OK && *sign; sign++) {
    if (strchr("/\\%:", *sign))
      status = rh_buffer_printf(&name, error, "%%%02X", (unsigned)*sign);
    else
      status = rh_buffer_append(&name, sign, 1, error);
  }
  if (status == RH_OK && (name.len > FLAT_NAME_MAX || !rh_utf8_is_valid(name.data, name.len))) {
    rh_buffer_clear(&name);
    status = rh_buffer_printf(&name, error, "file-%04zu", index + 1);
  }
  if (status == RH_OK)
    *out = (char *)name.data;
  else
    rh_buffer_dispose(&name);
  return status;
}

void image_back_drop(image_back *back) {
  if (back->begun)
    image_prepared_dispose(&back->prepared);
  else
    image_prepared_discard(&back->prepared);
  for (size_t i = 0; i < back->count; i++) {
    rh_free(back->steps[i].target);
    rh_free(back->steps[i].theirs);
  }
  rh_free(back->steps);
  *back = (image_back){0};
}

/* --- which way --- */

static bool is_in_item(const rh_target_item *item, const rh_change *change) {
  size_t hive = image_hive_of(item->path);
  if (change->hive || hive < MACHINE_HIVES)
    return change->hive && hive < MACHINE_HIVES &&
           machine_hive_index(change->hive, strlen(change->hive)) == hive;
  return rh_name_compare(change->path, change->path_len, item->path, strlen(item->path)) == 0;
}

typedef struct decision {
  size_t kept, discarded;
} decision;

static decision decision_about(const rh_target_job *job, const rh_target_item *item) {
  decision found = {0};
  for (size_t i = 0; i < job->since.count; i++) {
    const rh_since *since = &job->since.items[i];
    if (since->is_before || !is_in_item(item, &since->change))
      continue;
    found.kept += !since->discard;
    found.discarded += since->discard;
  }
  return found;
}

/* A hive's old file is the old hive only when no log belongs to it. */
static rh_status check_whole(const rh_target_job *job, const rh_target_item *item, bool exact,
                             rh_error *error) {
  rh_hive *hive = NULL;
  rh_status status = exact ? image_open_previous(&hive, item, job->keep, NULL) : RH_ERR_NOT_FOUND;
  rh_hive_free(hive);
  if (status == RH_OK)
    return RH_OK;
  status = rh_error_set(error, RH_ERR_UNSUPPORTED, item->path,
                        exact ? "was not closed cleanly before the run, and its logs may have been "
                                "written to since: the hive cannot go back as a whole"
                              : "is not in the run's previous/ any more as it was");
  rh_error_hint(error, "--keep-changed, or --discard with single keys and values, takes back what "
                       "the run changed; nothing was rolled back");
  return status;
}

static rh_status way_of_changed(image_way *out, bool *theirs, const rh_target_job *job,
                                const rh_target_item *item, bool exact, rh_error *error) {
  const bool is_hive = image_hive_of(item->path) < MACHINE_HIVES;
  const decision found = decision_about(job, item);
  bool whole = found.kept == 0 && (job->discard || found.discarded > 0);
  *theirs = found.discarded > 0 || (whole && is_hive);
  *out = whole && exact ? WAY_RESTORE : WAY_UNDO;
  if (!is_hive && found.kept > 0)
    *out = WAY_STAY;
  return is_hive && whole ? check_whole(job, item, exact, error) : RH_OK;
}

static rh_status choose_ways(work *self, bool *undo, rh_error *error) {
  const rh_target_job *job = self->job;
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < job->item_count; i++) {
    const rh_target_item *item = &job->items[i];
    rh_item_state state;
    bool exact = true;
    status = image_can_restore_item(&exact, &state, item, job->keep, error);
    self->ways[i] = exact ? WAY_RESTORE : WAY_UNDO;
    if (status == RH_OK && state == RH_ITEM_OTHER)
      status = way_of_changed(&self->ways[i], &self->theirs[i], job, item, exact, error);
    *undo = *undo || self->ways[i] == WAY_UNDO;
  }
  return status;
}

/* --- the steps --- */

static bool is_undone(void *payload, const rh_change *change) {
  const work *self = payload;
  for (size_t i = 0; i < self->job->item_count; i++)
    if (self->ways[i] == WAY_UNDO && is_in_item(&self->job->items[i], change))
      return true;
  return false;
}

/* What goes back is guarded as what was replaced, whatever guards it now. */
static rh_status guard_as_before(rh_target_item *item, const rh_target_job *job, rh_error *error) {
  for (size_t i = 0; item->after[0] && i < job->item_count; i++) {
    const rh_target_item *was = &job->items[i];
    if (!was->guard_before || strcmp(was->path, item->path) != 0)
      continue;
    rh_free(item->guard_after);
    item->guard_after = rh_copy_text(was->guard_before);
    return item->guard_after ? RH_OK : rh_error_memory(error);
  }
  return RH_OK;
}

static rh_status prepare_undone(work *self, const char *location,
                                const rh_target_progress *progress, rh_error *error) {
  rh_machine *image = NULL;
  image_prepared *prepared = &self->out->prepared;
  rh_status status = rh_machine_open(&image, location, NULL, error);
  if (status == RH_OK)
    status = machine_undo_changes(image, &self->job->changes, &self->job->since, is_undone, self,
                                  progress, error);
  if (status == RH_OK)
    status = image_prepare(prepared, image, error);
  for (size_t i = 0; status == RH_OK && i < prepared->count; i++)
    status = guard_as_before(&prepared->items[i], self->job, error);
  rh_machine_free(image);
  return status;
}

static const rh_target_item *prepared_for(const work *self, const rh_target_item *item) {
  const image_prepared *prepared = &self->out->prepared;
  for (size_t i = 0; i < prepared->count; i++)
    if (strcmp(prepared->items[i].path, item->path) == 0)
      return &prepared->items[i];
  return NULL;
}

static rh_status name_theirs(image_step *step, const char *previous, rh_error *error) {
  step->theirs = rh_copy_text(previous);
  return step->theirs ? RH_OK : rh_error_memory(error);
}

static rh_status add_item_step(work *self, size_t index, rh_error *error) {
  const rh_target_item *item = &self->job->items[index];
  bool undone = self->ways[index] == WAY_UNDO;
  image_step step = {.kind = undone ? STEP_PLACE : STEP_RESTORE, .path = item->path};
  step.item = undone ? prepared_for(self, item) : item;
  if (self->ways[index] == WAY_STAY || !step.item) /* nothing in it is to be undone */
    return RH_OK;
  rh_status status = self->theirs[index] ? name_theirs(&step, item->previous, error) : RH_OK;
  if (status == RH_OK)
    self->out->steps[self->out->count++] = step;
  return status;
}

/* A file that others put into a folder of the job. */
static rh_status add_removal(work *self, size_t index, const char *location, rh_error *error) {
  const rh_since *since = &self->job->since.items[index];
  image_step step = {.kind = STEP_REMOVE, .path = since->change.path};
  if (since->change.hive || since->ours || !since->discard)
    return RH_OK;
  step.target = rh_platform_join(location, step.path);
  rh_status status = step.target ? RH_OK : rh_error_memory(error);
  if (status == RH_OK)
    status = image_flat_name(&step.theirs, step.path, index, error);
  if (status == RH_OK)
    self->out->steps[self->out->count++] = step;
  else
    rh_free(step.target);
  return status;
}

static rh_status make_steps(work *self, const char *location, const rh_target_progress *progress,
                            rh_error *error) {
  const rh_target_job *job = self->job;
  bool undo = false;
  rh_status status = choose_ways(self, &undo, error);
  if (status == RH_OK && undo)
    status = prepare_undone(self, location, progress, error);
  for (size_t i = 0; status == RH_OK && i < job->since.count; i++)
    status = add_removal(self, i, location, error);
  for (size_t i = job->item_count; status == RH_OK && i > 0; i--)
    status = add_item_step(self, i - 1, error);
  return status;
}

rh_status image_back_prepare(image_back *out, const char *location, const rh_target_job *job,
                             const rh_target_progress *progress, rh_error *error) {
  work self = {.out = out, .job = job};
  const size_t room = job->item_count + job->since.count + 1;
  *out = (image_back){0};
  self.ways = rh_alloc_zero(room, sizeof *self.ways);
  self.theirs = rh_alloc_zero(room, sizeof *self.theirs);
  out->steps = rh_alloc_zero(room, sizeof *out->steps);
  rh_status status = self.ways && self.theirs && out->steps
                         ? make_steps(&self, location, progress, error)
                         : rh_error_memory(error);
  rh_free(self.ways);
  rh_free(self.theirs);
  if (status != RH_OK)
    image_back_drop(out);
  return status;
}

/* --- doing them --- */

static bool is_of_job(const rh_target_job *job, const char *folder) {
  for (size_t i = 0; i < job->folders.count; i++)
    if (rh_name_equal(job->folders.names[i], folder))
      return true;
  return false;
}

/* A file of others, with folders that it was alone in. */
static rh_status remove_theirs(const image_step *step, const rh_target_job *job, rh_error *error) {
  rh_status status = image_remove_file(step->target, error);
  char *folder = rh_platform_folder_of(step->path), *full = rh_platform_folder_of(step->target);
  while (status == RH_OK && folder && full && strcmp(folder, ".") != 0 && !is_of_job(job, folder) &&
         rh_platform_remove_folder(full, NULL) == RH_OK) {
    char *above = rh_platform_folder_of(folder), *full_above = rh_platform_folder_of(full);
    rh_free(folder);
    rh_free(full);
    folder = above;
    full = full_above;
  }
  if (status == RH_OK && (!folder || !full))
    status = rh_error_memory(error);
  rh_free(folder);
  rh_free(full);
  return status;
}

rh_status image_back_step(const char **path, image_back *back, const rh_target_job *job,
                          size_t index, rh_error *error) {
  const image_step *step = &back->steps[index];
  const char *target = step->item ? step->item->target : step->target;
  *path = step->path;
  back->begun = true;
  rh_status status = RH_OK;
  if (step->theirs)
    status = image_keep_theirs(target, step->path, job->theirs, step->theirs, error);
  if (status != RH_OK)
    return status;
  switch (step->kind) {
  case STEP_RESTORE:
    return image_restore_item(step->item, job->keep, error);
  case STEP_PLACE:
    return image_place_item(step->item, NULL, error);
  case STEP_REMOVE:
    break;
  }
  return remove_theirs(step, job, error);
}

static rh_status check_guard(const image_step *step, rh_error *error) {
  rh_buffer found = {0}, expected = {0};
  const rh_target_item *item = step->item;
  const char *guard = step->kind == STEP_PLACE ? item->guard_after : item->guard_before;
  rh_status status = image_guard_compare(&found, &expected, item->target, guard, error);
  if (status == RH_OK && found.len > 0) {
    rh_error_set(error, RH_ERR_DIFFERS, item->path,
                 "has its content back, but not its permissions: %s; before %s",
                 rh_buffer_text(&found), rh_buffer_text(&expected));
    rh_error_hint(error, "as root, 'rehome resume' gives back the rest");
    status = RH_ERR_DIFFERS;
  }
  rh_buffer_dispose(&found);
  rh_buffer_dispose(&expected);
  return status;
}

rh_status image_back_check(const image_back *back, const char *location, const rh_target_job *job,
                           rh_error *error) {
  rh_machine *image = NULL;
  rh_status status = RH_OK;
  bool exact = job->since.count == 0;
  for (size_t i = 0; status == RH_OK && i < back->count; i++) {
    exact = exact && back->steps[i].kind == STEP_RESTORE;
    if (back->steps[i].item)
      status = check_guard(&back->steps[i], error);
  }
  if (status != RH_OK || exact) /* each file is what it was, to the byte */
    return status;
  status = rh_machine_open(&image, location, NULL, error);
  if (status == RH_OK)
    status = machine_check_undone(image, &job->changes, &job->since, error);
  rh_machine_free(image);
  return status;
}
