/* Whether one descriptor grants anybody more than another: pairs decided by hand, and random ones
 * against every possible set of SIDs. */
#include "security/make_descriptor.h"
#include "security/wider.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants those first. */
#include <cmocka.h>

#define OURS "O:BAG:SY"

static bool is_wider(const char *a_sddl, const char *b_sddl, rh_buffer *why) {
  static made a_bytes, b_bytes;
  rh_descriptor a, b;
  bool wider = false;
  make_descriptor(&a_bytes, a_sddl);
  make_descriptor(&b_bytes, b_sddl);
  assert_int_equal(rh_descriptor_parse(&a, a_bytes.data, a_bytes.len, NULL), RH_OK);
  assert_int_equal(rh_descriptor_parse(&b, b_bytes.data, b_bytes.len, NULL), RH_OK);
  assert_int_equal(rh_descriptor_is_wider(&wider, why, &a, &b, NULL), RH_OK);
  rh_descriptor_dispose(&a);
  rh_descriptor_dispose(&b);
  return wider;
}

static void assert_wider(const char *a, const char *b, const char *because) {
  rh_buffer why = {0};
  if (!is_wider(a, b, &why))
    fail_msg("%s is not said to be wider than %s", a, b);
  assert_string_equal(rh_buffer_text(&why), because);
  rh_buffer_dispose(&why);
}

static void assert_not_wider(const char *a, const char *b) {
  rh_buffer why = {0};
  if (is_wider(a, b, &why))
    fail_msg("%s is said to be wider than %s: %s", a, b, rh_buffer_text(&why));
  assert_int_equal(why.len, 0);
  rh_buffer_dispose(&why);
}

#define CLOSED OURS "D:PAI(A;;FA;;;SY)(A;;FA;;;BA)"
#define EVERYONE "O:BAG:BAD:(A;OICI;FA;;;WD)"

static void test_grants(void **state) {
  (void)state;
  /* What ntfs-3g gives to a new file, against what the file had that it replaces. */
  assert_wider(EVERYONE, CLOSED, "Everyone gets full control");
  assert_wider(CLOSED, EVERYONE, "NT AUTHORITY\\SYSTEM gets full control");
  assert_not_wider(CLOSED, CLOSED);
  assert_not_wider(OURS "D:(A;;FA;;;BA)(A;;FA;;;SY)", CLOSED);
  assert_not_wider(OURS "D:AI(A;ID;FA;;;SY)", CLOSED);
  assert_not_wider(OURS "D:(A;;FR;;;SY)(A;;FA;;;BA)", CLOSED);
  assert_wider(CLOSED, OURS "D:(A;;FR;;;SY)(A;;FA;;;BA)",
               "NT AUTHORITY\\SYSTEM gets write, delete, change permissions, take ownership, "
               "rights 0x60");
  assert_wider(OURS "D:(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;BU)", CLOSED, "BUILTIN\\Users gets read");
  /* Rights that two entries give together are those of one. */
  assert_not_wider(OURS "D:(A;;FR;;;SY)", OURS "D:(A;;0x20089;;;SY)(A;;0x100000;;;SY)");
}

static void test_lists_that_are_not_there(void **state) {
  (void)state;
  assert_wider(OURS "D:NULL", CLOSED, "everybody may do everything");
  assert_wider(OURS, CLOSED, "everybody may do everything");
  assert_not_wider(CLOSED, OURS "D:NULL");
  assert_not_wider(OURS "D:NULL", OURS);
  assert_not_wider(OURS "D:", CLOSED);
  assert_wider(CLOSED, OURS "D:", "NT AUTHORITY\\SYSTEM gets full control");
}

static void test_order_of_denials(void **state) {
  (void)state;
  const char *denied = OURS "D:(D;;FW;;;BU)(A;;FA;;;SY)(A;;FA;;;WD)";
  const char *too_late = OURS "D:(A;;FA;;;SY)(A;;FA;;;WD)(D;;FW;;;BU)";
  assert_not_wider(denied, too_late);
  /* Whoever is SYSTEM and one of Users gets what only Users are kept from. */
  assert_wider(too_late, denied, "NT AUTHORITY\\SYSTEM gets write, read permissions");
  assert_not_wider(OURS "D:(D;;FA;;;BU)(A;;FA;;;BU)", OURS "D:");
  assert_wider(
      OURS "D:(D;;FR;;;BU)(A;;FA;;;BU)", OURS "D:",
      "BUILTIN\\Users gets write, delete, change permissions, take ownership, rights 0x60");
}

