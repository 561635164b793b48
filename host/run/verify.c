/* Compares a destination with what a run left there. */
#include "run/internal.h"

void rh_difference_list_dispose(rh_difference_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    rh_free(list->items[i].what);
    rh_free(list->items[i].found);
    rh_free(list->items[i].expected);
  }
  rh_free(list->items);
  *list = (rh_difference_list){0};
}

static rh_status add_difference(rh_difference_list *list, const char *what, const char *found,
                                const char *expected, rh_error *error) {
  rh_difference *items = rh_resize(list->items, list->count + 1, sizeof *items);
  rh_status status = items ? RH_OK : rh_error_memory(error);
  if (items)
    list->items = items;
  if (status == RH_OK) {
    rh_difference *item = &items[list->count++];
    item->what = rh_copy_text(what);
    item->found = rh_copy_text(found);
    item->expected = rh_copy_text(expected);
    if (!item->what || !item->found || !item->expected)
      status = rh_error_memory(error);
  }
  return status;
}

rh_status rh_run_add_difference(rh_difference_list *list, const rh_change *change,
                                const char *found, const char *expected, rh_error *error) {
  rh_buffer what = {0};
  rh_status status = rh_change_describe(&what, change, error);
  if (status == RH_OK)
    status = add_difference(list, rh_buffer_text(&what), found, expected, error);
  rh_buffer_dispose(&what);
  return status;
}

static rh_status add_guard(void *payload, const char *path, const char *found, const char *expected,
                           rh_error *error) {
  rh_buffer what = {0};
  rh_status status = rh_buffer_printf(&what, error, "permissions of %s", path);
  if (status == RH_OK)
    status = add_difference(payload, rh_buffer_text(&what), found, expected, error);
  rh_buffer_dispose(&what);
  return status;
}

/* What guards the files; counted only where it differs, since each is one of a change. */
static rh_status check_guards(const rh_run *run, rh_difference_list *list, size_t *checked,
                              rh_error *error) {
  rh_target *target = NULL;
  size_t before = list->count;
  rh_status status = rh_target_open(&target, run->destination, error);
  if (status == RH_OK)
    status = rh_target_check_guards(target, &run->job, add_guard, list, error);
  rh_target_free(target);
  *checked += list->count - before;
  return status;
}

static rh_status check_change(rh_difference_list *list, rh_machine *image, const rh_change *change,
                              rh_error *error) {
  rh_buffer found = {0}, expected = {0};
  bool same = false;
  rh_status status = rh_machine_compare(&same, &found, image, change, &change->after, error);
  if (status == RH_OK && !same) {
    status = rh_change_describe_side(&expected, change, &change->after, error);
    if (status == RH_OK)
      status = rh_run_add_difference(list, change, rh_buffer_text(&found),
                                     rh_buffer_text(&expected), error);
  }
  rh_buffer_dispose(&found);
  rh_buffer_dispose(&expected);
  return status;
}

static rh_status check_state(const rh_run *run, rh_error *error) {
  if (run->state == RH_RUN_APPLIED)
    return RH_OK;
  bool half_way = run->state == RH_RUN_PLACING || run->state == RH_RUN_ROLLING_BACK;
  rh_status status = half_way ? RH_ERR_INTERRUPTED : RH_ERR_ARGUMENT;
  rh_error_set(error, status, run->folder, "is %s: there is nothing to compare with",
               rh_run_state_name(run->state));
  if (run->state == RH_RUN_CLOSING || run->state == RH_RUN_CLOSED)
    rh_error_hint(error, "plan once more: a change that is left shows what differs");
  else if (run->state == RH_RUN_ROLLED_BACK)
    rh_error_hint(error, "plan and apply again; the plan's own run was taken back");
  else
    rh_error_hint(error, "first: rehome resume %s, or rehome rollback %s", run->folder,
                  run->folder);
  return status;
}

static void tell_verified(rh_run *run, const rh_difference_list *list, size_t checked) {
  json_t *facts = json_pack("{s:s, s:I, s:I}", "what", "verified", "checked", (json_int_t)checked,
                            "differences", (json_int_t)list->count);
  rh_run_event(run, "run", facts, NULL);
  json_decref(facts);
}

rh_status rh_run_verify(rh_run *run, rh_difference_list *out, size_t *checked, rh_error *error) {
  rh_machine *image = NULL;
  *out = (rh_difference_list){0};
  *checked = 0;
  rh_status status = check_state(run, error);
  if (status == RH_OK && !run->is_found)
    status = rh_run_find(run, NULL, false, error);
  if (status == RH_OK)
    status = rh_machine_open(&image, run->destination, NULL, error);
  for (size_t i = 0; status == RH_OK && i < run->job.changes.count; i++) {
    status = rh_check_stop(error);
    if (status == RH_OK)
      status = check_change(out, image, &run->job.changes.items[i], error);
    ++*checked;
  }
  if (status == RH_OK)
    status = rh_run_check_expected(run, image, out, checked, error);
  rh_machine_free(image);
  if (status == RH_OK)
    status = check_guards(run, out, checked, error);
  if (status != RH_OK) {
    rh_difference_list_dispose(out);
    return status;
  }
  tell_verified(run, out, *checked);
  if (out->count == 0)
    return RH_OK;
  rh_error_set(error, RH_ERR_DIFFERS, out->items[0].what,
               "is %s; it should be %s (%zu of %zu settings and files differ)", out->items[0].found,
               out->items[0].expected, out->count, *checked);
  return RH_ERR_DIFFERS;
}
