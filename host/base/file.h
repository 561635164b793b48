/* Whole files, and the one way in which rehome writes them durably.
 *
 * An atomic file is written beside its target under a name of its own; the target is the old file
 * or the new one, whole, at every instant. prepare() puts the bytes on the disk, commit() puts them
 * in place; several files can be prepared before the first is committed. */
#ifndef RH_BASE_FILE_H
#define RH_BASE_FILE_H

#include "base/memory.h"
#include "base/platform.h"

typedef struct rh_atomic_file rh_atomic_file;

/* Starts to replace path. A target that exists gives the new file its owner and permissions;
 * otherwise access is used. A link is replaced itself; RH_ERR_EXISTS for a folder or a
 * device. Errors name path, never the temporary file. */
rh_status rh_atomic_file_open(rh_atomic_file **out, const char *path, rh_file_access access,
                              rh_error *error);
/* RH_ERR_STOPPED as rh_check_stop. */
rh_status rh_atomic_file_write(rh_atomic_file *file, const void *data, size_t len, rh_error *error);
/* Nothing more is written: the disk may begin with it while its writer looks at something else. */
void rh_atomic_file_begin_sync(rh_atomic_file *file);
/* Ends writing: the bytes are on the disk under the temporary name. */
rh_status rh_atomic_file_prepare(rh_atomic_file *file, rh_error *error);
/* The temporary path, for reading back what was prepared. Borrowed. */
const char *rh_atomic_file_temporary(const rh_atomic_file *file);
/* Prepares when that was not done, keeps the previous file as keep_previous (unless NULL; an
 * absent previous file is no error, an existing keep_previous is replaced and there at every
 * instant), renames, and syncs the folder. After an error the target is as it was;
 * RH_ERR_INTERRUPTED alone means that the new file is in place, but that the folder could not be
 * synced. */
rh_status rh_atomic_file_commit(rh_atomic_file *file, const char *keep_previous, rh_error *error);
/* Without a commit the target stays as it was and the temporary file is removed. NULL is allowed.
 */
void rh_atomic_file_free(rh_atomic_file *file);
/* Whether a name in the folder of target (its own name) is one that a file in the making has there:
 * what a killed process leaves. */
bool rh_atomic_file_is_left_over(const char *name, const char *target);
/* Frees but leaves the prepared file on the disk for a later process to put in place. */
void rh_atomic_file_detach(rh_atomic_file *file);

/* Reads a whole file of at most limit bytes (RH_ERR_LIMIT beyond). out is cleared first. */
rh_status rh_file_read(rh_buffer *out, const char *path, size_t limit, rh_error *error);
/* Replaces a whole file in one atomic commit. */
rh_status rh_file_write(const char *path, const void *data, size_t len, rh_file_access access,
                        rh_error *error);
/* The same, readable for its owner alone, whoever could read the file before. */
rh_status rh_file_write_private(const char *path, const void *data, size_t len, rh_error *error);
/* Makes a file for its owner alone. RH_ERR_EXISTS when there is one, whoever made it meanwhile. */
rh_status rh_file_write_new(const char *path, const void *data, size_t len, rh_error *error);
/* SHA-256 of a whole file in lower-case hex (65 bytes with the NUL). */
rh_status rh_file_sha256(char out[65], const char *path, rh_error *error);
/* Makes folder and the missing ones above it. */
rh_status rh_file_make_folders(const char *folder, rh_file_access access, rh_error *error);
/* Removes a folder with all that is in it; links are removed, not followed. */
rh_status rh_file_remove_tree(const char *folder, rh_error *error);
/* False only when it is known that nothing has that name: what cannot be looked at is there. */
bool rh_file_exists(const char *path);

#endif
