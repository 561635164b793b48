/* A run: one application of a plan to a machine, in a run folder that can resume it or undo it.
 *
 *   plan.json        the plan as applied
 *   journal.jsonl    append-only, each record with the SHA-256 of the one before it, on the disk
 *                    before what it announces; alone enough for resume and rollback
 *   events.jsonl     what happened and when, for machines; chained like the journal
 *   heads.json       how far the two are known to reach: a line cut off their ends is missed
 *   previous/        each replaced file as it was, until the run is closed
 *   *.changed        files that others had changed, and that a rollback took back all the same
 *
 * The machine that a run changed carries the run with it, in a record of the runs that stand on it
 * in their order (stack.c): from before the first file is made ready until the run is rolled back
 * or closed. By that a run knows its destination wherever that has been moved, and tells it from a
 * copy and from another machine at the same place; and none goes back before those that stand on
 * it.
 *
 * A run keeps the journal, the order and the states. What it changes and how is its target's
 * (machine/target.h): files of an image, settings of a live machine.
 *
 * Order of apply: lock the target; journal the changes with their before-images; put the run into
 * the machine's record; let the target check all of them and make ready what it puts in place;
 * journal its items, and that placing starts; place them one by one, each followed by a record;
 * journal the end; verify. A process killed anywhere leaves either nothing changed (before the
 * first item) or a run that says so and can go on or back: what an item is can be told from the
 * journal and the machine alone.
 *
 * Of the calls below only one that gives RH_ERR_INTERRUPTED may have changed something without
 * having come to its end. */
#ifndef RH_RUN_RUN_H
#define RH_RUN_RUN_H

#include "plan/plan.h"

typedef enum rh_run_state {
  RH_RUN_STARTED,      /* journalled, nothing placed: the destination is as it was */
  RH_RUN_PLACING,      /* stopped half-way */
  RH_RUN_APPLIED,      /* all in place */
  RH_RUN_ROLLED_BACK,  /* the destination is as it was */
  RH_RUN_ROLLING_BACK, /* stopped half-way back */
  RH_RUN_CLOSING,      /* stopped while it was closed: there is no way back any more */
  RH_RUN_CLOSED        /* what leads back is gone; what the run did is still told */
} rh_run_state;

typedef struct rh_run rh_run;

/* Told as a run goes on, for progress and lines on a terminal: total and done of a phase, which is
 * "changes" or the unit of the target; notes are for people. Each may be NULL. */
typedef struct rh_run_observer {
  void (*on_progress)(void *payload, const char *phase, size_t done, size_t total);
  void (*on_note)(void *payload, const char *text);
  void *payload;
} rh_run_observer;

/* What a run keeps of how it came to be. */
typedef struct rh_run_origin {
  const json_t
      *manual;         /* as rh_manual_before gives it, or NULL: its manual steps start with that */
  bool without_source; /* the plan was not compared with what its request gives */
} rh_run_origin;

/* Makes the folder (RH_ERR_EXISTS when it holds a run or foreign files) and applies. RH_ERR_LOCKED,
 * RH_ERR_BLOCKED while another run is half-way, RH_ERR_STALE when a before-image does not fit;
 * whatever fails before the first placing leaves the destination unchanged, later
 * RH_ERR_INTERRUPTED. */
rh_status rh_run_apply(rh_run **out, const char *folder, const rh_plan *plan,
                       const char *destination_location, const rh_run_origin *origin,
                       const rh_run_observer *observer, rh_error *error);
/* Notes for each file that a plan replaces what the new one cannot have on that volume: streams
 * that are too long, being compressed. */
rh_status rh_run_foretell(const rh_plan *plan, const char *destination, rh_run_observer *observer,
                          rh_error *error);
/* RH_ERR_LOCKED, naming who, when a run works on the destination just now; RH_ERR_BLOCKED, naming
 * it, when one is half-way there: what is there meanwhile is no reason to call a plan stale. */
