/* What protections mean: POSIX access lists, words, differences, never wider, what is not kept. */
#include "security/make_descriptor.h"
#include "security/posix_acl.h"
#include "security/protection.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants those first. */
#include <cmocka.h>

#define NONE 0xFFFFFFFFu

/* An access list as the kernel shows it: version 2, then tag, rights and number of each entry. */
typedef struct acl_entry {
  unsigned tag, rights, id;
} acl_entry;
enum { OWNER = 1, USER = 2, OWN_GROUP = 4, GROUP = 8, MASK = 16, OTHERS = 32 };

static rh_attribute attributes[4];
static unsigned char acl_bytes[4][4 + 8 * 40];

/* A POSIX protection; with entries, up to a tag of 0, its access list. slot: 0 to 3. */
static rh_protection posix(unsigned slot, uint32_t owner, uint32_t group, uint32_t mode,
                           const acl_entry *entries) {
  rh_protection made_up = {
      .kind = RH_PROTECTION_POSIX, .owner = owner, .group = group, .mode = mode};
  made list = {0};
  if (!entries)
    return made_up;
  put(&list, 2, 4);
  for (; entries->tag; entries++) {
    put(&list, entries->tag, 2);
    put(&list, entries->rights, 2);
    put(&list, entries->id, 4);
  }
  memcpy(acl_bytes[slot], list.data, list.len);
  attributes[slot] =
      (rh_attribute){(char *)(uintptr_t) "system.posix_acl_access", acl_bytes[slot], list.len};
  made_up.attributes = &attributes[slot];
  made_up.attribute_count = 1;
  return made_up;
}

static bool is_wider(const rh_protection *a, const rh_protection *b, const char *because) {
  rh_buffer why = {0};
  bool wider = false;
  assert_int_equal(rh_protection_is_wider(&wider, &why, a, b, NULL), RH_OK);
  assert_string_equal(rh_buffer_text(&why), because);
  rh_buffer_dispose(&why);
  return wider;
}

static void test_modes(void **state) {
  (void)state;
  rh_protection private = posix(0, 0, 0, 0600, NULL), open = posix(0, 0, 0, 0644, NULL);
  rh_protection grouped = posix(0, 0, 0, 0640, NULL), other_group = posix(0, 0, 7, 0640, NULL);
  rh_protection other_owner = posix(0, 5, 0, 0600, NULL), odd = posix(0, 5, 7, 0604, NULL);
  rh_protection runs = posix(0, 0, 0, 04600, NULL), more = posix(0, 0, 0, 0664, NULL);
  assert_false(is_wider(&private, &private, ""));
  assert_false(is_wider(&private, &open, ""));
  assert_true(is_wider(&open, &private, "group 0 may read"));
  assert_true(is_wider(&grouped, &private, "group 0 may read"));
  assert_true(is_wider(&more, &open, "group 0 may write"));
  assert_true(is_wider(&other_group, &grouped, "group 7 may read"));
  /* Others may read, but not group 7: those in it are kept off by the second alone. */
  assert_true(is_wider(&open, &odd, "group 7 may read"));
  assert_true(is_wider(&odd, &grouped, "user 5 may read write change the permissions"));
  odd.owner = 0;
  assert_true(is_wider(&odd, &grouped, "everybody else may read"));
  assert_true(is_wider(&other_owner, &private, "user 5 may read write change the permissions"));
  /* Root may do everything anyhow. */
  assert_false(is_wider(&private, &other_owner, ""));
  assert_true(is_wider(&runs, &private, "it runs as its owner or group"));
  assert_false(is_wider(&private, &runs, ""));
}

