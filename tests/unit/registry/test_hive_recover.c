/* Recovery of real hives that were not closed cleanly, from the logs that lay beside them. Counts,
 * digests of listings and of bytes are those that the collection's documentation tells; independent
 * tools agree on them. */
#define _POSIX_C_SOURCE 200809L

#include "registry/log_make.h"

#include "data_file.h"

static const rh_hive_open_options with_logs = {.use_logs = true};
static const rh_hive_open_options forced = {.use_logs = true, .force_logs = true};
static const rh_hive_open_options as_it_is = {.accept_dirty = true};

/* Puts a file of the collection into the folder. */
static bool lay(const char *data_name, const char *name) {
  rh_buffer bytes = {0};
  bool found = read_data_file(&bytes, data_name);
  if (found)
    put(name, &bytes);
  rh_buffer_dispose(&bytes);
  return found;
}

static void assert_listing(rh_hive *hive, size_t keys, size_t values, const char *digest) {
  char found[RH_SHA256_HEX];
  listing list = listing_of(rh_hive_registry(hive), true);
  listing_digest(&list, found);
  assert_int_equal(list.damaged, 0);
  assert_int_equal(list.keys, keys);
  assert_int_equal(list.values, values);
  if (digest)
    assert_string_equal(found, digest);
  listing_dispose(&list);
}

static const struct {
  const char *name, *log1, *log2, *logs, *digest;
  size_t stale_keys, stale_values, keys, values, entries;
  uint32_t last;
} amcaches[] = {
    {"dirty/amcache_win10/Amcache.hve.xz", "dirty/amcache_win10/Amcache.hve.LOG1.xz",
     "dirty/amcache_win10/Amcache.hve.LOG2.xz", "HIVE.LOG1, HIVE.LOG2",
     "ee18b3d7b6e70b917ca4a0db0cc3282deabdfefa796f1f6ebe9ab1fe926ea3a6", 470, 10942, 471, 10961, 4,
     39},
    {"dirty/amcache_win11/Amcache.hve.xz", "dirty/amcache_win11/Amcache.hve.LOG1.xz",
     "dirty/amcache_win11/Amcache.hve.LOG2.xz", "HIVE.LOG2, HIVE.LOG1",
     "45ea417332892f4c59ae6262b5982e54245a3cce1160276bb8a74e9bd8ff84f3", 1028, 19503, 1035, 19620,
     9, 76},
};

static void recovers_what_windows_recovers(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof amcaches / sizeof *amcaches; i++) {
    rh_hive *hive = NULL;
    rh_hive_recovery report;
    char before[3][65], after[65];
    static const char *const names[] = {"HIVE", "HIVE.LOG1", "HIVE.LOG2"};
    if (!lay(amcaches[i].name, "HIVE") || !lay(amcaches[i].log1, "HIVE.LOG1") ||
        !lay(amcaches[i].log2, "HIVE.LOG2"))
      skip();
    for (size_t n = 0; n < 3; n++)
      OK(rh_file_sha256(before[n], in_folder(names[n]), &error));
    OK(open_with(&hive, &as_it_is, NULL)); /* without the logs it is an older state */
    assert_listing(hive, amcaches[i].stale_keys, amcaches[i].stale_values, NULL);
    rh_hive_free(hive);
    OK(open_with(&hive, &with_logs, &report));
    assert_int_equal(report.state, RH_HIVE_RECOVERED);
    assert_int_equal(report.entries, amcaches[i].entries);
    assert_int_equal(report.last_sequence, amcaches[i].last);
    assert_string_equal(report.logs, amcaches[i].logs);
    assert_int_equal(report.remarks.count, 0);
    assert_listing(hive, amcaches[i].keys, amcaches[i].values, amcaches[i].digest);
    assert_false(rh_hive_changed(hive));
    rh_hive_recovery_dispose(&report);
    for (size_t n = 0; n < 3; n++) {
      OK(rh_file_sha256(after, in_folder(names[n]), &error));
      assert_string_equal(after, before[n]);
    }
    /* Written, it is a clean hive, which the same logs do not fit any more. */
    OK(rh_hive_commit(hive, in_folder("HIVE"), NULL, &error));
    rh_hive_free(hive);
    OK(rh_hive_open(&hive, in_folder("HIVE"), &error));
    assert_listing(hive, amcaches[i].keys, amcaches[i].values, amcaches[i].digest);
    rh_hive_free(hive);
    OK(open_with(&hive, &forced, &report));
    assert_int_equal(report.state, RH_HIVE_CLEAN);
    rh_hive_free(hive);
    rh_hive_recovery_dispose(&report);
  }
}

