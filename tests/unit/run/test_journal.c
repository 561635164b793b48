/* The journal: the chain as an independent reader sees it, torn ends, alterations. */
#include "base/file.h"
#include "base/hash.h"
#include "permissions.h"
#include "run/journal.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <signal.h>
#include <sys/resource.h>

#include <cmocka.h>

static char journal_file[64]; /* of this process alone */
#define RECORDS 4

static json_t *record(const char *kind, int value) {
  return json_pack("[{s:s, s:i}]", "kind", kind, "value", value);
}

/* begin with a first batch of two, then one record each. */
static void make_journal(void) {
  rh_journal *journal = NULL;
  rh_error error = {0};
  rh_platform_remove(journal_file, NULL);
  json_t *first =
      json_pack("[{s:s}, {s:s, s:s}]", "kind", "begin", "kind", "change", "name", "\xC3\xA4\n\"");
  assert_int_equal(rh_journal_create(&journal, journal_file, first, &error), RH_OK);
  json_decref(first);
  for (int i = 0; i < RECORDS - 2; i++) {
    json_t *next = record("placed", i);
    assert_int_equal(rh_journal_append(journal, next, &error), RH_OK);
    json_decref(next);
  }
  rh_journal_free(journal);
}

static size_t open_count(rh_error *error) {
  rh_journal *journal = NULL;
  json_t *records = NULL;
  if (rh_journal_open(&journal, journal_file, &records, error) != RH_OK)
    return 0;
  size_t count = json_array_size(records);
  json_decref(records);
  rh_journal_free(journal);
  return count;
}

static void read_all(rh_buffer *out) {
  assert_int_equal(rh_file_read(out, journal_file, 1u << 20, NULL), RH_OK);
}

/* Each line names the digest of the bytes before its newline, the first one zeros. */
static void test_chain(void **state) {
  (void)state;
  rh_buffer bytes = {0};
  char expected[65];
  memset(expected, '0', 64);
  expected[64] = '\0';
  make_journal();
  read_all(&bytes);
  size_t count = 0;
  for (char *line = (char *)bytes.data; *line; count++) {
    char *end = strchr(line, '\n');
    assert_non_null(end);
    json_t *json = json_loadb(line, (size_t)(end - line), 0, NULL);
    assert_string_equal(json_string_value(json_object_get(json, "prev")), expected);
    assert_int_equal(json_integer_value(json_object_get(json, "n")), count + 1);
    json_decref(json);
    assert_int_equal(rh_sha256_hex(expected, line, (size_t)(end - line), NULL), RH_OK);
    line = end + 1;
  }
  assert_int_equal(count, RECORDS);
  assert_int_equal(permissions_of(journal_file), 0600);
  rh_buffer_dispose(&bytes);
}

static size_t last_line(const rh_buffer *bytes) {
  size_t start = bytes->len - 1;
  while (bytes->data[start - 1] != '\n')
    start--;
  return start;
}

/* Cut anywhere in its last record, a journal has all but that one, and goes on from there. */
static void test_torn(void **state) {
  (void)state;
  rh_buffer bytes = {0}, now = {0};
  rh_error error = {0};
  make_journal();
  read_all(&bytes);
  size_t start = last_line(&bytes);
  for (size_t len = start; len < bytes.len; len++) {
    rh_journal *journal = NULL;
    json_t *records = NULL, *next = record("placed", 9);
    assert_int_equal(rh_file_write(journal_file, bytes.data, len, RH_FILE_PRIVATE, &error), RH_OK);
    assert_int_equal(rh_journal_open(&journal, journal_file, &records, &error), RH_OK);
    assert_int_equal(json_array_size(records), RECORDS - 1);
    json_decref(records);
    read_all(&now);
    assert_int_equal(now.len, len);
    assert_int_equal(rh_journal_append(journal, next, &error), RH_OK);
    rh_journal_free(journal);
    json_decref(next);
    read_all(&now);
    assert_memory_equal(now.data, bytes.data, start);
    assert_int_equal(open_count(&error), RECORDS);
  }
  rh_buffer_dispose(&bytes);
  rh_buffer_dispose(&now);
}

/* A block of the last write that did not reach the disk reads as zeros. */
static void test_lost_block(void **state) {
  (void)state;
  rh_buffer bytes = {0};
  rh_error error = {0};
  make_journal();
  read_all(&bytes);
  size_t start = last_line(&bytes);
  memset(bytes.data + start, 0, bytes.len - start - 1);
  assert_int_equal(rh_file_write(journal_file, bytes.data, bytes.len, RH_FILE_PRIVATE, &error),
                   RH_OK);
  assert_int_equal(open_count(&error), RECORDS - 1);
  rh_buffer_dispose(&bytes);
}

static void test_altered(void **state) {
  (void)state;
  rh_buffer bytes = {0};
  make_journal();
  read_all(&bytes);
  size_t at = 0;
  for (int number = 1; number <= RECORDS; number++) {
    char expected[40];
    rh_error error = {0};
    char *kind = strstr((char *)bytes.data + at, "\"kind\":\"");
    assert_non_null(kind);
    kind[8] ^= 1;
    assert_int_equal(rh_file_write(journal_file, bytes.data, bytes.len, RH_FILE_PRIVATE, &error),
                     RH_OK);
    assert_int_equal(open_count(&error), 0);
    assert_int_equal(error.code, RH_ERR_FORMAT);
    snprintf(expected, sizeof expected, "record %d was altered", number);
    assert_string_equal(error.message, expected);
    kind[8] ^= 1;
    at = (size_t)(strchr((char *)bytes.data + at, '\n') - (char *)bytes.data) + 1;
  }
  rh_buffer_dispose(&bytes);
}

