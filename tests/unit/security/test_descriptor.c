/* SIDs and security descriptors: bytes laid out by hand as [MS-DTYP] 2.4 says, and hostile ones. */
#include "base/reader.h"
#include "security/descriptor.h"
#include "security/make_descriptor.h"
#include "security/sid.h"
#include "security/words.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants those first. */
#include <cmocka.h>

static void test_sids(void **state) {
  (void)state;
  static const char *const good[] = {"S-1-0",
                                     "S-1-1-0",
                                     "S-1-5-32-544",
                                     "S-1-5-21-1-2-4294967295-500",
                                     "S-1-4294967295-7",
                                     "S-1-0x000100000000-7",
                                     "S-1-0xFFFFFFFFFFFF-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15"};
  static const char *const bad[] = {"",
                                    "S-1",
                                    "S-1-",
                                    "S-1-5-",
                                    "S-2-5-32",
                                    "S-1-5--1",
                                    "S-1-5x",
                                    "S-1-0x",
                                    "S-1-5-0x10",
                                    "S-1-5- 1",
                                    "S-1-5-4294967296",
                                    "S-1-5-99999999999999999999999",
                                    "S-1-0x1000000000000",
                                    "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    rh_buffer bytes = {0};
    char text[RH_SID_TEXT];
    size_t used = 0;
    assert_int_equal(rh_sid_parse(&bytes, good[i], NULL), RH_OK);
    assert_true(rh_sid_print(text, bytes.data, bytes.len, &used));
    assert_string_equal(text, good[i]);
    assert_int_equal(used, bytes.len);
    assert_int_equal(rh_sid_len(bytes.data, bytes.len), bytes.len);
    assert_false(rh_sid_print(text, bytes.data, bytes.len - 1, NULL));
    rh_buffer_dispose(&bytes);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    rh_buffer bytes = {0};
    assert_int_equal(rh_sid_parse(&bytes, bad[i], NULL), RH_ERR_ARGUMENT);
    assert_int_equal(bytes.len, 0);
    rh_buffer_dispose(&bytes);
  }
  static const unsigned char too_many[72] = {1, 16}, other[8] = {2};
  assert_int_equal(rh_sid_len(too_many, sizeof too_many), 0);
  assert_int_equal(rh_sid_len(other, sizeof other), 0);
}

static void test_sid_bytes_and_names(void **state) {
  (void)state;
  static const unsigned char administrators[] = {1,    2, 0, 0, 0,    0,    0, 5,
                                                 0x20, 0, 0, 0, 0x20, 0x02, 0, 0};
  rh_buffer bytes = {0};
  assert_int_equal(rh_sid_parse(&bytes, "S-1-5-32-544", NULL), RH_OK);
  assert_int_equal(bytes.len, sizeof administrators);
  assert_memory_equal(bytes.data, administrators, sizeof administrators);
  assert_string_equal(rh_sid_name(bytes.data, bytes.len), "BUILTIN\\Administrators");
  assert_null(rh_sid_name(bytes.data, bytes.len - 4));
  rh_buffer_clear(&bytes);
  assert_int_equal(rh_sid_parse(&bytes, "S-1-5-21-1-2-3-500", NULL), RH_OK);
  assert_null(rh_sid_name(bytes.data, bytes.len));
  rh_buffer_dispose(&bytes);
}

/* Owner Administrators, no group; Everyone may read, S-1-5-21-1-2-3-1004 is denied all in what is
 * made inside, an object entry with one type. A byte of padding behind the first SID is a tail. */
/* clang-format off */
static const unsigned char sound[] = {
    0x01, 0x00, 0x04, 0x90, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x14, 0x00, 0x00, 0x00,
    0x04, 0x00, 0x6C, 0x00, 0x03, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x18, 0x00, 0xA9, 0x00, 0x12, 0x00,
    0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0xEE, 0xEE, 0xEE, 0xEE,
    0x01, 0x0B, 0x24, 0x00, 0xFF, 0x01, 0x1F, 0x00,
    0x01, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x15, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
    0x02, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0xEC, 0x03, 0x00, 0x00,
    0x05, 0x00, 0x28, 0x00, 0x00, 0x00, 0x00, 0x80, 0x01, 0x00, 0x00, 0x00,
    0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
    0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x12, 0x00, 0x00, 0x00,
    0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x20, 0x00, 0x00, 0x00, 0x20, 0x02, 0x00, 0x00,
};
/* clang-format on */

static void assert_sid(rh_bytes sid, const char *expected) {
  char text[RH_SID_TEXT];
  assert_true(rh_sid_print(text, sid.data, sid.len, NULL));
  assert_string_equal(text, expected);
}

