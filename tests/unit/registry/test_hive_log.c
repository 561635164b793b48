/* Recovery from logs that are made here, of both formats: what is applied, and what is not. */
#define _POSIX_C_SOURCE 200809L

#include "registry/log_make.h"

static const rh_hive_open_options with_logs = {.use_logs = true};
static const rh_hive_open_options forced = {.use_logs = true, .force_logs = true};

/* Puts a hive and its logs into the folder; an absent log is an empty buffer. */
static void lay_out(const rh_buffer *hive, const rh_buffer *log1, const rh_buffer *log2) {
  put("HIVE", hive);
  forget("HIVE.LOG1");
  forget("HIVE.LOG2");
  if (log1)
    put("HIVE.LOG1", log1);
  if (log2)
    put("HIVE.LOG2", log2);
}

/* Opens what lies in the folder: it is that state, recovered. */
static void expect_recovered(const states *all, unsigned wanted, size_t entries, const char *logs) {
  rh_hive *hive = NULL;
  rh_hive_recovery report;
  if (open_with(&hive, &with_logs, &report) != RH_OK)
    fail_msg("%s: %s", error.object, error.message);
  assert_int_equal(report.state, RH_HIVE_RECOVERED);
  assert_int_equal(report.entries, entries);
  assert_string_equal(report.logs, logs);
  assert_state(hive, all, wanted);
  rh_hive_recovery_dispose(&report);
  rh_hive_free(hive);
}

/* Opens what lies in the folder: no log helps, and a remark has the text in it. */
static void expect_dirty(const states *all, unsigned wanted, const char *remark) {
  rh_hive *hive = NULL;
  rh_hive_recovery report;
  bool found = false;
  assert_int_equal(open_with(&hive, &with_logs, &report), RH_ERR_DIRTY);
  assert_null(hive);
  for (size_t i = 0; i < report.remarks.count; i++)
    found = found || strstr(report.remarks.names[i], remark);
  if (!found && *remark)
    fail_msg("no remark has \"%s\"", remark);
  rh_hive_recovery_dispose(&report);
  const rh_hive_open_options as_it_is = {.use_logs = true, .accept_dirty = true};
  assert_int_equal(open_with(&hive, &as_it_is, NULL), RH_OK);
  assert_int_equal(rh_hive_state_of(hive), RH_HIVE_DIRTY);
  assert_state(hive, all, wanted);
  rh_hive_free(hive);
}

/* --- the hash --- */

/* Computed by another implementation of Marvin32, whose result for an empty text with the seed
 * 0x004FB61A001BDBCC is the 0x30ED35C100CD3C7D that .NET's own tests have. */
static void hash_is_marvin32(void **state) {
  (void)state;
  unsigned char bytes[32];
  for (unsigned i = 0; i < sizeof bytes; i++)
    bytes[i] = (unsigned char)i;
  assert_true(hive_marvin32(bytes, 0) == 0xB39EFCA403966E08u);
  assert_true(hive_marvin32(bytes, 4) == 0x2929E21EE85929F2u);
  assert_true(hive_marvin32(bytes, 32) == 0xC64FEEE425C2E24Cu);
}

/* --- the old format --- */

static void old_log_is_applied(void **state) {
  (void)state;
  states all = make_states(3);
  for (uint32_t type = 1; type <= 2; type++) {
    for (unsigned to = 1; to < STATES; to++) { /* the last one makes the hive grow */
      rh_buffer hive = dirty_copy(&all.bytes[0], FIRST);
      rh_buffer log = old_log(&all.bytes[0], &all.bytes[to], type, FIRST + 1);
      lay_out(&hive, &log, NULL);
      expect_recovered(&all, to, 1, "HIVE.LOG1");
      lay_out(&hive, NULL, &log);
      expect_recovered(&all, to, 1, "HIVE.LOG2");
      rh_buffer_dispose(&hive);
      rh_buffer_dispose(&log);
    }
  }
  dispose_states(&all);
}