rh_status rh_run_check_free(const char *destination, rh_error *error);
rh_status rh_run_check_whole(const char *destination, rh_error *error);
/* Opens an existing run. RH_ERR_FORMAT names an altered journal record; a torn last one is dropped.
 */
rh_status rh_run_open(rh_run **out, const char *folder, rh_error *error);
rh_run_state rh_run_state_of(const rh_run *run);
const char *rh_run_state_name(rh_run_state state);
const rh_plan *rh_run_plan(const rh_run *run);
const char *rh_run_folder(const rh_run *run);
uint64_t rh_run_time(const rh_run *run); /* FILETIME that its changes bear */
bool rh_run_was_without_source(const rh_run *run);
/* Location, borrowed: where it was when the run was applied, and once it was found where it is. */
const char *rh_run_destination(const rh_run *run);
/* Finds the machine that the run is about: named (NULL: where it was, then beside the run's
 * folder). RH_ERR_BLOCKED, with the remedy, for a machine on which the run does not stand, for a
 * copy, and when two may be meant; is_certain: the named one, whatever it carries. Without it the
 * calls below find it themselves. */
rh_status rh_run_find(rh_run *run, const char *named, bool is_certain, rh_error *error);
/* The runs that stand on a machine, the last one on top, as a new array of {run, plan, folder,
 * time, state}. */
rh_status rh_run_list(json_t **out, const char *destination, rh_error *error);

/* Goes on with apply or with rollback: what is as after is done, what is as before is to do, and
 * anything else stops (RH_ERR_INTERRUPTED, named). RH_ERR_ARGUMENT for a run that was rolled back.
 */
rh_status rh_run_resume(rh_run *run, const rh_run_observer *observer, rh_error *error);
/* What becomes of what others changed since the run. */
typedef enum rh_since_choice {
  RH_SINCE_UNDECIDED,
  RH_SINCE_KEEP,   /* it stays as it is, and the rest of the run goes back */
  RH_SINCE_DISCARD /* all goes back, and files of others are kept in the run folder */
} rh_since_choice;
/* Takes a choice for the next rollback: of all that no path names, and of paths in the form of
 * machine/place.h, of which the longest that fits counts. Without a call a rollback that stopped
 * half-way goes on with the choice that it began with. */
rh_status rh_run_choose(rh_run *run, rh_since_choice rest, const char *const *keep,
                        size_t keep_count, const char *const *discard, size_t discard_count,
                        rh_error *error);
/* Puts back what the run has changed, as rh_target_prepare_undo says. RH_ERR_BLOCKED, named, when
 * something was changed since that is not decided about, and for a run that another stands on;
 * RH_ERR_ARGUMENT for a path of the choice at which nothing was. Nothing was rolled back then. */
rh_status rh_run_rollback(rh_run *run, const rh_run_observer *observer, rh_error *error);
/* Whether a run can be closed: RH_ERR_INTERRUPTED for one that is half-way, RH_ERR_BLOCKED for one
 * that another stands on. RH_OK also for one that is closed. */
rh_status rh_run_check_close(rh_run *run, rh_error *error);
/* Ends a run: replaced files, before-images and secrets go from its folder, the run from the
 * machine's record. What it did is still told; there is no way back. A close that was stopped is
 * finished by another. */
rh_status rh_run_close(rh_run *run, const rh_run_observer *observer, rh_error *error);

/* A setting or file as a rollback sees it. */
typedef struct rh_rollback_item {
  char *path;       /* in the form of machine/place.h */
  const char *kind; /* of what was changed since: "changed", "new", "deleted"; a constant */
  char *left, *now; /* what the run left and what is there, in words; of what goes back, now is what
                       was there before the run */
  bool is_before;   /* it is again as before the run: nothing is to be decided */
  rh_since_choice choice;
} rh_rollback_item;
typedef struct rh_rollback_list {
  rh_rollback_item *items;
  size_t count;
} rh_rollback_list;
typedef struct rh_rollback_view {
  rh_rollback_list since;    /* all that was changed since; first where the run wrote, too */
  rh_rollback_list restored; /* what goes back with the choice as it is */
  size_t undecided;
} rh_rollback_view;
/* What a rollback would do; writes nothing. RH_ERR_LOCKED while another process works on the
 * destination, RH_ERR_ARGUMENT as above. */
