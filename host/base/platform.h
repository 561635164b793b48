/* What differs between systems: files, folders, locks, clocks, terminals.
 *
 * Paths are UTF-8 in the system's own form. System headers are included in posix/ and win32/ alone,
 * of which one is linked. */
#ifndef RH_BASE_PLATFORM_H
#define RH_BASE_PLATFORM_H

#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* What the system's number of a failure means. */
typedef struct rh_platform_failure {
  rh_status code;     /* not found, access, exists, memory, else RH_ERR_IO */
  const char *text;   /* the system's own words; valid until the next failure is explained */
  const char *remedy; /* empty when there is none to give */
} rh_platform_failure;
void rh_platform_explain(rh_platform_failure *out, int system_code);

typedef enum rh_file_kind { RH_FILE_REGULAR, RH_FILE_FOLDER, RH_FILE_OTHER } rh_file_kind;

typedef struct rh_file_info {
  rh_file_kind kind;
  uint64_t size;
  uint64_t volume; /* volume and serial name the file itself, whatever its path */
  uint64_t serial;
  uint64_t links; /* names that it has */
} rh_file_info;

/* Does not follow a symbolic link in the last component: a link is RH_FILE_OTHER. */
rh_status rh_platform_info(const char *path, rh_file_info *out, rh_error *error);
/* The same, links followed. */
rh_status rh_platform_target_info(const char *path, rh_file_info *out, rh_error *error);

/* Names in a folder without "." and "..", in the system's order; the caller frees the list. */
typedef struct rh_name_list {
  char **names;
  size_t count;
} rh_name_list;
rh_status rh_platform_list(rh_name_list *out, const char *folder, rh_error *error);
void rh_name_list_dispose(rh_name_list *list);

/* The name under which folder lists what it finds as name: where it compares without case, or knows
 * short names, another spelling. RH_ERR_NOT_FOUND when nothing is there; the caller frees. */
rh_status rh_platform_stored_name(char **out, const char *folder, const char *name,
                                  rh_error *error);

/* A read-only view of a whole file. data is NULL for an empty one. */
typedef struct rh_mapping {
  const unsigned char *data;
  size_t len;
} rh_mapping;
rh_status rh_platform_map(rh_mapping *out, const char *path, rh_error *error);
void rh_platform_unmap(rh_mapping *mapping);

/* Who may open a file or folder that rehome makes, if nothing else says so. */
typedef enum rh_file_access {
  RH_FILE_PRIVATE, /* its owner alone; on NTFS SYSTEM and Administrators */
  RH_FILE_SHARED   /* others may read it as far as the system lets them; its owner alone writes */
} rh_file_access;

/* An open file by descriptor or handle. */
typedef struct rh_file rh_file;
/* Opens for reading. */
rh_status rh_platform_open(rh_file **out, const char *path, rh_error *error);
typedef enum rh_file_mode {
  RH_FILE_CREATE_NEW, /* fails when the file exists; never follows a link */
  RH_FILE_APPEND      /* made when absent; each write goes to the end */
} rh_file_mode;
/* Opens for writing. */
rh_status rh_platform_create(rh_file **out, const char *path, rh_file_mode mode,
                             rh_file_access access, rh_error *error);
/* A file without a name, for spooling: gone with its handle, also after a kill. */
rh_status rh_platform_open_temporary(rh_file **out, rh_error *error);
/* Reads up to len bytes; *done is 0 at the end only. */
rh_status rh_platform_read(rh_file *file, void *data, size_t len, size_t *done, rh_error *error);
rh_status rh_platform_read_at(rh_file *file, uint64_t offset, void *data, size_t len, size_t *done,
                              rh_error *error);
rh_status rh_platform_write(rh_file *file, const void *data, size_t len, rh_error *error);
/* Lets the disk begin with what was written, without waiting: rh_platform_sync has less to wait
 * for, and tells what failed. */