static void test_access_lists(void **state) {
  (void)state;
  static const acl_entry reader[] = {{OWNER, 6, NONE}, {USER, 4, 1000},   {OWN_GROUP, 0, NONE},
                                     {MASK, 4, NONE},  {OTHERS, 0, NONE}, {0, 0, 0}};
  static const acl_entry masked[] = {{OWNER, 6, NONE}, {USER, 7, 1000},   {OWN_GROUP, 0, NONE},
                                     {MASK, 0, NONE},  {OTHERS, 0, NONE}, {0, 0, 0}};
  static const acl_entry group[] = {{OWNER, 6, NONE}, {OWN_GROUP, 0, NONE}, {GROUP, 6, 50},
                                    {MASK, 6, NONE},  {OTHERS, 0, NONE},    {0, 0, 0}};
  static const acl_entry kept_off[] = {{OWNER, 6, NONE}, {OWN_GROUP, 4, NONE}, {GROUP, 0, 50},
                                       {MASK, 4, NONE},  {OTHERS, 4, NONE},    {0, 0, 0}};
  rh_protection plain = posix(0, 0, 0, 0600, NULL), open = posix(0, 0, 0, 0644, NULL);
  rh_protection one = posix(1, 0, 0, 0640, reader), none = posix(2, 0, 0, 0600, masked);
  assert_true(is_wider(&one, &plain, "user 1000 may read"));
  assert_false(is_wider(&plain, &one, ""));
  assert_false(is_wider(&one, &one, ""));
  assert_false(is_wider(&none, &plain, ""));
  assert_true(is_wider(&one, &none, "user 1000 may read"));
  assert_false(is_wider(&one, &open, ""));
  rh_protection of_group = posix(3, 0, 0, 0660, group);
  assert_true(is_wider(&of_group, &plain, "group 50 may read write"));
  /* Everybody but group 50: one of it gets more by a list that does not name it. */
  rh_protection all_but = posix(2, 0, 0, 0644, kept_off);
  assert_true(is_wider(&open, &all_but, "group 50 may read"));
  assert_false(is_wider(&all_but, &open, ""));
  /* In two groups, either of which would do. */
  static const acl_entry both[] = {{OWNER, 6, NONE}, {OWN_GROUP, 0, NONE}, {GROUP, 4, 50},
                                   {GROUP, 4, 60},   {MASK, 4, NONE},      {OTHERS, 0, NONE},
                                   {0, 0, 0}};
  rh_protection of_both = posix(1, 0, 0, 0640, both);
  assert_true(is_wider(&of_both, &of_group, "group 60 may read"));
  assert_true(is_wider(&of_group, &of_both, "group 50 may write"));
}

static void test_what_cannot_be_read_is_wider(void **state) {
  (void)state;
  static const acl_entry odd[] = {{77, 4, NONE}, {0, 0, 0}}, strong[] = {{OWNER, 8, 0}, {0, 0, 0}};
  static acl_entry many[35];
  rh_protection plain = posix(0, 0, 0, 0600, NULL), bad = posix(1, 0, 0, 0600, odd);
  const char *because = "its permissions cannot be read";
  assert_true(is_wider(&bad, &plain, because));
  assert_true(is_wider(&plain, &bad, because));
  assert_false(is_wider(&bad, &bad, ""));
  bad = posix(1, 0, 0, 0600, strong);
  assert_true(is_wider(&bad, &plain, because));
  for (unsigned i = 0; i < 33; i++)
    many[i] = (acl_entry){USER, 0, i};
  bad = posix(1, 0, 0, 0600, many);
  assert_true(is_wider(&bad, &plain, because));
  many[32].tag = 0;
  bad = posix(1, 0, 0, 0600, many);
  assert_false(is_wider(&bad, &plain, ""));
  bad.attributes[0].len -= 1;
  assert_true(is_wider(&bad, &plain, because));
  bad.attributes[0].data = NULL;
  assert_true(is_wider(&bad, &plain, because));
}

static void test_labels(void **state) {
  (void)state;
  unsigned char one[] = {1}, two[] = {2};
  rh_attribute first = {(char *)(uintptr_t) "security.capability", one, 1}, second = first;
  rh_protection plain = posix(0, 0, 0, 0600, NULL), a = plain, b = plain;
  a.attributes = &first;
  b.attributes = &second;
  a.attribute_count = b.attribute_count = 1;
  const char *because = "it has another label or other capabilities";
  assert_true(is_wider(&a, &plain, because));
  assert_true(is_wider(&plain, &a, because));
  assert_false(is_wider(&a, &b, ""));
  second.data = two;
  assert_true(is_wider(&a, &b, because));
  first.name = (char *)(uintptr_t) "user.mine";
  second.name = first.name;
  assert_false(is_wider(&a, &b, ""));
}

static rh_protection ntfs(const char *sddl, uint32_t marks) {
  static made built;
  rh_protection made_up = {.kind = RH_PROTECTION_NTFS, .marks = marks};
  make_descriptor(&built, sddl);
  assert_int_equal(rh_buffer_append(&made_up.descriptor, built.data, built.len, NULL), RH_OK);
  return made_up;
}

