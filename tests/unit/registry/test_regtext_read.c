/* Reading .reg text: every form of line, encodings, malformed text, published files. */
#define _POSIX_C_SOURCE 200809L
#include "regtext_sample.h"

#include "base/text.h"
#include "data_file.h"

static void test_every_form(void **state) {
  rh_registry *registry = rh_hive_registry(*state);
  rh_regtext_counts counts = {0};
  const rh_regtext_read_options options = {.prefix = SYSTEM};
  read_ok(registry, every_form, sizeof every_form - 1, &options, &counts);
  assert_int_equal(counts.keys, 2);
  assert_int_equal(counts.values, 16);
  check_every_form(registry);
}

static void test_encodings(void **state) {
  rh_registry *registry = rh_hive_registry(*state);
  rh_buffer text = {0}, wide = {0};
  must(rh_buffer_append_text(&text, "\xEF\xBB\xBF", NULL));
  must(rh_buffer_append(&text, every_form, sizeof every_form - 1, NULL));
  read_ok(registry, text.data, text.len, NULL, NULL);
  check_every_form(registry);
  must(rh_registry_delete_key(registry, key_at(registry, "Key"), NULL));
  must(rh_registry_delete_key(registry, key_at(registry, "brackets [x] ];here"), NULL));
  must(rh_buffer_append(&wide, "\xFF\xFE", 2, NULL));
  must(rh_utf16_from_utf8(&wide, every_form, sizeof every_form - 1, NULL));
  read_ok(registry, wide.data, wide.len, NULL, NULL);
  check_every_form(registry);
  rh_buffer_dispose(&text);
  rh_buffer_dispose(&wide);
}

static void test_line_feeds_alone(void **state) {
  rh_registry *registry = rh_hive_registry(*state);
  static const char text[] = "Windows Registry Editor Version 5.00\n[HKLM\\SYSTEM\\K]\n"
                             "\"a\"=hex:01,\\\n  02\n\"b\"=\"x\"\n";
  read_ok(registry, text, sizeof text - 1, NULL, NULL);
  assert_value(registry, "K", "a", 3, "\1\2", 2);
  assert_value(registry, "K", "b", 1, "x\0\0", 4);
}

static void test_deletions(void **state) {
  rh_registry *registry = rh_hive_registry(*state);
  rh_regtext_counts counts = {0};
  static const char text[] = V5 "[HKLM\\SYSTEM\\K]\r\n\"a\"=\"x\"\r\n\"b\"=\"x\"\r\n@=\"x\"\r\n"
                                "\"A\"=-\r\n@=-\r\n\"absent\"=-\r\n"
                                "[HKLM\\SYSTEM\\K\\Sub]\r\n[-HKLM\\SYSTEM\\K\\sub]\r\n"
                                "[-HKLM\\SYSTEM\\Absent]\r\n"
                                "[HKLM\\SYSTEM\\K]\r\n\"c\"=\"y\"\r\n";
  rh_key key;
  read_ok(registry, text, sizeof text - 1, NULL, &counts);
  assert_int_equal(counts.keys, 3);
  assert_int_equal(counts.values, 4);
  assert_int_equal(counts.deleted_keys, 1);
  assert_int_equal(counts.deleted_values, 2);
  assert_no_value(registry, "K", "a");
  assert_no_value(registry, "K", "");
  assert_value(registry, "K", "c", 1, "y\0\0", 4);
  must_fail(rh_registry_find_path(registry, root_of(registry), "K\\Sub", &key, NULL),
            RH_ERR_NOT_FOUND);
}

