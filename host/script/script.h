/* The scripting host: one sandboxed Lua 5.4 state that loads playbooks and runs their steps.
 *
 * The engine (stdlib/engine.lua) decides what a playbook means; this layer gives it machines,
 * enforces limits and scopes, and turns every Lua error into an rh_error in one place. Playbooks
 * are looked up in the folders of playbook_paths, in their order, then among those embedded in the
 * program: the first that has an id wins. */
#ifndef RH_SCRIPT_SCRIPT_H
#define RH_SCRIPT_SCRIPT_H

#include "machine/store/capture.h"
#include "plan/plan.h"

typedef struct rh_script rh_script;

typedef struct rh_script_options {
  const char *const *playbook_paths;                 /* folders of playbook folders */
  size_t playbook_path_count;                        /* 0 = embedded only */
  size_t memory_limit;                               /* bytes; 0 = 512 MiB */
  uint64_t instruction_limit;                        /* of one engine call; 0 = 2,000 million */
  unsigned seconds_limit;                            /* of one engine call; 0 = 300 */
  void (*on_print)(void *payload, const char *text); /* print() in a playbook; may be NULL */
  /* A playbook sits in a C function that cannot be stopped; called from another thread just before
   * the process has to end. Gives the exit code to end with; without it that is 1. */
  int (*on_stuck)(void *payload);
  void *payload;
} rh_script_options;

rh_status rh_script_open(rh_script **out, const rh_script_options *options, rh_error *error);
void rh_script_free(rh_script *script);

/* What playbooks there are: [{id, title, version, summary, source, folder, shadows, error?}], new
 * reference. source is "embedded" or "folder", folder (with the latter) the one that holds it,
 * shadows [{source, folder}] what of the same id it stands in place of. A broken playbook is listed
 * with its error. */
rh_status rh_script_list(rh_script *script, json_t **out, rh_error *error);
/* Loads playbooks by id and orders them. RH_ERR_NOT_FOUND names those that exist. */
rh_status rh_script_load(rh_script *script, const char *const *ids, size_t count, rh_error *error);
/* Loads the playbooks of a plan. RH_ERR_STALE, naming what, when the engine or a module of a
 * playbook is not what the plan was made with; nothing of a playbook has run then. */
rh_status rh_script_load_planned(rh_script *script, const rh_plan *plan, rh_error *error);
/* The loaded playbooks as data: [{id, title, version, sha256, modules, source, folder, shadows,
 * after, before, requires, together, conflicts, relations, params, reads, writes, steps: [{kind,
 * id, guide, title}]}], new reference. modules are the texts that a playbook is made of, {name:
 * sha256}: its own, "NAME.lua", and those of stdlib that it requires; its sha256 covers them all.
 */
rh_status rh_script_describe(rh_script *script, json_t **out, rh_error *error);
/* In which order the loaded playbooks and their items run, and why: {playbooks: [{id, place}],
 * items: [{id, lane, users, place}], text, dot}, new reference. */
rh_status rh_script_graph(rh_script *script, json_t **out, rh_error *error);
/* The reads of all loaded playbooks together, for export. Borrowed until the script is freed. */
rh_status rh_script_scopes(rh_script *script, const rh_scopes **out, rh_error *error);

/* What a check or a plan works on. All borrowed. */
typedef struct rh_session {
  rh_machine *source;
  rh_machine *destination; /* an overlay */
  json_t *request;         /* plan/request.h */
} rh_session;

/* Runs the checks only: {"checks": [{id, guide, severity, ok, message, hint, playbook, waived}],
 * "blocked": bool, "waived": [{name, used, what, consequence}], "notes": [{step, text}]}, new
 * reference. A failed check is no error. */
rh_status rh_script_check(rh_script *script, const rh_session *session, json_t **out,
                          rh_error *error);
/* Runs checks, then all steps on the overlay, and fills the plan: the request, all that the engine
 * gives, the changes and the binding. RH_ERR_BLOCKED, with the plan's checks filled, when a check
 * blocks: no step has run. */
rh_status rh_script_plan(rh_script *script, const rh_session *session, rh_plan *plan,
                         rh_error *error);

/* Asks the engine about a plan's document. The argument is borrowed, the result a new reference.
 *   "explain"      {document, path} -> {known, lines, hint, exact, below, interfaces, mentions}
 *   "report"       {document, format: "html" or "md", run?: {folder, state, events, manual,
 *                  without_source}, manual?: the steps of a plan as they are now} -> {text}
 *   "checklist"    {destination, format, manual} -> {text}: the manual steps alone
 *   "first_start"  a document -> {run, undo}: scripts; without them when nothing is deferred
 * And, of the loaded playbooks:
 *   "answers"      a request -> {parameters: [{name, value, playbooks, from, file, over: [{from,
 *                  file}]}], waived: [{name, by: [{from, file}]}]}; from is "default", "answers"
 * (with file), "param" or "waive" */
rh_status rh_script_view(rh_script *script, const char *what, const json_t *argument, json_t **out,
                         rh_error *error);

/* What a machine is and which roles are on it: {"release": key or null, "system": text, "roles":
 * [{name, title, state}], "playbooks": [{id, title, present, why, checks: [{id, guide, severity,
 * title, state, message, hint}]}], "unknown": [{service, title, why}]}, new reference. state is
 * "ok", "failed", "not needed" or "needs a destination". Needs no loaded playbook. */
rh_status rh_script_inventory(rh_script *script, rh_machine *machine, json_t **out,
                              rh_error *error);

/* Runs one spec: a chunk that returns a table of test functions (LuaUnit). name is its chunk name.
 * Result: [{name, ok, message}], new reference. */
rh_status rh_script_run_spec(rh_script *script, const char *name, const char *text, size_t len,
                             json_t **out, rh_error *error);
/* Runs tests/ *.lua of a playbook's folder. RH_ERR_NOT_FOUND when it has none. */
rh_status rh_script_test(rh_script *script, const char *playbook, json_t **out, rh_error *error);

#endif