static void test_ntfs(void **state) {
  (void)state;
  rh_protection closed = ntfs("O:BAG:SYD:(A;;FA;;;SY)", 6),
                open = ntfs("O:BAG:SYD:(A;;FA;;;WD)", 0);
  rh_protection fat = {0}, plain = posix(0, 0, 0, 0600, NULL);
  assert_true(is_wider(&open, &closed, "Everyone gets full control"));
  assert_false(is_wider(&closed, &closed, ""));
  assert_true(is_wider(&closed, &plain, "it is on another kind of volume"));
  assert_true(is_wider(&fat, &closed, "it is on another kind of volume"));
  assert_false(is_wider(&fat, &fat, ""));
  open.descriptor.len--;
  assert_true(is_wider(&closed, &open, "its permissions cannot be read"));
  assert_true(is_wider(&open, &closed, "its permissions cannot be read"));
  assert_false(is_wider(&open, &open, ""));
  rh_protection_dispose(&closed);
  rh_protection_dispose(&open);
}

static void assert_words(const rh_protection *protection, const char *expected) {
  rh_buffer words = {0};
  assert_int_equal(rh_protection_describe(&words, protection, NULL), RH_OK);
  assert_string_equal(rh_buffer_text(&words), expected);
  rh_buffer_dispose(&words);
}

static void test_words(void **state) {
  (void)state;
  static const acl_entry list[] = {{OWNER, 6, NONE}, {USER, 6, 1000}, {OWN_GROUP, 4, NONE},
                                   {GROUP, 5, 50},   {MASK, 5, NONE}, {OTHERS, 0, NONE},
                                   {0, 0, 0}};
  rh_protection plain = posix(0, 0, 7, 0640, NULL), listed = posix(1, 0, 0, 0650, list);
  rh_protection on_ntfs = ntfs("O:BAG:SYD:(A;;FA;;;SY)", RH_MARK_HIDDEN | RH_MARK_SYSTEM);
  rh_protection fat = {0};
  assert_words(&plain, "owner 0, group 7, rw-r-----");
  assert_words(&listed, "owner 0, group 0, rw-r-----; user 1000: r--; group 50: r-x");
  assert_words(&on_ntfs,
               "owner BUILTIN\\Administrators; NT AUTHORITY\\SYSTEM: full control; hidden, system");
  assert_words(&fat, "no permissions on this kind of volume");
  on_ntfs.descriptor.len = 3;
  assert_words(&on_ntfs, "permissions that cannot be read; hidden, system");
  rh_protection_dispose(&on_ntfs);
}

static void assert_difference(const rh_protection *found, const rh_protection *expected,
                              unsigned parts, const char *text) {
  rh_buffer words = {0};
  assert_int_equal(rh_protection_tell_difference(&words, found, expected, ~0u, NULL), RH_OK);
  assert_string_equal(rh_buffer_text(&words), text);
  assert_int_equal(rh_protection_differ(found, expected), parts);
  rh_buffer_dispose(&words);
}

static void test_differences(void **state) {
  (void)state;
  unsigned char data[] = "data";
  rh_attribute stream = {(char *)(uintptr_t) "user.stream", data, 4};
  rh_protection a = ntfs("O:BAG:SYD:(A;;FA;;;SY)", RH_MARK_HIDDEN), b = ntfs("O:BAG:SYD:", 0);
  rh_protection c = ntfs("O:BAG:SYD:(A;;FA;;;SY)", 0);
  assert_difference(&a, &a, 0, "");
  assert_difference(&a, &b, RH_PART_ACCESS | RH_PART_MARKS,
                    "is owner BUILTIN\\Administrators; NT AUTHORITY\\SYSTEM: full control; hidden, "
                    "not owner BUILTIN\\Administrators; nobody may do anything");
  assert_difference(&c, &a, RH_PART_MARKS, "is no attributes, not hidden");
  /* Room behind it does not make another descriptor of it. */
  assert_int_equal(rh_buffer_append_zero(&c.descriptor, 64, NULL), RH_OK);
  assert_int_equal(rh_protection_compare(&a, &c), RH_PART_ACCESS | RH_PART_MARKS);
  assert_difference(&c, &a, RH_PART_MARKS, "is no attributes, not hidden");
  c.marks = RH_MARK_HIDDEN;
  c.attributes = &stream;
  c.attribute_count = 1;
  c.modified = (rh_file_time){true, 5, 0};
  a.modified = (rh_file_time){true, 6, 0};
  c.short_name = (char *)(uintptr_t) "LONG~1.TXT";
  assert_difference(&c, &a, RH_PART_ATTRIBUTES | RH_PART_TIMES | RH_PART_SHORT_NAME,
                    "has more attributes; has other times; has the short name LONG~1.TXT, not "
                    "(none)");
  assert_difference(&a, &c, RH_PART_ATTRIBUTES | RH_PART_TIMES | RH_PART_SHORT_NAME,
                    "has lost the attribute user.stream; has other times; has the short name "
                    "(none), not LONG~1.TXT");
  c.attributes = NULL;
  c.attribute_count = 0;
  c.short_name = NULL;
  rh_protection_dispose(&a);
  rh_protection_dispose(&b);
  rh_protection_dispose(&c);
}

