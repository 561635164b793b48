/* Shared by the files of the machine layer: what a machine is inside, its backends, its files. */
#ifndef RH_MACHINE_INTERNAL_H
#define RH_MACHINE_INTERNAL_H

#include "machine/machine.h"
#include "machine/target.h"
#include "registry/hive/hive.h"
#include "registry/overlay/overlay.h"

/* The hives of a machine in the order in which changes are told and committed. */
enum {
  MACHINE_SYSTEM,
  MACHINE_SOFTWARE,
  MACHINE_SAM,
  MACHINE_SECURITY,
  MACHINE_DEFAULT,
  MACHINE_HIVES
};
extern const char *const machine_hive_names[]; /* MACHINE_HIVES */
/* The hive's index, MACHINE_HIVES for an unknown name. Compared without case. */
size_t machine_hive_index(const char *name, size_t len);

#define MACHINE_XML "machine.xml"
#define MACHINE_STORE_NAME "store" /* the name of a store's only fingerprint */
#define MACHINE_ABSENT "absent"    /* a fingerprint's digest for what was looked for in vain */

typedef enum machine_entry { MACHINE_NOTHING, MACHINE_FILE, MACHINE_FOLDER } machine_entry;

/* Files that differ from what is below: an overlay's writes, an image's pending files. Sorted by
 * path without case. */
typedef struct machine_file {
  char *path; /* image-relative */
  bool present;
  rh_buffer data;
  uint32_t origin;
  bool secret; /* the data must not be shown */
} machine_file;
typedef struct machine_files {
  machine_file *items;
  size_t count, capacity;
} machine_files;

typedef struct machine_hive {
  rh_hive *hive;         /* owned; NULL in an overlay */
  rh_registry *registry; /* NULL while not opened; owned by an overlay only */
  char *path;            /* image-relative, as found */
} machine_hive;

/* How a machine is written (target.h); first member of what a kind keeps. */
typedef struct machine_target machine_target;
struct rh_target {
  const struct machine_backend *backend;
  char *location;
};
struct machine_target {
  const char *unit;
  size_t size; /* of the kind's own struct, which starts zeroed */
  void (*dispose)(rh_target *);
  rh_status (*foresee)(rh_target *, rh_target_job *, rh_error *); /* NULL: nothing */
  rh_status (*prepare)(rh_target *, rh_target_job *, const rh_target_progress *, rh_error *);
  rh_status (*check)(rh_item_state *out, rh_target *, const rh_target_job *, size_t index,
                     rh_error *);
  rh_status (*place)(rh_target *, const rh_target_job *, size_t index, rh_error *);
  rh_status (*find_since)(rh_target *, rh_target_job *, rh_error *);
  rh_status (*prepare_undo)(size_t *out, rh_target *, const rh_target_job *,
                            const rh_target_progress *, rh_error *);
  rh_status (*undo)(const char **path, rh_target *, const rh_target_job *, size_t index,
                    rh_error *);
  rh_status (*check_undone)(rh_target *, const rh_target_job *, rh_error *);
  rh_status (*clear)(rh_target *, const rh_target_job *, rh_error *); /* NULL: nothing */
  rh_status (*check_guards)(rh_target *, const rh_target_job *, rh_target_tell, void *payload,
                            rh_error *); /* NULL: nothing */
  rh_status (*foretell)(rh_target *, const rh_target_job *, rh_target_note, void *payload,
                        rh_error *); /* NULL: nothing */
  /* Both NULL: the machine carries no record. */
  rh_status (*read_record)(rh_buffer *out, rh_target *, rh_error *);
  rh_status (*write_record)(rh_target *, const void *data, size_t len, rh_error *);
};

/* What differs between the kinds of machines. Paths are image-relative and normalised. */
typedef struct machine_backend {
  /* --- of a location --- */
  rh_status (*open)(rh_machine **out, const char *location, const rh_age_keys *keys, rh_error *);
  /* NULL: a location that is the same everywhere. */
  rh_status (*absolute)(char **out, const char *location, rh_error *);
  rh_status (*fresh)(rh_name_list *changed, const char *location, const rh_fingerprint_list *was,
                     rh_error *);

  /* --- of what can be written; all NULL where that is nothing --- */
  const machine_target *target;
  rh_status (*lock)(rh_lock **out, rh_buffer *holder, const char *location, rh_error *);
  /* Live machines: one change, made at once and whole or not at all, with the times that
   * change.h promises when restore_times asks for them and the system can. What is there was
   * compared with the change just now. */
  rh_status (*change_now)(rh_machine *, const rh_change *, uint64_t clock, bool restore_times,
                          rh_error *);

  /* --- of an open machine --- */
  rh_status (*open_hive)(rh_machine *, size_t index, machine_hive *out, rh_error *);
  /* Finds path without case and gives it the spelling that was found. */
  rh_status (*locate)(rh_machine *, rh_buffer *path, machine_entry *out, rh_error *);
  /* Remembers for the fingerprints that a located path was asked for. May be NULL. */
  rh_status (*touch)(rh_machine *, const char *path, machine_entry entry, rh_error *);
  rh_status (*read)(rh_machine *, const char *path, rh_buffer *out, rh_error *);
  /* Adds the files below a located folder, in any order. */
  rh_status (*list)(rh_machine *, const char *folder, rh_name_list *out, rh_error *);
} machine_backend;