static void test_a_descriptor_is_read(void **state) {
  (void)state;
  rh_descriptor read;
  assert_int_equal(rh_descriptor_parse(&read, sound, sizeof sound, NULL), RH_OK);
  assert_int_equal(read.control, RH_SE_SELF_RELATIVE | RH_SE_DACL_PRESENT | RH_SE_DACL_PROTECTED);
  assert_sid(read.owner, "S-1-5-32-544");
  assert_int_equal(read.group.len, 0);
  assert_false(read.sacl.present);
  assert_true(read.dacl.present && !read.dacl.is_null);
  assert_int_equal(read.dacl.revision, 4);
  assert_int_equal(read.dacl.count, 3);
  const rh_ace *aces = read.dacl.aces;
  assert_int_equal(aces[0].mask, 0x1200A9);
  assert_sid(aces[0].sid, "S-1-1-0");
  assert_int_equal(aces[0].tail.len, 4);
  assert_int_equal(aces[1].type, RH_ACE_DENIED);
  assert_int_equal(aces[1].flags,
                   RH_ACE_OBJECT_INHERIT | RH_ACE_CONTAINER_INHERIT | RH_ACE_INHERIT_ONLY);
  assert_sid(aces[1].sid, "S-1-5-21-1-2-3-1004");
  assert_int_equal(aces[2].type_flags, 1);
  assert_int_equal(aces[2].mask, RH_GENERIC_READ);
  assert_sid(aces[2].sid, "S-1-5-18");
  assert_int_equal(aces[2].tail.len, 0);
  rh_descriptor_dispose(&read);
}

static void test_it_is_written_as_it_was(void **state) {
  (void)state;
  rh_descriptor read;
  rh_buffer out = {0};
  assert_int_equal(rh_buffer_append(&out, "xyz", 3, NULL), RH_OK);
  assert_int_equal(rh_descriptor_parse(&read, sound, sizeof sound, NULL), RH_OK);
  assert_int_equal(rh_descriptor_build(&out, &read, NULL), RH_OK);
  assert_int_equal(out.len, 3 + sizeof sound);
  assert_memory_equal(out.data + 3, sound, sizeof sound);
  rh_descriptor_dispose(&read);
  rh_buffer_dispose(&out);
}

/* Owner and group share their bytes, lie before the lists, and room is left behind: as NTFS and
 * other programs lay it out. It says the same as the dense one. */
static void test_layouts_do_not_count(void **state) {
  (void)state;
  rh_descriptor dense, loose;
  made built, moved = {.len = 20};
  make_descriptor(&built, "O:SYG:SYD:(A;;FA;;;SY)");
  put_sid(&moved, "SY");
  moved.len += 100;
  size_t dacl = moved.len;
  memcpy(moved.data + dacl, built.data + 20, 28);
  moved.len += 28 + 4000;
  put_at(&moved, 0, 1 | 0x8004u << 16, 4);
  put_at(&moved, 4, 20, 4);
  put_at(&moved, 8, 20, 4);
  put_at(&moved, 16, dacl, 4);
  assert_int_equal(rh_descriptor_parse(&dense, built.data, built.len, NULL), RH_OK);
  assert_int_equal(rh_descriptor_parse(&loose, moved.data, moved.len, NULL), RH_OK);
  assert_true(rh_descriptor_same(&dense, &loose));
  loose.dacl.aces[0].flags = RH_ACE_INHERITED;
  assert_false(rh_descriptor_same(&dense, &loose));
  rh_descriptor_dispose(&dense);
  rh_descriptor_dispose(&loose);
}

static void test_no_list_and_an_empty_one_are_not_the_same(void **state) {
  (void)state;
  static const struct {
    const char *sddl;
    bool present, is_null;
  } cases[] = {
      {"O:SYG:SY", false, false}, {"O:SYG:SYD:NULL", true, true}, {"O:SYG:SYD:", true, false}};
  for (size_t i = 0; i < 3; i++) {
    made built;
    rh_descriptor read;
    rh_buffer out = {0};
    make_descriptor(&built, cases[i].sddl);
    assert_int_equal(rh_descriptor_parse(&read, built.data, built.len, NULL), RH_OK);
    assert_int_equal(read.dacl.present, cases[i].present);
    assert_int_equal(read.dacl.is_null, cases[i].is_null);
    assert_int_equal(read.dacl.count, 0);
    assert_int_equal(rh_descriptor_build(&out, &read, NULL), RH_OK);
    assert_int_equal(out.len, built.len);
    assert_memory_equal(out.data, built.data, built.len);
    rh_descriptor_dispose(&read);
    rh_buffer_dispose(&out);
  }
}

