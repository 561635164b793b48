/* Text: conversions both ways, names without case, hex. */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
/* cmocka wants the four above first. */
#include <cmocka.h>

static void assert_bytes(const rh_buffer *buffer, const char *expected, size_t len) {
  assert_int_equal(buffer->len, len);
  assert_memory_equal(rh_buffer_text(buffer), expected, len);
}

static void test_utf16_and_back(void **state) {
  (void)state;
  static const struct {
    const char *utf8;
    size_t utf8_len;
    const char *utf16;
    size_t utf16_len;
  } pairs[] = {
      {"", 0, "", 0},
      {"Az", 2, "A\0z\0", 4},
      {"\0x", 2, "\0\0x\0", 4},
      {"\xC3\xAB", 2, "\xEB\x00", 2},                 /* e with diaeresis */
      {"\xE2\x82\xAC", 3, "\xAC\x20", 2},             /* euro sign */
      {"\xF0\x9F\x98\x80", 4, "\x3D\xD8\x00\xDE", 4}, /* a pair */
      {"\xED\xA0\xBD", 3, "\x3D\xD8", 2},             /* an unpaired high surrogate */
      {"\xED\xB8\x80x", 4, "\x00\xDEx\0", 4},         /* an unpaired low one */
  };
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    rh_buffer out = {0};
    assert_int_equal(rh_utf16_from_utf8(&out, pairs[i].utf8, pairs[i].utf8_len, NULL), RH_OK);
    assert_bytes(&out, pairs[i].utf16, pairs[i].utf16_len);
    assert_int_equal(rh_utf16_count(pairs[i].utf8, pairs[i].utf8_len), pairs[i].utf16_len / 2);
    rh_buffer_clear(&out);
    assert_int_equal(rh_utf8_from_utf16(&out, pairs[i].utf16, pairs[i].utf16_len, NULL), RH_OK);
    assert_bytes(&out, pairs[i].utf8, pairs[i].utf8_len);
    rh_buffer_dispose(&out);
  }
}

/* Every run of two units survives, whatever the units are. */
static void test_every_unit_survives(void **state) {
  (void)state;
  static const uint16_t others[] = {0x0041, 0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xFFFF};
  rh_buffer utf8 = {0}, back = {0};
  for (uint32_t unit = 0; unit < 0x10000; unit++) {
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
      unsigned char pair[4] = {(unsigned char)unit, (unsigned char)(unit >> 8),
                               (unsigned char)others[i], (unsigned char)(others[i] >> 8)};
      rh_buffer_clear(&utf8);
      rh_buffer_clear(&back);
      assert_int_equal(rh_utf8_from_utf16(&utf8, pair, 4, NULL), RH_OK);
      assert_int_equal(rh_utf16_from_utf8(&back, rh_buffer_text(&utf8), utf8.len, NULL), RH_OK);
      assert_bytes(&back, (const char *)pair, 4);
    }
  }
  rh_buffer_dispose(&utf8);
  rh_buffer_dispose(&back);
}

/* ASCII is gone through in steps: a character of each kind at each place in it. */
static void test_characters_among_ascii(void **state) {
  (void)state;
  static const struct {
    const char *utf8, *utf16;
    size_t utf16_len;
  } kinds[] = {{"x", "x", 2},
               {"\xC3\xAB", "\xEB\x00", 2},
               {"\xE2\x82\xAC", "\xAC\x20", 2},
               {"\xF0\x9F\x98\x80", "\x3D\xD8\x00\xDE", 4}};
  for (size_t i = 0; i < 4 * 40 * 40; i++) {
    size_t kind = i % 4, before = i / 4 % 40, after = i / 160;
    size_t utf8_len = strlen(kinds[kind].utf8);
    char utf8[96], utf16[192] = {0};
    rh_buffer out = {0};
    memset(utf8, 'a', sizeof utf8);
    for (size_t n = 0; n < sizeof utf16; n += 2)
      utf16[n] = 'a';
    memcpy(utf8 + before, kinds[kind].utf8, utf8_len);
    memcpy(utf16 + 2 * before, kinds[kind].utf16, kinds[kind].utf16_len);
    utf8_len += before + after;
    size_t utf16_len = 2 * (before + after) + kinds[kind].utf16_len;
    assert_int_equal(rh_utf16_from_utf8(&out, utf8, utf8_len, NULL), RH_OK);
    assert_bytes(&out, utf16, utf16_len);
    assert_int_equal(rh_utf16_count(utf8, utf8_len), utf16_len / 2);
    assert_true(rh_utf8_is_valid(utf8, utf8_len));
    rh_buffer_clear(&out);
    assert_int_equal(rh_utf8_from_utf16(&out, utf16, utf16_len, NULL), RH_OK);
    assert_bytes(&out, utf8, utf8_len);
    rh_buffer_dispose(&out);
    utf8[before + (after > 0 ? utf8_len - before - 1 : 0)] = (char)0xFF;
    assert_false(rh_utf8_is_valid(utf8, utf8_len));
  }
}

