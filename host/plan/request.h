/* The request: all that a plan was asked for.
 *
 * One JSON object, made once from what the user gave, handed to the engine whole, saved whole in
 * the plan as "request", and what planning again starts from. docs/plan.schema.json describes its
 * fields. What is asked for newly is a field more, which the engine reads; nothing between names
 * it. A request holds what was found in the files that were given, and no password. */
#ifndef RH_PLAN_REQUEST_H
#define RH_PLAN_REQUEST_H

#include "machine/machine.h"

#include <jansson.h>

/* A new reference: asks for nothing yet, with every field. */
rh_status rh_request_new(json_t **out, rh_error *error);
/* Takes the value, a new reference that may be NULL for want of memory. */
rh_status rh_request_set(json_t *request, const char *field, json_t *value, rh_error *error);
/* side is "source" or "destination". Records the kind and where it is, absolute: a plan may be
 * applied from another folder than it was made in. */
rh_status rh_request_set_machine(json_t *request, const char *side, const rh_machine *machine,
                                 rh_error *error);
/* The field "map" of given entries, a new reference. */
rh_status rh_request_map_field(json_t **out, const rh_map_entry *entries, size_t count,
                               rh_error *error);
/* Where a machine is, borrowed; "" before it is known. */
const char *rh_request_location(const json_t *request, const char *side);
/* Freed with rh_map_entries_free. */
rh_status rh_request_map(const json_t *request, rh_map_entry **out, size_t *count, rh_error *error);
/* What planning again is asked, a new reference: the same, with the map as it was built. A
 * destination that has been changed could be matched otherwise. pairs: the plan's "map". */
rh_status rh_request_again(json_t **out, const json_t *request, const json_t *pairs,
                           rh_error *error);

#endif
