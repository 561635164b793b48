/* Hash-chained JSON lines. */
#include "run/journal.h"

#include "base/file.h"
#include "base/hash.h"
#include "plan/json.h"

#include <string.h>

/* Where the next record goes on. */
typedef struct tail {
  json_int_t count;
  char digest[65]; /* of the last line */
  size_t len;      /* of all sound lines, in bytes */
} tail;

struct rh_journal {
  char *path;
  rh_file *file; /* opened by the first append */
  tail tail;
  bool torn; /* there are bytes behind the sound lines */
};

static rh_status journal_new(rh_journal **out, const char *path, rh_error *error) {
  rh_journal *journal = rh_alloc_zero(1, sizeof *journal);
  if (journal)
    journal->path = rh_copy_text(path);
  if (!journal || !journal->path) {
    rh_free(journal);
    return rh_error_memory(error);
  }
  memset(journal->tail.digest, '0', 64);
  *out = journal;
  return RH_OK;
}

void rh_journal_free(rh_journal *journal) {
  if (!journal)
    return;
  rh_platform_close(journal->file, NULL);
  rh_free(journal->path);
  rh_free(journal);
}

static rh_status add_line(rh_buffer *out, tail *end, json_t *record, rh_error *error) {
  char sum[65];
  size_t start = out->len;
  json_object_del(record, "sum");
  rh_status status = rh_json_set(record, "n", json_integer(end->count + 1), error);
  if (status == RH_OK)
    status = rh_json_set(record, "prev", json_string(end->digest), error);
  if (status == RH_OK)
    status = rh_json_sha256(sum, record, error);
  if (status == RH_OK)
    status = rh_json_set(record, "sum", json_string(sum), error);
  if (status == RH_OK)
    status = rh_json_dump(out, record, JSON_COMPACT | JSON_SORT_KEYS, error);
  if (status == RH_OK)
    status = rh_sha256_hex(end->digest, out->data + start, out->len - start, error);
  if (status == RH_OK)
    status = rh_buffer_append_text(out, "\n", error);
  end->count++;
  end->len += out->len - start;
  return status;
}

static rh_status add_lines(rh_buffer *out, tail *end, json_t *records, rh_error *error) {
  rh_status status = RH_OK;
  size_t index;
  json_t *record;
  json_array_foreach(records, index, record) {
    if (status == RH_OK)
      status = add_line(out, end, record, error);
  }
  return status;
}

rh_status rh_journal_create(rh_journal **out, const char *path, json_t *records, rh_error *error) {
  rh_buffer lines = {0};
  rh_journal *journal = NULL;
  *out = NULL;
  rh_status status = journal_new(&journal, path, error);
  if (status == RH_OK)
    status = add_lines(&lines, &journal->tail, records, error);
  if (status == RH_OK)
    status = rh_file_write(path, lines.data, lines.len, RH_FILE_PRIVATE, error);
  rh_buffer_dispose_secret(&lines);
  if (status != RH_OK) {
    rh_journal_free(journal);
    return status;
  }
  *out = journal;
  return RH_OK;
}

/* In a new file that takes the journal's place as a whole, without what stands behind the sound
 * lines. */
static rh_status append_anew(const rh_journal *journal, const rh_buffer *lines, rh_error *error) {
  rh_buffer bytes = {0};
  rh_status status = rh_file_read(&bytes, journal->path, RH_JSON_FILE_LIMIT, error);
  if (status == RH_OK && bytes.len < journal->tail.len)
    status = rh_error_set(error, RH_ERR_FORMAT, journal->path, "has become shorter");
  if (status == RH_OK) {
    bytes.len = journal->tail.len;
    status = rh_buffer_append(&bytes, lines->data, lines->len, error);
  }
  if (status == RH_OK)
    status = rh_file_write(journal->path, bytes.data, bytes.len, RH_FILE_PRIVATE, error);
  rh_buffer_dispose_secret(&bytes);
  return status;
}

static rh_status append_at_end(rh_journal *journal, const rh_buffer *lines, rh_error *error) {
  rh_status status = RH_OK;
  if (!journal->file)
    status =
        rh_platform_create(&journal->file, journal->path, RH_FILE_APPEND, RH_FILE_PRIVATE, error);
  if (status == RH_OK)
    status = rh_platform_write(journal->file, lines->data, lines->len, error);
  return status == RH_OK ? rh_platform_sync(journal->file, error) : status;
}

static void close_file(rh_journal *journal) {
  rh_platform_close(journal->file, NULL);
  journal->file = NULL;
}

/* What was not appended for certain may be there. Where it cannot be taken back now, the next
 * append starts from the sound lines again. */
static void take_back(rh_journal *journal) {
  const rh_buffer nothing = {0};
  close_file(journal);
  journal->torn = append_anew(journal, &nothing, NULL) != RH_OK;
}

rh_status rh_journal_append(rh_journal *journal, json_t *records, rh_error *error) {
  rh_buffer lines = {0};
  tail end = journal->tail;
  /* Of several lines a loss of power may leave a later one without an earlier one, which nobody
   * could tell from damage; of one line it leaves the whole or a torn end. */
  bool anew = journal->torn || json_array_size(records) > 1;
  rh_status status = add_lines(&lines, &end, records, error);
  if (status == RH_OK) {
    if (anew)
      close_file(journal);
    status = anew ? append_anew(journal, &lines, error) : append_at_end(journal, &lines, error);
    journal->torn = status != RH_OK;
  }
  if (status == RH_OK)
    journal->tail = end;
  else if (journal->torn)
    take_back(journal);
  rh_buffer_dispose_secret(&lines);
  return status;
}

