/* The map: what pairs with what, what the user says, and the file in which it is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "interface/interface.h"

#include <stdio.h>
#include <string.h>

/* One interface in short: GUID made of a letter, name, one address and mask, or "" for none. */
typedef struct brief {
  char letter;
  const char *name, *address, *mask;
  bool is_card;
} brief;

#define COUNT(array) (sizeof(array) / sizeof *(array))

static rh_interface_list make_list(const brief *briefs, size_t count) {
  rh_interface_list list = {rh_alloc_zero(count, sizeof *list.items), count};
  for (size_t i = 0; i < count; i++) {
    rh_interface *one = &list.items[i];
    memcpy(one->guid, "{00000000-0000-4000-8000-000000000000}", 39);
    one->guid[1] = briefs[i].letter;
    one->name = rh_copy_text(briefs[i].name);
    one->is_card = briefs[i].is_card;
    if (briefs[i].address[0] == '\0')
      continue;
    one->addresses = (rh_text_list){rh_alloc_zero(1, sizeof(char *)), 1};
    one->masks = (rh_text_list){rh_alloc_zero(1, sizeof(char *)), 1};
    one->addresses.items[0] = rh_copy_text(briefs[i].address);
    one->masks.items[0] = rh_copy_text(briefs[i].mask);
  }
  return list;
}

#define MASK "255.255.255.0"
#define GUID(letter) "{" letter "0000000-0000-4000-8000-000000000000}"

static const brief source_briefs[] = {
    {'A', "Inside", "10.0.0.1", MASK, true},
    {'B', "Outside", "192.0.2.1", MASK, true},
    {'C', "Tunnel", "", "", false},
    {'D', "Spare", "", "", true},
};
static const brief destination_briefs[] = {
    {'1', "inside", "10.9.9.1", MASK, true},
    {'2', "Ethernet", "192.0.2.77", MASK, true},
    {'3', "Tunnel", "192.0.2.3", MASK, false},
    {'4', "Ethernet 2", "", "", true},
};

typedef struct machines {
  rh_interface_list source, destination;
  rh_interface_map map;
} machines;

static machines make_machines(void) {
  return (machines){make_list(source_briefs, COUNT(source_briefs)),
                    make_list(destination_briefs, COUNT(destination_briefs)),
                    {0}};
}

static void free_machines(machines *m) {
  rh_interface_map_dispose(&m->map);
  rh_interface_list_dispose(&m->source);
  rh_interface_list_dispose(&m->destination);
}

static rh_status build(machines *m, const rh_map_entry *entries, size_t count, rh_error *error) {
  rh_interface_map_dispose(&m->map);
  return rh_interface_map_build(&m->map, &m->source, &m->destination, entries, count, error);
}

/* The map as one line: "A=1 name, B=- none". */
static const char *told(const machines *m) {
  static char text[512];
  text[0] = '\0';
  for (size_t i = 0; i < m->map.count; i++) {
    const rh_interface_pair *pair = &m->map.pairs[i];
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s%c=%c %s", i ? ", " : "",
             pair->source->guid[1], pair->destination ? pair->destination->guid[1] : '-',
             rh_map_reason_name(pair->reason));
  }
  return text;
}

static void test_name_then_subnet(void **state) {
  (void)state;
  machines m = make_machines();
  assert_int_equal(build(&m, NULL, 0, NULL), RH_OK);
  assert_string_equal(told(&m), "A=1 name, B=2 subnet, D=- none");
  free_machines(&m);
}

static void test_given(void **state) {
  (void)state;
  machines m = make_machines();
  rh_map_entry entries[] = {
      {"Inside", GUID("4")}, /* against its name */
      {GUID("b"), ""},       /* on purpose not at all */
      {"tunnel", "Tunnel"},  /* no cards, but said */
      {"Spare", "INSIDE"},
  };
  assert_int_equal(build(&m, entries, 4, NULL), RH_OK);
  assert_string_equal(told(&m), "A=4 given, B=- given, C=3 given, D=1 given");
  assert_int_equal(build(&m, entries, 1, NULL), RH_OK);
  assert_string_equal(told(&m), "A=4 given, B=2 subnet, D=- none");
  /* What was given away is no longer there for the name. */
  rh_map_entry taken[] = {{"Spare", "inside"}};
  assert_int_equal(build(&m, taken, 1, NULL), RH_OK);
  assert_string_equal(told(&m), "A=- none, B=2 subnet, D=1 given");
  /* A destination left out stands for none. */
  rh_map_entry none[] = {{"Inside", NULL}};
  assert_int_equal(build(&m, none, 1, NULL), RH_OK);
  assert_string_equal(told(&m), "A=- given, B=2 subnet, D=- none");
  free_machines(&m);
}

