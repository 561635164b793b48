/* Recovering a hive from its transaction logs: which of them, in which order, how far.
 *
 * New format [regf spec "Log entries"; "Multiple transaction log files"]: entries count when they
 * are not older than the hive's secondary sequence number. The log whose entries are older comes
 * first; numbers rise by one, in a log and from log to log; the first gap or broken entry is the
 * end. When the hive's own base block is broken there is no number to begin with: the log with the
 * latest entries gives the base block, and is the only one used.
 *
 * Old format [regf spec "Old format"]: a log fits when its time of last writing is the hive's, or,
 * when the hive's base block is broken, the first bin's. */
#include "registry/hive/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The entries of a new-format log, from its first one on as long as they are whole and follow each
 * other. */
typedef struct row {
  const hive_log *log;
  hive_log_entry *entries;
  size_t count;
} row;

typedef struct recovery {
  hive_target *target;
  hive_log *logs;
  size_t log_count;
  row rows[HIVE_LOGS_MAX];
  size_t row_count;
  bool base_valid;
  uint32_t floor; /* entries below it are in the hive already */
  rh_hive_recovery *report;
} recovery;

static uint32_t first_of(const row *entries) {
  return entries->entries[0].sequence;
}

static uint32_t last_of(const row *entries) {
  return entries->entries[entries->count - 1].sequence;
}

rh_status hive_remark(rh_hive_recovery *report, rh_error *error, const char *format, ...) {
  char text[768];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  char **names = rh_resize(report->remarks.names, report->remarks.count + 1, sizeof *names);
  if (!names)
    return rh_error_memory(error);
  report->remarks.names = names;
  names[report->remarks.count] = rh_copy_text(text);
  return names[report->remarks.count++] ? RH_OK : rh_error_memory(error);
}

void rh_hive_recovery_dispose(rh_hive_recovery *report) {
  rh_name_list_dispose(&report->remarks);
  *report = (rh_hive_recovery){0};
}

static rh_status add_entry(row *out, const hive_log_entry *entry, rh_error *error) {
  /* Grows at powers of two. */
  if ((out->count & (out->count - 1)) == 0) {
    hive_log_entry *entries =
        rh_resize(out->entries, out->count ? out->count * 2 : 1, sizeof *entries);
    if (!entries)
      return rh_error_memory(error);
    out->entries = entries;
  }
  out->entries[out->count++] = *entry;
  return RH_OK;
}

/* Reads the row of a log. What follows it may be left over from earlier use; what is left over at
 * the beginning has a lower number than the log's base block. */
static rh_status read_row(recovery *self, const hive_log *log, rh_error *error) {
  row *out = &self->rows[self->row_count];
  hive_log_entry entry;
  size_t offset = HIVE_LOG_ENTRIES;
  uint32_t expected = rh_load_u32(log->data + BASE_PRIMARY);
  rh_status status = RH_OK;
  *out = (row){.log = log};
  while (status == RH_OK && hive_log_entry_at(log, offset, self->target->limit, &entry)) {
    if (out->count == 0 ? entry.sequence < expected : entry.sequence != expected)
      break;
    status = add_entry(out, &entry, error);
    offset += entry.len;
    expected = entry.sequence + 1;
  }
  rh_reader reader = rh_reader_of(log->data, log->len);
  if (status == RH_OK && rh_reader_has(&reader, offset, 16) &&
      memcmp(log->data + offset, "HvLE", 4) == 0 &&
      rh_load_u32(log->data + offset + 12) == expected)
    status = hive_remark(self->report, error,
                         "%s: entry %u is broken; it and what follows it is left out", log->name,
                         (unsigned)expected);
  if (out->count > 0)
    self->row_count++;
  else
    rh_free(out->entries);
  return status;
}

/* Drops what the hive has already. */
static void drop_older(recovery *self) {
  size_t kept = 0;
  for (size_t i = 0; i < self->row_count; i++) {
    row *at = &self->rows[i];
    size_t older = 0;
    while (older < at->count && at->entries[older].sequence < self->floor)
      older++;
    at->count -= older;
    memmove(at->entries, at->entries + older, at->count * sizeof *at->entries);
    if (at->count > 0)
      self->rows[kept++] = *at;
    else
      rh_free(at->entries);
  }
  self->row_count = kept;
}

