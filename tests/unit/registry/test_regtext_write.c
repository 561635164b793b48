/* Writing .reg text, and that it reads back as what was written. */
#define _POSIX_C_SOURCE 200809L
#include "regtext_sample.h"

#include "base/text.h"
#include "data_file.h"
#include "registry/overlay/overlay.h"

static rh_status collect(void *payload, const void *data, size_t len, rh_error *error) {
  return rh_buffer_append(payload, data, len, error);
}

static void assert_written(rh_registry *registry, const char *prefix, const char *expected) {
  rh_buffer wide = {0}, text = {0};
  must(rh_regtext_write(registry, root_of(registry), prefix, collect, &wide, NULL));
  assert_memory_equal(wide.data, "\xFF\xFE", 2);
  must(rh_utf8_from_utf16(&text, wide.data + 2, wide.len - 2, NULL));
  assert_string_equal(rh_buffer_text(&text), expected);
  rh_buffer_dispose(&wide);
  rh_buffer_dispose(&text);
}

static void set(rh_registry *registry, rh_key key, const char *name, uint32_t type,
                const void *data, size_t len) {
  must(rh_registry_set_value(registry, key, name, strlen(name), type, data, len, NULL));
}

static void test_writing(void **state) {
  rh_registry *registry = rh_hive_registry(*state);
  unsigned char bytes[60];
  rh_key key;
  for (unsigned i = 0; i < sizeof bytes; i++)
    bytes[i] = (unsigned char)i;
  must(rh_registry_create_path(registry, root_of(registry), "A]\\\"b\"", &key, NULL));
  set(registry, key, "", RH_REG_SZ, "d\0\0", 4);
  set(registry, key, "a\\\"", RH_REG_SZ, "\\\0\"\0\0", 6);
  set(registry, key, "empty", RH_REG_SZ, "\0", 2);
  set(registry, key, "no end", RH_REG_SZ, "a\0", 2);
  set(registry, key, "two ends", RH_REG_SZ, "a\0\0\0\0", 6);
  set(registry, key, "odd", RH_REG_SZ, "a\0\0", 3);
  set(registry, key, "control", RH_REG_SZ, "\x1F\0\0", 4);
  set(registry, key, "half pair", RH_REG_SZ, "\x34\xD8\0", 4);
  set(registry, key, "nothing", RH_REG_SZ, "", 0);
  set(registry, key, "number", RH_REG_DWORD, "\x0A\0\0\x80", 4);
  set(registry, key, "short", RH_REG_DWORD, "\x0A\0", 2);
  set(registry, key, "expand", RH_REG_EXPAND_SZ, "%\0\0", 4);
  set(registry, key, "high", 0x80000002u, "\1", 1);
  set(registry, key, "binary", RH_REG_BINARY, bytes, sizeof bytes);
  assert_written(
      registry, SYSTEM,
      "Windows Registry Editor Version 5.00\r\n\r\n"
      "[HKEY_LOCAL_MACHINE\\SYSTEM]\r\n\r\n"
      "[HKEY_LOCAL_MACHINE\\SYSTEM\\A]]\r\n\r\n"
      "[HKEY_LOCAL_MACHINE\\SYSTEM\\A]\\\"b\"]\r\n"
      "@=\"d\"\r\n"
      "\"a\\\\\\\"\"=\"\\\\\\\"\"\r\n"
      "\"empty\"=\"\"\r\n"
      "\"no end\"=hex(1):61,00\r\n"
      "\"two ends\"=hex(1):61,00,00,00,00,00\r\n"
      "\"odd\"=hex(1):61,00,00\r\n"
      "\"control\"=hex(1):1f,00,00,00\r\n"
      "\"half pair\"=hex(1):34,d8,00,00\r\n"
      "\"nothing\"=hex(1):\r\n"
      "\"number\"=dword:8000000a\r\n"
      "\"short\"=hex(4):0a,00\r\n"
      "\"expand\"=hex(2):25,00,00,00\r\n"
      "\"high\"=hex(80000002):01\r\n"
      "\"binary\"=hex:00,01,02,03,04,05,06,07,08,09,0a,0b,0c,0d,0e,0f,10,11,12,13,14,15,\\\r\n"
      "  16,17,18,19,1a,1b,1c,1d,1e,1f,20,21,22,23,24,25,26,27,28,29,2a,2b,2c,2d,2e,\\\r\n"
      "  2f,30,31,32,33,34,35,36,37,38,39,3a,3b\r\n\r\n");
}

static void test_names_without_a_form(void **state) {
  rh_registry *registry = rh_hive_registry(*state);
  static const struct {
    const char *name;
    size_t len;
  } names[] = {{"a\nb", 3}, {"a\rb", 3}, {"a\0b", 3}};
  for (size_t i = 0; i < 3; i++) {
    for (int of_value = 0; of_value < 2; of_value++) {
      rh_buffer out = {0};
      rh_error error = {0};
      rh_key key, parent;
      must(rh_registry_create_path(registry, root_of(registry), "Parent", &parent, NULL));
      if (of_value)
        must(rh_registry_set_value(registry, parent, names[i].name, names[i].len, 1, "", 0, NULL));
      else
        must(rh_registry_create_key(registry, parent, names[i].name, names[i].len, &key, NULL));
      must_fail(rh_regtext_write(registry, root_of(registry), SYSTEM, collect, &out, &error),
                RH_ERR_UNSUPPORTED);
      assert_non_null(strstr(error.message, SYSTEM "\\Parent"));
      must(rh_registry_delete_key(registry, parent, NULL));
      rh_buffer_dispose(&out);
    }
  }
}