static void expect_refusal(const rh_map_entry *entries, size_t count, const char *object,
                           const char *message, const char *hint) {
  machines m = make_machines();
  rh_error error = {0};
  assert_int_equal(build(&m, entries, count, &error), RH_ERR_ARGUMENT);
  assert_int_equal(m.map.count, 0);
  assert_null(m.map.pairs);
  assert_string_equal(error.object, object);
  if (!strstr(error.message, message))
    fail_msg("message: %s", error.message);
  if (!strstr(error.hint, hint))
    fail_msg("hint: %s", error.hint);
  free_machines(&m);
}

static void test_refusals(void **state) {
  (void)state;
  rh_map_entry source[] = {{"Insider", "inside"}};
  expect_refusal(source, 1, "Insider", "that the source does not have",
                 "the source has \"Inside\", \"Outside\", \"Spare\", \"Tunnel\"");
  rh_map_entry destination[] = {{"Inside", "Ethernet 3"}};
  expect_refusal(destination, 1, "Ethernet 3", "that the destination does not have",
                 "the destination has \"inside\", \"Ethernet\", \"Ethernet 2\", \"Tunnel\"");
  rh_map_entry guid[] = {{GUID("9"), ""}};
  expect_refusal(guid, 1, GUID("9"), "does not have", "\"Inside\"");
  rh_map_entry twice[] = {{"Inside", "Ethernet"}, {"Outside", GUID("2")}};
  expect_refusal(twice, 2, GUID("2"), "destination twice", "Outside =");
  rh_map_entry again[] = {{"Inside", "Ethernet"}, {GUID("A"), ""}};
  expect_refusal(again, 2, GUID("A"), "source twice", "keep one");
}

static void test_empty_machine(void **state) {
  (void)state;
  rh_interface_list none = {0};
  rh_interface_map map;
  rh_error error;
  rh_map_entry entry = {"LAN", "LAN"};
  assert_int_equal(rh_interface_map_build(&map, &none, &none, NULL, 0, NULL), RH_OK);
  assert_int_equal(map.count, 0);
  rh_interface_map_dispose(&map);
  assert_int_equal(rh_interface_map_build(&map, &none, &none, &entry, 1, &error), RH_ERR_ARGUMENT);
  assert_string_equal(error.hint, "the source has no interfaces");
}

/* Builds the map of two machines that are told in short and compares it. */
static void expect_map(const brief *source, size_t source_count, const brief *destination,
                       size_t destination_count, const char *expected) {
  machines m = {make_list(source, source_count), make_list(destination, destination_count), {0}};
  assert_int_equal(build(&m, NULL, 0, NULL), RH_OK);
  assert_string_equal(told(&m), expected);
  free_machines(&m);
}

static void test_subnet_only_one_to_one(void **state) {
  (void)state;
  const brief two[] = {{'A', "a", "10.0.0.1", MASK, true}, {'B', "b", "10.0.0.2", MASK, true}};
  const brief one[] = {{'1', "c", "10.0.0.3", MASK, true}};
  const brief card_and_tunnel[] = {{'1', "c", "10.0.0.3", MASK, true},
                                   {'2', "d", "10.0.0.4", MASK, false}};
  expect_map(two, 2, one, 1, "A=- none, B=- none");
  expect_map(one, 1, two, 2, "1=- none");
  expect_map(two, 1, card_and_tunnel, 2, "A=1 subnet");
  /* A name takes one away, which leaves one for the subnet. */
  const brief named[] = {{'1', "A", "172.16.0.1", MASK, true}, {'2', "c", "10.0.0.3", MASK, true}};
  expect_map(two, 2, named, 2, "A=1 name, B=2 subnet");
}