rh_status rh_run_foresee_rollback(rh_run *run, rh_rollback_view *out, rh_error *error);
void rh_rollback_view_dispose(rh_rollback_view *view);
/* What became of what others changed, of a run that was rolled back or is on its way: {"choice":
 * {"rest", "keep", "discard"}, "kept": [path...], "discarded": [{"path", "kind"}...], "theirs":
 * [file of the run folder...]}; a new reference, NULL for a run that was never rolled back. */
rh_status rh_run_rollback_facts(const rh_run *run, json_t **out, rh_error *error);

/* One setting that is not what the run made it. */
typedef struct rh_difference {
  char *what;  /* rh_change_describe */
  char *found; /* "absent", "REG_DWORD 00000001", "12 bytes, SHA-256 ..."; "(secret)" for secrets */
  char *expected;
} rh_difference;
typedef struct rh_difference_list {
  rh_difference *items;
  size_t count;
} rh_difference_list;
/* Compares the destination with what the plan's changes left there, and with what its verdicts say
 * was right there already. RH_ERR_DIFFERS with the list filled when something drifted. checked
 * counts the settings and files looked at. Needs an applied
 * run: RH_ERR_INTERRUPTED for one that stopped half-way, else RH_ERR_ARGUMENT. */
rh_status rh_run_verify(rh_run *run, rh_difference_list *out, size_t *checked, rh_error *error);
void rh_difference_list_dispose(rh_difference_list *list);

/* Adds a line to events.jsonl: time, kind and the facts, an object (borrowed) or NULL. */
rh_status rh_run_event(rh_run *run, const char *kind, json_t *facts, rh_error *error);

/* One of the two logs of a run. */
typedef struct rh_log_state {
  const char *name;
  size_t count;     /* sound records */
  bool torn;        /* a line that a stopped write left stands behind them; no alteration */
  rh_error problem; /* code RH_OK when nothing is wrong */
} rh_log_state;
#define RH_LOG_COUNT 2
/* Checks the chains of journal and events, and that neither was cut. RH_ERR_DIFFERS when something
 * is wrong with one; RH_ERR_NOT_FOUND when the folder holds no run. */
rh_status rh_run_check_logs(rh_log_state out[RH_LOG_COUNT], const char *folder, rh_error *error);

/* The manual steps of the plan with the state and the evidence {by, note, time} that were recorded
 * last, as a new array. */
rh_status rh_run_manual(const rh_run *run, json_t **out, rh_error *error);
/* Records a state (open, done, skipped, deferred) of a step: its id, or its number from 1, the id's
 * last part or an id of the guide where that means no other step. note may be NULL.
 * RH_ERR_NOT_FOUND names the steps that there are. */
rh_status rh_run_record_manual(rh_run *run, const char *step, const char *state, const char *by,
                               const char *note, rh_error *error);
/* The same of a plan that is not applied yet. What is recorded stands beside the plan's file, in
 * PLAN.manual.jsonl. rh_manual_before gives the records of this plan as a new array, others counts
 * those of plans that had the file's name before. RH_ERR_FORMAT names an altered record. */
rh_status rh_manual_before(json_t **out, size_t *others, const rh_plan *plan, const char *plan_path,
                           rh_error *error);
/* The plan's manual steps with the state and the evidence of these records; a new array. */
rh_status rh_manual_with_before(json_t **out, const rh_plan *plan, const json_t *before,
                                rh_error *error);
rh_status rh_manual_record_before(const rh_plan *plan, const char *plan_path, const char *step,
                                  const char *state, const char *by, const char *note,
                                  rh_error *error);
void rh_run_free(rh_run *run);

#endif