/* Files of an image that are private whatever name they are asked for by. */
typedef struct machine_private_file {
  uint64_t volume, serial;
  const char *rule;
} machine_private_file;
typedef struct machine_private_files {
  machine_private_file *items;
  size_t count;
  bool known; /* they were looked for */
} machine_private_files;

struct rh_machine {
  const machine_backend *backend;
  rh_machine_kind kind;
  bool accept_dirty, interfaces_known, services_known, accounts_known;
  char *location;
  char *windows; /* the folder of %SystemRoot%, as found: "Windows" */
  machine_hive hives[MACHINE_HIVES];
  char *control_set;
  rh_identity *identity;
  rh_interface_list interfaces;
  rh_service_list services;
  rh_account_list accounts;
  rh_name_list remarks;
  rh_fingerprint_list fingerprints; /* in the order in which they were taken */
  machine_files files;
  machine_private_files private_files;
  uint32_t origin;  /* overlay */
  rh_machine *base; /* overlay; borrowed */
  rh_store *store;  /* store; owned */
};

/* --- kinds and their locations --- */

extern const machine_backend machine_image_backend, machine_store_backend, machine_memory_backend;
extern const machine_target machine_image_target; /* machine/image/target.c */
extern const machine_target machine_live_target;  /* machine/live/target.c */
/* The Windows that the program runs on, whose location is "live"; NULL on other systems. Tests put
 * a machine of their own here. */
extern const machine_backend *machine_live_backend;
/* The kind of what is at a location. RH_ERR_NOT_FOUND, with the remedy, when nothing is. */
rh_status machine_backend_at(const machine_backend **out, const char *location, rh_error *error);

/* --- making (machine/overlay/overlay.c has rh_machine_overlay) --- */

/* A zeroed machine of that kind with its location. */
rh_status machine_new(rh_machine **out, rh_machine_kind kind, const machine_backend *backend,
                      const char *location, rh_error *error);
/* The path of an image-relative path in the file system; the caller frees. */
rh_status machine_image_path(char **out, const rh_machine *machine, const char *path,
                             rh_error *error);

/* --- paths (file_path.c) --- */

/* Expands variables, drops the drive, checks every component, and joins them with "/". pattern
 * allows "*" and "?". Cleared into out; empty for the machine's root. */
rh_status machine_path_normalise(rh_buffer *out, rh_machine *machine, const char *path,
                                 bool pattern, rh_error *error);
/* Normalises and locates. */
rh_status machine_path_locate(rh_buffer *out, rh_machine *machine, const char *path,
                              machine_entry *entry, rh_error *error);
/* "Windows/System32/config/SYSTEM", cleared into out. */
rh_status machine_hive_path(rh_buffer *out, const rh_machine *machine, size_t index,
                            rh_error *error);
/* RH_ERR_ARGUMENT for a path that belongs to a hive: hives change through the registry only. */
rh_status machine_path_check_writable(const rh_machine *machine, const char *path, rh_error *error);
/* True when path is below folder, compared without case. An empty folder holds all. */
bool machine_path_is_below(const char *path, const char *folder);
rh_status machine_names_add(rh_name_list *list, const char *name, rh_error *error);
void machine_names_sort(rh_name_list *list);

/* --- files that differ (file_map.c) --- */

machine_file *machine_files_find(const machine_files *files, const char *path);
rh_status machine_files_set(machine_files *files, const char *path, bool present, const void *data,
                            size_t len, uint32_t origin, rh_error *error);
void machine_files_remove(machine_files *files, const char *path);
/* What is seen at path through files when entry is what is below; gives path the spelling that
 * files have where nothing is below. */
void machine_files_look(const machine_files *files, rh_buffer *path, machine_entry *entry);
/* The same for the list of a folder. */
rh_status machine_files_merge(const machine_files *files, const char *folder, rh_name_list *list,
                              rh_error *error);
/* RH_ERR_EXISTS when path, or a folder above it, is something else already. */
rh_status machine_files_check_place(rh_machine *machine, const char *path, machine_entry entry,
                                    rh_error *error);
void machine_files_dispose(machine_files *files);

/* --- fingerprints (fingerprint.c) --- */

