/* The regf hive engine: registry hives as files.
 *
 * Format: "Windows registry file format specification" (msuhanov/regf) and the libregf
 * documentation; the facts used are named where they are used.
 *
 * Reading is by memory map and trusts no offset: every cell is checked against the bins before it
 * is looked at, lists and depths are bounded. The first change takes a private copy; the file is
 * only ever replaced as a whole, by rh_hive_prepare and rh_hive_commit. */
#ifndef RH_REGISTRY_HIVE_HIVE_H
#define RH_REGISTRY_HIVE_HIVE_H

#include "base/file.h"
#include "registry/registry.h"

typedef struct rh_hive rh_hive;

/* Opens a hive file for reading and changing in memory. RH_ERR_FORMAT when it is no hive, is cut
 * off or has no root, RH_ERR_DIRTY when its header says that it was not shut down cleanly. Logs are
 * not looked at. Of a clean hive's bins only the first one is: the time does not grow with the
 * hive, and what lies in a broken bin is damage where it is met. The first change looks at all
 * bins, and refuses a hive with a broken one. */
rh_status rh_hive_open(rh_hive **out, const char *path, rh_error *error);

/* What may be done to open a hive that is not clean and sound. */
typedef struct rh_hive_open_options {
  bool use_logs;   /* look beside it for NAME.LOG, NAME.LOG1, NAME.LOG2, in any letter case */
  bool force_logs; /* apply later entries of its logs to a clean hive too */
  /* Read a hive that was not closed cleanly as it is when no log helps; also one whose last bins
   * are zeros, which can then be read only. */
  bool accept_dirty;
  bool all_bins; /* look at every bin now: for a hive that is to be changed or judged */
  /* Read a hive whose bins are broken as far as they go, and one whose base block is lost. */
  bool accept_damage;
} rh_hive_open_options;
typedef enum rh_hive_state {
  RH_HIVE_CLEAN,
  RH_HIVE_RECOVERED, /* in memory, from its logs */
  RH_HIVE_DIRTY      /* read as it is: what was written last may be missing or half there */
} rh_hive_state;
/* How a hive was opened. Starts as {0}. */
typedef struct rh_hive_recovery {
  rh_hive_state state;
  bool damaged; /* bins are broken, or the base block is lost: it can be read only */
  /* The base block is lost, and not all logs could be used: state is RH_HIVE_DIRTY though entries
   * were applied. */
  bool left_out;
  size_t entries;         /* of logs that were applied; an old-format log is one */
  uint32_t last_sequence; /* of the last of them */
  char logs[800];         /* names of the logs that were used, in order: "SYSTEM.LOG1, ..." */
  rh_name_list remarks;   /* sentences for people about what was found and left out */
} rh_hive_recovery;
/* Opens a hive with its transaction logs. Hive and logs are only read; what the logs give is in
 * memory, and when it is written, its sequence numbers are above those in the logs, so that none of
 * them fits any more. report (may be NULL) tells what was done, also after RH_ERR_DIRTY. */
rh_status rh_hive_open_with(rh_hive **out, const char *path, const rh_hive_open_options *options,
                            rh_hive_recovery *report, rh_error *error);
void rh_hive_recovery_dispose(rh_hive_recovery *report);
rh_hive_state rh_hive_state_of(const rh_hive *hive);
/* "clean", "recovered", "recovered in part" or "dirty". */
const char *rh_hive_state_name(const rh_hive *hive);

/* rh_hive_open from bytes, which are copied. label is for messages. */
rh_status rh_hive_open_memory(rh_hive **out, const void *data, size_t len, const char *label,
                              rh_error *error);
/* A hive with an empty root key of that name and, when given, a security descriptor for it; a
 * default one (Administrators and SYSTEM full, Users read) otherwise. */
typedef struct rh_hive_options {
  const char *root_name;  /* NULL = "ROOT" */
  unsigned minor_version; /* 3..6; 0 = 5 */
  uint64_t time;          /* FILETIME of the root and the header; 0 = now */
  const unsigned char *security;
  size_t security_len;
} rh_hive_options;
rh_status rh_hive_create(rh_hive **out, const rh_hive_options *options, rh_error *error);

/* The hive as a registry. Borrowed: it lives as long as the hive. */
rh_registry *rh_hive_registry(rh_hive *hive);

/* What the base block says, and what the bins hold. */
typedef struct rh_hive_header {
  unsigned major_version, minor_version;
  uint32_t primary_sequence, secondary_sequence;
  uint64_t last_written;
  uint32_t root_offset, bins_size;
  char file_name[200]; /* UTF-8 */
  bool checksum_valid;
} rh_hive_header;
void rh_hive_header_get(const rh_hive *hive, rh_hive_header *out);

bool rh_hive_changed(const rh_hive *hive);

/* What is wrong with a hive. */
typedef enum rh_anomaly_kind {
  RH_ANOMALY_HEADER,
  RH_ANOMALY_BIN,
  RH_ANOMALY_CELL,
  RH_ANOMALY_TREE, /* a key, list or value that cannot be read, or cannot be kept */
  RH_ANOMALY_LIST, /* subkeys in an order or with hashes by which Windows does not find them */
  RH_ANOMALY_SECURITY
} rh_anomaly_kind;
typedef struct rh_anomaly {
  rh_anomaly_kind kind;
  uint64_t offset; /* in the file; for TREE and SECURITY the key's; 0 where it is not known */
  char *path;      /* of the key, "" for the root and for what belongs to no key */
  char *message;
} rh_anomaly;
#define RH_ANOMALIES_MAX 10000 /* kept in a list; all are counted */
typedef struct rh_anomaly_list {
  rh_anomaly *items;
  size_t count, total;
} rh_anomaly_list;
void rh_anomaly_list_dispose(rh_anomaly_list *list);
const char *rh_anomaly_kind_name(rh_anomaly_kind kind);

typedef struct rh_hive_space {
  size_t bins, used_cells, free_cells;
  uint64_t free_bytes; /* in free cells */
} rh_hive_space;
/* Looks at header, bins, cells, keys and values; finding something is RH_OK with a filled list.
 * space may be NULL. */
rh_status rh_hive_check(rh_hive *hive, rh_anomaly_list *out, rh_hive_space *space, rh_error *error);
/* A fresh hive from what can be read: keys with times, classes, flags, security, and values. lost
 * lists what could not be read or kept. */
rh_status rh_hive_rebuild(rh_hive **out, rh_hive *damaged, rh_anomaly_list *lost, rh_error *error);

/* The hive's bytes as they would be written, header included: sequence numbers equal and one
 * higher, checksum right. Appended to out. */
rh_status rh_hive_serialize(rh_hive *hive, rh_buffer *out, rh_error *error);

/* Writes the hive beside path, puts it on the disk, reads it back and compares every key and value
 * with what is in memory. The caller commits or frees the file. RH_ERR_FORMAT for a hive in which
 * anything cannot be read, or could not be found by Windows: damage is never written. */
rh_status rh_hive_prepare(rh_hive *hive, const char *path, rh_atomic_file **out, rh_error *error);
/* prepare and commit in one. keep_previous, and errors, as in rh_atomic_file_commit. */
rh_status rh_hive_commit(rh_hive *hive, const char *path, const char *keep_previous,
                         rh_error *error);

void rh_hive_free(rh_hive *hive);

#endif