/* Windows 2000 to 2003 have one log, without a number. */
static void single_log_is_applied(void **state) {
  (void)state;
  states all = make_states(3);
  rh_buffer hive = dirty_copy(&all.bytes[0], FIRST);
  rh_buffer log = old_log(&all.bytes[0], &all.bytes[2], 1, FIRST + 1);
  lay_out(&hive, NULL, NULL);
  put("hive.log", &log);
  expect_recovered(&all, 2, 1, "hive.log");
  forget("hive.log");
  rh_buffer_dispose(&hive);
  rh_buffer_dispose(&log);
  dispose_states(&all);
}

/* The header is taken from the log, which then fits by the first bin's time. */
static void old_log_mends_the_base_block(void **state) {
  (void)state;
  states all = make_states(3);
  rh_buffer hive = dirty_copy(&all.bytes[0], FIRST);
  rh_buffer log = old_log(&all.bytes[0], &all.bytes[2], 1, FIRST + 1);
  memset(hive.data, 0xA5, 512);
  lay_out(&hive, &log, NULL);
  expect_recovered(&all, 2, 1, "HIVE.LOG1");
  hive.data[4096 + 20] ^= 1; /* the first bin is of another time */
  lay_out(&hive, &log, NULL);
  rh_hive *none = NULL;
  assert_int_equal(open_with(&none, &with_logs, NULL), RH_ERR_FORMAT);
  rh_buffer_dispose(&hive);
  rh_buffer_dispose(&log);
  dispose_states(&all);
}

static void old_log_that_does_not_fit_is_left_out(void **state) {
  (void)state;
  states all = make_states(3);
  rh_buffer hive = dirty_copy(&all.bytes[0], FIRST);
  rh_buffer log = old_log(&all.bytes[0], &all.bytes[2], 1, FIRST + 1);
  rh_store_u64(log.data + 12, TIME + 99);
  seal(log.data);
  lay_out(&hive, &log, NULL);
  expect_dirty(&all, 0, "another state");
  rh_store_u64(log.data + 12, rh_load_u64(hive.data + 12));
  set_sequences(log.data, FIRST + 1, FIRST);
  lay_out(&hive, &log, NULL);
  expect_dirty(&all, 0, "not written to its end");
  set_sequences(log.data, FIRST + 1, FIRST + 1);
  log.data[508] ^= 1;
  lay_out(&hive, &log, NULL);
  expect_dirty(&all, 0, "broken base block");
  seal(log.data);
  log.data[512] = 'X';
  lay_out(&hive, &log, NULL);
  expect_dirty(&all, 0, "no dirty vector");
  log.data[512] = 'D';
  log.len -= 1;
  lay_out(&hive, &log, NULL);
  expect_dirty(&all, 0, "cut off");
  log.len += 1;
  rh_store_u32(log.data + 40, 0x7F000000); /* promises two gigabytes */
  seal(log.data);
  lay_out(&hive, &log, NULL);
  expect_dirty(&all, 0, "impossible size");
  rh_buffer_dispose(&hive);
  rh_buffer_dispose(&log);
  dispose_states(&all);
}

static void newer_old_log_wins(void **state) {
  (void)state;
  states all = make_states(3);
  rh_buffer hive = dirty_copy(&all.bytes[0], FIRST);
  rh_buffer older = old_log(&all.bytes[0], &all.bytes[1], 1, FIRST);
  rh_buffer newer = old_log(&all.bytes[0], &all.bytes[2], 1, FIRST + 1);
  lay_out(&hive, &older, &newer);
  expect_recovered(&all, 2, 1, "HIVE.LOG2");
  lay_out(&hive, &newer, &older);
  expect_recovered(&all, 2, 1, "HIVE.LOG1");
  rh_buffer_dispose(&hive);
  rh_buffer_dispose(&older);
  rh_buffer_dispose(&newer);
  dispose_states(&all);
}

/* --- the new format --- */

/* A log with entries for the steps from one state to another, numbered from FIRST + from on. */
static rh_buffer new_log(const states *all, unsigned from, unsigned to) {
  rh_buffer log = log_base(&all->bytes[from], 6, FIRST + from);
  for (unsigned i = from; i < to; i++)
    add_log_entry(&log, &all->bytes[i], &all->bytes[i + 1], FIRST + i);
  return log;
}