static void test_bad_utf8_is_refused(void **state) {
  (void)state;
  static const char *const bad[] = {"\x80",     "\xC0\x80",     "\xC3",
                                    "\xE2\x82", "\xE0\x80\x80", "\xF4\x90\x80\x80",
                                    "\xFF",     "a\xC3(",       "\xF0\x80\x80\x80"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    rh_buffer out = {0};
    rh_error error;
    assert_int_equal(rh_utf16_from_utf8(&out, bad[i], strlen(bad[i]), &error), RH_ERR_FORMAT);
    assert_false(rh_utf8_is_valid(bad[i], strlen(bad[i])));
    assert_true(rh_utf16_count(bad[i], strlen(bad[i])) == SIZE_MAX);
    rh_buffer_dispose(&out);
  }
  assert_false(rh_utf8_is_valid("\xED\xA0\xBD", 3)); /* WTF-8 is not UTF-8 */
}

static void test_upper_case(void **state) {
  (void)state;
  static const uint16_t pairs[][2] = {
      {'a', 'A'},
      {'z', 'Z'},
      {'[', '['},
      {0xE4, 0xC4},
      {0xF7, 0xF7},
      {0xFF, 0x178},
      {0x101, 0x100},
      {0x100, 0x100},
      {0x17E, 0x17D},
      {0x3B1, 0x391},
      {0x430, 0x410},
      {0x44F, 0x42F},
      {0x450, 0x400},
      {0x561, 0x531},
      {0x1E01, 0x1E00},
      {0x1F80, 0x1F88},
      {0x2170, 0x2160},
      {0x24D0, 0x24B6},
      {0xFF41, 0xFF21},
      /* Left alone: micro sign, dotless i, long s, final sigma, Georgian (younger capitals). */
      {0xB5, 0xB5},
      {0x131, 0x131},
      {0x17F, 0x17F},
      {0x3C2, 0x3C2},
      {0x10D0, 0x10D0},
      {0xDF, 0xDF}};
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
    assert_int_equal(rh_upcase(pairs[i][0]), pairs[i][1]);
  for (uint32_t unit = 0; unit < 0x10000; unit++)
    assert_int_equal(rh_upcase(rh_upcase((uint16_t)unit)), rh_upcase((uint16_t)unit));
}

static void test_names_compare_without_case(void **state) {
  (void)state;
  assert_true(rh_name_equal("CurrentControlSet", "CURRENTCONTROLSET"));
  assert_true(
      rh_name_equal("\xD0\x9A\xD0\xBB\xD1\x8E\xD1\x87", "\xD0\xBA\xD0\xBB\xD1\x8E\xD1\x87"));
  assert_false(rh_name_equal("a", "ab"));
  assert_true(rh_name_compare("a", 1, "B", 1) < 0);
  assert_true(rh_name_compare("a_b", 3, "ab", 2) > 0); /* '_' is behind 'B' */
  assert_true(rh_name_compare("x\0a", 3, "x\0b", 3) < 0);
  assert_true(rh_name_compare("x", 1, "x\0", 2) < 0);
}

static void test_hex(void **state) {
  (void)state;
  rh_buffer out = {0};
  char text[7];
  assert_int_equal(rh_hex_parse(&out, "00fFA5", 6, NULL), RH_OK);
  assert_bytes(&out, "\x00\xFF\xA5", 3);
  rh_hex_print(text, out.data, out.len, true);
  assert_string_equal(text, "00FFA5");
  assert_int_equal(rh_hex_parse(&out, "abc", 3, NULL), RH_ERR_FORMAT);
  assert_int_equal(rh_hex_parse(&out, "0g", 2, NULL), RH_ERR_FORMAT);
  assert_bytes(&out, "\x00\xFF\xA5", 3);
  rh_buffer_dispose(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_utf16_and_back),
      cmocka_unit_test(test_every_unit_survives),
      cmocka_unit_test(test_characters_among_ascii),
      cmocka_unit_test(test_bad_utf8_is_refused),
      cmocka_unit_test(test_upper_case),
      cmocka_unit_test(test_names_compare_without_case),
      cmocka_unit_test(test_hex),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
