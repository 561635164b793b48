/* manifest.xml: what is written is read back, and what the schema does not allow is refused. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HEAD                                                                                       \
  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"                                                     \
  "<manifest xmlns=\"urn:rehome:manifest:1\" version=\"1\">"
#define EMPTY "<source/><playbooks/><parameters/><scopes/>"
#define MEMBERS(items) HEAD EMPTY "<members>" items "</members></manifest>"
#define MEMBER(path) "<member path=\"" path "\" size=\"0\" sha256=\"" HASH "\"/>"

static void test_round_trip(void **state) {
  (void)state;
  static const char *const values[] = {"plain",
                                       "",
                                       " two  spaces ",
                                       "a\tb\nc\rd\r\ne",
                                       "<&>\"'",
                                       "Zp\xC4\x9Btn\xC3\xA1 \xF0\x9F\x98\x80",
                                       "]]>"};
  enum { COUNT = sizeof values / sizeof *values };
  rh_store_fact facts[COUNT];
  char *scopes[] = {"HKLM\\SYSTEM\\CurrentControlSet", "certificates:MY"};
  rh_store_playbook playbooks[] = {{"nps", "1.2.0", HASH}, {"remote-access", NULL, NULL}};
  rh_store_member members[] = {{"Windows/a & b.txt", 0, HASH},
                               {"Windows/\xC4\x9B.pbk", INT64_MAX, HASH}};
  for (size_t i = 0; i < COUNT; i++)
    facts[i] = (rh_store_fact){(char *)(uintptr_t)(i == 1 ? "a\"<\n" : "name"),
                               (char *)(uintptr_t)values[i]};
  rh_store_manifest manifest = {1,      "0.1.0 <x>", "2026-11-22T12:00:00Z",
                                facts,  COUNT,       playbooks,
                                2,      facts,       COUNT,
                                scopes, 2,           members,
                                2};
  rh_store_manifest back;
  rh_buffer xml = {0}, again = {0};
  rh_error error = {0};
  assert_int_equal(rh_store_manifest_write(&manifest, &xml, &error), RH_OK);
  assert_int_equal(rh_store_manifest_read(&back, xml.data, xml.len, &error), RH_OK);
  assert_int_equal(back.format_version, 1);
  assert_string_equal(back.tool_version, "0.1.0 <x>");
  assert_string_equal(back.created, "2026-11-22T12:00:00Z");
  assert_int_equal(back.fact_count, COUNT);
  assert_int_equal(back.parameter_count, COUNT);
  for (size_t i = 0; i < COUNT; i++) {
    assert_string_equal(back.facts[i].name, facts[i].name);
    assert_string_equal(back.facts[i].value, facts[i].value);
    assert_string_equal(back.parameters[i].value, facts[i].value);
  }
  assert_int_equal(back.playbook_count, 2);
  assert_string_equal(back.playbooks[0].sha256, HASH);
  assert_null(back.playbooks[1].version);
  assert_null(back.playbooks[1].sha256);
  assert_int_equal(back.scope_count, 2);
  assert_string_equal(back.scopes[0], scopes[0]);
  assert_int_equal(back.member_count, 2);
  assert_string_equal(back.members[1].path, members[1].path);
  assert_true(back.members[1].size == INT64_MAX);
  assert_int_equal(rh_store_manifest_write(&back, &again, &error), RH_OK);
  assert_int_equal(xml.len, again.len);
  assert_memory_equal(xml.data, again.data, xml.len);
  rh_store_manifest_dispose(&back);
  rh_buffer_dispose(&xml);
  rh_buffer_dispose(&again);
}

static void test_reads_what_others_write(void **state) {
  (void)state;
  static const char xml[] =
      "<m:manifest xmlns:m=\"urn:rehome:manifest:1\" version=\"1\">\n"
      "<!-- by hand --><m:source><m:fact name='a'>x<!-- - -->&lt;<![CDATA[&]]>"
      "</m:fact></m:source><?note?>"
      "<m:playbooks/><m:parameters/>\n<m:scopes/><m:members></m:members>"
      "</m:manifest>";
  rh_store_manifest back;
  rh_error error = {0};
  assert_int_equal(rh_store_manifest_read(&back, xml, sizeof xml - 1, &error), RH_OK);
  assert_string_equal(back.facts[0].value, "x<&");
  assert_null(back.tool_version);
  rh_store_manifest_dispose(&back);
}

static void test_refuses_to_read(void **state) {
  (void)state;
  static const char *const cases[] = {
      "",
      "not XML",
      "<manifest/>",
      "<manifest xmlns=\"urn:rehome:manifest:1\" version=\"1\"/>",
      "<other xmlns=\"urn:rehome:manifest:1\" version=\"1\"/>",
      "<manifest xmlns=\"urn:other\" version=\"1\">" EMPTY "<members/></manifest>",
      "<manifest xmlns=\"urn:rehome:manifest:1\">" EMPTY "<members/></manifest>",
      "<manifest xmlns=\"urn:rehome:manifest:1\" version=\"01\">" EMPTY "<members/></manifest>",
      "<manifest xmlns=\"urn:rehome:manifest:1\" version=\"1\" more=\"\">" EMPTY
      "<members/></manifest>",
      "<manifest xmlns=\"urn:rehome:manifest:1\" version=\"1\" created=\"today\">" EMPTY
      "<members/></manifest>",
      HEAD EMPTY "<members/>",
      HEAD EMPTY "</manifest>",
      HEAD EMPTY "<members/><members/></manifest>",
      HEAD EMPTY "<members/><more/></manifest>",
      HEAD "<source/><parameters/><playbooks/><scopes/><members/></manifest>",
      HEAD "<source>text</source><playbooks/><parameters/><scopes/><members/></manifest>",
      HEAD "<source><fact>x</fact></source><playbooks/><parameters/><scopes/><members/></manifest>",
      HEAD "<source><fact name=\"\">x</fact></source><playbooks/><parameters/><scopes/><members/>"
           "</manifest>",
      HEAD "<source><fact name=\"a\"><b/></fact></source><playbooks/><parameters/><scopes/>"
           "<members/></manifest>",
      HEAD "<source><fact name=\"a\">&other;</fact></source><playbooks/><parameters/><scopes/>"
           "<members/></manifest>",
      HEAD "<source><fact name=\"a\">\x01</fact></source><playbooks/><parameters/><scopes/>"
           "<members/></manifest>",
      HEAD "<source><fact name=\"a\">\xFF</fact></source><playbooks/><parameters/><scopes/>"
           "<members/></manifest>",
      HEAD "<source/><playbooks><playbook id=\"a\" sha256=\"00\"/></playbooks><parameters/>"
           "<scopes/><members/></manifest>",
      HEAD "<source/><playbooks/><parameters/><scopes><scope/></scopes><members/></manifest>",
      MEMBERS("<member path=\"a\" size=\"0\"/>"),
      MEMBERS("<member path=\"a\" size=\"0\" sha256=\"" HASH "\">x</member>"),
      MEMBERS("<member path=\"a\" size=\"00\" sha256=\"" HASH "\"/>"),
      MEMBERS("<member path=\"a\" size=\"-1\" sha256=\"" HASH "\"/>"),
      MEMBERS("<member path=\"a\" size=\"\" sha256=\"" HASH "\"/>"),
      MEMBERS("<member path=\"a\" size=\"18446744073709551616\" sha256=\"" HASH "\"/>"),
      MEMBERS("<member path=\"a\" size=\"9223372036854775807\" sha256=\"" HASH "\"/>"
              "<member path=\"b\" size=\"1\" sha256=\"" HASH "\"/>"),
      MEMBERS("<member path=\"a\" size=\"0\" sha256=\"E3B0c44298fc1c149afbf4c8996fb92427ae41e4649b9"
              "34ca495991b7852b855\"/>"),
      MEMBERS(MEMBER("b") MEMBER("a")),
      MEMBERS(MEMBER("a") MEMBER("a")),
      MEMBERS(MEMBER("A") MEMBER("a")),
      MEMBERS(MEMBER("A") MEMBER("B/c") MEMBER("a/b")),
      MEMBERS(MEMBER("")),
      MEMBERS(MEMBER("/a")),
      MEMBERS(MEMBER("a/")),
      MEMBERS(MEMBER("a//b")),
      MEMBERS(MEMBER(".")),
      MEMBERS(MEMBER("a/../b")),
      MEMBERS(MEMBER("..")),
      MEMBERS(MEMBER("C:/a")),
      MEMBERS(MEMBER("C:a")),
      MEMBERS(MEMBER("a\\b")),
      MEMBERS(MEMBER("a/b.")),
      MEMBERS(MEMBER("a /b")),
      MEMBERS(MEMBER("a&#10;b")),
      MEMBERS(MEMBER("a\x7F")),
      MEMBERS(MEMBER("Manifest.XML")),
      MEMBERS(MEMBER("manifest.xml/a")),
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    rh_store_manifest back;
    rh_error error = {0};
    if (rh_store_manifest_read(&back, cases[i], strlen(cases[i]), &error) != RH_ERR_FORMAT)
      fail_msg("was not refused: %s", cases[i]);
    assert_true(error.message[0] != '\0');
    assert_null(back.members);
  }
}

static void test_document_type(void **state) {
  (void)state;
#define REST                                                                                       \
  "<manifest xmlns=\"urn:rehome:manifest:1\" version=\"1\">" EMPTY "<members/></manifest>"
  static const char *const cases[] = {"<!DOCTYPE manifest>" REST,
                                      "<!DOCTYPE manifest [<!ENTITY a \"b\">]>" REST,
                                      "<!DOCTYPE manifest SYSTEM \"http://127.0.0.1/\">" REST};
  rh_store_manifest back;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    rh_error error = {0};
    assert_int_equal(rh_store_manifest_read(&back, cases[i], strlen(cases[i]), &error),
                     RH_ERR_FORMAT);
    assert_string_equal(error.message, "has a document type");
  }
  assert_int_equal(rh_store_manifest_read(&back, REST, strlen(REST), NULL), RH_OK);
  rh_store_manifest_dispose(&back);
}

/* Any one bit of a manifest, and any cut: never more than a refusal. */
static void test_changed_manifest(void **state) {
  (void)state;
  char xml[] = HEAD "<source><fact name=\"a\">b</fact></source><playbooks><playbook id=\"c\"/>"
                    "</playbooks><parameters/><scopes><scope>d</scope></scopes><members>" MEMBER(
                        "e") "</members></manifest>";
  for (size_t bit = 0; bit < (sizeof xml - 1) * 8; bit++) {
    rh_store_manifest back;
    xml[bit / 8] = (char)(xml[bit / 8] ^ 1 << bit % 8);
    rh_status status = rh_store_manifest_read(&back, xml, sizeof xml - 1, NULL);
    assert_true(status == RH_OK || status == RH_ERR_FORMAT || status == RH_ERR_UNSUPPORTED);
    rh_store_manifest_dispose(&back);
    xml[bit / 8] = (char)(xml[bit / 8] ^ 1 << bit % 8);
    if (bit < sizeof xml - 1)
      assert_int_equal(rh_store_manifest_read(&back, xml, bit, NULL), RH_ERR_FORMAT);
  }
}