static int compare_rows(const void *a, const void *b) {
  uint32_t x = first_of(a), y = first_of(b);
  return (x > y) - (x < y);
}

/* Keeps the row with the latest entries only, and takes the base block from its log. What entries
 * are in the hive already is not known without its own base block. */
static rh_status begin_with_latest(recovery *self, rh_error *error) {
  size_t latest = 0;
  for (size_t i = 1; i < self->row_count; i++)
    if (last_of(&self->rows[i]) > last_of(&self->rows[latest]))
      latest = i;
  rh_status status =
      hive_remark(self->report, error, "the hive's base block is lost; that of %s is used",
                  self->rows[latest].log->name);
  for (size_t i = 0; i < self->row_count; i++) {
    row *other = &self->rows[i];
    if (i == latest)
      continue;
    self->report->left_out = true;
    if (status == RH_OK)
      status = hive_remark(self->report, error,
                           "%s: its entries %u to %u are left out, as Windows does when the base "
                           "block is lost: what they hold may be missing",
                           other->log->name, (unsigned)first_of(other), (unsigned)last_of(other));
    rh_free(other->entries);
    other->entries = NULL;
  }
  self->rows[0] = self->rows[latest];
  self->row_count = 1;
  return status == RH_OK ? hive_target_take_base(self->target, self->rows[0].log, error) : status;
}

static void name_log(rh_hive_recovery *report, const char *name) {
  size_t len = strlen(report->logs);
  snprintf(report->logs + len, sizeof report->logs - len, "%s%s", len ? ", " : "", name);
}

static rh_status apply_row(recovery *self, const row *entries, rh_error *error) {
  rh_hive_recovery *report = self->report;
  rh_status status = RH_OK;
  bool used = false;
  for (size_t i = 0; status == RH_OK && i < entries->count; i++) {
    const hive_log_entry *entry = &entries->entries[i];
    if (report->entries > 0 && entry->sequence <= report->last_sequence)
      continue;
    status = hive_log_apply_entry(self->target, entries->log, entry, error);
    report->entries++;
    report->last_sequence = entry->sequence;
    used = true;
  }
  if (used)
    name_log(report, entries->log->name);
  return status;
}

static rh_status apply_rows(recovery *self, rh_error *error) {
  rh_hive_recovery *report = self->report;
  rh_status status = RH_OK;
  if (!self->base_valid)
    status = begin_with_latest(self, error);
  qsort(self->rows, self->row_count, sizeof *self->rows, compare_rows);
  for (size_t i = 0; status == RH_OK && i < self->row_count; i++) {
    const row *at = &self->rows[i];
    if (report->entries > 0 && first_of(at) > report->last_sequence + 1)
      return hive_remark(
          report, error, "%s: its entries begin with %u, but %u is missing: they are left out",
          at->log->name, (unsigned)first_of(at), (unsigned)report->last_sequence + 1);
    status = apply_row(self, at, error);
  }
  return status;
}

/* The time that a log of the old format must have; one that none has when it is not known. */
static uint64_t old_log_time(const recovery *self, const unsigned char *data, size_t len) {
  if (self->base_valid)
    return rh_load_u64(data + BASE_LAST_WRITTEN);
  return len >= HIVE_BASE_LEN + HIVE_BIN_HEADER_LEN && memcmp(data + HIVE_BASE_LEN, "hbin", 4) == 0
             ? rh_load_u64(data + HIVE_BASE_LEN + 20)
             : UINT64_MAX;
}

