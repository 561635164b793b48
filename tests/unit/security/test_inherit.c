/* What new files and folders inherit, against the rules of [MS-DTYP] 2.5.3.4 and of the Windows SDK
 * ("ACE Inheritance Rules") worked out by hand. */
#include "security/inherit.h"
#include "security/make_descriptor.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants those first. */
#include <cmocka.h>

#define OURS "O:BAG:SY"
#define DEFAULT OURS "D:!(A;;FA;;;SY)(A;;FA;;;BA)"

typedef struct expectation {
  const char *parent, *file, *folder;
} expectation;

static void assert_inherits(const char *parent_sddl, bool folder, const char *expected_sddl) {
  static made parent, expected;
  rh_buffer out = {0};
  make_descriptor(&parent, parent_sddl);
  make_descriptor(&expected, expected_sddl);
  assert_int_equal(rh_descriptor_inherit(&out, parent.data, parent.len, folder, NULL), RH_OK);
  if (out.len != expected.len || memcmp(out.data, expected.data, out.len) != 0) {
    for (size_t i = 0; i < out.len; i++)
      printf("%02x", out.data[i]);
    printf("\n");
    fail_msg("a %s in %s is not %s", folder ? "folder" : "file", parent_sddl, expected_sddl);
  }
  rh_buffer_dispose(&out);
}

static void assert_all(const expectation *list, size_t count) {
  for (size_t i = 0; i < count; i++) {
    assert_inherits(list[i].parent, false, list[i].file);
    assert_inherits(list[i].parent, true, list[i].folder);
  }
}

/* The first column of the SDK's table, one flag set after the other. */
static void test_flags(void **state) {
  (void)state;
  static const expectation table[] = {
      {"O:SYG:SYD:(A;OI;FR;;;BU)", OURS "D:AI(A;ID;FR;;;BU)", OURS "D:AI(A;OIIOID;FR;;;BU)"},
      {"O:SYG:SYD:(A;OINP;FR;;;BU)", OURS "D:AI(A;ID;FR;;;BU)", DEFAULT},
      {"O:SYG:SYD:(A;CI;FR;;;BU)", DEFAULT, OURS "D:AI(A;CIID;FR;;;BU)"},
      {"O:SYG:SYD:(A;CINP;FR;;;BU)", DEFAULT, OURS "D:AI(A;ID;FR;;;BU)"},
      {"O:SYG:SYD:(A;OICI;FR;;;BU)", OURS "D:AI(A;ID;FR;;;BU)", OURS "D:AI(A;OICIID;FR;;;BU)"},
      {"O:SYG:SYD:(A;OICINP;FR;;;BU)", OURS "D:AI(A;ID;FR;;;BU)", OURS "D:AI(A;ID;FR;;;BU)"},
      {"O:SYG:SYD:(A;OICIIO;FR;;;BU)", OURS "D:AI(A;ID;FR;;;BU)", OURS "D:AI(A;OICIID;FR;;;BU)"},
      {"O:SYG:SYD:(A;OIIO;FR;;;BU)", OURS "D:AI(A;ID;FR;;;BU)", OURS "D:AI(A;OIIOID;FR;;;BU)"},
      {"O:SYG:SYD:(A;CIIO;FR;;;BU)", DEFAULT, OURS "D:AI(A;CIID;FR;;;BU)"},
      {"O:SYG:SYD:(A;OICIID;FR;;;BU)", OURS "D:AI(A;ID;FR;;;BU)", OURS "D:AI(A;OICIID;FR;;;BU)"},
      {"O:SYG:SYD:(A;;FR;;;BU)", DEFAULT, DEFAULT},
      {"O:SYG:SYD:(A;NP;FR;;;BU)", DEFAULT, DEFAULT},
      {"O:SYG:SYD:(A;IO;FR;;;BU)", DEFAULT, DEFAULT},
  };
  assert_all(table, sizeof table / sizeof *table);
}

/* Denials come down like grants, in the parent's order; who owns the parent does not matter, nor
 * that the parent itself inherits nothing. */
