/* Changes to and from JSON, as plans and journals keep them: data as lower-case hex, names that are
 * not UTF-8 as {"wtf8": hex}. */
#ifndef RH_PLAN_CHANGES_H
#define RH_PLAN_CHANGES_H

#include "machine/change.h"

#include <jansson.h>

/* New references. */
rh_status rh_change_to_json(json_t **out, const rh_change *change, rh_error *error);
rh_status rh_changes_to_json(json_t **out, const rh_change_list *list, rh_error *error);

/* out is zeroed by the caller; where is the change's place in its document, for messages. */
rh_status rh_change_decode(rh_change *out, const json_t *json, const char *where, rh_error *error);
rh_status rh_changes_from_json(rh_change_list *out, const json_t *array, rh_error *error);

/* Takes out of a change in JSON (NULL is allowed) what was before, and of files and secrets what is
 * left (forget.c). */
void rh_change_forget(json_t *change);

#endif
