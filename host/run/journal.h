/* A journal: JSON lines, each with the SHA-256 of the line before it, on the disk before what
 * they announce. A run has two, journal.jsonl and events.jsonl.
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
#include <stdbool.h>

typedef struct rh_journal rh_journal;

/* Makes the file, whole with these records or not at all. records is an array of objects that each
 * have a "kind"; they get n, prev and sum. */
rh_status rh_journal_create(rh_journal **out, const char *path, json_t *records, rh_error *error);
/* Gives all records as a new array. RH_ERR_FORMAT names the first one that was altered, is missing
 * or stands out of order. The file is not changed before the next append. */
rh_status rh_journal_open(rh_journal **out, const char *path, json_t **records, rh_error *error);
/* Appends an array of records, all of them or none: one with a write and a sync, several in a new
 * file that takes the journal's place. */
rh_status rh_journal_append(rh_journal *journal, json_t *records, rh_error *error);
/* True while the file ends with the last sound record that this journal knows: nobody else has
 * appended to it. */
bool rh_journal_is_current(const rh_journal *journal);
void rh_journal_free(rh_journal *journal);

/* How far the sound records reach. */
typedef struct rh_journal_end {
  json_int_t count;
  char digest[65]; /* of the last line: what the next record names as prev */
  bool torn;       /* a line that a stopped write left stands behind them */
} rh_journal_end;
void rh_journal_tell_end(const rh_journal *journal, rh_journal_end *out);

#endif