static void test_order_and_kinds(void **state) {
  (void)state;
  static const expectation table[] = {
      {"O:TIG:TID:PAI(D;OICI;FW;;;WD)(A;;FA;;;TI)(A;CI;FA;;;BA)(A;OICI;FR;;;BU)",
       OURS "D:AI(D;ID;FW;;;WD)(A;ID;FR;;;BU)",
       OURS "D:AI(D;OICIID;FW;;;WD)(A;CIID;FA;;;BA)(A;OICIID;FR;;;BU)"},
      {"D:(A;OI;FA;;;SY)", OURS "D:AI(A;ID;FA;;;SY)", OURS "D:AI(A;OIIOID;FA;;;SY)"},
      {"O:BAG:SYD:", DEFAULT, DEFAULT},
      {"O:BAG:SYD:NULL", DEFAULT, DEFAULT},
      {"O:BAG:SY", DEFAULT, DEFAULT},
      /* A condition stays with its entry; a kind that nobody knows is passed on as it is. */
      {"O:BAG:SYD:(XA;OICI;FR;;;BU;artx)", OURS "D:AI(XA;ID;FR;;;BU;artx)",
       OURS "D:AI(XA;OICIID;FR;;;BU;artx)"},
      {"O:BAG:SYD:(ZZ;OI;GA;;;BU)", OURS "D:AI(ZZ;ID;GA;;;BU)", OURS "D:AI(ZZ;OIIOID;GA;;;BU)"},
  };
  assert_all(table, sizeof table / sizeof *table);
}

/* CREATOR OWNER is Administrators, CREATOR GROUP is SYSTEM; what a folder passes on keeps them. */
static void test_creators(void **state) {
  (void)state;
  static const expectation table[] = {
      {"O:SYG:SYD:(A;OICIIO;FA;;;CO)", OURS "D:AI(A;ID;FA;;;BA)",
       OURS "D:AI(A;ID;FA;;;BA)(A;OICIIOID;FA;;;CO)"},
      {"O:SYG:SYD:(A;OICI;FR;;;CG)", OURS "D:AI(A;ID;FR;;;SY)",
       OURS "D:AI(A;ID;FR;;;SY)(A;OICIIOID;FR;;;CG)"},
      {"O:SYG:SYD:(A;CIIO;FA;;;CO)", DEFAULT, OURS "D:AI(A;ID;FA;;;BA)(A;CIIOID;FA;;;CO)"},
      {"O:SYG:SYD:(A;OIIO;FA;;;CO)", OURS "D:AI(A;ID;FA;;;BA)", OURS "D:AI(A;OIIOID;FA;;;CO)"},
      {"O:SYG:SYD:(A;OICINPIO;FA;;;CO)", OURS "D:AI(A;ID;FA;;;BA)", OURS "D:AI(A;ID;FA;;;BA)"},
      {"O:SYG:SYD:(A;OICI;FA;;;S-1-3-2)(A;OICI;FR;;;S-1-3-3)",
       OURS "D:AI(A;ID;FA;;;BA)(A;ID;FR;;;SY)",
       OURS "D:AI(A;ID;FA;;;BA)(A;OICIIOID;FA;;;S-1-3-2)"
            "(A;ID;FR;;;SY)(A;OICIIOID;FR;;;S-1-3-3)"},
      /* OWNER RIGHTS is none of them: it is looked up when access is checked. */
      {"O:SYG:SYD:(A;OICI;FR;;;OW)", OURS "D:AI(A;ID;FR;;;OW)", OURS "D:AI(A;OICIID;FR;;;OW)"},
      {"O:SYG:SYD:(XA;OI;FR;;;CO;artx)", OURS "D:AI(XA;ID;FR;;;BA;artx)",
       OURS "D:AI(XA;OIIOID;FR;;;CO;artx)"},
  };
  assert_all(table, sizeof table / sizeof *table);
}

static void test_generic_rights(void **state) {
  (void)state;
  static const expectation table[] = {
      {"O:SYG:SYD:(A;OICI;GA;;;BU)", OURS "D:AI(A;ID;0x1f01ff;;;BU)",
       OURS "D:AI(A;ID;0x1f01ff;;;BU)(A;OICIIOID;GA;;;BU)"},
      {"O:SYG:SYD:(A;OI;GR;;;BU)", OURS "D:AI(A;ID;0x120089;;;BU)", OURS "D:AI(A;OIIOID;GR;;;BU)"},
      {"O:SYG:SYD:(A;CINP;GW;;;BU)", DEFAULT, OURS "D:AI(A;ID;0x120116;;;BU)"},
      {"O:SYG:SYD:(D;CI;GX;;;BU)", DEFAULT, OURS "D:AI(D;ID;0x1200a0;;;BU)(D;CIIOID;GX;;;BU)"},
      {"O:SYG:SYD:(A;OICI;0xa0010000;;;CO)", OURS "D:AI(A;ID;0x1300a9;;;BA)",
       OURS "D:AI(A;ID;0x1300a9;;;BA)(A;OICIIOID;0xa0010000;;;CO)"},
  };
  assert_all(table, sizeof table / sizeof *table);
}

