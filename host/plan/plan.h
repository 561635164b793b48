/* The plan: what will be done, exact, bound to what it was made from.
 *
 * One JSON document (docs/plan.schema.json, docs/plan-format.md): the request; fingerprints of
 * source and destination, digests of the rules; checks, steps, changes, verdicts, manual steps,
 * notes. The same input gives the same bytes. It holds the values to be written, secrets included:
 * the file is made for its owner alone, and nothing prints a change marked secret. */
#ifndef RH_PLAN_PLAN_H
#define RH_PLAN_PLAN_H

#include "machine/machine.h"
#include "plan/request.h"

#include <jansson.h>

#define RH_PLAN_FORMAT_VERSION 2

typedef struct rh_plan rh_plan;

/* A plan that does nothing. What the engine gives is missing: it cannot be saved before. */
rh_status rh_plan_new(rh_plan **out, rh_error *error);
/* RH_ERR_FORMAT for what is no plan, naming a key that is unknown, missing or of another kind;
 * RH_ERR_UNSUPPORTED for one of a newer format, RH_ERR_STALE for one of an older format or one that
 * was changed after it was made, naming what in it. */
rh_status rh_plan_load(rh_plan **out, const char *path, rh_error *error);
/* The plan of a run folder, which may be of an older format: it is read as one of today, without
 * what it does not tell. */
rh_status rh_plan_load_of_run(rh_plan **out, const char *path, rh_error *error);
/* RH_ERR_FORMAT, naming the key, for a plan that could not be loaded again. */
rh_status rh_plan_save(const rh_plan *plan, const char *path, bool overwrite, rh_error *error);
/* A plan of its own with the same document. */
rh_status rh_plan_copy(rh_plan **out, const rh_plan *plan, rh_error *error);
void rh_plan_free(rh_plan *plan);

/* The whole document, borrowed. */
json_t *rh_plan_document(const rh_plan *plan);
const json_t *rh_plan_request(const rh_plan *plan); /* borrowed */

/* Takes a reference to the request. */
rh_status rh_plan_ask(rh_plan *plan, json_t *request, rh_error *error);
/* Takes all that the engine found: an object whose keys are those of the document. */
rh_status rh_plan_take(rh_plan *plan, json_t *found, rh_error *error);
/* Records identities and fingerprints. Called after the playbooks ran, when it is known what was
 * read. */
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

/* RH_ERR_STALE, naming the first few differences, when `again`, made of the same request just now,
 * is not the same plan to the last byte of what is applied. path is the plan's, for the message,
 * which tells no values. */
rh_status rh_plan_compare(const rh_plan *plan, const rh_plan *again, const char *path,
                          rh_error *error);

/* The text of the plan in a file, of any format, without what is needed to go back and without
 * secrets, and the id that it has then. Whoever forgets what is forgotten gets the same. */
rh_status rh_plan_forget(rh_buffer *out, char id[65], const char *path, rh_error *error);

/* SHA-256 of the document without its own id; also its id. Of a plan of an older format that of the
 * document as it was. */
rh_status rh_plan_id(const rh_plan *plan, char out[65], rh_error *error);

#endif
