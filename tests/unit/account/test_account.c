/* Local accounts: what is read of a SAM hive, what is never read, and what is written. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "account/account.h"
#include "base/reader.h"
#include "base/text.h"
#include "data_file.h"
#include "registry/hive/hive.h"

#include <stdio.h>
#include <stdlib.h>

#define ACCOUNT "SAM\\Domains\\Account"
#define USER ACCOUNT "\\Users\\000003E9"
#define GROUP ACCOUNT "\\Aliases\\000003EA"
#define MACHINE_SID "S-1-5-21-1-2-4294967295"
#define OK(call)                                                                                   \
  do {                                                                                             \
    rh_error ok_error = {0};                                                                       \
    rh_error *error = &ok_error;                                                                   \
    if ((call) != RH_OK)                                                                           \
      fail_msg("%s: %s: %s", #call, ok_error.object, ok_error.message);                            \
  } while (0)

static const unsigned char hash[16] = {0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7,
                                       0xA8, 0xA9, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE, 0xAF};

static void set(rh_hive *hive, const char *path, const char *name, const void *data, size_t len) {
  rh_registry *registry = rh_hive_registry(hive);
  rh_key root, key;
  OK(rh_registry_root(registry, &root, error));
  OK(rh_registry_create_path(registry, root, path, &key, error));
  OK(rh_registry_set_value(registry, key, name, strlen(name), RH_REG_BINARY, data, len, error));
}

static rh_buffer get(rh_hive *hive, const char *path, const char *name) {
  rh_value value = {0};
  rh_buffer copy = {0};
  OK(rh_registry_get(rh_hive_registry(hive), path, name, &value, error));
  OK(rh_buffer_append(&copy, value.data, value.len, error));
  rh_value_dispose(&value);
  return copy;
}

static rh_hive *written(const rh_account_list *list) {
  rh_hive *hive = NULL;
  OK(rh_hive_create(&hive, &(rh_hive_options){.time = 1}, error));
  rh_hive_registry(hive)->clock = 1;
  OK(rh_account_list_write(rh_hive_registry(hive), list, true, true, error));
  return hive;
}

static rh_account_list read_list(rh_hive *hive) {
  rh_account_list list;
  OK(rh_account_list_read(&list, rh_hive_registry(hive), error));
  return list;
}

static void assert_same(const rh_account_list *a, const rh_account_list *b) {
  rh_hive *x = written(a), *y = written(b);
  rh_buffer left = {0}, right = {0};
  OK(rh_hive_serialize(x, &left, error));
  OK(rh_hive_serialize(y, &right, error));
  assert_int_equal(left.len, right.len);
  assert_memory_equal(left.data, right.data, left.len);
  rh_buffer_dispose(&left);
  rh_buffer_dispose(&right);
  rh_hive_free(x);
  rh_hive_free(y);
}

/* One user and one group with everything that there is to say; nothing is owned. */
static rh_account_list example(void) {
  static unsigned char allowed[] = {1};
  static char number[] = "+49";
  static rh_dial_in_property properties[] = {{"msNPAllowDialin", allowed, 1},
                                             {"CtxCfgPresent", NULL, 0}};
  static rh_user user = {.rid = 0x3E9,
                         .flags = RH_USER_NORMAL | RH_USER_DISABLED,
                         .cannot_change_password = true,
                         .expires = 0x01D0000000000000u,
                         .name = "Jörg's $x",
                         .full_name = "Jörg \xF0\x9F\x98\x80",
                         .comment = "a\nb",
                         .user_comment = "",
                         .home_directory = "\\\\OLD\\home",
                         .home_drive = "H:",
                         .script = "logon.cmd",
                         .profile = "",
                         .workstations = "PC1,PC2",
                         .logon_hours = {1, 2, 3},
                         .has_logon_hours = true,
                         .dial_in = {true, 10, number, properties, 2}};
  static char members[2][RH_SID_TEXT] = {MACHINE_SID "-1001", "S-1-5-11"};
  static rh_group group = {
      .rid = 0x3EA, .name = "VPN", .comment = "c", .members = members, .member_count = 2};
  return (rh_account_list){.known = true,
                           .machine_sid = MACHINE_SID,
                           .users = &user,
                           .user_count = 1,
                           .groups = &group,
                           .group_count = 1};
}