static void test_prefix_and_control_set(void **state) {
  rh_registry *registry = rh_hive_registry(*state);
  rh_regtext_counts counts = {0};
  rh_error error = {0};
  static const char text[] =
      V5 "[HKEY_LOCAL_MACHINE\\OFFLINE\\CurrentControlSet\\Services]\r\n@=\"1\"\r\n"
         "[HKEY_LOCAL_MACHINE\\OFFLINE\\Other\\CurrentControlSet]\r\n@=\"2\"\r\n"
         "[HKEY_LOCAL_MACHINE\\OFFLINE]\r\n@=\"3\"\r\n"
         "[HKEY_LOCAL_MACHINE\\OFFLINES\\Key]\r\n@=\"4\"\r\n";
  rh_regtext_read_options options = {.prefix = "hklm\\offline", .control_set = "ControlSet002"};
  must_fail(rh_regtext_read(registry, text, sizeof text - 1, "file", &options, NULL, &error),
            RH_ERR_ARGUMENT);
  assert_string_equal(error.object, "file");
  assert_non_null(strstr(error.message, "line 9, column 1: "));
  options.skip_other_keys = true;
  read_ok(registry, text, sizeof text - 1, &options, &counts);
  assert_int_equal(counts.skipped_keys, 1);
  assert_int_equal(counts.values, 3);
  char *seen = dump_of(registry, false);
  assert_string_equal(seen, "K \nV   1 33000000\n"
                            "K \\ControlSet002\nK \\ControlSet002\\Services\n"
                            "V \\ControlSet002\\Services  1 31000000\n"
                            "K \\Other\nK \\Other\\CurrentControlSet\n"
                            "V \\Other\\CurrentControlSet  1 32000000\n");
  rh_free(seen);
}

/* As "reg import" of Wine reads it, whose tests run on Windows as well. */
static void test_what_people_write(void **state) {
  rh_registry *registry = rh_hive_registry(*state);
  static const char text[] = "REGEDIT4\n\n# a comment\n[HKEY_LOCAL_MACHINE\\SYSTEM\\K\\]\n"
                             "\"one\"=\"1\"\r\"two\"=\"2\"\n"
                             "\"comment\"=hex:01,02,\\;here\n  03,\\ ; and here\n 04\n"
                             "\"between\"=hex:01,\\\n;a line\n\n 02\n"
                             "\"digits\"=hex:1,2,a\n"
                             "\"comma\"=hex:01,02,\n"
                             "\"blanks\"=dword: 2 ;two\n"
                             "\"type\"=hex( 0b):01,00,00,00,00,00,00,00\n"
                             "\"end\"=hex:05,\\\n";
  read_ok(registry, text, sizeof text - 1, NULL, NULL);
  assert_value(registry, "K", "one", 1, "1\0\0", 4);
  assert_value(registry, "K", "two", 1, "2\0\0", 4);
  assert_value(registry, "K", "comment", 3, "\1\2\3\4", 4);
  assert_value(registry, "K", "between", 3, "\1\2", 2);
  assert_value(registry, "K", "digits", 3, "\1\2\x0A", 3);
  assert_value(registry, "K", "comma", 3, "\1\2", 2);
  assert_value(registry, "K", "blanks", 4, "\2\0\0", 4);
  assert_value(registry, "K", "type", 11, "\1\0\0\0\0\0\0", 8);
  assert_value(registry, "K", "end", 3, "\5", 1);
}

static void test_utf16_without_a_mark(void **state) {
  rh_registry *registry = rh_hive_registry(*state);
  rh_buffer wide = {0};
  rh_error error = {0};
  must(rh_utf16_from_utf8(&wide, every_form, sizeof every_form - 1, NULL));
  read_ok(registry, wide.data, wide.len, NULL, NULL);
  check_every_form(registry);
  must_fail(rh_regtext_read(registry, wide.data, wide.len - 1, "f", NULL, NULL, &error),
            RH_ERR_FORMAT);
  for (size_t i = 0; i < wide.len; i += 2) {
    unsigned char low = wide.data[i];
    wide.data[i] = wide.data[i + 1];
    wide.data[i + 1] = low;
  }
  must_fail(rh_regtext_read(registry, wide.data, wide.len, "f", NULL, NULL, &error),
            RH_ERR_UNSUPPORTED);
  assert_non_null(strstr(error.message, "big-endian"));
  rh_buffer_dispose(&wide);
}