/* Every single changed byte is noticed; without its last newline the last record is a torn one. */
static void test_any_byte(void **state) {
  (void)state;
  rh_buffer bytes = {0};
  make_journal();
  read_all(&bytes);
  for (size_t at = 0; at < bytes.len; at++) {
    rh_error error = {0};
    bytes.data[at] ^= 1;
    assert_int_equal(rh_file_write(journal_file, bytes.data, bytes.len, RH_FILE_PRIVATE, &error),
                     RH_OK);
    size_t count = open_count(&error);
    assert_int_equal(count, at == bytes.len - 1 ? RECORDS - 1 : 0);
    assert_int_equal(error.code, count ? RH_OK : RH_ERR_FORMAT);
    bytes.data[at] ^= 1;
  }
  rh_buffer_dispose(&bytes);
}

static void test_missing_record(void **state) {
  (void)state;
  rh_buffer bytes = {0};
  rh_error error = {0};
  make_journal();
  read_all(&bytes);
  char *second = strchr((char *)bytes.data, '\n') + 1, *third = strchr(second, '\n') + 1;
  memmove(second, third, bytes.len - (size_t)(third - (char *)bytes.data));
  bytes.len -= (size_t)(third - second);
  assert_int_equal(rh_file_write(journal_file, bytes.data, bytes.len, RH_FILE_PRIVATE, &error),
                   RH_OK);
  assert_int_equal(open_count(&error), 0);
  assert_string_equal(error.message, "record 2 is missing");
  assert_int_equal(rh_file_write(journal_file, "", 0, RH_FILE_PRIVATE, &error), RH_OK);
  assert_int_equal(open_count(&error), 0);
  assert_int_equal(error.code, RH_ERR_FORMAT);
  rh_buffer_dispose(&bytes);
}

static void test_no_memory(void **state) {
  (void)state;
  rh_error error = {0};
  make_journal();
  for (unsigned long n = 1; n < 200; n++) {
    rh_memory_fail_at(n);
    size_t count = open_count(&error);
    rh_memory_fail_at(0);
    if (count == RECORDS)
      return;
    assert_int_equal(error.code, RH_ERR_MEMORY);
  }
  fail_msg("never enough memory");
}

static uint64_t serial_of_file(void) {
  rh_file_info info;
  assert_int_equal(rh_platform_info(journal_file, &info, NULL), RH_OK);
  return info.serial;
}

/* Several records come in a file of their own: of a write of several lines a loss of power could
 * leave a later one alone. */
static void test_several_are_whole(void **state) {
  (void)state;
  rh_journal *journal = NULL;
  json_t *records = NULL, *one = record("placed", 7);
  json_t *two = json_pack("[{s:s}, {s:s}]", "kind", "prepared", "kind", "placing");
  make_journal();
  uint64_t serial = serial_of_file();
  assert_int_equal(rh_journal_open(&journal, journal_file, &records, NULL), RH_OK);
  assert_int_equal(rh_journal_append(journal, one, NULL), RH_OK);
  assert_int_equal(serial_of_file(), serial);
  assert_int_equal(rh_journal_append(journal, two, NULL), RH_OK);
  assert_int_not_equal(serial_of_file(), serial);
  assert_int_equal(rh_journal_append(journal, one, NULL), RH_OK);
  assert_int_equal(open_count(NULL), RECORDS + 4);
  rh_journal_free(journal);
  json_decref(records);
  json_decref(one);
  json_decref(two);
}

/* A record that could not be written whole is not there at all, and the next one follows the last.
 */
static void test_a_failed_append_leaves_nothing(void **state) {
  (void)state;
  rh_journal *journal = NULL;
  rh_buffer before = {0}, now = {0};
  struct rlimit limit, unlimited;
  json_t *records = NULL, *next = record("placed", 7);
  make_journal();
  read_all(&before);
  assert_int_equal(rh_journal_open(&journal, journal_file, &records, NULL), RH_OK);
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
  limit = (struct rlimit){before.len + 10, unlimited.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  assert_int_equal(rh_journal_append(journal, next, NULL), RH_ERR_IO);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
  read_all(&now);
  assert_int_equal(now.len, before.len);
  assert_memory_equal(now.data, before.data, before.len);
  assert_int_equal(rh_journal_append(journal, next, NULL), RH_OK);
  assert_int_equal(open_count(NULL), RECORDS + 1);
  rh_journal_free(journal);
  json_decref(records);
  json_decref(next);
  rh_buffer_dispose(&before);
  rh_buffer_dispose(&now);
}

static int name_journal(void **state) {
  (void)state;
  snprintf(journal_file, sizeof journal_file, "/tmp/rehome-test-journal-%lu.jsonl",
           rh_platform_process_id());
  return 0;
}

static int remove_journal(void **state) {
  (void)state;
  rh_platform_remove(journal_file, NULL);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_chain),
      cmocka_unit_test(test_torn),
      cmocka_unit_test(test_lost_block),
      cmocka_unit_test(test_altered),
      cmocka_unit_test(test_any_byte),
      cmocka_unit_test(test_missing_record),
      cmocka_unit_test(test_several_are_whole),
      cmocka_unit_test(test_a_failed_append_leaves_nothing),
      cmocka_unit_test(test_no_memory),
  };
  return cmocka_run_group_tests(tests, name_journal, remove_journal);
}
