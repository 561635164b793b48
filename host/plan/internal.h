/* What the files that make up the plan share. */
#ifndef RH_PLAN_INTERNAL_H
#define RH_PLAN_INTERNAL_H

#include "plan/plan.h"

struct rh_plan {
  json_t *document;
  char id[65]; /* of the older document that this was read from; else empty */
};

#define RH_JSON_FILE_LIMIT ((size_t)1 << 30) /* of a plan or a journal, in bytes */

/* Changes to and from JSON, also used by the journal. Data as lower-case hex; names that are not
 * UTF-8 as {"wtf8": hex}. */
rh_status rh_change_to_json(json_t **out, const rh_change *change, rh_error *error);
/* out is zeroed by the caller; where is the change's place in its document, for messages. */
rh_status rh_change_decode(rh_change *out, const json_t *json, const char *where, rh_error *error);
rh_status rh_changes_from_json(rh_change_list *out, const json_t *array, rh_error *error);
rh_status rh_changes_to_json(json_t **out, const rh_change_list *list, rh_error *error);

/* {"changes": SHA-256, "parameters.remote-access.NAME": ..., "request.FIELD": ...}: all but id and
 * parts. */
rh_status rh_plan_digest_parts(json_t **out, const json_t *document, rh_error *error);
/* The parts whose digest is not the one recorded, with commas, appended. */
rh_status rh_plan_name_changed_parts(rh_buffer *out, const json_t *document, rh_error *error);

/* A plan of format 1, as rehome 0.1.0 made them: its lists and sides are checked, and it becomes a
 * document of today's format without what it does not tell: the engine, the modules of playbooks,
 * and parameters and map as they were given. */
rh_status rh_plan_check_format1(const json_t *document, rh_error *error);
rh_status rh_plan_from_format1(json_t *document, rh_error *error);

#endif