/* Logs copied from Windows may have any letter case; which one is first is in them. */
static void logs_are_found_in_any_letter_case(void **state) {
  (void)state;
  rh_hive *hive = NULL;
  rh_hive_recovery report;
  forget("HIVE.LOG1");
  forget("HIVE.LOG2");
  if (!lay(amcaches[0].name, "HIVE") || !lay(amcaches[0].log1, "hive.log1") ||
      !lay(amcaches[0].log2, "Hive.Log2"))
    skip();
  OK(open_with(&hive, &with_logs, &report));
  assert_string_equal(report.logs, "hive.log1, Hive.Log2");
  assert_listing(hive, amcaches[0].keys, amcaches[0].values, amcaches[0].digest);
  rh_hive_recovery_dispose(&report);
  rh_hive_free(hive);
  forget("hive.log1");
  forget("Hive.Log2");
}

/* A log that is no regular file may lead anywhere. */
static void log_that_is_a_link_is_not_followed(void **state) {
  (void)state;
  rh_hive *hive = NULL;
  rh_hive_recovery report;
  if (!lay(amcaches[0].name, "HIVE") || !lay(amcaches[0].log1, "elsewhere"))
    skip();
  assert_int_equal(symlink("elsewhere", in_folder("HIVE.LOG1")), 0);
  assert_int_equal(open_with(&hive, &with_logs, &report), RH_ERR_DIRTY);
  assert_int_equal(report.remarks.count, 1);
  assert_non_null(strstr(report.remarks.names[0], "no regular file"));
  rh_hive_recovery_dispose(&report);
  forget("HIVE.LOG1");
}

/* Two logs are there; one ends with the very number that the hive has. The hive is clean: neither
 * is looked at by Windows, and neither fits. */
static void clean_hives_stay_as_they_are(void **state) {
  (void)state;
  rh_hive *hive = NULL;
  rh_hive_recovery report;
  if (!lay("dirty/ntuser_win7_clean-with-logs/NTUSER.DAT.xz", "HIVE") ||
      !lay("dirty/ntuser_win7_clean-with-logs/NTUSER.DAT.LOG1.xz", "HIVE.LOG1") ||
      !lay("dirty/ntuser_win7_clean-with-logs/NTUSER.DAT.LOG.xz", "HIVE.LOG"))
    skip();
  for (int i = 0; i < 2; i++) {
    OK(open_with(&hive, i ? &forced : &with_logs, &report));
    assert_int_equal(report.state, RH_HIVE_CLEAN);
    assert_listing(hive, 885, 1305,
                   "b943526007a25929700bedc9659bf36cd868c50f8e7581e397df9d2f58804ca7");
    rh_hive_free(hive);
    rh_hive_recovery_dispose(&report);
  }
  forget("HIVE.LOG");
  assert_true(lay("hives/server2012r2-dc_amcache/Amcache.hve.xz", "HIVE"));
  assert_true(lay("hives/server2012r2-dc_amcache/Amcache.hve.LOG1.xz", "HIVE.LOG1"));
  assert_true(lay("hives/server2012r2-dc_amcache/Amcache.hve.LOG2.xz", "HIVE.LOG2"));
  for (int i = 0; i < 2; i++) {
    OK(open_with(&hive, i ? &forced : &with_logs, &report));
    assert_int_equal(report.state, RH_HIVE_CLEAN);
    assert_int_equal(report.remarks.count, 0);
    assert_listing(hive, 492, 933,
                   "d98c376e6643517da075495a7314bb67202d9e9bc151b5204b45ab70a8a0a534");
    rh_hive_free(hive);
    rh_hive_recovery_dispose(&report);
  }
}

