/* Shared by the files that write an image: what is prepared, and how it is put in place. */
#ifndef RH_MACHINE_IMAGE_INTERNAL_H
#define RH_MACHINE_IMAGE_INTERNAL_H

#include "base/file.h"
#include "machine/internal.h"

/* New files under temporary names beside their targets, read back. Starts as {0}. */
typedef struct image_prepared {
  rh_target_item *items; /* not yet with a previous name */
  size_t count;
  rh_name_list folders; /* that were made for them, in the file system; outer ones first */
} image_prepared;

/* Writes what was changed in memory, hives first. RH_ERR_STALE when a file was changed since it was
 * read. After an error nothing is left over. */
rh_status image_prepare(image_prepared *out, rh_machine *image, rh_error *error);
/* Removes the prepared files, and the folders that were made for them. */
void image_prepared_discard(image_prepared *prepared);
/* Forgets them and leaves them where they are. */
void image_prepared_dispose(image_prepared *prepared);

/* Walks an image-relative path below location component by component, without case: found, appended
 * to, gets the spelling that is there. RH_ERR_UNSUPPORTED for a link or a device on the way. */
rh_status image_walk(const char *location, const char *path, rh_buffer *found, machine_entry *out,
                     rh_error *error);

/* --- the record that an image carries (record.c; target.h) --- */

rh_status image_read_record(rh_buffer *out, rh_target *target, rh_error *error);
rh_status image_write_record(rh_target *target, const void *data, size_t len, rh_error *error);

/* Makes a folder and those above it that are not there, and adds them to made. */
rh_status image_make_folder(const char *folder, rh_name_list *made, rh_error *error);

#define IMAGE_BACK                                                                                 \
  ".rehome-back" /* behind the name of a file whose old content is on its way back */

/* "Windows%2FSystem32%2Fconfig%2FSYSTEM": a path as one readable name, no two alike; a number for
 * one that is too long. The caller frees. */
rh_status image_flat_name(char **out, const char *path, size_t index, rh_error *error);

/* --- the way back (since.c, back.c, theirs.c) --- */

typedef struct image_step image_step;
typedef struct image_back {
  image_step *steps;
  size_t count;
  image_prepared prepared; /* what the undone settings make */
  bool begun;              /* a step was done */
} image_back;
/* Fills in job->since, but for its order. */
rh_status image_back_find_since(rh_target_job *job, const char *location, rh_error *error);
/* The hive as it was before the job, of a file that was kept. RH_ERR_DIRTY for one that was not
 * closed cleanly: its logs may have been written to since. */
rh_status image_open_previous(rh_hive **out, const rh_target_item *item, const char *keep,
                              rh_error *error);
rh_status image_back_prepare(image_back *out, const char *location, const rh_target_job *job,
                             const rh_target_progress *progress, rh_error *error);
rh_status image_back_step(const char **path, image_back *back, const rh_target_job *job,
                          size_t index, rh_error *error);
rh_status image_back_check(const image_back *back, const char *location, const rh_target_job *job,
                           rh_error *error);
void image_back_drop(image_back *back);
/* The hive that a file of an image is, MACHINE_HIVES for another one. */
size_t image_hive_of(const char *path);
/* Copies a file that is to be discarded into folder, for its owner alone, and beside it the logs of
 * a hive that was not closed cleanly. Once more is nothing more. */
rh_status image_keep_theirs(const char *target, const char *path, const char *folder,
                            const char *name, rh_error *error);

/* --- one file (place.c); keep is the job's folder, NULL: nothing is kept --- */

rh_status image_check_item(rh_item_state *out, const rh_target_item *item, const char *keep,
                           rh_error *error);
/* RH_ERR_IO, with what mends it, for a name that a killed driver has damaged. */
rh_status image_tell_damaged(const char *path, rh_error *error);
rh_status image_place_item(const rh_target_item *item, const char *keep, rh_error *error);
/* Whether the old file, or that there was none, can be had again, whatever is there now. An error
 * when that cannot be known. */
rh_status image_can_restore_item(bool *out, rh_item_state *state, const rh_target_item *item,
                                 const char *keep, rh_error *error);
rh_status image_restore_item(const rh_target_item *item, const char *keep, rh_error *error);
/* Sees to it that a file that is as before is guarded as before, and stays so. */
rh_status image_settle_restored(const rh_target_item *item, rh_error *error);

/* --- what guards a file (guard.c): in items, a protection as the text of base/protection.h --- */

rh_status image_guard_read(char **out, const char *path, rh_error *error);
/* Gives path those parts (RH_PART_...) of a guard that it has not, and sees to it that they stay.
 * What the volume cannot hold is passed over, and all of it on a volume of another kind. */
rh_status image_guard_give(const char *path, const char *guard, unsigned parts, rh_error *error);
/* Gives a new file or folder what it inherits from its folder, where the system does not. */
rh_status image_guard_inherit(const char *path, const char *folder, bool is_folder,
                              rh_error *error);
/* Of a prepared file: fills in guard_after and unkept. RH_ERR_ACCESS when it would be open to more
 * people than the one that it replaces. */
rh_status image_guard_prepared(rh_target_item *item, rh_error *error);
/* Appends what a file that replaces path cannot have of it on that volume, as a list in words. */
rh_status image_guard_foretell(rh_buffer *out, const char *path, rh_error *error);
/* Appends in words how path is guarded, and how guard says; nothing when that is the same, and for
 * a file that is not there. */
rh_status image_guard_compare(rh_buffer *found, rh_buffer *expected, const char *path,
                              const char *guard, rh_error *error);

/* A name in a folder is durable when the folder is: a later process may have to find it. */
rh_status image_sync_folder_of(const char *path, rh_error *error);
/* Sees to it that what a path names, or that it names nothing, stays so: a process that was killed
 * may have left it before that was sure. */
rh_status image_settle(const char *path, rh_error *error);
/* Removes a file if it is there, and sees to it that it stays removed. */
rh_status image_remove_file(const char *path, rh_error *error);
/* Removes what base/file.h, and a rollback, leave beside a file when their process is killed: what
 * has exactly such a name. A copy that somebody made there is none of it. */
rh_status image_sweep_beside(const char *path, rh_error *error);

#endif