static void test_owners(void **state) {
  (void)state;
  const char *by_owner = "O:BUG:SYD:(A;;FA;;;SY)";
  assert_wider(by_owner, "O:SYG:SYD:(A;;FA;;;SY)",
               "BUILTIN\\Users gets change permissions, read permissions");
  assert_not_wider("O:SYG:SYD:(A;;FA;;;SY)", by_owner);
  assert_not_wider("G:SYD:(A;;FA;;;SY)", by_owner);
  assert_wider(by_owner, "G:SYD:(A;;FA;;;SY)",
               "BUILTIN\\Users gets change permissions, read permissions");
  /* OWNER RIGHTS takes the owner's own rights away, but for a no one trusts it to. */
  const char *limited = "O:BUG:SYD:(A;;FR;;;OW)(A;;FA;;;SY)";
  assert_wider(by_owner, limited, "BUILTIN\\Users gets change permissions");
  assert_wider(limited, by_owner, "BUILTIN\\Users gets rights 0x89");
  assert_not_wider(limited, limited);
  assert_not_wider("O:BUG:SYD:(A;;FR;;;BU)(A;;FA;;;SY)", "O:BUG:BUD:(A;;FR;;;BU)(A;;FA;;;SY)");
  /* By owning, or by name: the owner has what either gives. */
  assert_not_wider("O:BUG:SYD:(A;;FR;;;OW)", "O:BUG:SYD:(A;;0x160089;;;BU)");
}

static void test_what_is_not_in_effect(void **state) {
  (void)state;
  assert_not_wider(OURS "D:(A;;FA;;;SY)(A;OICIIO;FA;;;WD)", OURS "D:(A;;FA;;;SY)");
  assert_wider(OURS "D:(A;;FA;;;SY)", OURS "D:(A;OICIIO;FA;;;SY)",
               "NT AUTHORITY\\SYSTEM gets full control");
  assert_not_wider(OURS "D:(A;;FA;;;SY)S:(AU;SA;FA;;;WD)", OURS "D:(A;;FA;;;SY)");
}

/* Generic rights in a file's list are no rights to Windows, but nobody should rely on it. */
static void test_generic_rights(void **state) {
  (void)state;
  assert_wider(OURS "D:(A;;GR;;;BU)", OURS "D:", "BUILTIN\\Users gets read");
  assert_wider(OURS "D:(A;;FR;;;BU)", OURS "D:(A;;GR;;;BU)", "BUILTIN\\Users gets read");
  assert_not_wider(OURS "D:(A;;GR;;;BU)", OURS "D:(A;;FR;;;BU)");
  assert_wider(OURS "D:(D;;GR;;;BU)(A;;FR;;;BU)", OURS "D:", "BUILTIN\\Users gets read");
  assert_wider(OURS "D:(A;;FR;;;BU)", OURS "D:(D;;GR;;;BU)(A;;FR;;;BU)",
               "BUILTIN\\Users gets read");
}

static void test_conditions_and_object_types(void **state) {
  (void)state;
  const char *one = OURS "D:(XA;;FR;;;BU;artx1)(A;;FA;;;SY)";
  assert_not_wider(one, OURS "D:(A;;FA;;;SY)(XA;;FR;;;BU;artx1)");
  assert_wider(one, OURS "D:(A;;FA;;;SY)(XA;;FR;;;BU;artx2)", "BUILTIN\\Users gets read");
  assert_wider(one, OURS "D:(A;;FA;;;SY)", "BUILTIN\\Users gets read");
  assert_not_wider(OURS "D:(A;;FA;;;SY)", one);
  /* Without the condition is more, and more than it is what nobody is sure to be denied. */
  assert_wider(OURS "D:(A;;FR;;;BU)", OURS "D:(XA;;FR;;;BU;artx)", "BUILTIN\\Users gets read");
  assert_wider(OURS "D:(A;;FR;;;BU)", OURS "D:(XD;;FR;;;BU;artx)(A;;FR;;;BU)",
               "BUILTIN\\Users gets read");
  assert_wider(OURS "D:(OA;;FR;T;;BU)", OURS "D:(A;;FA;;;SY)", "BUILTIN\\Users gets read");
  assert_not_wider(OURS "D:(A;;FA;;;SY)(OA;;FR;T;;BU)", OURS "D:(OA;;FR;T;;BU)(A;;FA;;;SY)");
  assert_wider(OURS "D:(ZZ;;FR;;;BU)", OURS "D:(A;;FA;;;SY)",
               "there are more entries than can be judged, or of a kind that cannot");
  assert_not_wider(OURS "D:(ZZ;;FR;;;BU)", OURS "D:(ZZ;;FR;;;BU)");
}

