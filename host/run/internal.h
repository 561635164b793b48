/* What the files that make up a run share. */
#ifndef RH_RUN_INTERNAL_H
#define RH_RUN_INTERNAL_H

#include "base/file.h"
#include "machine/compare.h"
#include "plan/internal.h"
#include "run/journal.h"
#include "run/run.h"

/* One file of the destination that the run replaces, as journalled. */
typedef struct rh_run_item {
  char *path;      /* image-relative */
  char *target;    /* in the file system */
  char *temporary; /* the prepared file; NULL for a deletion */
  char *previous;  /* where the replaced file is kept, below the run folder */
  char before[65]; /* SHA-256; empty when there was no file */
  char after[65];  /* empty for a deletion */
} rh_run_item;

struct rh_run {
  char *folder;
  char *destination;
  uint64_t clock; /* FILETIME that changed keys are stamped with */
  rh_plan *plan;
  rh_journal *journal;
  rh_run_state state;
  rh_change_list changes; /* as journalled */
  rh_run_item *items;
  size_t item_count;
  rh_name_list made_folders; /* image-relative, that were not there before; outer first */
};

/* For tests: told after each step that reached the disk, and free to end the process there. */
extern void (*rh_run_test_stop)(const char *step);
void rh_run_reached(const char *step);

/* --- the run folder (run.c) --- */
char *rh_run_path(const rh_run *run, const char *name); /* in the run folder; the caller frees */
/* Reads the journal anew: another process may have gone on with the run before this one had the
 * lock. */
rh_status rh_run_read_again(rh_run *run, rh_error *error);
/* Rolls back while the lock is held (rollback.c). */
rh_status rh_run_go_back(rh_run *run, const rh_run_observer *observer, rh_error *error);
/* RH_ERR_INTERRUPTED with what to do; keeps the cause that error tells. */
rh_status rh_run_interrupted(const rh_run *run, rh_error *error);
void rh_run_progress(const rh_run_observer *observer, const char *phase, size_t done, size_t total);
void rh_run_items_clear(rh_run *run);

/* --- the lock of a destination, with its holder's name (lock.c) --- */
typedef struct rh_run_guard rh_run_guard;
/* command and run are what another process is told. RH_ERR_LOCKED names who holds it. */
rh_status rh_run_lock(rh_run_guard **out, const char *destination, const char *command,
                      const char *run, rh_error *error);
void rh_run_unlock(rh_run_guard *guard);
/* Says it when the lock was left by a process that did not end its work. */
void rh_run_tell_left(rh_run *run, const rh_run_guard *guard, const rh_run_observer *observer);
rh_status rh_run_describe_holder(rh_buffer *out, const json_t *facts, rh_error *error);

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
/* An event of kind "run": what happened, about one file (NULL for none). */
void rh_run_tell(rh_run *run, const char *what, const char *path);
void rh_run_tell_error(rh_run *run, const rh_error *error);
/* Start and end of an apply with what the plan holds. */
void rh_run_tell_plan(rh_run *run);
void rh_run_tell_applied(rh_run *run);

/* --- making the run folder (folder.c) --- */
/* RH_ERR_EXISTS unless it is new, empty, or what a run left that was killed before its journal was
 * there. */
rh_status rh_run_folder_check(const char *folder, rh_error *error);
/* Makes it with the plan in it. made says whether the folder itself is new. */
rh_status rh_run_folder_make(rh_run *run, const char *folder, bool *made, rh_error *error);
/* Takes back what was made of a run that has changed nothing. */
void rh_run_folder_remove(const rh_run *run, bool made);
/* Removes temporary files that a killed process left in it. */
void rh_run_folder_sweep(const char *folder);

/* --- journal records (record.c) --- */
/* Makes the journal with everything that is known before the first change. */
rh_status rh_run_record_begin(rh_run *run, rh_error *error);
/* Appends the prepared files and, last, that placing starts. */
rh_status rh_run_record_prepared(rh_run *run, rh_error *error);
/* Appends a record of that kind about one path (NULL for none). */
rh_status rh_run_record(rh_run *run, const char *kind, const char *path, rh_error *error);
/* Reads the journal into a run that has its folder. */
rh_status rh_run_read_journal(rh_run *run, char plan_id[65], rh_error *error);

/* --- files of the destination (files.c) --- */
/* The digest of a file, "" when there is none. */
rh_status rh_run_digest(char out[65], const char *path, rh_error *error);
/* Renames a prepared file to its target. */
rh_status rh_run_put(const char *temporary, const char *target, rh_error *error);
/* Keeps a file under another name, in place of what has that name, before it is replaced. */
rh_status rh_run_keep(const char *path, const char *previous, rh_error *error);
/* Removes a file if it is there, and sees to it that it stays removed. */
rh_status rh_run_remove(const char *path, rh_error *error);
/* Lists the folders that new files need and that are not there. */
rh_status rh_run_find_new_folders(rh_run *run, rh_machine *image, rh_error *error);
/* Removes the folders that the run has made, unless somebody put something into them. */
rh_status rh_run_remove_new_folders(rh_run *run, rh_error *error);
/* Removes temporary files that a killed process left. */
rh_status rh_run_sweep(rh_run *run, rh_error *error);

/* --- verification (verify.c, expect.c) --- */
rh_status rh_run_add_difference(rh_difference_list *list, const rh_change *change,
                                const char *found, const char *expected, rh_error *error);
/* Adds what is not as the verdicts say, of the settings that no change of the run is about. */
rh_status rh_run_check_expected(const rh_run *run, rh_machine *image, rh_difference_list *list,
                                size_t *checked, rh_error *error);

#endif