static void test_inheritance(void **state) {
  (void)state;
  rh_protection parent = ntfs("O:SYG:SYD:(A;OICI;FA;;;SY)", RH_MARK_NOT_INDEXED | RH_MARK_HIDDEN);
  rh_protection child = {0}, expected = ntfs("O:BAG:SYD:AI(A;ID;FA;;;SY)", 0);
  assert_int_equal(rh_protection_inherit(&child, &parent, false, NULL), RH_OK);
  assert_int_equal(child.marks, RH_MARK_ARCHIVE | RH_MARK_NOT_INDEXED);
  child.marks = 0;
  assert_int_equal(rh_protection_compare(&child, &expected), 0);
  rh_protection_dispose(&child);
  assert_int_equal(rh_protection_inherit(&child, &parent, true, NULL), RH_OK);
  assert_int_equal(child.marks, RH_MARK_NOT_INDEXED);
  rh_protection_dispose(&child);
  parent.descriptor.len = 19;
  assert_int_equal(rh_protection_inherit(&child, &parent, true, NULL), RH_ERR_FORMAT);
  rh_protection plain = posix(0, 0, 0, 0755, NULL);
  assert_int_equal(rh_protection_inherit(&child, &plain, true, NULL), RH_END);
  rh_protection_dispose(&parent);
  rh_protection_dispose(&expected);
}

static void assert_unkept(const rh_protection *protection, rh_protection_kind kind,
                          const char *driver, const char *expected) {
  rh_volume volume = {kind, driver};
  rh_buffer words = {0};
  assert_int_equal(rh_protection_tell_unkept(&words, protection, &volume, NULL), RH_OK);
  assert_string_equal(rh_buffer_text(&words), expected);
  rh_buffer_dispose(&words);
}

static void test_what_is_not_kept(void **state) {
  (void)state;
  rh_attribute big = {(char *)(uintptr_t) "user.big", NULL, 0};
  rh_protection file = ntfs("O:BAG:SYD:", RH_MARK_HIDDEN);
  rh_protection plain = posix(0, 0, 0, 0755, NULL);
  assert_unkept(&file, RH_PROTECTION_NTFS, "ntfs-3g", "");
  assert_unkept(&plain, RH_PROTECTION_POSIX, "", "");
  assert_unkept(&plain, RH_PROTECTION_NONE, "", "owner, permissions and attributes");
  assert_unkept(&file, RH_PROTECTION_NTFS, "ntfs3", "the time when it was made");
  file.marks |= RH_MARK_COMPRESSED | RH_MARK_ENCRYPTED | RH_MARK_SPARSE | RH_MARK_REPARSE;
  file.attributes = &big;
  file.attribute_count = 1;
  file.short_name = (char *)(uintptr_t) "LONG~1.TXT";
  assert_unkept(&file, RH_PROTECTION_NTFS, "ntfs-3g",
                "being compressed, being sparse, being encrypted, being a reparse point, the "
                "stream user.big");
  assert_unkept(&file, RH_PROTECTION_NTFS, "ntfs3",
                "being compressed, being sparse, being encrypted, being a reparse point, the short "
                "name LONG~1.TXT, the time when it was made, the stream user.big");
  file.attribute_count = 0;
  file.attributes = NULL;
  file.short_name = NULL;
  rh_protection_dispose(&file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_modes),
      cmocka_unit_test(test_access_lists),
      cmocka_unit_test(test_what_cannot_be_read_is_wider),
      cmocka_unit_test(test_labels),
      cmocka_unit_test(test_ntfs),
      cmocka_unit_test(test_words),
      cmocka_unit_test(test_differences),
      cmocka_unit_test(test_inheritance),
      cmocka_unit_test(test_what_is_not_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