static void test_everything_comes_back(void **state) {
  (void)state;
  rh_account_list list = example();
  rh_hive *hive = written(&list);
  rh_account_list again = read_list(hive);
  assert_int_equal(again.user_count, 1);
  assert_int_equal(again.group_count, 1);
  assert_int_equal(again.problem_count, 0);
  assert_string_equal(again.machine_sid, MACHINE_SID);
  const rh_user *user = &again.users[0];
  assert_string_equal(user->name, "Jörg's $x");
  assert_string_equal(user->full_name, "Jörg \xF0\x9F\x98\x80");
  assert_string_equal(user->comment, "a\nb");
  assert_string_equal(user->workstations, "PC1,PC2");
  assert_true(user->cannot_change_password);
  assert_true(user->has_logon_hours);
  assert_int_equal(user->logon_hours[2], 3);
  assert_int_equal(user->expires, 0x01D0000000000000u);
  assert_int_equal(user->dial_in.privilege, 10);
  assert_string_equal(user->dial_in.callback_number, "+49");
  assert_int_equal(user->dial_in.property_count, 2);
  assert_int_equal(user->dial_in.properties[0].data[0], 1);
  assert_null(user->dial_in.properties[1].data);
  assert_string_equal(again.groups[0].members[0], MACHINE_SID "-1001");
  assert_same(&list, &again);
  rh_account_list_dispose(&again);
  rh_hive_free(hive);
}

/* V of the example with hashes behind the rest, as the fields 13 to 16 tell. */
static rh_buffer with_hashes(rh_hive *hive) {
  rh_buffer v = get(hive, USER, "V");
  for (size_t field = 13; field < 17; field++) {
    rh_store_u32(v.data + field * 12, (uint32_t)(v.len - 17 * 12));
    rh_store_u32(v.data + field * 12 + 4, sizeof hash);
    OK(rh_buffer_append(&v, hash, sizeof hash, error));
  }
  return v;
}

static bool holds(const rh_buffer *bytes, const void *what, size_t len) {
  for (size_t i = 0; i + len <= bytes->len; i++) {
    if (memcmp(bytes->data + i, what, len) == 0)
      return true;
  }
  return false;
}

static void test_hashes_are_left_behind(void **state) {
  (void)state;
  rh_account_list list = example();
  rh_hive *hive = written(&list);
  rh_buffer v = with_hashes(hive), bytes = {0};
  set(hive, USER, "V", v.data, v.len);
  OK(rh_hive_serialize(hive, &bytes, error));
  assert_true(holds(&bytes, hash, 4));
  rh_account_list again = read_list(hive);
  rh_hive *copy = written(&again);
  rh_buffer_clear(&bytes);
  OK(rh_hive_serialize(copy, &bytes, error));
  assert_false(holds(&bytes, hash, 4));
  assert_same(&list, &again);
  rh_buffer_dispose(&bytes);
  rh_buffer_dispose(&v);
  rh_account_list_dispose(&again);
  rh_hive_free(copy);
  rh_hive_free(hive);
}

/* A field that was made to lie over a hash is not read as a name. */
static void test_a_name_over_a_hash_is_refused(void **state) {
  (void)state;
  rh_account_list list = example();
  rh_hive *hive = written(&list);
  rh_buffer v = with_hashes(hive);
  uint32_t where = rh_load_u32(v.data + 14 * 12);
  for (uint32_t delta = 0; delta < 3; delta++) {
    rh_store_u32(v.data + 3 * 12, where - 2 + 17 * delta);
    rh_store_u32(v.data + 3 * 12 + 4, 4);
    set(hive, USER, "V", v.data, v.len);
    rh_account_list again = read_list(hive);
    assert_int_equal(again.user_count, 0);
    assert_int_equal(again.problem_count, 1);
    assert_string_equal(again.problems[0].path, USER);
    assert_non_null(strstr(again.problems[0].text, "tampered"));
    rh_account_list_dispose(&again);
  }
  rh_buffer_dispose(&v);
  rh_hive_free(hive);
}