static void test_newer_format(void **state) {
  (void)state;
  static const char xml[] = "<manifest xmlns=\"urn:rehome:manifest:1\" version=\"2\"/>";
  rh_store_manifest back;
  rh_error error = {0};
  assert_int_equal(rh_store_manifest_read(&back, xml, sizeof xml - 1, &error), RH_ERR_UNSUPPORTED);
  assert_non_null(strstr(error.message, "version 2"));
}

static void test_refuses_to_write(void **state) {
  (void)state;
  static const char *const values[] = {"a\x01", "\x1B[0m", "\xC3", "\xED\xA0\x80", "\xEF\xBF\xBF"};
  rh_buffer xml = {0};
  rh_error error = {0};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    rh_store_fact fact = {"name", (char *)(uintptr_t)values[i]};
    rh_store_manifest manifest = {.format_version = 1, .facts = &fact, .fact_count = 1};
    assert_int_equal(rh_store_manifest_write(&manifest, &xml, &error), RH_ERR_ARGUMENT);
    manifest = (rh_store_manifest){.format_version = 1, .parameters = &fact, .parameter_count = 1};
    assert_int_equal(rh_store_manifest_write(&manifest, &xml, &error), RH_ERR_ARGUMENT);
    char *scope = fact.value;
    manifest = (rh_store_manifest){.format_version = 1, .scopes = &scope, .scope_count = 1};
    assert_int_equal(rh_store_manifest_write(&manifest, &xml, &error), RH_ERR_ARGUMENT);
  }
  rh_store_manifest manifest = {.format_version = 2};
  assert_int_equal(rh_store_manifest_write(&manifest, &xml, &error), RH_ERR_ARGUMENT);
  manifest = (rh_store_manifest){.format_version = 1, .created = "2026-11-22 12:00"};
  assert_int_equal(rh_store_manifest_write(&manifest, &xml, &error), RH_ERR_ARGUMENT);
  rh_buffer_dispose(&xml);
}