void rh_platform_begin_sync(rh_file *file);
rh_status rh_platform_sync(rh_file *file, rh_error *error);
/* Closes; a failure to close is a failure to write. NULL is allowed. */
rh_status rh_platform_close(rh_file *file, rh_error *error);

rh_status rh_platform_rename(const char *from, const char *to, rh_error *error);
/* A second name for the same bytes where the file system can, a synced copy where it cannot, which
 * has the same protection and times as far as that place can hold them, and is never less guarded.
 */
rh_status rh_platform_keep(const char *from, const char *to, rh_error *error);
rh_status rh_platform_remove(const char *path, rh_error *error);
rh_status rh_platform_remove_folder(const char *path, rh_error *error);
rh_status rh_platform_make_folder(const char *path, rh_file_access access, rh_error *error);
rh_status rh_platform_sync_folder(const char *folder, rh_error *error);

/* Locks a folder against other rehome processes; the system releases it with the process. Leaves no
 * file behind. RH_ERR_LOCKED when another process has it. */
typedef struct rh_lock rh_lock;
rh_status rh_platform_lock_folder(rh_lock **out, const char *folder, rh_error *error);
/* The same, but waits until the other process is done: for work of a moment. */
rh_status rh_platform_wait_folder(rh_lock **out, const char *folder, rh_error *error);
void rh_platform_unlock(rh_lock *lock);

/* Joins folder and name with the system's separator; the caller frees. NULL without memory. */
char *rh_platform_join(const char *folder, const char *name);
/* The folder of a path ("." for a bare name) and its last component; the caller frees the first. */
char *rh_platform_folder_of(const char *path);
const char *rh_platform_base_name(const char *path);
/* The absolute form of a path that exists, links resolved; the caller frees. */
rh_status rh_platform_absolute(char **out, const char *path, rh_error *error);

/* The UUID or serial number of the volume that path lies on, appended: the same wherever it is
 * mounted. Nothing where the system does not tell one. */
rh_status rh_platform_volume_id(rh_buffer *out, const char *path, rh_error *error);

unsigned long rh_platform_process_id(void);
/* Who runs this process, for records; the number when the account has no name. */
rh_status rh_platform_user_name(rh_buffer *out, rh_error *error);

uint64_t rh_platform_filetime(void); /* now, in 100 ns since 1601 UTC */
double rh_platform_seconds(void);    /* a clock that only goes forward */
bool rh_platform_is_terminal(FILE *stream);
/* Asks on the terminal without echo. RH_ERR_UNSUPPORTED when there is none. A secret: the caller
 * disposes of out with rh_buffer_dispose_secret. RH_ERR_STOPPED as rh_check_stop. */
rh_status rh_platform_ask_secret(rh_buffer *out, const char *prompt, rh_error *error);
/* Called once, before anything is opened: no core file may hold what this process knows, a file
 * that is opened never takes the place of a closed standard stream, and a limit on file sizes is an
 * error instead of an end. When a mapped file becomes shorter under a reader, or its disk fails,
 * the process ends with this exit code, and says so. */
void rh_platform_prepare_process(int exit_code);
/* How the user asked this process to end: "SIGINT", "SIGTERM" or "SIGHUP" (win32: what
 * SetConsoleCtrlHandler is told); NULL as long as nobody has. It is only noted: long work looks
 * here (rh_check_stop), waiting for an answer ends. The second time the process ends at once. */
const char *rh_platform_stop_asked(void);
/* Waits until a line was typed on a terminal; false when the process was asked to end instead. */
bool rh_platform_wait_for_line(FILE *stream);
/* From now on a reader that went away is a failed write; until then it ends the process, as is
 * usual for listings. */
void rh_platform_survive_readers(void);
/* Whether anything can be written to the stream at all: it is open, and for writing. */
bool rh_platform_is_writable(FILE *stream);
/* Calls on_late from another thread when rh_platform_stop_watchdog does not come within seconds. */
rh_status rh_platform_start_watchdog(unsigned seconds, void (*on_late)(void *), void *payload,
                                     rh_error *error);
void rh_platform_stop_watchdog(void);

#endif