/* Reads value `name` at `path` cut at every length, from a block of just that size. */
static void cut_everywhere(const char *path, const char *name) {
  rh_account_list list = example();
  rh_hive *hive = written(&list);
  rh_buffer whole = get(hive, path, name);
  for (size_t len = 0; len < whole.len; len++) {
    set(hive, path, name, whole.data, len);
    rh_account_list again = read_list(hive);
    assert_true(again.user_count + again.group_count + again.problem_count >= 2);
    rh_account_list_dispose(&again);
  }
  rh_buffer_dispose(&whole);
  rh_hive_free(hive);
}

static void test_cut_values(void **state) {
  (void)state;
  cut_everywhere(USER, "F");
  cut_everywhere(USER, "V");
  cut_everywhere(GROUP, "C");
  cut_everywhere(ACCOUNT, "V");
}

/* Every 32-bit number of the head set to numbers that lead out of the value. */
static void test_numbers_beyond_the_value(void **state) {
  (void)state;
  static const uint32_t numbers[] = {0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFC, 0xFFFFFFFF};
  static const char *const values[][2] = {{USER, "V"}, {GROUP, "C"}, {USER, "F"}};
  for (size_t value = 0; value < 3; value++) {
    rh_account_list list = example();
    rh_hive *hive = written(&list);
    rh_buffer whole = get(hive, values[value][0], values[value][1]);
    for (size_t at = 0; at + 4 <= whole.len && at < 17 * 12; at += 4) {
      for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uint32_t kept = rh_load_u32(whole.data + at);
        rh_store_u32(whole.data + at, numbers[i]);
        set(hive, values[value][0], values[value][1], whole.data, whole.len);
        rh_account_list again = read_list(hive);
        assert_int_equal(again.user_count + again.group_count + again.problem_count, 2);
        rh_account_list_dispose(&again);
        rh_store_u32(whole.data + at, kept);
      }
    }
    rh_buffer_dispose(&whole);
    rh_hive_free(hive);
  }
}

static void test_another_rid_is_tampering(void **state) {
  (void)state;
  rh_account_list list = example();
  rh_hive *hive = written(&list);
  rh_buffer f = get(hive, USER, "F");
  rh_store_u32(f.data + 48, 500);
  set(hive, USER, "F", f.data, f.len);
  rh_account_list again = read_list(hive);
  assert_int_equal(again.user_count, 0);
  assert_non_null(strstr(again.problems[0].text, "another RID"));
  /* The problem goes along into a store. */
  rh_hive *copy = written(&again);
  rh_account_list third = read_list(copy);
  assert_int_equal(third.problem_count, 1);
  rh_account_list_dispose(&third);
  rh_account_list_dispose(&again);
  rh_buffer_dispose(&f);
  rh_hive_free(copy);
  rh_hive_free(hive);
}

/* Groups that hold each other and themselves: a list of SIDs and nothing that is followed. */
/* A list with a subkey that is none: the user is lost, and that must not be forgotten in a store.
 */
