/* The regf hive engine: registry hives as files.
 *
 * Format: "Windows registry file format specification" (msuhanov/regf) and the libregf
 * documentation; the facts used are named where they are used.
 *
 * Reading is by memory map and trusts no offset: every cell is checked against the bins before it
 * is looked at, lists and depths are bounded. The first change takes a private copy; the file is
 * only ever replaced as a whole, by rh_hive_prepare and rh_hive_commit. */
#ifndef RH_REGISTRY_HIVE_H
#define RH_REGISTRY_HIVE_H

#include "base/file.h"
#include "registry/registry.h"

typedef struct rh_hive rh_hive;

/* Opens a hive file for reading and changing in memory. RH_ERR_FORMAT when it is no sound hive,
 * RH_ERR_DIRTY when its header says that it was not shut down cleanly. */
rh_status rh_hive_open(rh_hive **out, const char *path, rh_error *error);
/* The same from bytes, which are copied. label is for messages. */
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
/* Header of a file that rh_hive_open may refuse. */
rh_status rh_hive_header_read(rh_hive_header *out, const char *path, rh_error *error);

bool rh_hive_changed(const rh_hive *hive);

/* The hive's bytes as they would be written, header included: sequence numbers equal and one
 * higher, checksum right. Appended to out. */
rh_status rh_hive_serialize(rh_hive *hive, rh_buffer *out, rh_error *error);

/* Writes the hive beside path, puts it on the disk, reads it back and compares every key and value
 * with what is in memory. The caller commits or frees the file. */
rh_status rh_hive_prepare(rh_hive *hive, const char *path, rh_atomic_file **out, rh_error *error);
/* prepare and commit in one. keep_previous as in rh_atomic_file_commit. */
rh_status rh_hive_commit(rh_hive *hive, const char *path, const char *keep_previous,
                         rh_error *error);

void rh_hive_free(rh_hive *hive);

#endif