static void entries_are_applied_in_order(void **state) {
  (void)state;
  states all = make_states(5);
  rh_buffer hive = dirty_copy(&all.bytes[0], FIRST);
  rh_buffer whole = new_log(&all, 0, 3), begin = new_log(&all, 0, 2), end = new_log(&all, 2, 3);
  lay_out(&hive, &whole, NULL);
  expect_recovered(&all, 3, 3, "HIVE.LOG1");
  lay_out(&hive, &begin, &end);
  expect_recovered(&all, 3, 3, "HIVE.LOG1, HIVE.LOG2");
  lay_out(&hive, &end, &begin);
  expect_recovered(&all, 3, 3, "HIVE.LOG2, HIVE.LOG1");
  lay_out(&hive, &whole, &end); /* the second log repeats what the first one has */
  expect_recovered(&all, 3, 3, "HIVE.LOG1");
  rh_buffer_dispose(&hive);
  rh_buffer_dispose(&whole);
  rh_buffer_dispose(&begin);
  rh_buffer_dispose(&end);
  dispose_states(&all);
}

static void nothing_is_applied_behind_a_gap(void **state) {
  (void)state;
  states all = make_states(5);
  rh_buffer hive = dirty_copy(&all.bytes[0], FIRST);
  rh_buffer begin = new_log(&all, 0, 1), late = new_log(&all, 2, 3);
  lay_out(&hive, &begin, &late);
  expect_recovered(&all, 1, 1, "HIVE.LOG1");
  /* The same inside one log: what stands behind the gap was left over from earlier. */
  add_log_entry(&begin, &all.bytes[2], &all.bytes[3], FIRST + 2);
  lay_out(&hive, &begin, NULL);
  expect_recovered(&all, 1, 1, "HIVE.LOG1");
  rh_buffer_dispose(&hive);
  rh_buffer_dispose(&begin);
  rh_buffer_dispose(&late);
  dispose_states(&all);
}

static void entries_of_another_generation_are_left_out(void **state) {
  (void)state;
  states all = make_states(5);
  rh_buffer log = new_log(&all, 0, 3);
  /* The hive has the first two already: only the third is later. */
  rh_buffer hive = dirty_copy(&all.bytes[2], FIRST + 2);
  lay_out(&hive, &log, NULL);
  expect_recovered(&all, 3, 1, "HIVE.LOG1");
  /* It has all of them. */
  set_sequences(hive.data, FIRST + 11, FIRST + 10);
  lay_out(&hive, &log, NULL);
  expect_dirty(&all, 2, "");
  /* The log was begun anew, with a higher number; its entries are of the time before. */
  set_sequences(hive.data, FIRST + 1, FIRST);
  set_sequences(log.data, FIRST + 50, FIRST + 50);
  lay_out(&hive, &log, NULL);
  expect_dirty(&all, 2, "");
  rh_buffer_dispose(&hive);
  rh_buffer_dispose(&log);
  dispose_states(&all);
}

static void broken_entry_ends_recovery(void **state) {
  (void)state;
  states all = make_states(5);
  rh_buffer hive = dirty_copy(&all.bytes[0], FIRST);
  rh_buffer log = new_log(&all, 0, 3);
  size_t second = 512 + rh_load_u32(log.data + 512 + 4);
  log.data[second + 100] ^= 1;
  lay_out(&hive, &log, NULL);
  expect_recovered(&all, 1, 1, "HIVE.LOG1");
  log.data[second + 100] ^= 1;
  log.data[512 + 100] ^= 1;
  lay_out(&hive, &log, NULL);
  expect_dirty(&all, 0, "entry 100 is broken");
  log.data[512 + 100] ^= 1;
  /* Hashes are right, but the size of the bins is none: such an entry is broken too. */
  rh_store_u32(log.data + second + 16, 4097);
  rh_store_u64(log.data + second + 32, hive_marvin32(log.data + second, 32));
  lay_out(&hive, &log, NULL);
  expect_recovered(&all, 1, 1, "HIVE.LOG1");
  rh_store_u32(log.data + second + 16, 0x7F000000);
  rh_store_u64(log.data + second + 32, hive_marvin32(log.data + second, 32));
  lay_out(&hive, &log, NULL);
  expect_recovered(&all, 1, 1, "HIVE.LOG1");
  rh_buffer_dispose(&hive);
  rh_buffer_dispose(&log);
  dispose_states(&all);
}