/* NULL when none was taken. */
const char *machine_fingerprint_find(const rh_machine *machine, const char *name);
/* Compares a file with what was recorded of it: a SHA-256, or MACHINE_ABSENT. */
rh_status machine_file_is(bool *out, const char *path, const char *sha256, rh_error *error);
/* Keeps the first digest of a name. */
rh_status machine_fingerprint_add(rh_machine *machine, const char *name, const char *sha256,
                                  rh_error *error);

/* --- changes (apply.c, undo.c) --- */

/* Makes one change in the hives as they are in memory and in the files that differ; of an image and
 * of an overlay nothing reaches the disk, and the machine is then read as changed. RH_ERR_STALE,
 * naming the object, when what is there is not change->before: a value's type and data, a key's
 * presence, class and (when the change tells one) security, emptiness of a key to delete, a file's
 * bytes. clock stamps keys; restore_times gives them the times of the change instead (the way back,
 * see change.h). After an error the machine is to be freed. */
rh_status machine_apply_change(rh_machine *machine, const rh_change *change, uint64_t clock,
                               bool restore_times, rh_error *error);
/* Whether an inverted change can be made: *undone when what is there is its after side already.
 * RH_ERR_DIFFERS, naming the object, when it is neither side. */
rh_status machine_check_undo(bool *undone, rh_machine *machine, const rh_change *inverse,
                             rh_error *error);
/* Makes a change of the way back, whose before-image was compared just now. */
typedef rh_status machine_make(void *payload, rh_machine *, const rh_change *, rh_error *);
/* Takes one change back unless it is taken back already (an earlier way back was stopped, or
 * somebody did it), or what is kept holds it. */
rh_status machine_undo_change(rh_machine *machine, const rh_change *change,
                              const rh_since_list *since, machine_make *make, void *payload,
                              rh_error *error);
/* Takes back what others changed, if that is decided. */
rh_status machine_discard(rh_machine *machine, const rh_since *item, machine_make *make,
                          void *payload, rh_error *error);
/* Takes back in memory what is to be discarded, then all changes, the last first. pick (NULL: all)
 * says which. */
typedef bool machine_pick(void *payload, const rh_change *);
rh_status machine_undo_changes(rh_machine *machine, const rh_change_list *changes,
                               const rh_since_list *since, machine_pick *pick, void *payload,
                               const rh_target_progress *progress, rh_error *error);
/* RH_ERR_DIFFERS when something is not as before the changes, or not as others left it where that
 * is kept. */
rh_status machine_check_undone(rh_machine *machine, const rh_change_list *changes,
                               const rh_since_list *since, rh_error *error);

/* --- what others changed since (since.c) --- */

rh_status machine_since_add(rh_since_list *list, rh_since **out, rh_error *error);
/* At the place of a change, from what that left to now, which it takes. */
rh_status machine_since_add_place(rh_since_list *list, const rh_change *change, rh_change_side *now,
                                  rh_error *error);
/* All differences between what the changes left of a hive and what it is now. */
rh_status machine_since_hive(rh_since_list *list, const char *hive, rh_registry *left,
                             rh_registry *now, rh_error *error);
/* The same without the former: where the changes were made, and in keys that they made. done: all
 * of them were made, so that what is as before was changed since. */
rh_status machine_since_settings(rh_since_list *list, rh_machine *machine,
                                 const rh_change_list *changes, const char *hive, bool done,
                                 rh_error *error);
rh_status machine_since_change(rh_since_list *list, rh_machine *machine, const rh_change *change,
                               bool done, rh_error *error);
/* Puts the list in order and compares it with what was before. */
void machine_since_finish(rh_since_list *list, const rh_change_list *changes);
void machine_tell_progress(const rh_target_progress *progress, size_t done, size_t total);

/* --- facts (identity.c, machine_xml.c) --- */

/* A text value, cleaned of what XML and terminals cannot show; an empty text when it is not there
 * or no text. The caller frees. */
rh_status machine_value_text(char **out, rh_registry *registry, const char *path, const char *name,
                             rh_error *error);
rh_status machine_control_set(rh_machine *machine, const char **out, rh_error *error);
void machine_identity_free(rh_identity *identity);
void machine_services_dispose(rh_service_list *list);
/* Gives the interfaces the MAC addresses of machine.xml, if there is one. */
rh_status machine_xml_apply(rh_machine *machine, rh_interface_list *interfaces, rh_error *error);

/* --- scopes (scopes.c) --- */

/* True when a normalised path matches a normalised pattern. */
bool machine_glob_match(const char *pattern, const char *path);

/* Splits "HKLM\HIVE\REST": index and rest, borrowed. RH_ERR_ARGUMENT for anything else. */
rh_status machine_split_path(const char *full_path, size_t *index, const char **rest,
                             rh_error *error);
/* The rest with CurrentControlSet replaced, cleared into out. */
rh_status machine_resolve_rest(rh_machine *machine, size_t index, const char *rest, rh_buffer *out,
                               rh_error *error);

#endif
