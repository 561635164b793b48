/* The journal: JSON lines, each with the SHA-256 of the line before it, on the disk before what
 * they announce.
 *
 *   {"kind": ..., "n": 1, "prev": 64 zeros, "sum": ..., ...}
 *
 * prev is the digest of the previous line's bytes without its newline; sum that of this record
 * without its sum, compact with sorted keys, so that the last record proves itself, too. A last
 * line without its newline, or with zeros where JSON should be, is the torn end of a write that
 * announced nothing yet: it is dropped. Anything else that does not fit is an alteration. */
#ifndef RH_RUN_JOURNAL_H
#define RH_RUN_JOURNAL_H

#include "base/memory.h"

#include <jansson.h>

typedef struct rh_journal rh_journal;

/* Makes the file, whole with these records or not at all. records is an array of objects that each
 * have a "kind"; they get n, prev and sum. */
rh_status rh_journal_create(rh_journal **out, const char *path, json_t *records, rh_error *error);
/* Gives all records as a new array. RH_ERR_FORMAT names the first one that was altered. The file is
 * not changed before the next append. */
rh_status rh_journal_open(rh_journal **out, const char *path, json_t **records, rh_error *error);
/* Appends an array of records with one write and one sync. */
rh_status rh_journal_append(rh_journal *journal, json_t *records, rh_error *error);
void rh_journal_free(rh_journal *journal);

#endif
