/* Taking changes back: whether that can be, and doing it in memory. */
#include "machine/compare.h"
#include "machine/internal.h"

static rh_status refuse(const rh_change *inverse, const char *why, rh_error *error) {
  rh_buffer what = {0};
  rh_status status = rh_change_describe(&what, inverse, error);
  if (status == RH_OK) {
    status = rh_error_set(error, RH_ERR_DIFFERS, rh_buffer_text(&what), "%s", why);
    rh_error_hint(error, "undo that by hand, then roll back again; nothing was rolled back");
  }
  rh_buffer_dispose(&what);
  return status;
}

static rh_status refuse_changed(const rh_change *inverse, rh_buffer *why, rh_error *error) {
  rh_status status = rh_buffer_append_text(why, ", and the run left ", error);
  if (status == RH_OK)
    status = rh_change_describe_side(why, inverse, &inverse->before, error);
  return status == RH_OK ? refuse(inverse, rh_buffer_text(why), error) : status;
}

rh_status machine_check_undo(bool *undone, rh_machine *machine, const rh_change *inverse,
                             rh_error *error) {
  bool same = false, empty = true;
  rh_buffer why = {0};
  rh_status status = rh_machine_compare(undone, NULL, machine, inverse, &inverse->after, error);
  if (status != RH_OK || *undone)
    return status;
  status = rh_buffer_append_text(&why, "was changed after the run: it is ", error);
  if (status == RH_OK)
    status = rh_machine_compare(&same, &why, machine, inverse, &inverse->before, error);
  if (status == RH_OK && !same)
    status = refuse_changed(inverse, &why, error);
  if (status == RH_OK && inverse->action == RH_DELETE_KEY)
    status = rh_machine_key_is_empty(&empty, machine, inverse, error);
  if (status == RH_OK && !empty)
    status = refuse(inverse, "was made by the run and holds what was added since", error);
  rh_buffer_dispose(&why);
  return status;
}

void machine_tell_progress(const rh_target_progress *progress, size_t done, size_t total) {
  if (progress && progress->tell)
    progress->tell(progress->payload, done, total);
}

rh_status machine_undo_change(rh_machine *machine, const rh_change *change,
                              const rh_since_list *since, machine_make *make, void *payload,
                              rh_error *error) {
  rh_change inverse = {0};
  bool undone = rh_since_holds(since, change);
  rh_status status = undone ? RH_OK : rh_change_invert(&inverse, change, error);
  if (status == RH_OK && !undone)
    status = machine_check_undo(&undone, machine, &inverse, error);
  if (status == RH_OK && !undone)
    status = make(payload, machine, &inverse, error);
  rh_change_dispose(&inverse);
  return status;
}

rh_status machine_discard(rh_machine *machine, const rh_since *item, machine_make *make,
                          void *payload, rh_error *error) {
  rh_change inverse = {0};
  bool undone = !item->discard || item->is_before, empty = true;
  rh_status status = undone ? RH_OK : rh_change_invert(&inverse, &item->change, error);
  if (status == RH_OK && !undone)
    status = rh_machine_compare(&undone, NULL, machine, &inverse, &inverse.after, error);
  if (status == RH_OK && !undone && inverse.action == RH_DELETE_KEY)
    status = rh_machine_key_is_empty(&empty, machine, &inverse, error);
  if (status == RH_OK && !undone && empty) /* else something in it is kept */
    status = make(payload, machine, &inverse, error);
  rh_change_dispose(&inverse);
  return status;
}

static rh_status make_in_memory(void *payload, rh_machine *machine, const rh_change *change,
                                rh_error *error) {
  (void)payload;
  return machine_apply_change(machine, change, rh_platform_filetime(), true, error);
}

rh_status machine_undo_changes(rh_machine *machine, const rh_change_list *changes,
                               const rh_since_list *since, machine_pick *pick, void *payload,
                               const rh_target_progress *progress, rh_error *error) {
  rh_status status = RH_OK;
  for (size_t i = since->count; status == RH_OK && i > 0; i--)
    if (!pick || pick(payload, &since->items[i - 1].change))
      status = machine_discard(machine, &since->items[i - 1], make_in_memory, NULL, error);
  for (size_t i = changes->count; status == RH_OK && i > 0; i--) {
    if (!pick || pick(payload, &changes->items[i - 1]))
      status =
          machine_undo_change(machine, &changes->items[i - 1], since, make_in_memory, NULL, error);
    if (status == RH_OK)
      status = rh_check_stop(error);
    machine_tell_progress(progress, changes->count - i + 1, changes->count);
  }
  return status;
}

static rh_status check_side(rh_machine *machine, const rh_change *change,
                            const rh_change_side *side, const char *why, rh_error *error) {
  rh_buffer what = {0};
  bool same = false;
  rh_status status = rh_machine_compare(&same, NULL, machine, change, side, error);
  if (status == RH_OK && !same)
    status = rh_change_describe(&what, change, error);
  if (status == RH_OK && !same)
    status = rh_error_set(error, RH_ERR_DIFFERS, rh_buffer_text(&what), "%s", why);
  rh_buffer_dispose(&what);
  return status;
}

rh_status machine_check_undone(rh_machine *machine, const rh_change_list *changes,
                               const rh_since_list *since, rh_error *error) {
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < changes->count; i++)
    if (!rh_since_holds(since, &changes->items[i]))
      status = check_side(machine, &changes->items[i], &changes->items[i].before,
                          "is not what it was before the run", error);
  for (size_t i = 0; status == RH_OK && i < since->count; i++) {
    const rh_since *item = &since->items[i];
    if (!item->discard && !item->is_before)
      status = check_side(machine, &item->change, &item->change.after,
                          "was to be kept, and is not what it was", error);
    else if (item->discard && !item->ours && item->change.action != RH_CREATE_KEY)
      status = check_side(machine, &item->change, &item->change.before,
                          "was to be discarded, and is not what the run left", error);
  }
  return status;
}