static void test_the_current_control_set(void **state) {
  rh_registry *registry = rh_hive_registry(*state);
  rh_error error = {0};
  rh_key key;
  static const char text[] =
      V5 "[HKLM\\SYSTEM\\currentcontrolset\\Services\\S]\r\n\"Start\"=dword:3\r\n";
  static const char select[] = V5 "[HKLM\\SYSTEM\\Select]\r\n\"Current\"=dword:2\r\n";
  static const char whole[] = V5 "[-HKLM\\SYSTEM\\CurrentControlSet]\r\n";
  must_fail(rh_regtext_read(registry, text, sizeof text - 1, "f", NULL, NULL, &error),
            RH_ERR_NOT_FOUND);
  assert_non_null(strstr(error.message, "line 3, column 1: "));
  assert_non_null(strstr(error.hint, "--control-set"));
  read_ok(registry, select, sizeof select - 1, NULL, NULL);
  read_ok(registry, text, sizeof text - 1, NULL, NULL);
  assert_value(registry, "ControlSet002\\Services\\S", "Start", 4, "\3\0\0", 4);
  must_fail(rh_regtext_read(registry, whole, sizeof whole - 1, "f", NULL, NULL, &error),
            RH_ERR_ARGUMENT);
  assert_value(registry, "ControlSet002\\Services\\S", "Start", 4, "\3\0\0", 4);
  must_fail(rh_registry_find_path(registry, root_of(registry), "CurrentControlSet", &key, NULL),
            RH_ERR_NOT_FOUND);
}

typedef struct two_hives {
  rh_registry *system, *software;
} two_hives;

static rh_status one_of_two(void *payload, const char *name, size_t len, rh_registry **out,
                            rh_error *error) {
  const two_hives *hives = payload;
  (void)error;
  if (rh_name_compare(name, len, "SYSTEM", 6) == 0)
    *out = hives->system;
  else if (rh_name_compare(name, len, "SOFTWARE", 8) == 0)
    *out = hives->software;
  return RH_OK;
}

static void test_each_key_goes_into_its_hive(void **state) {
  rh_hive *second;
  rh_regtext_counts counts = {0};
  rh_error error = {0};
  must(rh_hive_create(&second, &(rh_hive_options){.time = 1000}, NULL));
  two_hives hives = {rh_hive_registry(*state), rh_hive_registry(second)};
  static const char text[] = V5 "[HKLM\\SYSTEM\\K\\A]\r\n\"a\"=dword:1\r\n"
                                "[HKLM\\Software\\K\\A]\r\n\"b\"=dword:2\r\n"
                                "[HKLM\\SYSTEM\\K\\A]\r\n\"c\"=dword:3\r\n"
                                "[-HKLM\\SOFTWARE\\K]\r\n"
                                "[HKLM\\SOFTWARE\\L]\r\n\"d\"=dword:4\r\n"
                                "[HKEY_USERS\\X]\r\n\"e\"=dword:5\r\n"
                                "[HKEY_LOCAL_MACHINE]\r\n";
  rh_regtext_read_options options = {.hive_of = one_of_two, .payload = &hives};
  must_fail(rh_regtext_read(NULL, text, sizeof text - 1, "f", &options, NULL, &error),
            RH_ERR_ARGUMENT);
  assert_non_null(strstr(error.message, "line 12, column 1: "));
  options.skip_other_keys = true;
  read_ok(NULL, text, sizeof text - 1, &options, &counts);
  assert_int_equal(counts.skipped_keys, 2);
  assert_int_equal(counts.values, 4);
  assert_value(hives.system, "K\\A", "a", 4, "\1\0\0", 4);
  assert_value(hives.system, "K\\A", "c", 4, "\3\0\0", 4);
  char *seen = dump_of(hives.software, false);
  assert_string_equal(seen, "K \nK \\L\nV \\L d 4 04000000\n");
  rh_free(seen);
  rh_hive_free(second);
}