static void test_a_damaged_list_is_told_in_a_store(void **state) {
  (void)state;
  rh_account_list list = example();
  rh_hive *hive = written(&list), *broken = NULL;
  rh_buffer bytes = {0};
  OK(rh_hive_serialize(hive, &bytes, error));
  unsigned char *name = NULL;
  for (size_t i = 0; i + 8 <= bytes.len && !name; i++)
    name = memcmp(bytes.data + i, "000003E9", 8) == 0 ? bytes.data + i : NULL;
  assert_non_null(name);
  assert_memory_equal(name - 76, "nk", 2); /* the name's place in a key's record [regf spec] */
  memset(name - 76, 0, 2);
  OK(rh_hive_open_memory(&broken, bytes.data, bytes.len, "SAM", error));
  rh_account_list again = read_list(broken);
  assert_int_equal(again.user_count, 0);
  assert_int_equal(again.problem_count, 1);
  assert_string_equal(again.problems[0].path, ACCOUNT "\\Users");
  rh_hive *copy = written(&again);
  rh_account_list third = read_list(copy);
  assert_int_equal(third.user_count, 0);
  assert_int_equal(third.group_count, again.group_count);
  assert_int_equal(third.problem_count, 1);
  assert_string_equal(third.problems[0].path, ACCOUNT "\\Users\\00000000");
  rh_account_list_dispose(&third);
  rh_account_list_dispose(&again);
  rh_buffer_dispose(&bytes);
  rh_hive_free(copy);
  rh_hive_free(broken);
  rh_hive_free(hive);
}

static void test_groups_in_a_circle(void **state) {
  (void)state;
  char members[2][RH_SID_TEXT] = {MACHINE_SID "-1003", MACHINE_SID "-1002"};
  rh_group groups[] = {
      {.rid = 1002, .name = "A", .comment = "", .members = members, .member_count = 2},
      {.rid = 1003, .name = "B", .comment = "", .members = members, .member_count = 2}};
  rh_account_list list = {
      .known = true, .machine_sid = MACHINE_SID, .groups = groups, .group_count = 2};
  rh_hive *hive = written(&list);
  rh_account_list again = read_list(hive);
  assert_int_equal(again.group_count, 2);
  assert_string_equal(again.groups[1].members[0], MACHINE_SID "-1003");
  rh_account_list_dispose(&again);
  rh_hive_free(hive);
}

static void test_ten_thousand_users(void **state) {
  (void)state;
  enum { COUNT = 10000 };
  rh_account_list one = example();
  rh_user *users = calloc(COUNT, sizeof *users);
  char(*members)[RH_SID_TEXT] = calloc(COUNT, sizeof *members);
  assert_true(users && members);
  for (uint32_t i = 0; i < COUNT; i++) {
    users[i] = one.users[0];
    users[i].rid = 1000 + i;
    snprintf(members[i], sizeof members[i], MACHINE_SID "-%u", 1000 + i);
  }
  rh_group group = {
      .rid = 99000, .name = "All", .comment = "", .members = members, .member_count = COUNT};
  rh_account_list list = {.known = true,
                          .machine_sid = MACHINE_SID,
                          .users = users,
                          .user_count = COUNT,
                          .groups = &group,
                          .group_count = 1};
  rh_hive *hive = written(&list);
  rh_account_list again = read_list(hive);
  assert_int_equal(again.user_count, COUNT);
  assert_int_equal(again.users[COUNT - 1].rid, 1000 + COUNT - 1);
  assert_int_equal(again.groups[0].member_count, COUNT);
  assert_string_equal(again.groups[0].members[COUNT - 1], MACHINE_SID "-10999");
  rh_account_list_dispose(&again);
  rh_hive_free(hive);
  free(users);
  free(members);
}

static void test_without_memory(void **state) {
  (void)state;
  rh_account_list list = example(), again;
  rh_hive *hive = written(&list);
  rh_status status = RH_ERR_MEMORY;
  for (unsigned long at = 1; status == RH_ERR_MEMORY; at++) {
    rh_memory_fail_at(at);
    status = rh_account_list_read(&again, rh_hive_registry(hive), NULL);
    rh_memory_fail_at(0);
    if (status == RH_ERR_MEMORY)
      assert_int_equal(again.user_count + again.group_count + again.problem_count, 0);
  }
  assert_int_equal(status, RH_OK);
  assert_same(&list, &again);
  rh_account_list_dispose(&again);
  status = RH_ERR_MEMORY;
  for (unsigned long at = 1; status == RH_ERR_MEMORY; at++) {
    rh_hive *target = NULL;
    OK(rh_hive_create(&target, &(rh_hive_options){.time = 1}, error));
    rh_memory_fail_at(at);
    status = rh_account_list_write(rh_hive_registry(target), &list, true, true, NULL);
    rh_memory_fail_at(0);
    rh_hive_free(target);
  }
  assert_int_equal(status, RH_OK);
  rh_hive_free(hive);
}