static rh_status apply_old(recovery *self, uint64_t time, rh_error *error) {
  const hive_log *chosen = NULL;
  const char *problem = NULL;
  size_t pages = 0;
  uint32_t sequence = 0;
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < self->log_count; i++) {
    const hive_log *log = &self->logs[i];
    if (log->kind != HIVE_LOG_OLD)
      continue;
    uint32_t own = rh_load_u32(log->data + BASE_PRIMARY);
    if (rh_load_u64(log->data + BASE_LAST_WRITTEN) != time || own < self->floor)
      status =
          hive_remark(self->report, error, "%s: belongs to another state of the hive", log->name);
    else if (!chosen || own > sequence) {
      chosen = log;
      sequence = own;
    }
  }
  if (status != RH_OK || !chosen)
    return status;
  status = hive_log_apply_old(self->target, chosen, &pages, &problem, error);
  if (status == RH_OK && problem)
    return hive_remark(self->report, error, "%s: %s", chosen->name, problem);
  if (status == RH_OK && !self->base_valid)
    status = hive_target_take_base(self->target, chosen, error);
  if (status == RH_OK) {
    self->report->entries = 1;
    self->report->last_sequence = sequence;
    name_log(self->report, chosen->name);
  }
  return status;
}

/* Which logs can be used, and the entries in them. */
static rh_status survey(recovery *self, uint32_t *newest, rh_error *error) {
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < self->log_count; i++) {
    hive_log *log = &self->logs[i];
    const char *problem = hive_log_classify(log);
    if (problem && log->len > 0)
      status = hive_remark(self->report, error, "%s: %s", log->name, problem);
    else if (log->kind == HIVE_LOG_NEW)
      status = read_row(self, log, error);
    uint32_t sequence = log->kind != HIVE_LOG_NONE ? rh_load_u32(log->data + BASE_PRIMARY) : 0;
    if (sequence > *newest)
      *newest = sequence;
  }
  for (size_t i = 0; i < self->row_count; i++)
    if (last_of(&self->rows[i]) > *newest)
      *newest = last_of(&self->rows[i]);
  return status;
}

/* What the logs made must be a hive in its outlines; otherwise they belong to another one. */
static rh_status check_result(recovery *self, rh_error *error) {
  rh_hive_recovery *report = self->report;
  rh_error problem = {0};
  hive_target_seal(self->target, report->last_sequence);
  if (hive_check_bins(self->target->bytes.data, self->target->bytes.len, "what the logs give",
                      &problem) == RH_OK) {
    report->state = RH_HIVE_RECOVERED;
    return RH_OK;
  }
  report->entries = 0;
  rh_status status = hive_remark(report, error, "%s: does not fit the hive: %s %s", report->logs,
                                 problem.object, problem.message);
  report->logs[0] = '\0';
  return status;
}

rh_status hive_recover(hive_target *out, const unsigned char *data, size_t len, hive_log *logs,
                       size_t count, bool force, rh_hive_recovery *report, uint32_t *newest,
                       rh_error *error) {
  recovery self = {.target = out, .logs = logs, .log_count = count, .report = report};
  self.base_valid = len >= HIVE_BASE_LEN && hive_base_is_valid(data, len);
  self.floor = self.base_valid ? rh_load_u32(data + BASE_SECONDARY) : 0;
  bool dirty = !self.base_valid || rh_load_u32(data + BASE_PRIMARY) != self.floor;
  *newest = 0;
  out->limit = len > HIVE_BASE_LEN ? len : HIVE_BASE_LEN;
  for (size_t i = 0; i < count; i++)
    out->limit += logs[i].len;
  report->state = dirty ? RH_HIVE_DIRTY : RH_HIVE_CLEAN;
  rh_status status = survey(&self, newest, error);
  drop_older(&self);
  if (status == RH_OK && !dirty && !force && self.row_count > 0)
    status = hive_remark(report, error,
                         "the hive was closed cleanly, but %s holds later entries (from %u on); "
                         "they are left out, as Windows does",
                         self.rows[0].log->name, (unsigned)first_of(&self.rows[0]));
  else if (status == RH_OK && (dirty || self.row_count > 0)) {
    status = rh_buffer_append(&out->bytes, data, len, error);
    if (status == RH_OK && self.row_count > 0)
      status = apply_rows(&self, error);
    else if (status == RH_OK)
      status = apply_old(&self, old_log_time(&self, data, len), error);
    if (status == RH_OK && report->entries > 0)
      status = check_result(&self, error);
  }
  for (size_t i = 0; i < self.row_count; i++)
    rh_free(self.rows[i].entries);
  return status;
}