static void test_roots_other_than_a_machine(void **state) {
  rh_registry *registry = rh_hive_registry(*state);
  static const char user[] = V5 "[HKEY_CURRENT_USER\\Software\\K]\r\n@=\"1\"\r\n";
  static const char bare[] = V5 "[\\]\r\n\"r\"=\"1\"\r\n[\\Software\\K]\r\n\"b\"=\"1\"\r\n";
  read_ok(registry, user, sizeof user - 1, NULL, NULL);
  read_ok(registry, bare, sizeof bare - 1, NULL, NULL);
  assert_value(registry, "Software\\K", "", 1, "1\0\0", 4);
  assert_value(registry, "Software\\K", "b", 1, "1\0\0", 4);
  assert_value(registry, "", "r", 1, "1\0\0", 4);
}

/* Bytes and characters as in the Windows code pages: 0x80 is the euro sign in 1252, 0xE8 is c with
 * caron in 1250 and Cyrillic i in 1251. */
static void test_regedit4(void **state) {
  rh_registry *registry = rh_hive_registry(*state);
  static const char text[] = "REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\K\xE8]\n"
                             "\"\x80\"=\"\xE8\"\n"
                             "\"list\"=hex(7):80,00,e8,00,00\n"
                             "\"bytes\"=hex:80,e8\n";
  static const struct {
    unsigned code_page;
    const char *key, *name;
    const char string[4], list[10];
  } cases[] = {
      {0, "K\xC3\xA8", "\xE2\x82\xAC", {'\xE8'}, "\xAC\x20\0\0\xE8\0\0\0\0"},
      {1252, "K\xC3\xA8", "\xE2\x82\xAC", {'\xE8'}, "\xAC\x20\0\0\xE8\0\0\0\0"},
      {1250, "K\xC4\x8D", "\xE2\x82\xAC", {'\x0D', 1}, "\xAC\x20\0\0\x0D\1\0\0\0"},
      {1251, "K\xD0\xB8", "\xD0\x82", {'\x38', 4}, "\x02\x04\0\0\x38\x04\0\0\0"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const rh_regtext_read_options options = {.code_page = cases[i].code_page};
    read_ok(registry, text, sizeof text - 1, &options, NULL);
    assert_value(registry, cases[i].key, cases[i].name, 1, cases[i].string, 4);
    assert_value(registry, cases[i].key, "list", 7, cases[i].list, 10);
    assert_value(registry, cases[i].key, "bytes", 3, "\x80\xE8", 2);
  }
  rh_regtext_read_options options = {.code_page = 932};
  rh_error error = {0};
  must_fail(rh_regtext_read(registry, text, sizeof text - 1, "f", &options, NULL, &error),
            RH_ERR_UNSUPPORTED);
  options.code_page = 65001;
  must_fail(rh_regtext_read(registry, text, sizeof text - 1, "f", &options, NULL, &error),
            RH_ERR_FORMAT);
  assert_non_null(strstr(error.message, "line 3, column 29: "));
}

static void test_malformed(void **state) {
  rh_registry *registry = rh_hive_registry(*state);
  static const struct {
    const char *text, *place;
    rh_status status;
  } cases[] = {
      {"", "line 1, column 1: ", RH_ERR_FORMAT},
      {"[HKLM\\SYSTEM\\K]\n", "line 1, column 1: ", RH_ERR_FORMAT},
      {"Windows Registry Editor Version 6.00\n", "line 1, column 1: ", RH_ERR_FORMAT},
      {"REGEDIT45\n", "line 1, column 1: ", RH_ERR_FORMAT},
      {V5 "\"a\"=\"b\"\n", "line 3, column 1: ", RH_ERR_FORMAT},
      {V5 "[HKLM\\SYSTEM\\K\n\"a\"=\"b\"\n", "line 3, column 15: ", RH_ERR_FORMAT},
      {V5 "[HKLM\\SYSTEM\\K] x\n", "line 3, column 17: ", RH_ERR_FORMAT},
      {V5 "[HKLM\\SYSTEM\\\\K]\n", "line 3, column 1: ", RH_ERR_ARGUMENT},
      {V5 "[-HKLM\\SYSTEM]\n", "line 3, column 1: ", RH_ERR_ARGUMENT},
      {V5 "[HKLM\\SOFTWARE\\K]\n", "line 3, column 1: ", RH_ERR_ARGUMENT},
      {V5 "[-HKLM\\SYSTEM\\K]\n\"a\"=\"b\"\n", "line 4, column 1: ", RH_ERR_FORMAT},
      {V5 "rubbish\n", "line 3, column 1: ", RH_ERR_FORMAT},
      {V5 "[HKLM\\SYSTEM\\K]\n\"a\"=\"b\n\n", "line 4, column 5: ", RH_ERR_FORMAT},
      {V5 "[HKLM\\SYSTEM\\K]\n\"a=dword:1\n", "line 4, column 1: ", RH_ERR_FORMAT},
      {V5 "[HKLM\\SYSTEM\\K]\n\"\xC3\xA9\" \"b\"\n", "line 4, column 5: ", RH_ERR_FORMAT},
      {V5 "[HKLM\\SYSTEM\\K]\n\"a\"=\"b\" c\n", "line 4, column 9: ", RH_ERR_FORMAT},
      {V5 "[HKLM\\SYSTEM\\K]\n\"a\"=1\n", "line 4, column 5: ", RH_ERR_FORMAT},
      {V5 "[HKLM\\SYSTEM\\K]\n\"a\"=-1\n", "line 4, column 6: ", RH_ERR_FORMAT},
      {V5 "[HKLM\\SYSTEM\\K]\n\"a\"=dword:\n", "line 4, column 11: ", RH_ERR_FORMAT},
      {V5 "[HKLM\\SYSTEM\\K]\n\"a\"=dword:123456789\n", "line 4, column 20: ", RH_ERR_FORMAT},
      {V5 "[HKLM\\SYSTEM\\K]\n\"a\"=dword:12g\n", "line 4, column 13: ", RH_ERR_FORMAT},
      {V5 "[HKLM\\SYSTEM\\K]\n\"a\"=hex:01,,02\n", "line 4, column 12: ", RH_ERR_FORMAT},
      {V5 "[HKLM\\SYSTEM\\K]\n\"a\"=hex:01,\\\n\"b\"=\"c\"\n", "line 5, column 1: ", RH_ERR_FORMAT},
      {V5 "[HKLM\\SYSTEM\\K]\n\"a\"=hex(0x7):00\n", "line 4, column 10: ", RH_ERR_FORMAT},
      {V5 "[HKLM\\SYSTEM\\K]\n\"a\"=hex:0102\n", "line 4, column 11: ", RH_ERR_FORMAT},
      {V5 "[HKLM\\SYSTEM\\K]\n\"a\"=hex:01,\\\n  0g\n", "line 5, column 4: ", RH_ERR_FORMAT},
      {V5 "[HKLM\\SYSTEM\\K]\n\"a\"=hex:01,\\ 02\n", "line 4, column 12: ", RH_ERR_FORMAT},
      {V5 "[HKLM\\SYSTEM\\K]\n\"a\"=hex(z):01\n", "line 4, column 9: ", RH_ERR_FORMAT},
      {V5 "[HKLM\\SYSTEM\\K]\n\"a\"=hex(1:01\n", "line 4, column 10: ", RH_ERR_FORMAT},
      {V5 "[HKLM\\SYSTEM\\K]\n\"a\"=\"\xC3(\"\n", "line 4, column 6: ", RH_ERR_FORMAT},
  };
  const rh_regtext_read_options options = {.prefix = SYSTEM};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    rh_error error = {0};
    rh_status status = rh_regtext_read(registry, cases[i].text, strlen(cases[i].text), "f.reg",
                                       &options, NULL, &error);
    if (status != cases[i].status ||
        strncmp(error.message, cases[i].place, strlen(cases[i].place)) != 0)
      fail_msg("case %zu: status %s, message \"%s\"", i, rh_status_name(status), error.message);
    assert_string_equal(error.object, "f.reg");
  }
  rh_error error = {0};
  must_fail(rh_regtext_read(registry, V5 "; \0", strlen(V5) + 3, "f", NULL, NULL, &error),
            RH_ERR_FORMAT);
  assert_non_null(strstr(error.message, "line 3, column 3: "));
  must_fail(rh_regtext_read(registry, "\xFF\xFEW", 3, "f", NULL, NULL, NULL), RH_ERR_FORMAT);
  must_fail(rh_regtext_read(registry, "\xFE\xFF\0W", 4, "f", NULL, NULL, NULL), RH_ERR_UNSUPPORTED);
}