/* Of the kind Windows itself has: System32 passes on what is there for subfolders and files only.
 */
static void test_like_system32(void **state) {
  (void)state;
  static const expectation table[] = {
      {"O:TIG:TID:PAI(A;;FA;;;TI)(A;CIIO;GA;;;TI)(A;;0x1301bf;;;SY)(A;OICIIO;GA;;;SY)"
       "(A;;0x1301bf;;;BA)(A;OICIIO;GA;;;BA)(A;;0x1200a9;;;BU)(A;OICIIO;0xa0000000;;;BU)"
       "(A;OICIIO;GA;;;CO)",
       OURS "D:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)(A;ID;FA;;;BA)",
       OURS "D:AI(A;ID;FA;;;TI)(A;CIIOID;GA;;;TI)(A;ID;FA;;;SY)(A;OICIIOID;GA;;;SY)"
            "(A;ID;FA;;;BA)(A;OICIIOID;GA;;;BA)(A;ID;0x1200a9;;;BU)(A;OICIIOID;0xa0000000;;;BU)"
            "(A;ID;FA;;;BA)(A;OICIIOID;GA;;;CO)"},
  };
  assert_all(table, sizeof table / sizeof *table);
}

/* What is audited, labels, attributes and policies: each by the same flags; a mask of theirs is no
 * right, and what is audited of a success or a failure stays. */
static void test_sacl(void **state) {
  (void)state;
  static const expectation table[] = {
      {"O:SYG:SYD:(A;OICI;FA;;;SY)S:(AU;OICISAFA;FA;;;WD)",
       OURS "D:AI(A;ID;FA;;;SY)S:AI(AU;IDSAFA;FA;;;WD)",
       OURS "D:AI(A;OICIID;FA;;;SY)S:AI(AU;OICIIDSAFA;FA;;;WD)"},
      {"O:SYG:SYD:(A;OICI;FA;;;SY)S:(AU;CISA;GA;;;WD)", OURS "D:AI(A;ID;FA;;;SY)",
       OURS "D:AI(A;OICIID;FA;;;SY)S:AI(AU;IDSA;FA;;;WD)(AU;CIIOIDSA;GA;;;WD)"},
      {"O:SYG:SYD:(A;OICI;FA;;;SY)S:(ML;OICI;0x1;;;LW)",
       OURS "D:AI(A;ID;FA;;;SY)S:AI(ML;ID;0x1;;;LW)",
       OURS "D:AI(A;OICIID;FA;;;SY)S:AI(ML;OICIID;0x1;;;LW)"},
      {"O:SYG:SYD:(A;OICI;FA;;;SY)S:(ML;;0x1;;;HI)(AU;SA;FA;;;WD)", OURS "D:AI(A;ID;FA;;;SY)",
       OURS "D:AI(A;OICIID;FA;;;SY)"},
      {"O:SYG:SYS:P(RA;OI;0x80000000;;;WD;attr)(SP;CI;0x0;;;S-1-17-1)",
       OURS "D:!(A;;FA;;;SY)(A;;FA;;;BA)S:AI(RA;ID;0x80000000;;;WD;attr)",
       OURS "D:!(A;;FA;;;SY)(A;;FA;;;BA)S:AI(RA;OIIOID;0x80000000;;;WD;attr)"
            "(SP;CIID;0x0;;;S-1-17-1)"},
  };
  assert_all(table, sizeof table / sizeof *table);
}

/* An entry for a type of object that is inherited by that type alone is for no file. */
static void test_object_entries(void **state) {
  (void)state;
  static const expectation table[] = {
      {"O:SYG:SYD:(OA;OICI;FR;I;;BU)", DEFAULT, OURS "D:AI(OA;OICIIOID;FR;I;;BU)"},
      {"O:SYG:SYD:(OD;OICI;FR;T;;BU)", OURS "D:AI(OD;ID;FR;T;;BU)",
       OURS "D:AI(OD;OICIID;FR;T;;BU)"},
      {"O:SYG:SYD:(OA;OICI;GA;T;;CO)", OURS "D:AI(OA;ID;FA;T;;BA)",
       OURS "D:AI(OA;ID;FA;T;;BA)(OA;OICIIOID;GA;T;;CO)"},
  };
  assert_all(table, sizeof table / sizeof *table);
}