/* A copy of the exact size, so that a sanitizer sees a read behind the end. */
static rh_status parse_copy(const unsigned char *data, size_t len, rh_error *error) {
  rh_descriptor read;
  unsigned char *copy = malloc(len ? len : 1);
  memcpy(copy, data, len);
  rh_status status = rh_descriptor_parse(&read, copy, len, error);
  if (status == RH_OK)
    rh_descriptor_dispose(&read);
  free(copy);
  return status;
}

static void test_truncated(void **state) {
  (void)state;
  for (size_t len = 0; len < sizeof sound; len++) {
    rh_error error = {0};
    assert_int_equal(parse_copy(sound, len, &error), RH_ERR_FORMAT);
    assert_string_equal(error.object, "the security descriptor");
    assert_true(error.message[0] != '\0');
  }
}

static void test_offsets_that_lie(void **state) {
  (void)state;
  static const size_t places[] = {4, 8, 16};
  static const uint32_t lies[] = {1, 19, sizeof sound - 1, sizeof sound, 0x7FFFFFFF, 0xFFFFFFFF};
  for (size_t place = 0; place < 3; place++)
    for (size_t lie = 0; lie < sizeof lies / sizeof *lies; lie++) {
      unsigned char bytes[sizeof sound];
      memcpy(bytes, sound, sizeof sound);
      rh_store_u32(bytes + places[place], lies[lie]);
      assert_int_equal(parse_copy(bytes, sizeof bytes, NULL), RH_ERR_FORMAT);
    }
}

/* Sizes and counts of the list and of its entries. */
static void test_sizes_that_lie(void **state) {
  (void)state;
  static const struct {
    size_t place;
    uint16_t lie;
  } lies[] = {{22, 0},  {22, 7},      {22, 0x6B}, {22, 0x7E}, {22, 0xFFFF}, {24, 4},
              {24, 99}, {24, 0xFFFF}, {30, 0},    {30, 3},    {30, 8},      {30, 0x14 - 1},
              {30, 96}, {30, 0xFFFF}, {54, 0x23}, {54, 0x20}, {0, 2},       {2, 0x0004}};
  for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
    unsigned char bytes[sizeof sound];
    memcpy(bytes, sound, sizeof sound);
    rh_store_u16(bytes + lies[i].place, lies[i].lie);
    if (parse_copy(bytes, sizeof bytes, NULL) != RH_ERR_FORMAT)
      fail_msg("0x%X at %zu was taken", lies[i].lie, lies[i].place);
  }
}

/* Any byte replaced: it is refused, or what is read can be written and read again as the same. */
static void test_damaged(void **state) {
  (void)state;
  static const unsigned char values[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};
  for (size_t at = 0; at < sizeof sound; at++)
    for (size_t value = 0; value < sizeof values; value++) {
      unsigned char bytes[sizeof sound];
      rh_descriptor read, again;
      rh_buffer out = {0};
      memcpy(bytes, sound, sizeof sound);
      bytes[at] = values[value];
      if (rh_descriptor_parse(&read, bytes, sizeof bytes, NULL) != RH_OK)
        continue;
      assert_int_equal(rh_descriptor_build(&out, &read, NULL), RH_OK);
      assert_int_equal(rh_descriptor_parse(&again, out.data, out.len, NULL), RH_OK);
      assert_true(rh_descriptor_same(&read, &again));
      rh_descriptor_dispose(&read);
      rh_descriptor_dispose(&again);
      rh_buffer_dispose(&out);
    }
}

