/* Which settings of a destination are not what a plan was made from. */
#include "plan/internal.h"

#include "machine/compare.h"

#define NAMED_MAX 3

static rh_status name_setting(rh_buffer *out, const rh_change *change, const rh_buffer *found,
                              rh_error *error) {
  rh_status status = rh_buffer_append_text(out, out->len > 0 ? "; " : "", error);
  if (status == RH_OK)
    status = rh_change_describe(out, change, error);
  if (status == RH_OK)
    status = rh_buffer_printf(out, error, " is %s, and was ", rh_buffer_text(found));
  return status == RH_OK ? rh_change_describe_side(out, change, &change->before, error) : status;
}

rh_status rh_plan_name_stale(rh_buffer *out, const rh_plan *plan, const char *destination_location,
                             rh_error *error) {
  rh_machine *image = NULL;
  rh_change_list changes = {0};
  rh_buffer found = {0};
  size_t named = 0;
  rh_status status = rh_plan_changes(plan, &changes, error);
  if (status == RH_OK)
    status = rh_machine_open(&image, destination_location, NULL, error);
  for (size_t i = 0; status == RH_OK && i < changes.count && named < NAMED_MAX; i++) {
    bool same = false;
    rh_buffer_clear(&found);
    status = rh_machine_compare(&same, &found, image, &changes.items[i], &changes.items[i].before,
                                error);
    if (status == RH_OK && !same) {
      status = name_setting(out, &changes.items[i], &found, error);
      named++;
    }
  }
  rh_buffer_dispose(&found);
  rh_machine_free(image);
  rh_change_list_dispose(&changes);
  return status;
}
