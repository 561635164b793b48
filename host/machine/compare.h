/* One setting or file of a machine against one side of a change, and sides in words. */
#ifndef RH_MACHINE_COMPARE_H
#define RH_MACHINE_COMPARE_H

#include "machine/machine.h"

/* Compares what a machine holds where a change is made with one side of it. found (NULL allowed) is
 * filled with what is there, in words. */
rh_status rh_machine_compare(bool *same, rh_buffer *found, rh_machine *machine,
                             const rh_change *change, const rh_change_side *side, rh_error *error);
/* What is there now, as a side of the change; the caller disposes of data and security. */
rh_status rh_machine_read_side(rh_change_side *out, rh_machine *machine, const rh_change *change,
                               rh_error *error);
/* Whether two sides of a change are the same. */
bool rh_change_side_is(const rh_change *change, const rh_change_side *now,
                       const rh_change_side *side);
rh_status rh_change_describe_side(rh_buffer *out, const rh_change *change,
                                  const rh_change_side *side, rh_error *error);
/* True when the key of a change holds nothing. */
rh_status rh_machine_key_is_empty(bool *out, rh_machine *machine, const rh_change *change,
                                  rh_error *error);

#endif
