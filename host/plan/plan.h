/* The plan: what will be done, exact, bound to what it was made from.
 *
 * One JSON document (docs/plan-format.md): fingerprints of source, destination, playbooks,
 * parameters and map; checks, steps, changes, verdicts, manual steps, notes. The same input gives
 * the same bytes. It holds the values to be written, secrets included: the file is made for its
 * owner alone, and nothing prints a change marked secret. */
#ifndef RH_PLAN_PLAN_H
#define RH_PLAN_PLAN_H

#include "machine/machine.h"

#include <jansson.h>

#define RH_PLAN_FORMAT_VERSION 1

typedef struct rh_plan rh_plan;

rh_status rh_plan_new(rh_plan **out, rh_error *error);
/* RH_ERR_FORMAT for what is no plan, RH_ERR_UNSUPPORTED for one of a newer format, RH_ERR_STALE for
 * one that was changed after it was made, naming what in it. */
rh_status rh_plan_load(rh_plan **out, const char *path, rh_error *error);
rh_status rh_plan_save(const rh_plan *plan, const char *path, bool overwrite, rh_error *error);
void rh_plan_free(rh_plan *plan);

/* The whole document, borrowed; callers above add lists to it ("checks", "steps", "verdicts",
 * "manual", "notes", "playbooks", "parameters", "map") and read it for printing. */
json_t *rh_plan_document(const rh_plan *plan);

/* Records locations, identities and fingerprints. Called after the playbooks ran, when it is known
 * what was read. */
rh_status rh_plan_bind(rh_plan *plan, rh_machine *source, rh_machine *destination, rh_error *error);
/* Takes the changes of the destination overlay into the plan. */
rh_status rh_plan_take_changes(rh_plan *plan, rh_machine *overlay, rh_error *error);
/* Decodes the plan's changes; the caller disposes of the list. */
rh_status rh_plan_changes(const rh_plan *plan, rh_change_list *out, rh_error *error);
size_t rh_plan_change_count(const rh_plan *plan);
const char *rh_plan_source(const rh_plan *plan); /* location, borrowed */
const char *rh_plan_destination(const rh_plan *plan);

/* RH_ERR_STALE, naming what changed, when the destination, a certificate file that was given (or
 * the source, unless NULL) is not what the plan was made from. A store needs no key for this. */
rh_status rh_plan_check_fresh(const rh_plan *plan, const char *source_location,
                              const char *destination_location, rh_error *error);

/* The settings whose before-images do not fit the destination any more, the first few in words with
 * what they are, appended; nothing when none of the planned ones has changed. For messages. */
rh_status rh_plan_name_stale(rh_buffer *out, const rh_plan *plan, const char *destination_location,
                             rh_error *error);
/* The same as rh_plan_check_fresh for the source alone. */
rh_status rh_plan_check_source(const rh_plan *plan, const char *location, rh_error *error);

/* SHA-256 of the document without its own id; also its id. */
rh_status rh_plan_id(const rh_plan *plan, char out[65], rh_error *error);

#endif
