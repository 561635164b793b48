/* What the files that make up a run share. */
#ifndef RH_RUN_INTERNAL_H
#define RH_RUN_INTERNAL_H

#include "base/file.h"
#include "base/random.h"
#include "machine/compare.h"
#include "machine/target.h"
#include "plan/changes.h"
#include "plan/plan.h"
#include "run/journal.h"
#include "run/run.h"

struct rh_run {
  char *folder;
  char id[RH_RANDOM_ID]; /* empty for a run of rehome 0.1.0, which its destination does not know */
  char closed_plan[65];  /* the id that its plan gets, or has, by its closing */
  char *recorded;        /* the location of its target, as journalled */
  char *destination;     /* where that is now */
  bool is_undone;        /* all is back; the destination need not know the run any more */
  bool is_found;         /* the destination was looked for */
  rh_plan *plan;
  rh_journal *journal;
  rh_journal *events; /* as this process has told them last; NULL before the first */
  rh_run_state state;
  rh_target_job job; /* as journalled */
  bool without_source;
  /* Of a rollback; NULL when none has begun. */
  json_t *choice;           /* {"rest", "keep", "discard"}: given, else as journalled */
  bool chosen;              /* given */
  json_t *kept, *discarded; /* as journalled; discarded of all attempts */
};

/* For tests: told after each step that reached the disk, and free to end the process there. */
extern void (*rh_run_test_stop)(const char *step);
void rh_run_reached(const char *step);

/* --- the lock of a destination, with its holder's name (lock.c) --- */
typedef struct rh_run_guard rh_run_guard;
/* command and run are what another process is told. RH_ERR_LOCKED names who holds it. */
rh_status rh_run_lock(rh_run_guard **out, rh_target *target, const char *command, const char *run,
                      rh_error *error);
void rh_run_unlock(rh_run_guard *guard);
/* Says it when the lock was left by a process that did not end its work. */
void rh_run_tell_left(rh_run *run, const rh_run_guard *guard, const rh_run_observer *observer);
rh_status rh_run_describe_holder(rh_buffer *out, const json_t *facts, rh_error *error);

/* --- the runs that stand on a machine (stack.c) --- */
/* A new reference; without a run where there is none. RH_ERR_NOT_FOUND when no machine is there. */
rh_status rh_run_stack_read(json_t **out, rh_target *target, rh_error *error);
/* False for a run that no machine knows: one of rehome 0.1.0, one that changes nothing. */
bool rh_run_stands(const rh_run *run);
bool rh_run_stack_holds(const json_t *stack, const rh_run *run);
/* Puts a run on top, or tells its state where it stands. Under the lock, like the next. */
rh_status rh_run_stack_put(const rh_run *run, rh_target *target, rh_run_state state,
                           rh_error *error);
rh_status rh_run_stack_take(const rh_run *run, rh_target *target, rh_error *error);
/* RH_ERR_BLOCKED, naming it, for a run that stands on this one. */
rh_status rh_run_stack_check_top(const rh_run *run, rh_target *target, rh_error *error);
/* RH_ERR_BLOCKED, naming it, for a run that is half-way. */
rh_status rh_run_stack_check_whole(rh_target *target, rh_error *error);

/* --- closing (close.c) --- */
/* RH_ERR_ARGUMENT for a run that was closed, or is being. */
rh_status rh_run_refuse_closed(const rh_run *run, rh_error *error);

/* --- where its destination is (find.c) --- */
/* Moves the files of items, which lie below from, to where the destination is. */
rh_status rh_run_move_items(rh_run *run, const char *from, rh_error *error);

/* --- the run folder (run.c) --- */
char *rh_run_path(const rh_run *run, const char *name); /* in the run folder; the caller frees */
/* Reads the journal anew: another process may have gone on with the run before this one had the
 * lock. */
rh_status rh_run_read_again(rh_run *run, rh_error *error);
/* Rolls back while the lock is held (rollback.c). */
rh_status rh_run_go_back(rh_run *run, rh_target *target, const rh_run_observer *observer,
                         rh_error *error);
bool rh_run_is_half_way(const rh_run *run);

/* --- what others changed since (since.c) --- */
/* Fills in run->job.since and decides about it by the choice. RH_ERR_BLOCKED, RH_ERR_ARGUMENT as
 * rh_run_rollback. */
rh_status rh_run_decide(rh_run *run, rh_target *target, rh_error *error);
/* The record that the way back begins, with the choice and what it comes to; a new reference. */
rh_status rh_run_rollback_record(json_t **out, const rh_run *run, rh_error *error);
rh_status rh_run_read_rollback(rh_run *run, const json_t *record, rh_error *error);
/* Removes the files that others had changed and a rollback kept in the run folder. */
rh_status rh_run_remove_theirs(const rh_run *run, rh_error *error);
/* Forgets what was read of it, but not a choice that was given. */
void rh_run_forget_rollback(rh_run *run);