/* What is written reads as the same keys and values. */
static void assert_round_trip(rh_registry *registry, const char *prefix) {
  rh_buffer text = {0};
  rh_hive *copy;
  rh_error error = {0};
  const rh_regtext_read_options options = {.prefix = prefix};
  if (rh_regtext_write(registry, root_of(registry), prefix, collect, &text, &error) != RH_OK)
    fail_msg("%s: %s", error.object, error.message);
  must(rh_hive_create(&copy, &(rh_hive_options){0}, NULL));
  read_ok(rh_hive_registry(copy), text.data, text.len, &options, NULL);
  assert_same_text(sorted_dump_of(rh_hive_registry(copy), false), sorted_dump_of(registry, false));
  rh_hive_free(copy);
  rh_buffer_dispose(&text);
}

static void test_round_trip(void **state) {
  rh_registry *registry = rh_hive_registry(*state);
  read_ok(registry, every_form, sizeof every_form - 1, NULL, NULL);
  /* Unpaired surrogates in names, a list longer than the writer's buffer. */
  set_text(registry, "\xED\xA0\x80x\\-\\ y \\;z]", "\xED\xB0\x80=\\", "data");
  char *large = calloc(1, 100000);
  set(registry, key_at(registry, "Key"), "large", 9, large, 100000);
  free(large);
  assert_round_trip(registry, SYSTEM);
  assert_round_trip(registry, "HKEY_CURRENT_USER");
  assert_round_trip(registry, "");
}

static void test_round_trip_of_real_hives(void **state) {
  (void)state;
  static const char *const names[] = {"hives/BCD_uefi.xz",
                                      "hives/NTUSER_win7_vibranium.xz",
                                      "hives/SAM_win8_gold.xz",
                                      "hives/SECURITY_winxp-sp2-cs_POOKY.xz",
                                      "synthetic/yarp_MultiSzHive.xz",
                                      "synthetic/yarp_UnicodeHive.xz",
                                      "synthetic/yarp_BigDataHive.xz",
                                      "synthetic/python-registry_issue22.hive"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    rh_buffer bytes = {0};
    rh_hive *hive;
    if (!read_data_file(&bytes, names[i]))
      skip();
    must(rh_hive_open_memory(&hive, bytes.data, bytes.len, names[i], NULL));
    assert_round_trip(rh_hive_registry(hive), "HKEY_LOCAL_MACHINE\\X");
    rh_hive_free(hive);
    rh_buffer_dispose(&bytes);
  }
}

static void test_round_trip_of_a_report(void **state) {
  rh_registry *registry = rh_hive_registry(*state);
  rh_buffer text = {0};
  if (!read_data_file(&text, "reg/win7sp1-x64_ras-diagnostic-registry.reg"))
    skip();
  const rh_regtext_read_options options = {.prefix = "HKEY_LOCAL_MACHINE"};
  read_ok(registry, text.data, text.len, &options, NULL);
  assert_round_trip(registry, "HKEY_LOCAL_MACHINE");
  rh_buffer_dispose(&text);
}

static void test_no_memory(void **state) {
  rh_registry *base = rh_hive_registry(*state), *overlay;
  rh_status status = RH_ERR_MEMORY;
  for (unsigned long countdown = 1; status != RH_OK; countdown++) {
    must(rh_overlay_open(&overlay, base, NULL));
    rh_memory_fail_at(countdown);
    status = rh_regtext_read(overlay, every_form, sizeof every_form - 1, "f", NULL, NULL, NULL);
    rh_memory_fail_at(0);
    assert_true(status == RH_OK || status == RH_ERR_MEMORY);
    if (status != RH_OK)
      rh_registry_free(overlay);
  }
  check_every_form(overlay);
  status = RH_ERR_MEMORY;
  for (unsigned long countdown = 1; status != RH_OK; countdown++) {
    rh_buffer out = {0};
    rh_memory_fail_at(countdown);
    status = rh_regtext_write(overlay, root_of(overlay), SYSTEM, collect, &out, NULL);
    rh_memory_fail_at(0);
    assert_true(status == RH_OK || status == RH_ERR_MEMORY);
    rh_buffer_dispose(&out);
  }
  rh_registry_free(overlay);
}

int main(void) {
#define WITH_HIVE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      WITH_HIVE(test_writing),
      WITH_HIVE(test_names_without_a_form),
      WITH_HIVE(test_round_trip),
      cmocka_unit_test(test_round_trip_of_real_hives),
      WITH_HIVE(test_round_trip_of_a_report),
      WITH_HIVE(test_no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