static void test_subnet_by_mask(void **state) {
  (void)state;
  static const struct {
    const char *address[2], *mask[2], *expected;
  } cases[] = {
      {{"10.0.0.1", "10.0.0.200"}, {MASK, MASK}, "A=1 subnet"},
      {{"10.0.0.1", "10.0.1.1"}, {MASK, MASK}, "A=- none"},
      {{"10.0.0.1", "10.0.1.1"}, {"255.255.254.0", "255.255.254.0"}, "A=1 subnet"},
      {{"10.0.0.1", "10.0.0.2"}, {MASK, "255.255.254.0"}, "A=- none"},
      {{"10.0.0.1", "10.0.0.2"}, {"", ""}, "A=- none"},
      {{"10.0.0.1", "10.0.0.2"}, {"0.0.0.0", "0.0.0.0"}, "A=- none"},
      {{"169.254.1.1", "169.254.2.2"}, {"255.255.0.0", "255.255.0.0"}, "A=- none"},
      {{"none", "none"}, {MASK, MASK}, "A=- none"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    brief a = {'A', "a", cases[i].address[0], cases[i].mask[0], true};
    brief b = {'1', "b", cases[i].address[1], cases[i].mask[1], true};
    expect_map(&a, 1, &b, 1, cases[i].expected);
  }
}

static void test_names_need_cards(void **state) {
  (void)state;
  const brief card = {'A', "LAN", "", "", true};
  const brief tunnel = {'1', "LAN", "", "", false};
  expect_map(&card, 1, &tunnel, 1, "A=- none");
  expect_map(&tunnel, 1, &card, 1, "");
  const brief doubled[] = {{'1', "LAN", "", "", true}, {'2', "lan", "", "", true}};
  expect_map(&card, 1, doubled, 2, "A=- none");
}

/* A name that several have means the card, or nothing for sure. */
static void test_given_name_of_several(void **state) {
  (void)state;
  const brief source[] = {{'A', "LAN", "", "", false}, {'B', "LAN", "", "", true}};
  const brief destination[] = {{'1', "X", "", "", true}, {'2', "X", "", "", true}};
  machines m = {make_list(source, 2), make_list(destination, 2), {0}};
  rh_error error;
  rh_map_entry entry = {"LAN", GUID("2")}, unclear = {"LAN", "X"};
  assert_int_equal(build(&m, &entry, 1, NULL), RH_OK);
  assert_string_equal(told(&m), "B=2 given");
  assert_int_equal(build(&m, &unclear, 1, &error), RH_ERR_ARGUMENT);
  assert_string_equal(error.message, "2 interfaces of the destination have this name");
  assert_non_null(strstr(error.hint, GUID("1")));
  free_machines(&m);
}

static void test_map_without_memory(void **state) {
  (void)state;
  machines m = make_machines();
  for (unsigned long n = 1; n <= 3; n++) {
    rh_memory_fail_at(n);
    rh_status status = build(&m, NULL, 0, NULL);
    rh_memory_fail_at(0);
    assert_int_equal(status, RH_ERR_MEMORY);
  }
  rh_map_entry wrong = {"no such", ""};
  rh_error error;
  rh_memory_fail_at(4); /* the hint may fail, the error must not */
  assert_int_equal(build(&m, &wrong, 1, &error), RH_ERR_ARGUMENT);
  rh_memory_fail_at(0);
  free_machines(&m);
}

static void test_reasons(void **state) {
  (void)state;
  assert_string_equal(rh_map_reason_name(RH_MAP_GIVEN), "given");
  assert_string_equal(rh_map_reason_name(RH_MAP_NAME), "name");
  assert_string_equal(rh_map_reason_name(RH_MAP_SUBNET), "subnet");
  assert_string_equal(rh_map_reason_name(RH_MAP_NONE), "none");
}

static const char map_text[] = "\xEF\xBB\xBF# who becomes who\r\n"
                               "\r\n"
                               "Local Area Connection = Ethernet\r\n"
                               "  \t# indented\n"
                               "\"a = b\"=\"# first\"\n"
                               "  Připojení * 2\t=\n"
                               "Spare = \"\"\n"
                               "{A}={B}";

static void test_map_file(void **state) {
  (void)state;
  static const char *const expected[][2] = {
      {"Local Area Connection", "Ethernet"},
      {"a = b", "# first"},
      {"Připojení * 2", ""},
      {"Spare", ""},
      {"{A}", "{B}"},
  };
  rh_map_entry *entries = NULL;
  size_t count = 0;
  rh_error error = {0};
  assert_int_equal(rh_map_read(&entries, &count, map_text, sizeof map_text - 1, "m", &error),
                   RH_OK);
  assert_int_equal(count, COUNT(expected));
  for (size_t i = 0; i < count; i++) {
    assert_string_equal(entries[i].source, expected[i][0]);
    assert_string_equal(entries[i].destination, expected[i][1]);
  }
  rh_map_entries_free(entries, count);
  rh_map_entries_free(NULL, 0);
  assert_int_equal(rh_map_read(&entries, &count, "", 0, "m", NULL), RH_OK);
  assert_int_equal(count, 0);
}

static void test_map_file_errors(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t len;
    const char *message;
  } cases[] = {
      {"no sign", 7, "line 1: there is no \"=\""},
      {"a = b\n\n= c", 10, "line 3: there is no name before \"=\""},
      {"\"\" = c", 6, "line 1: there is no name before \"=\""},
      {"# x\na = b = c", 13, "line 2: there is a second \"=\""},
      {"\"a = b", 6, "line 1: a quote is not closed"},
      {"a = \"b", 6, "line 1: a quote is not closed"},
      {"\"a\"b = c", 8, "line 1: something follows a name in quotes"},
      {"a = \"b\" c", 9, "line 1: something follows a name in quotes"},
      {"a = \"b\" = c", 11, "line 1: there is a second \"=\""},
      {"\"a\"", 3, "line 1: there is no \"=\""},
      {"a = b\n\xFF = c", 11, "line 2: it is not UTF-8 text"},
      {"a = b\0c", 7, "line 1: it is not UTF-8 text"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    rh_map_entry *entries = (rh_map_entry *)1;
    size_t count = 9;
    rh_error error = {0};
    char *copy = rh_copy_bytes(cases[i].text, cases[i].len);
    assert_int_equal(rh_map_read(&entries, &count, copy, cases[i].len, "map.txt", &error),
                     RH_ERR_FORMAT);
    rh_free(copy);
    assert_null(entries);
    assert_int_equal(count, 0);
    assert_string_equal(error.object, "map.txt");
    assert_string_equal(error.message, cases[i].message);
    assert_true(error.hint[0] != '\0');
  }
}

/* Cut anywhere, any byte changed, any allocation failing: an answer, and no more. */
static void test_map_file_hostile(void **state) {
  (void)state;
  static const char masks[] = {0x01, 0x1C, 0x40, (char)0x80};
  size_t refused = 0;
  for (size_t i = 0; i < sizeof map_text * COUNT(masks); i++) {
    size_t at = i / COUNT(masks);
    char *copy = rh_copy_bytes(map_text, at);
    if (at > 0)
      copy[at - 1] = (char)(copy[at - 1] ^ masks[i % COUNT(masks)]);
    rh_map_entry *entries;
    size_t count;
    rh_status status = rh_map_read(&entries, &count, copy, at, "m", NULL);
    assert_true(status == RH_OK || status == RH_ERR_FORMAT);
    refused += status != RH_OK;
    rh_map_entries_free(entries, count);
    rh_free(copy);
  }
  assert_true(refused > 0);
  rh_status status = RH_ERR_MEMORY;
  for (unsigned long n = 1; status == RH_ERR_MEMORY; n++) {
    rh_map_entry *entries;
    size_t count;
    rh_memory_fail_at(n);
    status = rh_map_read(&entries, &count, map_text, sizeof map_text - 1, "m", NULL);
    rh_memory_fail_at(0);
    assert_int_equal(count, status == RH_OK ? 5 : 0);
    rh_map_entries_free(entries, count);
  }
  assert_int_equal(status, RH_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_name_then_subnet),
      cmocka_unit_test(test_given),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_empty_machine),
      cmocka_unit_test(test_subnet_only_one_to_one),
      cmocka_unit_test(test_subnet_by_mask),
      cmocka_unit_test(test_names_need_cards),
      cmocka_unit_test(test_given_name_of_several),
      cmocka_unit_test(test_map_without_memory),
      cmocka_unit_test(test_reasons),
      cmocka_unit_test(test_map_file),
      cmocka_unit_test(test_map_file_errors),
      cmocka_unit_test(test_map_file_hostile),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
