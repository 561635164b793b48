/* Transaction logs of a hive, and what applying them gives. Inside the registry layer.
 *
 * Everything here works on bytes in memory: hive and logs are only ever read. Format: [regf spec],
 * "Format of transaction log files"; fields that both formats share are those of a base block. */
#ifndef RH_REGISTRY_HIVE_LOG_H
#define RH_REGISTRY_HIVE_LOG_H

#include "registry/hive/internal.h"

#define HIVE_LOG_ENTRIES 512u /* where the dirty vector or the entries begin */
#define HIVE_LOGS_MAX 3       /* .LOG, .LOG1, .LOG2 */

typedef enum hive_log_kind {
  HIVE_LOG_NONE, /* empty, or no log that can be used */
  HIVE_LOG_OLD,  /* one dirty vector with its pages */
  HIVE_LOG_NEW   /* a row of entries */
} hive_log_kind;

typedef struct hive_log {
  const char *name; /* for reports */
  const unsigned char *data;
  size_t len;
  hive_log_kind kind;
} hive_log;

/* The hive that is being recovered. */
typedef struct hive_target {
  rh_buffer bytes; /* base block and bins */
  size_t limit;    /* no log makes bytes longer: the length of hive and logs together */
} hive_target;

/* True for a whole base block or a log's copy of one, with the right checksum. */
bool hive_base_is_valid(const unsigned char *data, size_t len);

/* Tells the kind from the log's base block. NULL, or why the log cannot be used. */
const char *hive_log_classify(hive_log *log);

/* The old format: applies every page. Gives NULL in problem, or why nothing was applied. */
rh_status hive_log_apply_old(hive_target *target, const hive_log *log, size_t *pages,
                             const char **problem, rh_error *error);

/* An entry of the new format. */
typedef struct hive_log_entry {
  size_t offset; /* in the log */
  uint32_t len, flags, sequence, bins_size, page_count;
} hive_log_entry;
/* The entry at offset; false at the log's end and when size, hashes or pages are wrong. limit as in
 * hive_target. */
bool hive_log_entry_at(const hive_log *log, size_t offset, size_t limit, hive_log_entry *out);
rh_status hive_log_apply_entry(hive_target *target, const hive_log *log,
                               const hive_log_entry *entry, rh_error *error);

/* Bins of that size, what is new zeroed; the base block says so. */
rh_status hive_target_resize(hive_target *target, uint32_t bins_size, rh_error *error);
/* Takes over the base block that a log holds. */
rh_status hive_target_take_base(hive_target *target, const hive_log *log, rh_error *error);
/* Equal sequence numbers, a primary file, a right checksum. */
void hive_target_seal(hive_target *target, uint32_t sequence);

/* Recovers a hive from logs, in any order given. Fills out->bytes when the report's state becomes
 * RH_HIVE_RECOVERED. newest is the highest sequence number met in a usable log. */
rh_status hive_recover(hive_target *out, const unsigned char *data, size_t len, hive_log *logs,
                       size_t count, bool force, rh_hive_recovery *report, uint32_t *newest,
                       rh_error *error);
rh_status hive_remark(rh_hive_recovery *report, rh_error *error, const char *format, ...)
    RH_PRINTF(3, 4);

/* Marvin32 with the seed of registry logs; len is a multiple of 4. */
uint64_t hive_marvin32(const unsigned char *data, size_t len);

#endif