/* A file that ends anywhere is read up to there or refused, with nothing read beyond its end. */
static void test_cut_at_every_byte(void **state) {
  (void)state;
  rh_buffer wide = {0};
  size_t refused = 0;
  must(rh_buffer_append(&wide, "\xFF\xFE", 2, NULL));
  must(rh_utf16_from_utf8(&wide, every_form, sizeof every_form - 1, NULL));
  for (int encoding = 0; encoding < 2; encoding++) {
    const void *text = encoding ? (const void *)wide.data : every_form;
    size_t len = encoding ? wide.len : sizeof every_form - 1;
    rh_hive *hive;
    must(rh_hive_create(&hive, &(rh_hive_options){0}, NULL));
    for (size_t cut = 0; cut < len; cut++) {
      char *part = malloc(cut ? cut : 1);
      memcpy(part, text, cut);
      rh_status status =
          rh_regtext_read(rh_hive_registry(hive), part, cut, "cut", NULL, NULL, NULL);
      assert_true(status == RH_OK || status == RH_ERR_FORMAT);
      refused += status != RH_OK;
      free(part);
    }
    rh_hive_free(hive);
  }
  assert_true(refused > 500);
  rh_buffer_dispose(&wide);
}

/* Each byte of a file changed, in both encodings: read or refused, in memory that its size bounds.
 */