/* With a broken base block only the log with the latest entries counts, and gives a new one. */
static void latest_log_mends_the_base_block(void **state) {
  (void)state;
  states all = make_states(5);
  rh_buffer hive = dirty_copy(&all.bytes[0], FIRST);
  rh_buffer older = new_log(&all, 0, 1), latest = log_base(&all.bytes[3], 6, FIRST + 7);
  add_log_entry(&latest, &all.bytes[0], &all.bytes[3], FIRST + 7);
  memset(hive.data, 0, 512);
  lay_out(&hive, &older, &latest);
  rh_hive *opened = NULL;
  rh_hive_recovery report;
  rh_hive_open_options options = with_logs;
  assert_int_equal(open_with(&opened, &options, &report), RH_ERR_DIRTY);
  assert_non_null(strstr(error.hint, "--accept-dirty"));
  rh_hive_recovery_dispose(&report);
  options.accept_dirty = true;
  OK(open_with(&opened, &options, &report));
  assert_true(report.left_out);
  assert_string_equal(rh_hive_state_name(opened), "recovered in part");
  assert_string_equal(report.logs, "HIVE.LOG2");
  assert_int_equal(report.remarks.count, 2);
  assert_non_null(strstr(report.remarks.names[1], "HIVE.LOG1: its entries"));
  assert_state(opened, &all, 3);
  rh_hive_recovery_dispose(&report);
  rh_hive_free(opened);
  forget("HIVE.LOG1"); /* alone, the latest leaves nothing out */
  expect_recovered(&all, 3, 1, "HIVE.LOG2");
  rh_buffer_dispose(&hive);
  rh_buffer_dispose(&older);
  rh_buffer_dispose(&latest);
  dispose_states(&all);
}

/* Applied, these pages would be no hive: they are another one's. */
static void log_of_another_hive_is_left_out(void **state) {
  (void)state;
  states all = make_states(5);
  rh_buffer hive = dirty_copy(&all.bytes[0], FIRST), other = {0};
  OK(rh_buffer_append(&other, all.bytes[1].data, all.bytes[1].len, &error));
  memset(other.data + 4096, 'x', 4096);
  rh_buffer log = log_base(&other, 6, FIRST);
  add_log_entry(&log, &all.bytes[0], &other, FIRST);
  lay_out(&hive, &log, NULL);
  expect_dirty(&all, 0, "does not fit");
  rh_buffer_dispose(&hive);
  rh_buffer_dispose(&other);
  rh_buffer_dispose(&log);
  dispose_states(&all);
}

/* --- clean hives --- */

static void clean_hive_stays_as_it_is(void **state) {
  (void)state;
  states all = make_states(5);
  rh_buffer log = new_log(&all, 0, 3), clean = dirty_copy(&all.bytes[0], FIRST);
  rh_hive *hive = NULL;
  rh_hive_recovery report;
  set_sequences(clean.data, FIRST, FIRST);
  lay_out(&clean, &log, NULL);
  OK(open_with(&hive, &with_logs, &report));
  assert_int_equal(report.state, RH_HIVE_CLEAN);
  assert_int_equal(report.remarks.count, 1);
  assert_non_null(strstr(report.remarks.names[0], "later entries"));
  assert_state(hive, &all, 0);
  rh_hive_free(hive);
  rh_hive_recovery_dispose(&report);
  OK(open_with(&hive, &forced, &report));
  assert_int_equal(report.state, RH_HIVE_RECOVERED);
  assert_int_equal(report.last_sequence, FIRST + 2);
  assert_state(hive, &all, 3);
  rh_hive_free(hive);
  rh_hive_recovery_dispose(&report);
  /* Forcing does not apply what the hive has already, nor a log of the old format. */
  set_sequences(clean.data, FIRST + 3, FIRST + 3);
  rh_buffer old = old_log(&all.bytes[0], &all.bytes[1], 1, FIRST + 3);
  lay_out(&clean, &log, &old);
  OK(open_with(&hive, &forced, &report));
  assert_int_equal(report.state, RH_HIVE_CLEAN);
  assert_state(hive, &all, 0);
  rh_hive_free(hive);
  rh_hive_recovery_dispose(&report);
  rh_buffer_dispose(&old);
  rh_buffer_dispose(&clean);
  rh_buffer_dispose(&log);
  dispose_states(&all);
}