/* All bytes of one, written out: a folder under CREATOR OWNER. */
static void test_bytes(void **state) {
  (void)state;
  /* clang-format off */
  static const unsigned char expected[] = {
      0x01, 0x00, 0x04, 0x84, 0x48, 0x00, 0x00, 0x00, 0x58, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00,
      0x02, 0x00, 0x34, 0x00, 0x02, 0x00, 0x00, 0x00,
      0x00, 0x10, 0x18, 0x00, 0xFF, 0x01, 0x1F, 0x00,
      0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x20, 0x00, 0x00, 0x00, 0x20, 0x02, 0x00, 0x00,
      0x00, 0x1B, 0x14, 0x00, 0x00, 0x00, 0x00, 0x10,
      0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x00,
      0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x20, 0x00, 0x00, 0x00, 0x20, 0x02, 0x00, 0x00,
      0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x12, 0x00, 0x00, 0x00,
  };
  /* clang-format on */
  made parent;
  rh_buffer out = {0};
  make_descriptor(&parent, "O:SYG:SYD:(A;OICIIO;GA;;;CO)");
  assert_int_equal(rh_descriptor_inherit(&out, parent.data, parent.len, true, NULL), RH_OK);
  assert_int_equal(out.len, sizeof expected);
  assert_memory_equal(out.data, expected, sizeof expected);
  rh_buffer_dispose(&out);
}

/* Grandchildren: what a folder inherits is what its own children inherit from. */
static void test_generations(void **state) {
  (void)state;
  static made parent;
  rh_buffer child = {0}, grandchild = {0};
  make_descriptor(&parent, "O:SYG:SYD:(A;OICIIO;GA;;;CO)(A;OICI;FR;;;BU)(A;CINP;FW;;;WD)");
  assert_int_equal(rh_descriptor_inherit(&child, parent.data, parent.len, true, NULL), RH_OK);
  assert_int_equal(rh_descriptor_inherit(&grandchild, child.data, child.len, false, NULL), RH_OK);
  make_descriptor(&parent, OURS "D:AI(A;ID;FA;;;BA)(A;ID;FR;;;BU)");
  assert_int_equal(grandchild.len, parent.len);
  assert_memory_equal(grandchild.data, parent.data, parent.len);
  rh_buffer_dispose(&child);
  rh_buffer_dispose(&grandchild);
}

static void test_failures(void **state) {
  (void)state;
  static made parent;
  rh_buffer out = {0};
  make_descriptor(&parent, "O:SYG:SYD:(A;OICIIO;GA;;;CO)(AU;OI;FR;;;BU)");
  assert_int_equal(rh_descriptor_inherit(&out, parent.data, parent.len - 1, true, NULL),
                   RH_ERR_FORMAT);
  assert_int_equal(rh_descriptor_inherit(&out, NULL, 0, true, NULL), RH_ERR_FORMAT);
  unsigned long count = 0;
  rh_status status;
  do {
    rh_buffer_dispose(&out);
    rh_memory_fail_at(++count);
    status = rh_descriptor_inherit(&out, parent.data, parent.len, true, NULL);
    rh_memory_fail_at(0);
    assert_true(status == RH_OK || status == RH_ERR_MEMORY);
  } while (status != RH_OK);
  assert_true(count > 4);
  rh_buffer_dispose(&out);
}

/* A list that fills all 64 KB becomes longer where every entry becomes two. */
static void test_a_list_that_gets_too_long(void **state) {
  (void)state;
  static made parent;
  rh_buffer out = {0};
  make_descriptor(&parent, "O:SYG:SYD:(A;OICI;GA;;;CO)");
  parent.len -= 24; /* the SIDs of owner and group: two of SYSTEM */
  for (int i = 1; i < 3000; i++) {
    memcpy(parent.data + parent.len, parent.data + 28, 20);
    parent.len += 20;
  }
  put_at(&parent, 22, 8 + 3000 * 20, 2);
  put_at(&parent, 24, 3000, 2);
  put_at(&parent, 4, 0, 4);
  put_at(&parent, 8, 0, 4);
  assert_int_equal(rh_descriptor_inherit(&out, parent.data, parent.len, true, NULL), RH_ERR_LIMIT);
  rh_buffer_dispose(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_flags),
      cmocka_unit_test(test_order_and_kinds),
      cmocka_unit_test(test_creators),
      cmocka_unit_test(test_generic_rights),
      cmocka_unit_test(test_like_system32),
      cmocka_unit_test(test_sacl),
      cmocka_unit_test(test_object_entries),
      cmocka_unit_test(test_bytes),
      cmocka_unit_test(test_generations),
      cmocka_unit_test(test_failures),
      cmocka_unit_test(test_a_list_that_gets_too_long),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
