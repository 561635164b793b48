/* Damaged hives and what is none: refused, or read around the damage. */
#define _POSIX_C_SOURCE 200809L

#include "registry/hive_listing.h"

#include "data_file.h"
#include "registry/hive/hive.h"

static const struct {
  const char *file;
  rh_status status;
  const char *message;
} refused[] = {
    {"corrupt/NotAHive", RH_ERR_FORMAT, "not a registry hive"},
    {"corrupt/SAM_BadHBinHeader.xz", RH_ERR_FORMAT, "bin at 0x2000"},
    {"corrupt/SYSTEM_winxp-sp3_GINEVRA_corrupted.xz", RH_ERR_FORMAT, "bin at"},
    {"corrupt/win9x_CREG_SYSTEM.DAT.xz", RH_ERR_UNSUPPORTED, "Windows 95/98/Me"},
    {"corrupt/win9x_CREG_USER.DAT.xz", RH_ERR_UNSUPPORTED, "Windows 95/98/Me"},
    {"corrupt/yarp_TruncatedHive.xz", RH_ERR_FORMAT, "truncated"},
    {"corrupt/yarp_GarbageHive.xz", RH_ERR_DIRTY, "checksum"},
    {"corrupt/SECURITY_win8_dirty-header.xz", RH_ERR_DIRTY, "347 and 346"},
    {"dirty/SYSTEM_win8_SENSEI_dirty-nolog.xz", RH_ERR_DIRTY, "205 and 204"},
    {"dirty/amcache_win10/Amcache.hve.xz", RH_ERR_DIRTY, "24 and 23"},
    {"dirty/amcache_win10/Amcache.hve.LOG1.xz", RH_ERR_FORMAT, "transaction log"},
};

static void refuses_what_is_no_sound_hive(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    rh_buffer bytes = {0};
    rh_hive *hive = NULL;
    rh_error error = {0};
    if (!read_data_file(&bytes, refused[i].file))
      skip();
    assert_int_equal(rh_hive_open_memory(&hive, bytes.data, bytes.len, refused[i].file, &error),
                     refused[i].status);
    assert_null(hive);
    assert_int_equal(error.code, refused[i].status);
    assert_string_equal(error.object, refused[i].file);
    assert_non_null(strstr(error.message, refused[i].message));
    rh_buffer_dispose(&bytes);
  }
}

/* One entry of a list is bad, the others are not. The first hive has the keys 1 to 100, of which 16
 * is the bad one; yarp finds 6 sound keys in the others. */
static void reads_around_damage(void **state) {
  (void)state;
  static const char *const files[] = {"corrupt/corrupt_sub_key_list.hiv",
                                      "corrupt/yarp_BadListHive.xz",
                                      "corrupt/yarp_BadSubkeyHive.xz"};
  static const size_t keys[] = {100, 6, 6};
  for (size_t i = 0; i < 3; i++) {
    rh_buffer bytes = {0};
    rh_hive *hive = NULL;
    rh_error error = {0};
    if (!read_data_file(&bytes, files[i]))
      skip();
    assert_int_equal(rh_hive_open_memory(&hive, bytes.data, bytes.len, files[i], &error), RH_OK);
    rh_buffer_dispose(&bytes);
    listing list = listing_of(rh_hive_registry(hive), true);
    assert_int_equal(list.damaged, 1);
    assert_int_equal(list.keys, keys[i]);
    listing_dispose(&list);
    rh_hive_free(hive);
  }
}

/* A hive cut at each sector is refused; one with any byte changed is refused or read to the end. */
static void survives_damage_anywhere(void **state) {
  (void)state;
  static const char *const files[] = {"synthetic/hivex_minimal", "synthetic/hivex_special",
                                      "synthetic/python-registry_UNICODE_TESTS"};
  for (size_t f = 0; f < 3; f++) {
    rh_buffer bytes = {0};
    rh_hive *hive = NULL;
    rh_error error;
    if (!read_data_file(&bytes, files[f]))
      skip();
    for (size_t len = 0; len < bytes.len; len += 512) {
      assert_int_equal(rh_hive_open_memory(&hive, bytes.data, len, "cut", &error), RH_ERR_FORMAT);
      assert_null(hive);
    }
    size_t opened = 0;
    for (size_t at = 0; at < bytes.len; at++) {
      unsigned char kept = bytes.data[at];
      bytes.data[at] ^= (unsigned char)(at % 3 == 0 ? 0xFF : at % 3 == 1 ? 0x01 : 0x80);
      if (rh_hive_open_memory(&hive, bytes.data, bytes.len, "flipped", &error) == RH_OK) {
        listing list = listing_of(rh_hive_registry(hive), true);
        assert_true(list.keys >= 1);
        listing_dispose(&list);
        rh_hive_free(hive);
        opened++;
      }
      bytes.data[at] = kept;
    }
    assert_true(opened > 4000 && opened < bytes.len - 400); /* bins do, the header does not */
    rh_buffer_dispose(&bytes);
  }
}

static void opening_survives_want_of_memory(void **state) {
  (void)state;
  rh_buffer bytes = {0};
  rh_hive *hive = NULL;
  rh_error error;
  if (!read_data_file(&bytes, "synthetic/hivex_special"))
    skip();
  unsigned long n = 0;
  rh_status status;
  do {
    rh_memory_fail_at(++n);
    status = rh_hive_open_memory(&hive, bytes.data, bytes.len, "test", &error);
    rh_memory_fail_at(0);
    assert_true(status == RH_OK || status == RH_ERR_MEMORY);
  } while (status != RH_OK);
  assert_true(n > 3);
  rh_hive_free(hive);
  rh_buffer_dispose(&bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(refuses_what_is_no_sound_hive),
                                     cmocka_unit_test(reads_around_damage),
                                     cmocka_unit_test(survives_damage_anywhere),
                                     cmocka_unit_test(opening_survives_want_of_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