/* A hive that was written has numbers and a time that none of its logs fits, whatever happens to
 * its header later. */
static void written_hive_has_left_its_logs_behind(void **state) {
  (void)state;
  states all = make_states(5);
  rh_buffer dirty = dirty_copy(&all.bytes[0], FIRST), log = new_log(&all, 0, 3);
  rh_buffer old = old_log(&all.bytes[0], &all.bytes[1], 1, FIRST + 1), bytes = {0};
  rh_hive *hive = NULL;
  rh_hive_recovery report;
  lay_out(&dirty, &log, &old);
  OK(open_with(&hive, &with_logs, NULL));
  set(hive, root_of(hive), "Mine", "1234", 4);
  OK(rh_hive_commit(hive, in_folder("HIVE"), NULL, &error));
  rh_hive_free(hive);
  OK(open_with(&hive, &forced, &report));
  assert_int_equal(report.state, RH_HIVE_CLEAN);
  assert_int_equal(report.remarks.count, 0);
  assert_int_equal(state_of(hive), 3);
  OK(rh_hive_serialize(hive, &bytes, &error));
  rh_hive_free(hive);
  rh_hive_recovery_dispose(&report);
  check_hive_bytes(&bytes, true);
  /* Even when it should become dirty again. */
  set_sequences(bytes.data, rh_load_u32(bytes.data + 4) + 1, rh_load_u32(bytes.data + 4));
  put("HIVE", &bytes);
  assert_int_equal(open_with(&hive, &with_logs, NULL), RH_ERR_DIRTY);
  rh_buffer_dispose(&bytes);
  rh_buffer_dispose(&dirty);
  rh_buffer_dispose(&log);
  rh_buffer_dispose(&old);
  dispose_states(&all);
}

/* --- anything in a log --- */

static hive_target recover(const rh_buffer *hive, rh_buffer *bytes, rh_hive_recovery *report) {
  hive_log log = {.name = "log", .data = bytes->data, .len = bytes->len};
  hive_target target = {0};
  uint32_t newest = 0;
  *report = (rh_hive_recovery){0};
  OK(hive_recover(&target, hive->data, hive->len, &log, 1, false, report, &newest, &error));
  assert_true(target.bytes.capacity <= 2 * (hive->len + bytes->len) + 64);
  return target;
}

/* Each byte of a new-format log changed, each length of it: the hive is one of its states. */
static void new_log_gives_a_whole_state_or_none(void **state) {
  (void)state;
  states all = make_states(5);
  rh_buffer hive = dirty_copy(&all.bytes[0], FIRST), log = new_log(&all, 0, 3);
  size_t whole = log.len, reached[STATES] = {0};
  for (size_t i = 0; i < 2 * whole; i++) {
    rh_hive_recovery report;
    size_t at = i % whole;
    unsigned char kept = log.data[at];
    if (i < whole)
      log.data[at] ^= (unsigned char)(1u << at % 8);
    else
      log.len = at;
    hive_target target = recover(&hive, &log, &report);
    unsigned number = 0;
    if (report.state == RH_HIVE_RECOVERED) {
      number = (unsigned)report.entries;
      assert_true(number >= 1 && number < STATES);
      assert_int_equal(target.bytes.len, all.bytes[number].len);
      assert_memory_equal(target.bytes.data + 4096, all.bytes[number].data + 4096,
                          target.bytes.len - 4096);
    }
    reached[number]++;
    rh_hive_recovery_dispose(&report);
    rh_buffer_dispose(&target.bytes);
    log.data[at] = kept;
    log.len = whole;
  }
  for (size_t i = 0; i < STATES; i++)
    assert_true(reached[i] > 0 || i == STATES - 1);
  rh_buffer_dispose(&hive);
  rh_buffer_dispose(&log);
  dispose_states(&all);
}