static rh_hive *open_data(const char *name) {
  rh_buffer bytes = {0};
  rh_hive *hive = NULL;
  if (!read_data_file(&bytes, name))
    skip();
  OK(rh_hive_open_memory(&hive, bytes.data, bytes.len, name, error));
  rh_buffer_dispose(&bytes);
  return hive;
}

static void test_windows_8(void **state) {
  (void)state;
  rh_hive *hive = open_data("hives/SAM_win8_gold.xz");
  rh_account_list list = read_list(hive);
  static const struct {
    const char *name;
    uint32_t rid, flags;
    bool cannot_change;
  } users[] = {{"Administrator", 500, 0x211, false},
               {"Guest", 501, 0x215, true},
               {"gold_administrator", 1001, 0x214, false}};
  assert_string_equal(list.machine_sid, "S-1-5-21-4070822719-3404542230-2541167049");
  assert_int_equal(list.user_count, 3);
  assert_int_equal(list.problem_count, 0);
  for (size_t i = 0; i < 3; i++) {
    assert_string_equal(list.users[i].name, users[i].name);
    assert_int_equal(list.users[i].rid, users[i].rid);
    assert_int_equal(list.users[i].flags, users[i].flags);
    assert_int_equal(list.users[i].cannot_change_password, users[i].cannot_change);
  }
  assert_string_equal(list.users[0].comment,
                      "Built-in account for administering the computer/domain");
  assert_false(list.users[0].has_logon_hours);
  assert_int_equal(list.group_count, 18);
  assert_string_equal(list.groups[0].name, "WinRMRemoteWMIUsers__");
  assert_false(list.groups[0].builtin);
  assert_string_equal(list.groups[1].name, "Administrators");
  assert_true(list.groups[1].builtin);
  assert_int_equal(list.groups[1].member_count, 3);
  rh_hive *copy = written(&list);
  rh_account_list again = read_list(copy);
  assert_same(&list, &again);
  rh_account_list_dispose(&again);
  rh_account_list_dispose(&list);
  rh_hive_free(copy);
  rh_hive_free(hive);
}

static void test_windows_10(void **state) {
  (void)state;
  rh_hive *hive = open_data("hives/SAM_win10_velociraptor.xz");
  rh_account_list list = read_list(hive);
  static const char *const names[] = {"Administrator", "Guest", "DefaultAccount",
                                      "WDAGUtilityAccount", "test"};
  assert_int_equal(list.user_count, 5);
  assert_int_equal(list.problem_count, 0);
  for (size_t i = 0; i < 5; i++)
    assert_string_equal(list.users[i].name, names[i]);
  assert_int_equal(list.users[4].flags, 0x214);
  rh_account_list_dispose(&list);
  rh_hive_free(hive);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_everything_comes_back),
      cmocka_unit_test(test_hashes_are_left_behind),
      cmocka_unit_test(test_a_name_over_a_hash_is_refused),
      cmocka_unit_test(test_cut_values),
      cmocka_unit_test(test_numbers_beyond_the_value),
      cmocka_unit_test(test_another_rid_is_tampering),
      cmocka_unit_test(test_a_damaged_list_is_told_in_a_store),
      cmocka_unit_test(test_groups_in_a_circle),
      cmocka_unit_test(test_ten_thousand_users),
      cmocka_unit_test(test_without_memory),
      cmocka_unit_test(test_windows_8),
      cmocka_unit_test(test_windows_10),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