static void test_sacl(void **state) {
  (void)state;
#define D "D:(A;;FA;;;SY)"
  static const char label[] = "the mandatory label keeps off less";
  assert_wider(OURS D, OURS D "S:(ML;;0x1;;;HI)", label);
  assert_not_wider(OURS D "S:(ML;;0x1;;;HI)", OURS D);
  assert_not_wider(OURS D "S:(ML;;0x1;;;ME)", OURS D);
  assert_not_wider(OURS D, OURS D "S:(ML;;0x1;;;ME)");
  assert_wider(OURS D "S:(ML;;0x1;;;LW)", OURS D, label);
  assert_not_wider(OURS D, OURS D "S:(ML;;0x1;;;LW)");
  assert_wider(OURS D "S:(ML;;0x1;;;HI)", OURS D "S:(ML;;0x3;;;HI)", label);
  assert_not_wider(OURS D "S:(ML;;0x7;;;HI)", OURS D "S:(ML;;0x3;;;HI)");
  assert_wider(OURS D "S:(ML;;0x1;;;SY)", OURS D, label);
  assert_not_wider(OURS D "S:(ML;IOOI;0x1;;;LW)", OURS D);
  assert_wider(OURS D, OURS D "S:(SP;;0x0;;;S-1-17-1)",
               "a central access policy is not there any more");
  assert_not_wider(OURS D "S:(SP;;0x0;;;S-1-17-1)", OURS D);
  assert_not_wider(OURS D "S:(RA;;0x0;;;WD;attr)", OURS D);
  assert_wider(OURS "D:(XA;;FA;;;SY;artx)S:(RA;;0x0;;;WD;attr)", OURS "D:(XA;;FA;;;SY;artx)",
               "conditions read resource attributes that differ");
#undef D
}

static void test_many_entries(void **state) {
  (void)state;
  static char a[16384], b[16384];
  const char *because = "there are more entries than can be judged, or of a kind that cannot";
  int a_len = snprintf(a, sizeof a, OURS "D:"), b_len = snprintf(b, sizeof b, OURS "D:");
  for (int i = 0; i < 200; i++) {
    a_len += snprintf(a + a_len, sizeof a - (size_t)a_len, "(A;;FR;;;S-1-5-21-1-2-3-%d)", i);
    b_len += snprintf(b + b_len, sizeof b - (size_t)b_len, "(A;;FR;;;S-1-5-21-1-2-3-%d)", 199 - i);
  }
  assert_not_wider(a, b);
  snprintf(a + a_len, sizeof a - (size_t)a_len, "(A;;FR;;;SY)");
  assert_wider(a, b, because);
  assert_wider(b, a, because);
  assert_not_wider(a, a);
}

/* --- against every set of SIDs --- */

/* Four SIDs, the last of which owns both files: 16 sets. */
static const char *const four[] = {"BA", "BU", "WD", "SY"};

typedef struct plain_rule {
  unsigned sid, rights;
  bool allows;
} plain_rule;

static unsigned granted(const plain_rule *rules, size_t count, unsigned set, unsigned owner) {
  unsigned allowed = set >> owner & 1 ? RH_READ_CONTROL | RH_WRITE_DAC : 0, denied = 0;
  for (size_t i = 0; i < count; i++)
    if (set >> rules[i].sid & 1) {
      if (rules[i].allows)
        allowed |= rules[i].rights & ~denied;
      else
        denied |= rules[i].rights & ~allowed;
    }
  return allowed;
}

static size_t random_rules(plain_rule *rules, char *sddl, unsigned owner) {
  size_t count = (size_t)rand() % 5;
  int len = sprintf(sddl, "O:%sG:SYD:", four[owner]);
  for (size_t i = 0; i < count; i++) {
    rules[i] =
        (plain_rule){(unsigned)rand() % 4, (unsigned)rand() % 4 | 0x20000u * ((unsigned)rand() % 2),
                     rand() % 3 > 0};
    len += sprintf(sddl + len, "(%s;;0x%x;;;%s)", rules[i].allows ? "A" : "D", rules[i].rights,
                   four[rules[i].sid]);
  }
  return count;
}

static void test_random_ones(void **state) {
  (void)state;
  unsigned seen[2] = {0};
  srand(1);
  for (int round = 0; round < 20000; round++) {
    plain_rule a[5], b[5];
    char a_sddl[256], b_sddl[256];
    unsigned a_owner = (unsigned)rand() % 4, b_owner = (unsigned)rand() % 4;
    size_t a_count = random_rules(a, a_sddl, a_owner), b_count = random_rules(b, b_sddl, b_owner);
    bool expected = false;
    for (unsigned set = 0; set < 16; set++)
      expected = expected || granted(a, a_count, set, a_owner) & ~granted(b, b_count, set, b_owner);
    if (is_wider(a_sddl, b_sddl, NULL) != expected)
      fail_msg("%s and %s: %s", a_sddl, b_sddl, expected ? "wider" : "not wider");
    seen[expected]++;
  }
  assert_true(seen[0] > 1000 && seen[1] > 1000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_grants),
      cmocka_unit_test(test_lists_that_are_not_there),
      cmocka_unit_test(test_order_of_denials),
      cmocka_unit_test(test_owners),
      cmocka_unit_test(test_what_is_not_in_effect),
      cmocka_unit_test(test_generic_rights),
      cmocka_unit_test(test_conditions_and_object_types),
      cmocka_unit_test(test_sacl),
      cmocka_unit_test(test_many_entries),
      cmocka_unit_test(test_random_ones),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