/* An old-format log has no hashes: a changed page is a changed hive. It is opened, or refused. */
static void old_log_with_anything_in_it_is_survived(void **state) {
  (void)state;
  states all = make_states(3);
  rh_buffer hive = dirty_copy(&all.bytes[0], FIRST);
  rh_buffer log = old_log(&all.bytes[0], &all.bytes[3], 1, FIRST + 1);
  size_t whole = log.len, recovered = 0;
  for (size_t i = 0; i < 2 * whole; i++) {
    rh_hive_recovery report;
    rh_hive *read = NULL;
    size_t at = i % whole;
    unsigned char kept = log.data[at];
    if (i < whole)
      log.data[at] ^= (unsigned char)(1u << at % 8);
    else
      log.len = at;
    hive_target target = recover(&hive, &log, &report);
    if (report.state == RH_HIVE_RECOVERED) {
      assert_true(i < whole); /* none that was cut off */
      recovered++;
      if (rh_hive_open_memory(&read, target.bytes.data, target.bytes.len, "read", &error) ==
          RH_OK) {
        listing list = listing_of(rh_hive_registry(read), true);
        listing_dispose(&list);
      }
      rh_hive_free(read);
    }
    rh_hive_recovery_dispose(&report);
    rh_buffer_dispose(&target.bytes);
    log.data[at] = kept;
    log.len = whole;
  }
  assert_true(recovered > whole / 2);
  rh_buffer_dispose(&hive);
  rh_buffer_dispose(&log);
  dispose_states(&all);
}

static void recovery_survives_want_of_memory(void **state) {
  (void)state;
  states all = make_states(5);
  rh_buffer hive = dirty_copy(&all.bytes[0], FIRST);
  rh_buffer begin = new_log(&all, 0, 2), end = new_log(&all, 3, 3);
  rh_hive *opened = NULL;
  unsigned long n = 0;
  rh_status status;
  lay_out(&hive, &begin, &end);
  do {
    rh_hive_recovery report;
    rh_memory_fail_at(++n);
    status = open_with(&opened, &with_logs, &report);
    rh_memory_fail_at(0);
    assert_true(status == RH_OK || status == RH_ERR_MEMORY);
    rh_hive_recovery_dispose(&report);
  } while (status != RH_OK);
  assert_true(n > 10);
  assert_state(opened, &all, 2);
  rh_hive_free(opened);
  rh_buffer_dispose(&hive);
  rh_buffer_dispose(&begin);
  rh_buffer_dispose(&end);
  dispose_states(&all);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(hash_is_marvin32),
                                     cmocka_unit_test(old_log_is_applied),
                                     cmocka_unit_test(single_log_is_applied),
                                     cmocka_unit_test(old_log_mends_the_base_block),
                                     cmocka_unit_test(old_log_that_does_not_fit_is_left_out),
                                     cmocka_unit_test(newer_old_log_wins),
                                     cmocka_unit_test(entries_are_applied_in_order),
                                     cmocka_unit_test(nothing_is_applied_behind_a_gap),
                                     cmocka_unit_test(entries_of_another_generation_are_left_out),
                                     cmocka_unit_test(broken_entry_ends_recovery),
                                     cmocka_unit_test(latest_log_mends_the_base_block),
                                     cmocka_unit_test(log_of_another_hive_is_left_out),
                                     cmocka_unit_test(clean_hive_stays_as_it_is),
                                     cmocka_unit_test(written_hive_has_left_its_logs_behind),
                                     cmocka_unit_test(new_log_gives_a_whole_state_or_none),
                                     cmocka_unit_test(old_log_with_anything_in_it_is_survived),
                                     cmocka_unit_test(recovery_survives_want_of_memory)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
