/* What the files that make up the plan share. */
#ifndef RH_PLAN_INTERNAL_H
#define RH_PLAN_INTERNAL_H

#include "plan/changes.h"
#include "plan/plan.h"

struct rh_plan {
  json_t *document;
  char id[65]; /* of the older document that this was read from; else empty */
};

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