static void test_each_byte_changed(void **state) {
  (void)state;
  rh_buffer texts[2] = {{0}, {0}};
  size_t refused = 0;
  must(rh_buffer_append(&texts[0], every_form, sizeof every_form - 1, NULL));
  must(rh_buffer_append(&texts[1], "\xFF\xFE", 2, NULL));
  must(rh_utf16_from_utf8(&texts[1], every_form, sizeof every_form - 1, NULL));
  rh_memory_fail_above(1 << 20);
  for (size_t encoding = 0; encoding < 2; encoding++) {
    rh_buffer *text = &texts[encoding];
    for (size_t i = 0; i < 3 * text->len; i++) {
      static const unsigned char changes[] = {0xFF, 0x01, 0x80};
      unsigned char *byte = &text->data[i / 3];
      rh_hive *hive;
      must(rh_hive_create(&hive, &(rh_hive_options){.time = 1}, NULL));
      *byte ^= changes[i % 3];
      rh_status status = rh_regtext_read(rh_hive_registry(hive), text->data, text->len, "changed",
                                         NULL, NULL, NULL);
      assert_true(status == RH_OK || status == RH_ERR_FORMAT || status == RH_ERR_UNSUPPORTED ||
                  status == RH_ERR_ARGUMENT);
      refused += status != RH_OK;
      *byte ^= changes[i % 3];
      rh_hive_free(hive);
    }
  }
  rh_memory_fail_above(0);
  assert_true(refused > 500);
  rh_buffer_dispose(&texts[0]);
  rh_buffer_dispose(&texts[1]);
}

/* --- published files --- */

