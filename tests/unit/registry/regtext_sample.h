/* For tests: .reg text with every form of line, and what it stands for. */
#ifndef TEST_REGTEXT_SAMPLE_H
#define TEST_REGTEXT_SAMPLE_H

#include "registry_dump.h"

#include "registry/text/regtext.h"

#define V5 "Windows Registry Editor Version 5.00\r\n\r\n"
#define SYSTEM "HKEY_LOCAL_MACHINE\\SYSTEM"

static inline int set_up(void **state) {
  rh_hive *hive;
  must(rh_hive_create(&hive, &(rh_hive_options){.time = 1000}, NULL));
  *state = hive;
  return 0;
}

static inline int tear_down(void **state) {
  rh_hive_free(*state);
  return 0;
}

static inline void read_ok(rh_registry *registry, const void *text, size_t len,
                           const rh_regtext_read_options *options, rh_regtext_counts *counts) {
  rh_error error = {0};
  if (rh_regtext_read(registry, text, len, "test.reg", options, counts, &error) != RH_OK)
    fail_msg("%s: %s", error.object, error.message);
}

static inline void assert_value(rh_registry *registry, const char *path, const char *name,
                                uint32_t type, const void *data, size_t len) {
  rh_value value = {0};
  must(rh_registry_get(registry, path, name, &value, NULL));
  assert_int_equal(value.type, type);
  assert_int_equal(value.len, len);
  if (len)
    assert_memory_equal(value.data, data, len);
  rh_value_dispose(&value);
}

static inline void assert_no_value(rh_registry *registry, const char *path, const char *name) {
  rh_value value = {0};
  must_fail(rh_registry_get(registry, path, name, &value, NULL), RH_ERR_NOT_FOUND);
}

static const char every_form[] = V5 "; a comment\r\n"
                                    "[HKEY_LOCAL_MACHINE\\SYSTEM\\Key]\r\n"
                                    "@=\"default\"\r\n"
                                    "\"a \\\"quoted\\\" \\\\ name\"=\"C:\\\\dir\\\\ \\\"x\\\"\"\r\n"
                                    "\"lone\"=\"C:\\Temp\"\r\n"
                                    "\"lines\"=\"first\r\nsecond\"\r\n"
                                    "\"empty\"=\"\"\r\n"
                                    "\"dword\"=dword:0000000A ; ten\r\n"
                                    "\"short\"=DWORD:f\r\n"
                                    "\"binary\"=hex:01,02,\\\r\n"
                                    "  fe,FF\r\n"
                                    "\"none\"=hex(0):\r\n"
                                    "\"late\"=hex(7):\\\r\n  61,00,00,00,\\\r\n  00,00\r\n"
                                    "\"qword\"=hex(b):01,00,00,00,00,00,00,80\r\n"
                                    "\"high\"=hex(80000002):aa\r\n"
                                    "\"odd string\"=hex(1):61,00,62\r\n"
                                    "\"expand\"=str(2):\"%A%\"\r\n"
                                    "\"utf8\"=\"\xC3\xA9\xF0\x9D\x84\x9E\"\r\n"
                                    "\r\n"
                                    "  [hklm\\system\\brackets [x] ];here]   ; a comment\r\n"
                                    "\"last\"=\"one\"";

static inline void check_every_form(rh_registry *registry) {
  assert_value(registry, "Key", "", 1, "d\0e\0f\0a\0u\0l\0t\0\0", 16);
  assert_value(registry, "Key", "a \"quoted\" \\ name", 1,
               "C\0:\0\\\0d\0i\0r\0\\\0 \0\"\0x\0\"\0\0", 24);
  assert_value(registry, "Key", "lone", 1, "C\0:\0\\\0T\0e\0m\0p\0\0", 16);
  assert_value(registry, "Key", "lines", 1, "f\0i\0r\0s\0t\0\r\0\n\0s\0e\0c\0o\0n\0d\0\0", 28);
  assert_value(registry, "Key", "empty", 1, "\0", 2);
  assert_value(registry, "Key", "dword", 4, "\x0A\0\0", 4);
  assert_value(registry, "Key", "short", 4, "\x0F\0\0", 4);
  assert_value(registry, "Key", "binary", 3, "\1\2\xFE\xFF", 4);
  assert_value(registry, "Key", "none", 0, "", 0);
  assert_value(registry, "Key", "late", 7, "a\0\0\0\0", 6);
  assert_value(registry, "Key", "qword", 11, "\1\0\0\0\0\0\0\x80", 8);
  assert_value(registry, "Key", "high", 0x80000002u, "\xAA", 1);
  assert_value(registry, "Key", "odd string", 1, "a\0b", 3);
  assert_value(registry, "Key", "expand", 2, "%\0A\0%\0\0", 8);
  assert_value(registry, "Key", "utf8", 1, "\xE9\0\x34\xD8\x1E\xDD\0", 8);
  assert_value(registry, "brackets [x] ];here", "last", 1, "o\0n\0e\0\0", 8);
}

#endif