/* More elements than any parser's shortcut holds: the limit of members, close to the limit of
 * bytes. */
static void test_many_members(void **state) {
  (void)state;
  enum { COUNT = 100000 };
  rh_store_manifest manifest = {.format_version = 1, .member_count = COUNT}, back;
  rh_buffer xml = {0};
  rh_error error = {0};
  manifest.members = rh_alloc_zero(COUNT + 1, sizeof *manifest.members);
  assert_non_null(manifest.members);
  for (unsigned i = 0; i <= COUNT; i++) {
    char path[64];
    snprintf(path, sizeof path, "Windows/System32/some/folder/%06u.dat", i);
    manifest.members[i].path = rh_copy_text(path);
    manifest.members[i].size = i;
    memcpy(manifest.members[i].sha256, HASH, sizeof HASH);
  }
  assert_int_equal(rh_store_manifest_write(&manifest, &xml, &error), RH_OK);
  assert_true(xml.len > 14000000);
  assert_int_equal(rh_store_manifest_read(&back, xml.data, xml.len, &error), RH_OK);
  assert_int_equal(back.member_count, COUNT);
  assert_true(back.members[COUNT - 1].size == COUNT - 1);
  rh_store_manifest_dispose(&back);
  manifest.member_count = COUNT + 1;
  assert_int_equal(rh_store_manifest_write(&manifest, &xml, &error), RH_ERR_ARGUMENT);
  rh_store_manifest_dispose(&manifest);
  rh_buffer_dispose(&xml);
}

