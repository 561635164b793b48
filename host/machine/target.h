/* What of a machine can be written: its target. Whoever changes a machine goes through one, in this
 * order, and knows neither its files nor its registry:
 *
 *   fresh     is the machine still what a plan saw? (rh_machine_check_fresh; a source, too)
 *   foresee   what prepare is going to make beside the items
 *   prepare   every change is checked against its before-image, and what is to be put in place is
 *             made ready; the machine is as it was
 *   place     one item after the other
 *   check     what an item is now: as before, as after, or neither
 *   find_since  what others have changed meanwhile, for the caller to decide about
 *   undo      the items back, the last one first; nothing before all of it has proved possible
 *
 * An item is what is changed at a time. It names itself, and what it was and is to be can be told
 * from it and the changes alone, so that another process can go on with it either way: a caller
 * writes the job's items down before it places the first.
 *
 *   An image's items are its files, hives among them. While one is placed the file is the old one
 *   or the new one, whole, at every instant where the file system's rename is atomic; where it is
 *   not, the old one lies whole under its own name or under the item's previous one, and check
 *   knows that state.
 *   A live machine's items are its settings and files, each changed at once, whole or not at all.
 *
 * After RH_ERR_INTERRUPTED, and after an error of place or undo in general, check tells what is. */
#ifndef RH_MACHINE_TARGET_H
#define RH_MACHINE_TARGET_H

#include "base/platform.h"
#include "machine/machine.h"
#include "machine/since.h"

typedef struct rh_target rh_target;

typedef struct rh_target_item {
  char *path;    /* what it is: for people and for records */
  size_t change; /* of a setting: the number of its change, from 1; 0 for a file of an image, which
                    has what follows */
  char *target;  /* where it is put */
  char *temporary; /* where the new file lies until then; NULL for a deletion */
  char *previous;  /* the name below the job's folder under which the old one is kept */
  char before[65]; /* SHA-256; empty when there was no file */
  char after[65];  /* empty for a deletion */
  /* What guards the file (rh_protection_encode); NULL where there is none, or it is not known. */
  char *guard_before, *guard_after;
  char *unkept; /* what could not be given to the new file of the old one's, in words; NULL:
                   nothing. Known to the process that prepared it alone */
} rh_target_item;

/* What is done to a target. The caller owns it, fills in changes, clock and keep, writes down what
 * the target adds, and gives it back as it was written in a later process. Starts as {0}. */
typedef struct rh_target_job {
  rh_change_list changes;
  uint64_t clock;             /* FILETIME that changed keys are stamped with */
  char *keep;                 /* a folder of the caller's, where replaced files are kept */
  rh_name_list folders;       /* by foresee: image-relative, not there before; outer ones first */
  rh_name_list folder_guards; /* by prepare: what guards each of them, as it was made; empty when
                                 that is not known */
  rh_target_item *items;      /* by prepare, in the order in which they are placed */
  size_t item_count;
  /* Of the way back. */
  bool done;           /* all items were placed, and none undone */
  rh_since_list since; /* by find_since */
  bool discard;        /* decided for what no item of since is about: a hive's form, its times */
  char *theirs;        /* a folder of the caller's, where files of others go that are discarded */
} rh_target_job;
void rh_target_item_dispose(rh_target_item *item);
void rh_target_job_clear_items(rh_target_job *job);
void rh_target_job_dispose(rh_target_job *job);

/* Told while changes are looked at. */
typedef struct rh_target_progress {
  void (*tell)(void *payload, size_t done, size_t total); /* NULL: nobody wants to know */
  void *payload;
} rh_target_progress;

typedef enum rh_item_state {
  RH_ITEM_BEFORE, /* nothing has been done to it, or it is undone */
  RH_ITEM_HALF,   /* a file that is away while the new one takes its name */
  RH_ITEM_AFTER,
  RH_ITEM_OTHER /* somebody else has changed it */
} rh_item_state;

/* Opens what can be written at a location; nothing of it is read yet. RH_ERR_ARGUMENT for what is
 * only read (a store). */
rh_status rh_target_open(rh_target **out, const char *location, rh_error *error);
void rh_target_free(rh_target *target);
/* The location under which every process finds it, whatever its working folder. Borrowed. */
const char *rh_target_location(const rh_target *target);
/* What its items are, in a word for people: "files" or "settings". */
const char *rh_target_unit(const rh_target *target);
/* Locks the machine against other processes that want to change it (RH_ERR_LOCKED); the system
 * gives the lock back when the process ends. holder, cleared, is the file that may say who has it,
 * also when it cannot be had. */
rh_status rh_target_lock(rh_lock **out, rh_buffer *holder, rh_target *target, rh_error *error);