bool rh_journal_is_current(const rh_journal *journal) {
  rh_file_info info;
  return !journal->torn && rh_platform_info(journal->path, &info, NULL) == RH_OK &&
         info.size == journal->tail.len;
}

void rh_journal_tell_end(const rh_journal *journal, rh_journal_end *out) {
  out->count = journal->tail.count;
  out->torn = journal->torn;
  memcpy(out->digest, journal->tail.digest, sizeof out->digest);
}

static json_int_t number_of(const json_t *record) {
  return json_integer_value(json_object_get(record, "n"));
}

/* True when a record with that number stands in one of the lines. */
static bool holds_record(const unsigned char *line, size_t rest, json_int_t number) {
  bool found = false;
  while (rest > 0 && !found) {
    const unsigned char *end = memchr(line, '\n', rest);
    size_t len = end ? (size_t)(end - line) : rest;
    json_t *record = json_loadb((const char *)line, len, RH_JSON_LOAD_FLAGS, NULL);
    found = number_of(record) == number;
    json_decref(record);
    len += end != NULL;
    line += len;
    rest -= len;
  }
  return found;
}

/* Names what is wrong at the journal's end. found is the number in the record that stands there, or
 * 0 when the record does not even fit itself. */
static rh_status misfit(const rh_journal *journal, const rh_buffer *bytes, json_int_t found,
                        rh_error *error) {
  long long next = journal->tail.count + 1, other = found;
  const char *path = journal->path;
  if (found == 0)
    rh_error_set(error, RH_ERR_FORMAT, path, "record %lld was altered", next);
  else if (found == next) /* it fits itself, so the one that it follows is another than it was */
    rh_error_set(error, RH_ERR_FORMAT, path, "record %lld was altered", next > 1 ? next - 1 : 1);
  else if (found < next)
    rh_error_set(error, RH_ERR_FORMAT, path, "record %lld stands where record %lld should be",
                 other, next);
  else if (holds_record(bytes->data + journal->tail.len, bytes->len - journal->tail.len, next))
    rh_error_set(error, RH_ERR_FORMAT, path,
                 "the records were put into another order: record %lld stands before record %lld",
                 other, next);
  else if (found == next + 1)
    rh_error_set(error, RH_ERR_FORMAT, path, "record %lld is missing", next);
  else
    rh_error_set(error, RH_ERR_FORMAT, path, "records %lld to %lld are missing", next, other - 1);
  rh_error_hint(error, "put back an unaltered copy of the file; the replaced files are in the run "
                       "folder under previous");
  return RH_ERR_FORMAT;
}

static rh_status check_record(const rh_journal *journal, const rh_buffer *bytes, json_t *record,
                              rh_error *error) {
  char prev[65], recorded[65], sum[65];
  json_int_t number = number_of(record);
  if (rh_json_get_sha256(prev, record, "prev", false, "", NULL) != RH_OK ||
      rh_json_get_sha256(recorded, record, "sum", false, "", NULL) != RH_OK ||
      !json_is_string(json_object_get(record, "kind")))
    return misfit(journal, bytes, 0, error);
  json_object_del(record, "sum");
  rh_status status = rh_json_sha256(sum, record, error);
  if (status == RH_OK && strcmp(sum, recorded) != 0)
    return misfit(journal, bytes, 0, error);
  if (status == RH_OK &&
      (number != journal->tail.count + 1 || strcmp(prev, journal->tail.digest) != 0))
    return misfit(journal, bytes, number, error);
  return status;
}

/* Reads the line at the journal's end into records. RH_END for a torn one. */
static rh_status read_line(rh_journal *journal, const rh_buffer *bytes, json_t *records,
                           rh_error *error) {
  const unsigned char *line = bytes->data + journal->tail.len;
  size_t rest = bytes->len - journal->tail.len;
  const unsigned char *end = memchr(line, '\n', rest);
  if (!end)
    return RH_END;
  size_t len = (size_t)(end - line);
  json_t *record = json_loadb((const char *)line, len, RH_JSON_LOAD_FLAGS, NULL);
  if (!record) /* zeros are a block that did not reach the disk */
    return len + 1 == rest && memchr(line, 0, len) ? RH_END : misfit(journal, bytes, 0, error);
  rh_status status = check_record(journal, bytes, record, error);
  if (status == RH_OK)
    status = rh_sha256_hex(journal->tail.digest, line, len, error);
  journal->tail.count++;
  journal->tail.len += len + 1;
  if (status != RH_OK) {
    json_decref(record);
    return status;
  }
  return json_array_append_new(records, record) == 0 ? RH_OK : rh_error_memory(error);
}

rh_status rh_journal_open(rh_journal **out, const char *path, json_t **records, rh_error *error) {
  rh_buffer bytes = {0};
  rh_journal *journal = NULL;
  json_t *list = json_array();
  *out = NULL;
  *records = NULL;
  rh_status status = list ? journal_new(&journal, path, error) : rh_error_memory(error);
  if (status == RH_OK)
    status = rh_file_read(&bytes, path, RH_JSON_FILE_LIMIT, error);
  while (status == RH_OK && journal->tail.len < bytes.len)
    status = read_line(journal, &bytes, list, error);
  if (status == RH_END) {
    journal->torn = true;
    status = RH_OK;
  }
  if (status == RH_OK && journal->tail.count == 0)
    status = rh_error_set(error, RH_ERR_FORMAT, path, "holds no record");
  rh_buffer_dispose_secret(&bytes);
  if (status != RH_OK) {
    rh_journal_free(journal);
    json_decref(list);
    return status;
  }
  *out = journal;
  *records = list;
  return RH_OK;
}