static void test_no_memory(void **state) {
  (void)state;
  rh_status status = RH_ERR_MEMORY;
  rh_store_fact fact = {"name", "value"};
  char *scope = "file:a";
  rh_store_playbook playbook = {"nps", "1", NULL};
  rh_store_member member = {"a", 0, HASH};
  rh_store_manifest manifest = {1,     "0", NULL,   &fact, 1,       &playbook, 1,
                                &fact, 1,   &scope, 1,     &member, 1};
  unsigned long n = 1;
  for (; status != RH_OK; n++) {
    rh_buffer xml = {0};
    rh_store_manifest back = {0};
    rh_memory_fail_at(n);
    status = rh_store_manifest_write(&manifest, &xml, NULL);
    if (status == RH_OK)
      status = rh_store_manifest_read(&back, xml.data, xml.len, NULL);
    rh_memory_fail_at(0);
    assert_true(status == RH_OK || status == RH_ERR_MEMORY);
    rh_store_manifest_dispose(&back);
    rh_buffer_dispose(&xml);
  }
  assert_true(n > 15);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_round_trip),       cmocka_unit_test(test_reads_what_others_write),
      cmocka_unit_test(test_refuses_to_read),  cmocka_unit_test(test_newer_format),
      cmocka_unit_test(test_document_type),    cmocka_unit_test(test_changed_manifest),
      cmocka_unit_test(test_refuses_to_write), cmocka_unit_test(test_many_members),
      cmocka_unit_test(test_no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