/* --- the record ---
 * A note of the caller's that a machine carries with it, wherever it is moved or mounted. It is no
 * part of the machine: no fingerprint, no capture and no playbook knows it. */

/* False for a kind that carries none: the other two are not to be called then. */
bool rh_target_keeps_record(const rh_target *target);
/* Cleared into out; empty when there is none. RH_ERR_NOT_FOUND when no machine is at the
 * location. */
rh_status rh_target_read_record(rh_buffer *out, rh_target *target, rh_error *error);
/* Replaces it, whole and durable or not at all (RH_ERR_INTERRUPTED apart); len 0 removes it, so
 * that nothing tells that it was there. Guarded as the machine's hives are. Under the lock. */
rh_status rh_target_write_record(rh_target *target, const void *data, size_t len, rh_error *error);
/* What names the volume that the machine lies on, appended; nothing where that is not known. */
rh_status rh_target_volume(rh_buffer *out, const rh_target *target, rh_error *error);

/* Tells of each file that the changes replace what the new one cannot have of it on that volume, as
 * a list in words. */
typedef void (*rh_target_note)(void *payload, const char *path, const char *unkept);
rh_status rh_target_foretell(rh_target *target, const rh_target_job *job, rh_target_note note,
                             void *payload, rh_error *error);
rh_status rh_target_foresee(rh_target *target, rh_target_job *job, rh_error *error);
/* RH_ERR_STALE, naming the object, when what is there is not a change's before-image. After an
 * error nothing is left over. */
rh_status rh_target_prepare(rh_target *target, rh_target_job *job,
                            const rh_target_progress *progress, rh_error *error);
/* An error counts as a state that nobody knows. */
rh_status rh_target_check(rh_item_state *out, rh_target *target, const rh_target_job *job,
                          size_t index, rh_error *error);
/* Tells of each file and folder that the job made or replaced and that is there, but is guarded
 * otherwise than it was made, both in words. */
typedef rh_status (*rh_target_tell)(void *payload, const char *path, const char *found,
                                    const char *expected, rh_error *error);
rh_status rh_target_check_guards(rh_target *target, const rh_target_job *job, rh_target_tell tell,
                                 void *payload, rh_error *error);
/* False only when every item is known to be as before. */
bool rh_target_has_changed(rh_target *target, const rh_target_job *job);
/* Leaves alone what is placed already. RH_ERR_DIFFERS for what somebody else has changed, or when
 * what was prepared is lost or damaged. */
rh_status rh_target_place(rh_target *target, const rh_target_job *job, size_t index,
                          rh_error *error);

/* Fills in job->since: all that was changed since in the files of an image that the job changed,
 * and in folders that it made; of other machines what stands where it changed something. Nothing of
 * it is decided to be discarded. */
rh_status rh_target_find_since(rh_target *target, rh_target_job *job, rh_error *error);
/* Finds out whether all can be undone, and how: out is the number of items, whose order is that of
 * undoing. A file of an image goes back to the byte while it is as it was placed, or when all that
 * was changed in it is discarded; a hive otherwise setting by setting, and another file stays.
 * RH_ERR_DIFFERS, naming it, for a change that job->since does not have; nothing was undone then.
 */
rh_status rh_target_prepare_undo(size_t *out, rh_target *target, const rh_target_job *job,
                                 const rh_target_progress *progress, rh_error *error);
/* Leaves alone what is undone already. path (borrowed until the next call) names the item; NULL
 * when it stays as it is. */
rh_status rh_target_undo(const char **path, rh_target *target, const rh_target_job *job,
                         size_t index, rh_error *error);
/* Looks at the whole after the last undo: RH_ERR_DIFFERS, naming it, for what is not as it was, or
 * not as others left it where that is kept. */
rh_status rh_target_check_undone(rh_target *target, const rh_target_job *job, rh_error *error);
/* Removes what was made ready and is not in place, also by a process that was killed, what is kept
 * of items that are as before, and folders of the job that hold nothing. For a job that is not
 * half-way: nothing of it is placed, all is, or all is undone. */
rh_status rh_target_clear(rh_target *target, const rh_target_job *job, rh_error *error);

/* The names of the files in job->theirs begin with the item's previous one and end with this. */
#define RH_TARGET_THEIRS ".changed"

/* For what was written down and is read again: RH_ERR_FORMAT when it leads out of the location.
 * where names it in messages. Nothing is opened. */
rh_status rh_target_check_item(const rh_target_item *item, const char *location, const char *where,
                               rh_error *error);
rh_status rh_target_check_guard(const char *guard, rh_error *error); /* NULL is allowed */
rh_status rh_target_check_folder(const char *folder, const char *where, rh_error *error);

#endif