/* A list of 65,535 bytes at most is what 16 bits can say; entries without an end to them. */
static void test_large(void **state) {
  (void)state;
  static made built;
  rh_descriptor read;
  rh_buffer out = {0};
  make_descriptor(&built, "O:SYG:SYD:(A;;FA;;;SY)");
  size_t owner = built.len - 24;
  unsigned char sids[24];
  memcpy(sids, built.data + owner, 24);
  built.len = owner;
  for (int i = 1; i < 3276; i++) {
    memcpy(built.data + built.len, built.data + 28, 20);
    built.len += 20;
  }
  put_at(&built, 22, 8 + 3276 * 20, 2); /* 65,528 */
  put_at(&built, 24, 3276, 2);
  put_at(&built, 4, built.len, 4);
  put_at(&built, 8, built.len + 12, 4);
  memcpy(built.data + built.len, sids, 24);
  built.len += 24;
  assert_int_equal(rh_descriptor_parse(&read, built.data, built.len, NULL), RH_OK);
  assert_int_equal(read.dacl.count, 3276);
  assert_int_equal(rh_descriptor_build(&out, &read, NULL), RH_OK);
  assert_int_equal(out.len, built.len);
  assert_memory_equal(out.data, built.data, built.len);
  rh_ace *more = calloc(3277, sizeof *more), *aces = read.dacl.aces;
  memcpy(more, aces, 3276 * sizeof *more);
  more[3276] = aces[0];
  read.dacl.aces = more;
  read.dacl.count = 3277;
  assert_int_equal(rh_descriptor_build(&out, &read, NULL), RH_ERR_LIMIT);
  free(more);
  read.dacl.aces = aces;
  rh_descriptor_dispose(&read);
  rh_buffer_dispose(&out);
  unsigned char *huge = calloc(1, RH_DESCRIPTOR_MAX + 1);
  assert_int_equal(rh_descriptor_parse(&read, huge, RH_DESCRIPTOR_MAX + 1, NULL), RH_ERR_LIMIT);
  free(huge);
}

static void test_without_memory(void **state) {
  (void)state;
  rh_descriptor read;
  rh_memory_fail_at(1);
  assert_int_equal(rh_descriptor_parse(&read, sound, sizeof sound, NULL), RH_ERR_MEMORY);
  rh_memory_fail_at(0);
}

static void assert_words(const char *sddl, const char *expected) {
  made built;
  rh_descriptor read;
  rh_buffer words = {0};
  make_descriptor(&built, sddl);
  assert_int_equal(rh_descriptor_parse(&read, built.data, built.len, NULL), RH_OK);
  assert_int_equal(rh_descriptor_describe(&words, &read, NULL), RH_OK);
  assert_string_equal(rh_buffer_text(&words), expected);
  rh_descriptor_dispose(&read);
  rh_buffer_dispose(&words);
}

static void test_words(void **state) {
  (void)state;
  assert_words("O:BAG:SYD:(A;;FA;;;SY)(A;;FA;;;BA)",
               "owner BUILTIN\\Administrators; NT AUTHORITY\\SYSTEM: full control; "
               "BUILTIN\\Administrators: full control");
  assert_words("O:TIG:SYD:PAI(D;;FW;;;WD)(A;OICIIO;GA;;;CO)(A;;0x1301bf;;;S-1-5-21-1-2-3-1001)",
               "owner NT SERVICE\\TrustedInstaller; Everyone: denied write, read permissions; "
               "CREATOR OWNER: full control in what it holds; S-1-5-21-1-2-3-1001: modify; "
               "inherits nothing");
  assert_words("O:BAG:SYD:(A;;0x120089;;;BU)(A;;0x1200a9;;;AU)(A;;0x100116;;;WD)(A;;0x4;;;AN)",
               "owner BUILTIN\\Administrators; BUILTIN\\Users: read; NT AUTHORITY\\Authenticated "
               "Users: read and execute; Everyone: write; NT AUTHORITY\\ANONYMOUS LOGON: rights "
               "0x4");
  assert_words("O:BAG:SYD:(A;;GR;;;BU)(XA;;FA;;;WD;artx)",
               "owner BUILTIN\\Administrators; BUILTIN\\Users: read; Everyone: full control on a "
               "condition");
  assert_words("O:BAG:SYD:NULL", "owner BUILTIN\\Administrators; everybody: full control, there "
                                 "being no list");
  assert_words("O:BAG:SYD:", "owner BUILTIN\\Administrators; nobody may do anything");
  assert_words("G:SYD:(ZZ;;FA;;;WD)S:(AU;SAFA;FA;;;WD)(ML;;0x1;;;HI)",
               "owner nobody; an entry of type 85; Mandatory Label\\High Mandatory Level; 1 entry "
               "for auditing");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sids),
      cmocka_unit_test(test_sid_bytes_and_names),
      cmocka_unit_test(test_a_descriptor_is_read),
      cmocka_unit_test(test_it_is_written_as_it_was),
      cmocka_unit_test(test_layouts_do_not_count),
      cmocka_unit_test(test_no_list_and_an_empty_one_are_not_the_same),
      cmocka_unit_test(test_truncated),
      cmocka_unit_test(test_offsets_that_lie),
      cmocka_unit_test(test_sizes_that_lie),
      cmocka_unit_test(test_damaged),
      cmocka_unit_test(test_large),
      cmocka_unit_test(test_without_memory),
      cmocka_unit_test(test_words),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