/* Without a log: read as it is when the caller says so, and closed when it is written. */
static void dirty_hive_without_logs(void **state) {
  (void)state;
  static const struct {
    const char *name;
    size_t keys, values;
  } hives[] = {{"dirty/SYSTEM_win8_SENSEI_dirty-nolog.xz", 20015, 49779},
               {"corrupt/SECURITY_win8_dirty-header.xz", 242, 242}};
  forget("HIVE.LOG1");
  forget("HIVE.LOG2");
  for (size_t i = 0; i < 2; i++) {
    rh_hive *hive = NULL;
    rh_hive_recovery report;
    if (!lay(hives[i].name, "HIVE"))
      skip();
    assert_int_equal(open_with(&hive, &with_logs, NULL), RH_ERR_DIRTY);
    assert_non_null(strstr(error.hint, ".LOG1"));
    assert_int_equal(rh_hive_open(&hive, in_folder("HIVE"), &error), RH_ERR_DIRTY);
    OK(open_with(&hive, &as_it_is, &report));
    assert_int_equal(report.state, RH_HIVE_DIRTY);
    assert_int_equal(rh_hive_state_of(hive), RH_HIVE_DIRTY);
    assert_int_equal(report.remarks.count, 1);
    assert_listing(hive, hives[i].keys, hives[i].values, NULL);
    rh_hive_recovery_dispose(&report);
    OK(rh_hive_commit(hive, in_folder("HIVE"), NULL, &error));
    rh_hive_free(hive);
    OK(rh_hive_open(&hive, in_folder("HIVE"), &error));
    assert_listing(hive, hives[i].keys, hives[i].values, NULL);
    rh_hive_free(hive);
  }
}

/* A damaged log changes nothing but how far recovery gets: bytes of the real logs changed here and
 * there, and logs cut anywhere. */
static void damaged_real_logs_are_survived(void **state) {
  (void)state;
  rh_buffer bytes = {0}, log1 = {0}, log2 = {0};
  if (!read_data_file(&bytes, amcaches[0].name) || !read_data_file(&log1, amcaches[0].log1) ||
      !read_data_file(&log2, amcaches[0].log2))
    skip();
  for (size_t i = 0; i < 60; i++) {
    bool cut = i % 3 == 0;
    rh_buffer *log = i % 2 ? &log1 : &log2;
    size_t whole = log->len, at = (i * 7919 * 131) % (i % 5 ? whole : 1024);
    log->data[at] ^= 0x10;
    if (cut)
      log->len = at;
    hive_log logs[] = {{.name = "1", .data = log1.data, .len = log1.len},
                       {.name = "2", .data = log2.data, .len = log2.len}};
    hive_target target = {0};
    rh_hive_recovery report = {0};
    uint32_t newest = 0;
    OK(hive_recover(&target, bytes.data, bytes.len, logs, 2, false, &report, &newest, &error));
    assert_true(report.entries <= 4 && report.last_sequence <= 39);
    if (report.state == RH_HIVE_RECOVERED) {
      rh_hive *hive = NULL;
      OK(rh_hive_open_memory(&hive, target.bytes.data, target.bytes.len, "recovered", &error));
      rh_hive_free(hive);
    }
    rh_buffer_dispose(&target.bytes);
    rh_hive_recovery_dispose(&report);
    log->len = whole;
    log->data[at] ^= 0x10;
  }
  rh_buffer_dispose(&bytes);
  rh_buffer_dispose(&log1);
  rh_buffer_dispose(&log2);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(recovers_what_windows_recovers),
                                     cmocka_unit_test(logs_are_found_in_any_letter_case),
                                     cmocka_unit_test(log_that_is_a_link_is_not_followed),
                                     cmocka_unit_test(clean_hives_stay_as_they_are),
                                     cmocka_unit_test(dirty_hive_without_logs),
                                     cmocka_unit_test(damaged_real_logs_are_survived)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