/* RH_ERR_INTERRUPTED with what to do; keeps the cause that error tells. */
rh_status rh_run_interrupted(const rh_run *run, rh_error *error);
/* RH_ERR_STOPPED, telling that done of count items are, when the user asked the process to end. */
rh_status rh_run_check_stop(const rh_target *target, size_t done, size_t count, rh_error *error);
/* What a failure is for a run that was taken up: RH_ERR_INTERRUPTED when it is half-way, but for
 * what the user has to decide. */
rh_status rh_run_failed_in(const rh_run *run, rh_status status, rh_error *error);
/* Opens and locks the target of a run that another process may have worked on, and reads its
 * journal anew. What stops that is RH_ERR_INTERRUPTED for a run that is half-way. */
rh_status rh_run_take_up(rh_run *run, rh_target **target, rh_run_guard **guard, const char *command,
                         const rh_run_observer *observer, rh_error *error);
void rh_run_progress(const rh_run_observer *observer, const char *phase, size_t done, size_t total);
/* The same for what a target tells. */
typedef struct rh_run_phase {
  const rh_run_observer *observer;
  const char *phase;
} rh_run_phase;
rh_target_progress rh_run_phase_progress(rh_run_phase *phase);

/* --- events (event.c, tell_plan.c) ---
 * What goes wrong with events does not stop a run: those that return nothing are told in vain. */
/* How far the two logs are known to reach; count 0 for one that is not known. */
typedef struct rh_run_heads {
  rh_journal_end journal, events;
} rh_run_heads;
rh_status rh_run_read_heads(rh_run_heads *out, const char *folder, rh_error *error);
/* RH_ERR_FORMAT when a sound log is not one that has grown out of what it was. */
rh_status rh_run_check_end(const rh_journal *log, const json_t *records, const rh_journal_end *was,
                           const char *path, rh_error *error);
/* Appends an array of events that have a kind; they get the time. */
rh_status rh_run_add_events(rh_run *run, json_t *events, rh_error *error);
/* All events as a new array, none when nothing was told yet. */
rh_status rh_run_read_events(const rh_run *run, json_t **out, rh_error *error);
void rh_run_close_events(rh_run *run);
/* heads.json does not know the journal any more until the next event. */
rh_status rh_run_forget_head(const rh_run *run, rh_error *error);
/* An event of kind "run": what happened, about one file (NULL for none). */
void rh_run_tell(rh_run *run, const char *what, const char *path);
void rh_run_tell_error(rh_run *run, const rh_error *error);
/* Start and end of an apply with what the plan holds; before: records of its manual steps. */
void rh_run_tell_plan(rh_run *run, const json_t *before);
void rh_run_tell_applied(rh_run *run);

/* --- manual steps (manual.c) --- */
/* Gives the step that an event, or a record of before the apply, is about its state. */
void rh_manual_take(json_t *steps, const json_t *event);
/* {id, state, by, note} of the step that is meant by a name; a new reference. */
rh_status rh_manual_facts(json_t **out, const json_t *steps, const char *step, const char *state,
                          const char *by, const char *note, rh_error *error);

/* --- making the run folder (folder.c) --- */
/* RH_ERR_EXISTS unless it is new, empty, or what a run left that was killed before its journal was
 * there. */
rh_status rh_run_folder_check(const char *folder, rh_error *error);
/* Makes it with the plan in it. made says whether the folder itself is new. */
rh_status rh_run_folder_make(rh_run *run, const char *folder, bool *made, rh_error *error);
/* Takes back what was made of a run that has changed nothing. */
void rh_run_folder_remove(rh_run *run, bool made);
/* Removes temporary files that a killed process left in it. */
void rh_run_folder_sweep(const char *folder);

/* --- journal records (record.c) --- */
/* Makes the journal with everything that is known before the first change. */
rh_status rh_run_record_begin(rh_run *run, rh_error *error);
/* Appends the prepared items and, last, that placing starts. */
rh_status rh_run_record_prepared(rh_run *run, rh_error *error);
/* Appends a record of that kind about one path (NULL for none). */
rh_status rh_run_record(rh_run *run, const char *kind, const char *path, rh_error *error);
/* Appends that record, taking it. */
rh_status rh_run_record_json(rh_run *run, json_t *record, rh_error *error);
/* Reads the journal into a run that has its folder. */
rh_status rh_run_read_journal(rh_run *run, char plan_id[65], rh_error *error);

/* --- verification (verify.c, expect.c) --- */
rh_status rh_run_add_difference(rh_difference_list *list, const rh_change *change,
                                const char *found, const char *expected, rh_error *error);
/* Adds what is not as the verdicts say, of the settings that no change of the run is about. */
rh_status rh_run_check_expected(const rh_run *run, rh_machine *image, rh_difference_list *list,
                                size_t *checked, rh_error *error);

#endif
