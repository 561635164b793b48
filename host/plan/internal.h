/* What the files that make up the plan share. */
#ifndef RH_PLAN_INTERNAL_H
#define RH_PLAN_INTERNAL_H

#include "plan/plan.h"

struct rh_plan {
  json_t *document;
};

#define RH_JSON_FILE_LIMIT ((size_t)1 << 30) /* of a plan or a journal, in bytes */

/* Changes to and from JSON, also used by the journal. Data as lower-case hex; names that are not
 * UTF-8 as {"wtf8": hex}. */
rh_status rh_change_to_json(json_t **out, const rh_change *change, rh_error *error);
/* out is zeroed by the caller; where is the change's place in its document, for messages. */
rh_status rh_change_decode(rh_change *out, const json_t *json, const char *where, rh_error *error);
rh_status rh_changes_from_json(rh_change_list *out, const json_t *array, rh_error *error);
rh_status rh_changes_to_json(json_t **out, const rh_change_list *list, rh_error *error);

/* {"changes": SHA-256, "parameters.remote-access.NAME": ..., ...}: all but id and parts. */
rh_status rh_plan_digest_parts(json_t **out, const json_t *document, rh_error *error);
/* The parts whose digest is not the one recorded, with commas, appended. */
rh_status rh_plan_name_changed_parts(rh_buffer *out, const json_t *document, rh_error *error);

#endif