static void test_ras_diagnostic_report(void **state) {
  rh_registry *registry = rh_hive_registry(*state);
  rh_buffer text = {0};
  rh_regtext_counts counts = {0};
  if (!read_data_file(&text, "reg/win7sp1-x64_ras-diagnostic-registry.reg"))
    skip();
  const rh_regtext_read_options options = {.prefix = "HKEY_LOCAL_MACHINE"};
  read_ok(registry, text.data, text.len, &options, &counts);
  assert_int_equal(counts.keys, 655);
  assert_int_equal(counts.values, 2461);
  rh_key_info info = {0};
  must(rh_registry_read_key(
      registry, key_at(registry, "SYSTEM\\CurrentControlSet\\Services\\RemoteAccess\\Interfaces"),
      &info, NULL));
  assert_int_equal(info.subkey_count, 14);
  assert_value(registry, "SYSTEM\\CurrentControlSet\\Services\\RemoteAccess\\Interfaces\\0", "Type",
               4, "\5\0\0", 4);
  rh_key_info_dispose(&info);
  rh_buffer_dispose(&text);
}

static void test_utf16_file(void **state) {
  rh_registry *registry = rh_hive_registry(*state);
  rh_buffer text = {0};
  rh_regtext_counts counts = {0};
  rh_error error = {0};
  if (!read_data_file(&text, "reg/ansible_settings1.reg"))
    skip();
  read_ok(registry, text.data, text.len, NULL, &counts);
  assert_int_equal(counts.values, 1);
  rh_value value = {0};
  rh_buffer utf8 = {0};
  must(rh_registry_get(registry, "Wow6432Node\\Cow Corp\\Moosic\\ILikeToMooveIt",
                       "WorkingDirectory", &value, NULL));
  must(rh_utf8_from_utf16(&utf8, value.data, value.len - 2, NULL));
  assert_string_equal(rh_buffer_text(&utf8), "C:\\Program Files (x86)\\Cow Corp\\MadeUpFolder\\");
  rh_value_dispose(&value);
  rh_buffer_dispose(&utf8);
  rh_buffer_clear(&text);
  /* This one holds a list with a byte left out: "22,,61". */
  if (!read_data_file(&text, "reg/ansible_settings2.reg"))
    skip();
  must_fail(rh_regtext_read(registry, text.data, text.len, "f", NULL, NULL, &error), RH_ERR_FORMAT);
  assert_non_null(strstr(error.message, "line 4, column 39: "));
  rh_buffer_dispose(&text);
}

static void test_hivexregedit_file(void **state) {
  rh_registry *registry = rh_hive_registry(*state);
  rh_buffer text = {0};
  if (!read_data_file(&text, "reg/phony_windows-bcd.reg"))
    skip();
  read_ok(registry, text.data, text.len, NULL, NULL);
  assert_value(registry, "Description", "System", 4, "\1\0\0", 4);
  assert_value(registry, "Description", "KeyName", 1,
               "B\0C\0D\0"
               "0\0000\0000\0000\0000\0000\0000\0000\0\0",
               24);
  rh_buffer_dispose(&text);
}

int main(void) {
#define WITH_HIVE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      WITH_HIVE(test_every_form),
      WITH_HIVE(test_encodings),
      WITH_HIVE(test_line_feeds_alone),
      WITH_HIVE(test_deletions),
      WITH_HIVE(test_prefix_and_control_set),
      WITH_HIVE(test_what_people_write),
      WITH_HIVE(test_utf16_without_a_mark),
      WITH_HIVE(test_the_current_control_set),
      WITH_HIVE(test_each_key_goes_into_its_hive),
      WITH_HIVE(test_roots_other_than_a_machine),
      WITH_HIVE(test_regedit4),
      WITH_HIVE(test_malformed),
      WITH_HIVE(test_cut_at_every_byte),
      WITH_HIVE(test_each_byte_changed),
      WITH_HIVE(test_ras_diagnostic_report),
      WITH_HIVE(test_utf16_file),
      WITH_HIVE(test_hivexregedit_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
